"""Whose sales order it is: one that came through us, or one that NAV's users entered for a partner's customer."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from orderwire.canonical.envelope import event_id
from orderwire.canonical.order import Channel, ItemId, ItemScheme, OrderLine, PurchaseOrder
from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.errors import ConfigurationError, UnknownPartnerError
from orderwire.mapping.units import base_per_unit, rounded
from orderwire.pipeline.plan import EXTERNAL_DOCUMENT_NO_LENGTH, Plan, PlannedLine
from orderwire.pipeline.work import Source
from orderwire.ports.erp import ErpItem
from orderwire.ports.following import FollowedLine, FollowedOrder, FollowedState
from orderwire.ports.journal import Document, DocumentState
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.store import Transaction

#: As `plan.sales_order_no` makes them.
_OUR_NUMBER: Final = re.compile("OW[A-Z2-7]{16}")


@dataclass(frozen=True)
class Subject:
    """A sales order with its partner, and with the buyer's order where it came through us."""

    erp_no: str
    partner: PartnerProfile
    order_no: str
    document_id: str
    channel: Channel
    record: OrderRecord | None = None
    order: PurchaseOrder | None = None
    plan: Plan | None = None
    ordered: Mapping[str, OrderLine] = field(default_factory=dict)  # the buyer's lines by number
    planned: Mapping[str, PlannedLine] = field(default_factory=dict)

    @property
    def test(self) -> bool:
        return self.order.test if self.order else False

    def source(self, tx: Transaction) -> Source:
        """Return what events about the order hang on."""
        document = tx.journal.get(self.document_id)
        correlation_id = document.correlation_id if document else self.document_id
        return Source(self.document_id, correlation_id, self.partner.key, test=self.test)

    def followed(self, state: FollowedState, seen_at: datetime) -> FollowedOrder:
        return FollowedOrder(
            self.erp_no, self.partner.key, self.order_no, self.document_id, state, seen_at, entered=self.record is None
        )

    def item_ids(self, line: FollowedLine | None, item_no: str, item: ErpItem | None) -> tuple[ItemId, ...]:
        """Return every number of the item: as the buyer ordered it, or all that are known of another item."""
        ordered = self.ordered.get(line.buyer_line_no or "") if line else None
        planned = self.planned.get(line.buyer_line_no or "") if line else None
        ids = list(ordered.item_ids) if ordered and planned and planned.item_no == item_no else []
        if not ids:
            named = (scheme_and_value for scheme_and_value, no in self.partner.items.items() if no == item_no)
            ids += [ItemId(scheme=scheme, value=value) for scheme, value in named]
            if item and item.gtin:
                ids.append(ItemId(scheme=ItemScheme.GTIN, value=item.gtin))
        if not any(each.scheme is ItemScheme.SUPPLIER for each in ids):
            ids.append(ItemId(scheme=ItemScheme.SUPPLIER, value=item_no))
        return tuple(dict.fromkeys(ids))

    def in_buyers_unit(self, line: FollowedLine | None, unit: str, item: ErpItem | None) -> tuple[str | None, Decimal]:
        """Return the buyer's unit code for a line, and how many of it one NAV `unit` is."""
        planned = self.planned.get(line.buyer_line_no or "") if line else None
        ordered = self.ordered.get(line.buyer_line_no or "") if line else None
        if planned and ordered:
            if planned.erp_unit == unit:
                return ordered.unit, Decimal(1)
            given, wanted = (base_per_unit(each, item) if item else None for each in (unit, planned.erp_unit))
            if given and wanted:
                return ordered.unit, given / wanted
        return next((code for code, erp_unit in self.partner.units.items() if erp_unit == unit), None), Decimal(1)


def in_unit(quantity: Decimal, ratio: Decimal) -> Decimal:
    """Return a quantity of NAV's unit in the buyer's."""
    return quantity if ratio == 1 else rounded(quantity * ratio)


def ours(record: OrderRecord, partners: Partners) -> Subject | None:
    """Return the subject of an order that came through us; None where the partner is gone, or nothing was made."""
    try:
        partner = partners.get(record.partner)
    except (UnknownPartnerError, ConfigurationError):
        return None
    order = PurchaseOrder.model_validate_json(record.order)
    plan = Plan.model_validate_json(record.draft) if record.draft else None
    return Subject(
        erp_no=record.erp_no or "",
        partner=partner,
        order_no=record.order_no,
        document_id=record.document_id,
        channel=order.channel,
        record=record,
        order=order,
        plan=plan,
        ordered={line.line_no: line for line in order.lines},
        planned={line.line_no: line for line in plan.lines} if plan else {},
    )


def entered(erp_no: str, external_no: str, customer_no: str, partners: Iterable[PartnerProfile]) -> Subject | None:
    """Return the subject of an order that NAV's users entered; None where the customer is not just one partner's."""
    owners = [partner for partner in partners if partner.customer_no == customer_no]
    if len(owners) != 1 or not customer_no:
        return None
    (partner,) = owners
    document_id = event_id(f"erp:{erp_no}", 0, "order")
    channel = _channel(partner) if partner.entered_orders == "tell" else Channel.ERP
    return Subject(erp_no, partner, external_no or erp_no, document_id, channel)


def _channel(partner: PartnerProfile) -> Channel:
    return Channel.EDI if partner.edi else Channel.API if partner.api else Channel.ERP


def may_be_ours(tx: Transaction, subject: Subject) -> bool:
    """Whether an order that is nobody's so far is one that Orderwire is just making."""
    if _OUR_NUMBER.fullmatch(subject.erp_no):
        return True
    under_way = (each for each in tx.orders.find(partner=subject.partner.key, limit=50) if each.erp_no is None)
    wanted = subject.order_no.upper()
    return any(
        each.state is not OrderState.ANSWERED and each.order_no[:EXTERNAL_DOCUMENT_NO_LENGTH].strip().upper() == wanted
        for each in under_way
    )


def journal_entered(tx: Transaction, subject: Subject, now: datetime) -> None:
    """Give an order of NAV's users a row of the journal, for its documents to hang on."""
    if subject.record is None:
        tx.journal.add(
            Document(
                id=subject.document_id,
                direction="in",
                channel=Channel.ERP.value,
                kind="SalesOrder",
                state=DocumentState.DONE,
                correlation_id=subject.document_id,
                received_at=now,
                partner=subject.partner.key,
                order_no=subject.order_no,
                erp_no=subject.erp_no,
                finished_at=now,
            )
        )
