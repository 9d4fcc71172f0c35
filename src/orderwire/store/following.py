"""What the follower remembers: its lease, its cursors, the orders it follows, the stock it told of."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, bindparam, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.errors import LeaseLostError
from orderwire.ports.following import Cursor, FollowedLine, FollowedOrder, FollowedState
from orderwire.store.following_tables import cursors, followed_lines, followed_orders, leases, stock_figures
from orderwire.store.rows import columns_of, portions, record_of, values_of
from orderwire.store.statements import Statements

_NAME: Final = "follow"
_ADD_LEASE: Final = insert(leases).values(name=_NAME, fence=0).on_conflict_do_nothing()
_ours: Final = leases.c.owner == bindparam("by")
_runs: Final = leases.c.until > bindparam("now")
_LEASE: Final = (
    update(leases)
    .where(leases.c.name == _NAME, or_(leases.c.owner.is_(None), _ours, ~_runs))
    # Prolonged in time it is the same lease; once it has run out even its owner takes a new one.
    .values(
        fence=case((and_(_ours, _runs), leases.c.fence), else_=leases.c.fence + 1),
        owner=bindparam("by"),
        until=bindparam("end"),
    )
    .returning(leases.c.fence)
)
_FENCED: Final = update(leases).where(leases.c.name == _NAME, leases.c.fence == bindparam("held"))
_HOLD: Final = _FENCED.values(fence=leases.c.fence)
_FREE: Final = _FENCED.values(owner=None, until=None)

_CURSOR: Final = select(*columns_of(Cursor, cursors)).where(cursors.c.name == bindparam("of"))
_add_cursor = insert(cursors)
_SAVE: Final = _add_cursor.on_conflict_do_update(
    index_elements=["name"],
    set_={name: _add_cursor.excluded[name] for name in ("mark", "ahead", "ahead_at", "resume", "turned_at")},
)

_ORDER: Final = select(*columns_of(FollowedOrder, followed_orders))
_ORDERS: Final = _ORDER.where(followed_orders.c.erp_no.in_(bindparam("nos", expanding=True)))
_MISSING: Final = (
    _ORDER.where(followed_orders.c.state == FollowedState.OPEN, followed_orders.c.seen_at < bindparam("since"))
    .order_by(followed_orders.c.seen_at, followed_orders.c.erp_no)
    .limit(bindparam("at_most"))
)
_add_order = insert(followed_orders)
_PUT: Final = _add_order.on_conflict_do_update(
    index_elements=["erp_no"],
    set_={name: _add_order.excluded[name] for name in ("state", "seen_at")},
)
_LINES: Final = (
    select(*columns_of(FollowedLine, followed_lines))
    .where(followed_lines.c.erp_no == bindparam("of"))
    .order_by(followed_lines.c.line_no)
)
_DROP_LINES: Final = delete(followed_lines).where(followed_lines.c.erp_no == bindparam("of"))
_ADD_LINES: Final = insert(followed_lines).inline()

_FIGURES: Final = select(stock_figures).where(stock_figures.c.item_no.in_(bindparam("nos", expanding=True)))
_add_figure = insert(stock_figures)
_PUT_FIGURE: Final = _add_figure.on_conflict_do_update(
    index_elements=["item_no", "location", "variant"],
    set_={"figure": _add_figure.excluded.figure},
)


class SqlFollowing:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def lease(self, owner: str, now: datetime, seconds: float) -> int | None:
        self._connection.execute(_ADD_LEASE)
        lease = {"by": owner, "now": now, "end": now + timedelta(seconds=seconds)}
        fence = self._connection.execute(_LEASE, lease).scalar_one_or_none()
        return None if fence is None else int(fence)

    def hold(self, fence: int) -> None:
        if self._connection.execute(_HOLD, {"held": fence}).rowcount == 0:
            raise LeaseLostError("another worker follows now", fence=fence)

    def free(self, fence: int) -> None:
        self._connection.execute(_FREE, {"held": fence})

    def cursor(self, name: str) -> Cursor | None:
        row = self._connection.execute(_CURSOR, {"of": name}).one_or_none()
        return None if row is None else record_of(Cursor, row)

    def save_cursor(self, cursor: Cursor) -> None:
        self._connection.execute(_SAVE, values_of(cursor))

    def orders(self, erp_nos: Collection[str]) -> Mapping[str, FollowedOrder]:
        rows = [row for nos in portions(erp_nos) for row in self._connection.execute(_ORDERS, {"nos": nos})]
        return {order.erp_no: order for order in (record_of(FollowedOrder, row) for row in rows)}

    def lines(self, erp_no: str) -> Sequence[FollowedLine]:
        return [record_of(FollowedLine, row) for row in self._connection.execute(_LINES, {"of": erp_no})]

    def put(self, order: FollowedOrder, lines: Sequence[FollowedLine]) -> None:
        self._connection.execute(_PUT, values_of(order))
        self._connection.execute(_DROP_LINES, {"of": order.erp_no})
        if lines:
            self._connection.execute(_ADD_LINES, [values_of(line) for line in lines])

    def missing(self, since: datetime, limit: int) -> Sequence[FollowedOrder]:
        rows = self._connection.execute(_MISSING, {"since": since, "at_most": limit})
        return [record_of(FollowedOrder, row) for row in rows]

    def figures(self, keys: Collection[StockKey]) -> Mapping[StockKey, StockFigure]:
        nos = sorted({key.item_no for key in keys})
        rows = [row for some in portions(nos) for row in self._connection.execute(_FIGURES, {"nos": some}).mappings()]
        told = {figure.key: figure for figure in (StockFigure.model_validate_json(row["figure"]) for row in rows)}
        return {key: told[key] for key in keys if key in told}

    def put_figures(self, figures: Collection[StockFigure]) -> None:
        if figures:
            # Sorted, so that two writers lock the rows they share in one order.
            rows = [{**figure.key.model_dump(), "figure": figure.model_dump_json()} for figure in figures]
            rows.sort(key=lambda row: (row["item_no"], row["location"], row["variant"]))
            self._connection.execute(_PUT_FIGURE, rows)
