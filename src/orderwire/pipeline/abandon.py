"""A person gives up an order that stands half-way: its holds end, and it would be decided anew if it came again."""

from datetime import datetime
from typing import Final

from pydantic import ValidationError

from orderwire.canonical.order import PurchaseOrder
from orderwire.errors import BusyError
from orderwire.pipeline.fulfil import digest_of, order_id
from orderwire.pipeline.plan import Plan
from orderwire.pipeline.requests import UNDER_WAY
from orderwire.ports.changes import ChangeRecord
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.parking import Parked
from orderwire.ports.store import Transaction

#: Long enough for this transaction alone.
_LEASE_SECONDS: Final = 30.0


def abandon(tx: Transaction, entry: Parked, reason: str, now: datetime) -> None:
    """End the holds of the order, or of the change of one, that a parked message asked for.

    It keeps its intent, for NAV may have it after all: should it come again, NAV is asked first.

    Raises:
        BusyError: the order is being worked on.
    """
    found = _half_way(tx, entry)
    if found is None:
        _abandon_change(tx, entry, reason, now)
        return
    fence = _leased(tx, found.id, entry, now)
    record = _half_way(tx, entry)  # as it is under the lease: a worker may have finished it meanwhile
    if record is not None:
        plan = Plan.model_validate_json(record.draft or "")
        tx.holds.release(record.id, reason)
        tx.orders.save(record.id, fence, draft=plan.model_copy(update={"abandoned": True}).model_dump_json())
    tx.orders.free(found.id, fence)


def _leased(tx: Transaction, order_id: str, entry: Parked, now: datetime) -> int:
    fence = tx.orders.lease(order_id, f"parked:{entry.id}", now, _LEASE_SECONDS)
    if fence is None:
        raise BusyError("the order is being worked on", order_no=entry.order_no, order_id=order_id)
    return fence


def _half_way(tx: Transaction, entry: Parked) -> OrderRecord | None:
    """Return the order of exactly this content, if it has holds that wait for NAV."""
    try:
        order = PurchaseOrder.model_validate_json(entry.body)
    except ValidationError:
        return None
    record = tx.orders.get(order_id(order))
    if record is None or record.content_hash != digest_of(order):
        return None
    return record if record.state is OrderState.INTENDED else None


def _abandon_change(tx: Transaction, entry: Parked, reason: str, now: datetime) -> None:
    """End the holds of a change that stands half-way, so that the next one may begin. NAV's order is left as it is."""
    found = _half_way_change(tx, entry)
    if found is None:
        return
    fence = _leased(tx, found.order_id, entry, now)
    change = _half_way_change(tx, entry)  # as it is under the lease
    if change is not None:
        tx.holds.release(change.order_id, reason)
        tx.changes.save(change.id, state=OrderState.NEW, draft=None)
    tx.orders.free(found.order_id, fence)


def _half_way_change(tx: Transaction, entry: Parked) -> ChangeRecord | None:
    change = tx.changes.of_document(entry.document_id) if entry.document_id else None
    return change if change is not None and change.state in UNDER_WAY else None
