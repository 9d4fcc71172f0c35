"""NAV's lists in memory, in the order of their numbers, as the follower reads them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from orderwire.errors import ContractError
from orderwire.ports.erp import ErpOrder
from orderwire.ports.follow import OpenLine, OpenOrder, Posted, PostedKind, PostedLine

TODAY: Final = date(2026, 11, 21)


def a_posted_line(
    line_no: int | None = 10000, quantity: str = "1", item_no: str = "1001", **changes: Any
) -> PostedLine:
    line = PostedLine(line_no, "Item", item_no, f"Item {item_no}", Decimal(quantity), "PCS")
    return replace(line, **changes)


def a_posting(no: str, *lines: PostedLine, order_no: str = "", **changes: Any) -> Posted:
    posting = Posted(PostedKind.SHIPMENT, no, order_no, "", "C10000", TODAY, lines or (a_posted_line(),))
    return replace(posting, **changes)


def an_open_order(order: ErpOrder, **quantities: Mapping[int, int]) -> OpenOrder:
    """Return a sales order as NAV shows it; `shipped`, `invoiced` and `ordered` by line number."""

    def of(name: str, line_no: int, otherwise: Decimal) -> Decimal:
        return Decimal(quantities.get(name, {}).get(line_no, otherwise))

    lines = tuple(
        OpenLine(
            line_no=line.line_no,
            item_no=line.item_no,
            description=f"Item {line.item_no}",
            quantity=of("ordered", line.line_no, line.quantity),
            unit=line.unit,
            unit_price=line.unit_price,
            shipped=of("shipped", line.line_no, Decimal(0)),
            invoiced=of("invoiced", line.line_no, Decimal(0)),
        )
        for line in order.lines
    )
    return OpenOrder(order.no, order.external_document_no, order.customer_no, TODAY, None, "", lines)


class FakeFollower:
    """A `Follower`. What a test puts into its lists, NAV has."""

    def __init__(self) -> None:
        self.postings: list[Posted] = []
        self.open: dict[str, OpenOrder] = {}
        self.item_list: list[str] = []
        self.away: Exception | None = None
        self.lacking: set[PostedKind] = set()  # pages that are off, or lack something
        self.asked: list[str] = []

    def post(self, *postings: Posted) -> None:
        self.postings = sorted([*self.postings, *postings], key=lambda each: each.no)

    def _ask(self, question: str) -> None:
        self.asked.append(question)
        if self.away is not None:
            raise self.away

    def _ask_page(self, kind: PostedKind, question: str) -> None:
        self._ask(question)
        if kind in self.lacking:
            raise ContractError("NAV's web service lacks what we need", service=kind.value)

    def last_posted(self, kind: PostedKind) -> str:
        self._ask_page(kind, f"last {kind.value}")
        return next((each.no for each in reversed(self.postings) if each.kind is kind), "")

    def posted(self, kind: PostedKind, *, after: str, limit: int, since: date | None = None) -> Sequence[Posted]:
        self._ask_page(kind, f"{kind.value} after {after}")
        found = [each for each in self.postings if each.kind is kind and each.no > after]
        return [each for each in found if since is None or each.posted_on >= since][:limit]

    def shipments_of(self, order_nos: Collection[str]) -> Mapping[str, Sequence[Posted]]:
        self._ask_page(PostedKind.SHIPMENT, f"shipments of {len(order_nos)}")
        shipments = [each for each in self.postings if each.kind is PostedKind.SHIPMENT]
        return {no: [each for each in shipments if each.order_no == no] for no in order_nos}

    def open_orders(self, customers: Collection[str], *, after: str, limit: int) -> Sequence[OpenOrder]:
        self._ask(f"orders of {len(customers)} after {after}")
        found = [order for no, order in sorted(self.open.items()) if no > after and order.customer_no in customers]
        return found[:limit]

    def orders_by_no(self, nos: Collection[str]) -> Mapping[str, OpenOrder]:
        self._ask(f"orders {len(nos)}")
        return {no: self.open[no] for no in nos if no in self.open}

    def item_nos(self, *, after: str, limit: int) -> Sequence[str]:
        self._ask(f"items after {after}")
        return [no for no in sorted(self.item_list) if no > after][:limit]
