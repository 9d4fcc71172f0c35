"""Stock holds, and the item rows they are taken under."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Context, Decimal, Inexact
from typing import Any, Final

from sqlalchemy import and_, bindparam, case, delete, or_, select, union_all, update
from sqlalchemy.dialects.postgresql import insert

from orderwire.canonical.stock import StockKey
from orderwire.ports.clock import Clock
from orderwire.ports.holds import Backorders, Hold, HoldRecord
from orderwire.store.inserts import Insertion
from orderwire.store.rows import columns_of, portions, record_of
from orderwire.store.statements import Statements
from orderwire.store.stock_tables import holds, stock_items

#: Sums are exact or an error; more digits than any two quantities can need.
_SUMS: Final = Context(prec=200, traps=[Inexact])

_ITEM: Final = insert(stock_items).on_conflict_do_nothing()
_LOCK: Final = (
    select(stock_items.c.item_no)
    .where(stock_items.c.item_no.in_(bindparam("items", expanding=True)))
    .order_by(stock_items.c.item_no, stock_items.c.location, stock_items.c.variant)
    .with_for_update()
)
_of_key: Final = (
    stock_items.c.item_no == bindparam("of_item"),
    stock_items.c.location == bindparam("of_location"),
    stock_items.c.variant == bindparam("of_variant"),
)
_ours: Final = stock_items.c.lease_owner == bindparam("owner")
_LEASE: Final = (
    update(stock_items)
    .where(*_of_key, or_(stock_items.c.lease_owner.is_(None), _ours, stock_items.c.lease_until <= bindparam("now")))
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))
)
_FREE: Final = update(stock_items).where(*_of_key, _ours).values(lease_owner=None, lease_until=None)

_held: Final = select(holds.c.item_no, holds.c.location, holds.c.variant, holds.c.quantity).where(
    holds.c.item_no.in_(bindparam("items", expanding=True)), holds.c.order_id != bindparam("but")
)
# A hold has ended when it is confirmed or released, and only a confirmed one has a sequence number.
_UNSETTLED: Final = union_all(
    _held.where(holds.c.ended_at.is_(None)), _held.where(holds.c.confirmed_sequence > bindparam("reading"))
)
_of_line: Final = (holds.c.order_id == bindparam("order"), holds.c.line_no == bindparam("line"))
_REPLACED: Final = delete(holds).where(*_of_line, holds.c.confirmed_sequence.is_(None))
_ADD: Final = Insertion(
    insert(holds).inline(),
    ("item_no", "location", "variant", "order_id", "line_no", "quantity", "backordered", "state", "created_at"),
)
_END: Final = update(holds).where(holds.c.order_id == bindparam("order"), holds.c.ended_at.is_(None))
_CONFIRM: Final = _END.values(
    state="confirmed",
    confirmed_sequence=bindparam("sequence"),
    backordered_sequence=case((holds.c.backordered.is_not(None), bindparam("sequence"))),
    ended_at=bindparam("at"),
)
#: A line has a hold for the order, and one more for each change that wanted more of it.
_CONFIRMED: Final = (
    select(holds.c.id, holds.c.backordered)
    .where(*_of_line, holds.c.confirmed_sequence.is_not(None))
    .order_by(holds.c.id.desc())
)
_BACK_ORDER: Final = (
    update(holds)
    .where(holds.c.id == bindparam("hold"))
    .values(backordered=bindparam("quantity_now"), backordered_sequence=bindparam("since"))
)
_COVER: Final = update(holds).where(holds.c.id == bindparam("hold")).values(backordered=bindparam("quantity_now"))
_BACKORDERS: Final = select(
    holds.c.item_no, holds.c.location, holds.c.variant, holds.c.backordered, holds.c.backordered_sequence
).where(
    holds.c.item_no == bindparam("of_item"),
    holds.c.order_id != bindparam("but"),
    or_(
        holds.c.backordered_sequence > bindparam("since"),
        and_(holds.c.ended_at.is_(None), holds.c.backordered.is_not(None)),
    ),
)
_OF: Final = (
    select(*columns_of(HoldRecord, holds))
    .where(holds.c.order_id == bindparam("order"))
    .order_by(holds.c.id)
    .limit(bindparam("most"))
)


class SqlHolds:
    def __init__(self, connection: Statements, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def lock(self, keys: Collection[StockKey]) -> None:
        wanted = sorted({(key.item_no, key.location, key.variant) for key in keys})
        if not wanted or self._connection.dialect.name == "sqlite":  # there, one transaction writes at a time anyway
            return
        self._connection.run(_ITEM, [_item_values(key) for key in wanted])
        # Every row of an item is locked, whatever its location: orders that name none and one must meet.
        for items in portions(sorted({item_no for item_no, _, _ in wanted})):
            self._connection.run(_LOCK, {"items": items}).all()

    def lease_item(self, key: StockKey, owner: str, now: datetime, seconds: float) -> bool:
        self._connection.run(_ITEM, _item_values((key.item_no, key.location, key.variant)))
        until = now + timedelta(seconds=seconds)
        lease = {**_key_values(key), "owner": owner, "now": now, "until": until}
        return self._connection.run(_LEASE, lease).rowcount == 1

    def free_item(self, key: StockKey, owner: str) -> None:
        self._connection.run(_FREE, {**_key_values(key), "owner": owner})

    def unsettled(self, keys: Collection[StockKey], reading: int, *, but: str) -> Mapping[StockKey, Decimal]:
        sums: dict[StockKey, Decimal] = {}
        wanted: defaultdict[str, set[StockKey]] = defaultdict(set)
        for key in keys:
            wanted[key.item_no].add(key)
        for held, quantity in self._in_flight(sorted(wanted), reading, but):
            for key in wanted[held.item_no]:
                if key.meets(held):
                    sums[key] = _SUMS.add(sums.get(key, Decimal(0)), quantity)
        return sums

    def _in_flight(self, item_nos: list[str], reading: int, but: str) -> Iterator[tuple[StockKey, Decimal]]:
        for items in portions(item_nos):
            rows = self._connection.run(_UNSETTLED, {"items": items, "reading": reading, "but": but})
            for row in rows:
                yield _key_of(row), row.quantity

    def add(self, holds: Sequence[Hold], at: datetime) -> None:
        if not holds:
            return
        lines = sorted({(hold.order_id, hold.line_no) for hold in holds})
        self._connection.run(_REPLACED, [{"order": order_id, "line": line_no} for order_id, line_no in lines])
        self._connection.insert(_ADD, [_row(hold, at) for hold in holds])

    def confirm(self, order_id: str, sequence: int) -> None:
        self._connection.run(_CONFIRM, {"order": order_id, "sequence": sequence, "at": self._clock()})

    def back_order(self, order_id: str, line_no: str, quantity: Decimal, sequence: int) -> None:
        found = self._connection.run(_CONFIRMED, {"order": order_id, "line": line_no}).all()
        for number, (hold, _before) in enumerate(found):  # the newest has all of it
            now: dict[str, Any] = {"quantity_now": None if number else quantity, "since": None if number else sequence}
            self._connection.run(_BACK_ORDER, {"hold": hold, **now})

    def cover(self, order_id: str, line_no: str, quantity: Decimal) -> None:
        left = quantity
        for hold, before in self._connection.run(_CONFIRMED, {"order": order_id, "line": line_no}).all()[::-1]:
            kept = min(before or Decimal(0), left)
            left -= kept
            self._connection.run(_COVER, {"hold": hold, "quantity_now": kept})

    def backorders(self, key: StockKey, *, since: int, reading: int, but: str) -> Backorders:
        seen = in_flight = Decimal(0)
        for row in self._connection.run(_BACKORDERS, {"of_item": key.item_no, "since": since, "but": but}):
            if not key.includes(_key_of(row)):
                continue
            if row.backordered_sequence is not None and row.backordered_sequence <= reading:
                seen = _SUMS.add(seen, row.backordered)
            else:
                in_flight = _SUMS.add(in_flight, row.backordered)
        return Backorders(seen, in_flight)

    def of(self, order_id: str, limit: int) -> Sequence[HoldRecord]:
        rows = self._connection.execute(_OF, {"order": order_id, "most": limit})
        return [record_of(HoldRecord, row) for row in rows]

    def release(self, order_id: str, reason: str) -> None:
        ending = {"state": "released", "reason": reason, "ended_at": self._clock()}
        self._connection.run(_END, {"order": order_id, **ending})


def _item_values(key: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("item_no", "location", "variant"), key, strict=True))


def _key_values(key: StockKey) -> dict[str, str]:
    return {"of_item": key.item_no, "of_location": key.location, "of_variant": key.variant}


def _key_of(row: Any) -> StockKey:
    return StockKey(item_no=row.item_no, location=row.location, variant=row.variant)


def _row(hold: Hold, at: datetime) -> tuple[Any, ...]:
    key = hold.key
    item = key.item_no, key.location, key.variant
    return *item, hold.order_id, hold.line_no, hold.quantity, hold.backordered or None, "pending", at
