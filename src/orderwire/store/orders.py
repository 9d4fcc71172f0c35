"""Orders: one row per partner and order number, worked on by one lease holder at a time."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, bindparam, case, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from orderwire.errors import LeaseLostError
from orderwire.ports.orders import OrderRecord
from orderwire.store.rows import checked, columns_of, portions, record_of, values_of
from orderwire.store.statements import Statements
from orderwire.store.tables import orders

_INSERT: Final = insert(orders).on_conflict_do_nothing()
_ORDER: Final = select(*columns_of(OrderRecord, orders))
_GET: Final = _ORDER.where(orders.c.id == bindparam("key"))
_BY_ERP_NO: Final = _ORDER.where(orders.c.erp_no.in_(bindparam("nos", expanding=True)))
_LOCK: Final = _ORDER.where(
    orders.c.partner == bindparam("of_partner"), orders.c.order_no == bindparam("of_order")
).with_for_update()

_ours: Final = orders.c.lease_owner == bindparam("owner")
_runs: Final = orders.c.lease_until > bindparam("now")
_LEASE: Final = (
    update(orders)
    .where(orders.c.id == bindparam("key"), or_(orders.c.lease_owner.is_(None), _ours, ~_runs))
    # Prolonged in time it is the same lease; once it has run out even its owner takes a new one.
    .values(
        fence=case((and_(_ours, _runs), orders.c.fence), else_=orders.c.fence + 1),
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
    )
    .returning(orders.c.fence)
)
_FENCED: Final = update(orders).where(orders.c.id == bindparam("key"), orders.c.fence == bindparam("held"))
_FREE: Final = _FENCED.values(lease_owner=None, lease_until=None)


class SqlOrders:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def open(self, record: OrderRecord) -> OrderRecord:
        self._connection.run(_INSERT, values_of(record))
        key = {"of_partner": record.partner, "of_order": record.order_no}
        return record_of(OrderRecord, self._connection.run(_LOCK, key).one())

    def get(self, order_id: str) -> OrderRecord | None:
        row = self._connection.run(_GET, {"key": order_id}).one_or_none()
        return None if row is None else record_of(OrderRecord, row)

    def find(self, *, order_no: str | None = None, partner: str | None = None, limit: int = 100) -> list[OrderRecord]:
        statement = _ORDER.order_by(orders.c.created_at.desc(), orders.c.id.desc()).limit(max(0, limit))
        if order_no is not None:
            statement = statement.where(orders.c.order_no == order_no)
        if partner is not None:
            statement = statement.where(orders.c.partner == partner)
        return [record_of(OrderRecord, row) for row in self._connection.execute(statement)]

    def by_erp_no(self, erp_nos: Collection[str]) -> Mapping[str, OrderRecord]:
        rows = [row for nos in portions(erp_nos) for row in self._connection.run(_BY_ERP_NO, {"nos": nos})]
        return {record.erp_no: record for record in (record_of(OrderRecord, row) for row in rows) if record.erp_no}

    def lease(self, order_id: str, owner: str, now: datetime, seconds: float) -> int | None:
        until = now + timedelta(seconds=seconds)
        lease = {"key": order_id, "owner": owner, "now": now, "until": until}
        fence = self._connection.run(_LEASE, lease).scalar_one_or_none()
        return None if fence is None else int(fence)

    def save(self, order_id: str, fence: int, **changes: object) -> None:
        # Without a change the fence is set to itself: the row count tells whether it is still ours.
        self._save(order_id, fence, _checked(changes) or {"fence": fence})

    def finish(self, order_id: str, fence: int, **changes: object) -> None:
        self._save(order_id, fence, {**_checked(changes), "lease_owner": None, "lease_until": None})

    def _save(self, order_id: str, fence: int, values: Mapping[str, object]) -> None:
        saved = self._connection.run(_FENCED, {"key": order_id, "held": fence, **values})
        if saved.rowcount == 0:
            raise LeaseLostError("another worker has the order", order_id=order_id, fence=fence)

    def free(self, order_id: str, fence: int) -> None:
        self._connection.run(_FREE, {"key": order_id, "held": fence})


def _checked(changes: Mapping[str, object]) -> dict[str, object]:
    return checked(OrderRecord, changes, fixed=["id", "partner", "order_no", "fence"])
