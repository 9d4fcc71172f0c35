"""The store's contract: what the follower remembers. One suite over both databases."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.errors import LeaseLostError
from orderwire.ports.following import Cursor, FollowedLine, FollowedOrder, FollowedState
from orderwire.store import SqlStore
from records import DRILL, HAMMER, NOON, an_order, later


def an_order_seen(erp_no: str = "OW-1", **changes: Any) -> FollowedOrder:
    order = FollowedOrder(
        erp_no=erp_no,
        partner="baumarkt",
        order_no="PO-1",
        document_id="document-1",
        state=FollowedState.OPEN,
        seen_at=NOON,
    )
    return replace(order, **changes)


def a_line(line_no: int = 10000, **changes: Any) -> FollowedLine:
    line = FollowedLine(
        erp_no="OW-1",
        line_no=line_no,
        item_no="1001",
        description="Drill",
        unit="PCS",
        ordered=Decimal("10.5"),
        delivered=Decimal(4),
        unit_price=Decimal("89.90"),
        buyer_line_no="00010",
    )
    return replace(line, **changes)


def test_one_follows_at_a_time(store: SqlStore) -> None:
    """A lease that runs is its owner's; once it has run out, the next owner gets a new fence, and the old is dead."""
    with store.begin() as tx:
        first = tx.following.lease("a", NOON, 60)
        assert first is not None
        assert tx.following.lease("b", later(30), 60) is None
        assert tx.following.lease("a", later(30), 60) == first
    with store.begin() as tx:
        second = tx.following.lease("b", later(91), 60)
    assert second is not None
    with store.begin() as tx:
        tx.following.hold(second)
        with pytest.raises(LeaseLostError):
            tx.following.hold(first)


def test_a_lease_is_given_up_by_its_owner_only(store: SqlStore) -> None:
    """Freed, the next one need not wait; a fence that is not ours any more frees nothing."""
    with store.begin() as tx:
        fence = tx.following.lease("a", NOON, 60)
        assert fence is not None
        tx.following.free(fence + 1)
        assert tx.following.lease("b", later(1), 60) is None
        tx.following.free(fence)
        assert tx.following.lease("b", later(2), 60) == fence + 1


def test_a_cursor_comes_back_as_it_was_saved(store: SqlStore) -> None:
    """The last one counts; there is none before the first."""
    cursor = Cursor("shipment", "S-1", "S-9", NOON, "S-5", later(1))
    with store.begin() as tx:
        assert tx.following.cursor("shipment") is None
        tx.following.save_cursor(Cursor("shipment", "S-0"))
        tx.following.save_cursor(cursor)
        tx.following.save_cursor(Cursor("invoice"))

    with store.begin() as tx:
        assert tx.following.cursor("shipment") == cursor


def test_an_order_stands_with_its_lines(store: SqlStore) -> None:
    """Putting it again replaces its state and its lines."""
    order = an_order_seen()
    with store.begin() as tx:
        tx.following.put(order, [a_line(20000), a_line()])
        assert tx.following.orders(["OW-1", "OW-2"]) == {"OW-1": order}
        assert tx.following.lines("OW-1") == [a_line(), a_line(20000)]
        done = replace(order, state=FollowedState.COMPLETE, seen_at=later(5))
        tx.following.put(done, [a_line(delivered=Decimal("10.5"))])

    with store.begin() as tx:
        assert tx.following.orders(["OW-1"]) == {"OW-1": done}
        (line,) = tx.following.lines("OW-1")
        assert (line.delivered, line.backordered) == (Decimal("10.5"), Decimal(0))
        assert tx.following.lines("OW-2") == []


def test_missing_orders_are_open_and_not_seen(store: SqlStore) -> None:
    """The one that was not found for the longest time comes first."""
    with store.begin() as tx:
        for no, at, state in (
            ("late", 5, FollowedState.OPEN),
            ("later", 2, FollowedState.OPEN),
            ("seen", 10, FollowedState.OPEN),
            ("done", 1, FollowedState.COMPLETE),
        ):
            tx.following.put(an_order_seen(no, seen_at=later(at), state=state), [])

        assert [order.erp_no for order in tx.following.missing(later(10), 5)] == ["later", "late"]
        assert [order.erp_no for order in tx.following.missing(later(10), 1)] == ["later"]


def test_orders_are_found_by_the_number_of_their_sales_order(store: SqlStore) -> None:
    """Those that came through us, and no others."""
    with store.begin() as tx:
        tx.orders.open(an_order(erp_no="OW-1"))
        tx.orders.open(an_order(id="order-2", order_no="PO-2"))

        assert {no: record.id for no, record in tx.orders.by_erp_no(["OW-1", "OW-2"]).items()} == {"OW-1": "order-1"}


def test_stock_figures_are_remembered_by_item_and_place(store: SqlStore) -> None:
    """The last figure of each counts; what was never told of is absent."""

    def figure(key: StockKey, inventory: str) -> StockFigure:
        return StockFigure(
            key=key, inventory=Decimal(inventory), on_sales_orders=Decimal(2), base_unit="PCS", as_of=NOON, source="nav"
        )

    with store.begin() as tx:
        tx.following.put_figures([figure(HAMMER, "3"), figure(DRILL, "7")])
        tx.following.put_figures([figure(DRILL, "5.5")])
        tx.following.put_figures([])

        elsewhere = StockKey(item_no=DRILL.item_no, location="WEST")
        told = tx.following.figures([DRILL, HAMMER, elsewhere])
    assert {key: value.inventory for key, value in told.items()} == {DRILL: Decimal("5.5"), HAMMER: Decimal(3)}
