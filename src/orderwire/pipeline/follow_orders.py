"""One look at open sales orders: what NAV's users entered, changed or deleted is told of.

The partners' customers are taken in turn, some orders at a time; a round is over when all of them were read. An order
that was in no answer for a whole round is gone; its shipments say whether it was delivered or deleted.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.response import AnsweredOrder, OrderOutcome
from orderwire.config.profile import PartnerProfile
from orderwire.errors import ContractError
from orderwire.pipeline.follow_answers import changed_answer, entered_answer
from orderwire.pipeline.follow_lines import differ, planned_lines, shipped_lines, standing_lines
from orderwire.pipeline.follow_subject import Subject, entered, journal_entered, may_be_ours, ours
from orderwire.pipeline.follow_watch import Looked, Watch
from orderwire.pipeline.work import next_event
from orderwire.ports.erp import ErpItem
from orderwire.ports.follow import CUSTOMERS_AT_ONCE, OpenOrder, Posted
from orderwire.ports.following import Cursor, FollowedLine, FollowedOrder, FollowedState
from orderwire.ports.journal import Step
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.store import Transaction

CURSOR: Final = "orders"
#: Between the number of a group of customers and the number of an order, in a cursor.
_SEPARATOR: Final = "|"
#: Of the lease under which a changed order is held against what we did to it ourselves.
_LEASE_SECONDS: Final = 30.0


@dataclass(frozen=True)
class OrdersLook:
    watch: Watch

    def look(self, fence: int) -> Looked:
        """Read the next orders, and at the end of a round see which ones are gone. Raises as `Follower`."""
        watch, now = self.watch, self.watch.clock()
        cursor = watch.cursor(CURSOR) or Cursor(CURSOR)
        if cursor.resume is None:
            cursor = replace(cursor, turned_at=now)  # a new round begins
        customers = _customers(watch.partners.all())
        groups = [customers[at : at + CUSTOMERS_AT_ONCE] for at in range(0, len(customers), CUSTOMERS_AT_ONCE)]
        number, after = _place(cursor.resume)
        rows = watch.rules.rows
        orders = watch.follower.open_orders(groups[number], after=after, limit=rows) if number < len(groups) else ()
        last = orders[-1].no if len(orders) >= rows else ""
        following = number if last else number + 1
        over = following >= len(groups)
        cursor = replace(cursor, resume=None if over else f"{following}{_SEPARATOR}{last}")
        told = self._compare(fence, orders, cursor)
        if not over:
            return Looked(told)
        ended = self._end_of_round(fence, cursor)
        return replace(ended, told=told + ended.told)

    def _compare(self, fence: int, orders: Sequence[OpenOrder], cursor: Cursor) -> list[Event]:
        items = self._items(line.item_no for order in orders for line in order.lines)
        told: list[Event] = []
        with self.watch.store.begin() as tx:
            tx.following.hold(fence)
            records = tx.orders.by_erp_no([order.no for order in orders])
            known = tx.following.orders([order.no for order in orders])
            comparing = _Comparing(self.watch, tx, items, self.watch.clock(), first_round=cursor.ahead_at is None)
            for order in orders:
                told += comparing.compare(order, records.get(order.no), known.get(order.no))
            tx.following.save_cursor(cursor)
        return told

    def _end_of_round(self, fence: int, cursor: Cursor) -> Looked:
        """See to the orders that were in no answer since the round before this one began.

        While their shipments cannot be read nothing is said of those that lack some: they may all be delivered.
        """
        watch = self.watch
        with watch.store.begin() as tx:
            since = cursor.ahead_at
            missing = list(tx.following.missing(since, watch.rules.rows)) if since else []
            lacking = {each.erp_no for each in missing if _lacks(tx.following.lines(each.erp_no))}
        standing = watch.follower.orders_by_no([order.erp_no for order in missing]) if missing else {}
        shipped, problem = self._shipped(lacking - standing.keys())
        told: list[Event] = []
        with watch.store.begin() as tx:
            tx.following.hold(fence)
            comparing = _Comparing(watch, tx, {}, watch.clock(), first_round=False)
            for order in missing:
                if order.erp_no in standing:  # open, yet not of the customer any more
                    tx.following.put(replace(order, seen_at=watch.clock()), tx.following.lines(order.erp_no))
                elif problem is None or order.erp_no not in lacking:
                    told += comparing.gone(order, shipped.get(order.erp_no, ()))
            tx.following.save_cursor(replace(cursor, ahead_at=cursor.turned_at))
        return Looked(told, problem=problem)

    def _shipped(self, nos: Collection[str]) -> tuple[Mapping[str, Sequence[Posted]], ContractError | None]:
        """Ask for the shipments of orders that are gone: nobody may have told us of them."""
        try:
            return self.watch.follower.shipments_of(nos) if nos else {}, None
        except ContractError as error:
            return {}, error

    def _items(self, nos: Iterable[str]) -> Mapping[str, ErpItem]:
        wanted = set(nos)
        return self.watch.erp.items(wanted) if wanted else {}


def _customers(partners: Iterable[PartnerProfile]) -> list[str]:
    """Return the customers that orders stand under: partners, and what may be their branches."""
    return sorted({no for partner in partners for no in (partner.customer_no, *partner.parties.values())})


def _place(resume: str | None) -> tuple[int, str]:
    """Return the group of customers to go on with, and the order to go on after."""
    number, _, after = (resume or "").partition(_SEPARATOR)
    return int(number or 0), after


def _lacks(lines: Iterable[FollowedLine]) -> bool:
    return any(line.backordered for line in lines)


class _Comparing:
    """Orders as they stand held against what is known of them, in one transaction."""

    def __init__(
        self, watch: Watch, tx: Transaction, items: Mapping[str, ErpItem], now: datetime, *, first_round: bool
    ) -> None:
        self._watch, self._tx, self._items, self._now = watch, tx, items, now
        self._first_round = first_round  # what stands when following begins is nobody's news

    def compare(self, order: OpenOrder, record: OrderRecord | None, followed: FollowedOrder | None) -> list[Event]:
        """Keep the order's lines current, and tell of it where something else is ordered now."""
        subject = self._subject(order, record)
        if subject is None:
            return []
        planned = planned_lines(order.no, subject.plan) if subject.plan else []
        known = list(self._tx.following.lines(order.no)) if followed else planned
        lines = standing_lines(order, [*known, *planned])
        changed = differ(known, lines) and differ(planned, lines)
        if changed and record is not None and not self._settled(record):
            return []  # it is being worked on: the next look compares it with what came of that
        self._tx.following.put(subject.followed(FollowedState.OPEN, self._now), lines)
        if not changed or (self._first_round and followed is None):
            return []
        if record is not None:
            return self._told(subject, changed_answer(subject, lines, self._items, self._now))
        journal_entered(self._tx, subject, self._now)
        return self._told(subject, entered_answer(subject, order, lines, self._items, self._now))

    def gone(self, order: FollowedOrder, shipments: Iterable[Posted]) -> list[Event]:
        """End an order that is gone from NAV: invoiced in full, or deleted with something undelivered."""
        lines = shipped_lines(self._tx.following.lines(order.erp_no), shipments)
        if not _lacks(lines):
            done = [replace(line, invoiced=line.ordered) for line in lines]  # NAV deletes an order when it is invoiced
            self._tx.following.put(replace(order, state=FollowedState.COMPLETE), done)
            return []
        record = self._tx.orders.by_erp_no([order.erp_no]).get(order.erp_no)
        if record is not None and not self._settled(record):
            return []
        left = [replace(line, ordered=line.delivered) for line in lines]
        self._tx.following.put(replace(order, state=FollowedState.DELETED), left)
        subject = ours(record, self._watch.partners) if record else None
        if subject is None or subject.plan is None or not subject.plan.standing:
            return []  # entered in NAV, or taken away at the buyer's own wish
        return self._told(subject, changed_answer(subject, left, self._items, self._now))

    def _subject(self, order: OpenOrder, record: OrderRecord | None) -> Subject | None:
        if record is not None:
            return ours(record, self._watch.partners) if record.state is OrderState.ANSWERED else None
        subject = entered(order.no, order.external_document_no, order.customer_no, self._watch.partners.all())
        return None if subject is None or may_be_ours(self._tx, subject) else subject

    def _settled(self, record: OrderRecord) -> bool:
        """Whether nobody works on the order, and nobody did since it was read."""
        fence = self._tx.orders.lease(record.id, self._watch.owner, self._now, _LEASE_SECONDS)
        if fence is None:
            return False
        fresh = self._tx.orders.get(record.id)
        self._tx.orders.free(record.id, fence)
        return fresh is not None and (fresh.draft, fresh.response) == (record.draft, record.response)

    def _told(self, subject: Subject, body: AnsweredOrder | None) -> list[Event]:
        if body is None:
            return []
        refused = body.response.outcome is OrderOutcome.REJECTED
        kind = EventType.ORDER_REJECTED if refused else EventType.ORDER_CHANGED
        # The same change may be made twice, so the step bears the time; the commit makes it once.
        step = f"{kind.value}:{self._now.isoformat()}"
        event = next_event(kind, body, subject.source(self._tx), self._now, subject=subject.order_no, step=step)
        detail = {"erp_no": subject.erp_no, "outcome": body.response.outcome.value}
        self._tx.journal.step(Step(subject.document_id, self._now, "changed_in_erp", event.id, detail))
        self._tx.outbox.add(event, cause=None)
        return [event]
