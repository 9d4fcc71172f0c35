"""Punch-out sessions and their carts."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.punchout import CartRecord, CartState, PunchoutSession, SessionState
from orderwire.store.punchout_tables import cart_lines, carts, punchout_sessions
from orderwire.store.rows import columns_of, portions, record_of, values_of
from orderwire.store.statements import Statements

_SESSION: Final = select(*columns_of(PunchoutSession, punchout_sessions))
_GET: Final = _SESSION.where(punchout_sessions.c.id == bindparam("key"))
_LOCK: Final = _GET.with_for_update()
_BY_TOKEN: Final = _SESSION.where(punchout_sessions.c.token_sha256 == bindparam("digest"))
_OPEN: Final = insert(punchout_sessions)
_CART: Final = select(*columns_of(CartRecord, carts))
_CART_GET: Final = _CART.where(carts.c.id == bindparam("key"))
_CART_OF: Final = _CART.where(carts.c.session_id == bindparam("key"))
_CART_CHANGES: Final = ("partner", "state", "cart", "findings", "posted_at")
_CART_INSERT: Final = insert(carts)
_PUT: Final = _CART_INSERT.on_conflict_do_update(
    index_elements=["session_id"],
    set_={name: _CART_INSERT.excluded[name] for name in _CART_CHANGES},
    where=carts.c.state != CartState.RETURNED,
)
_UNRETURNED: Final = update(carts).where(carts.c.id == bindparam("key"), carts.c.state != CartState.RETURNED)
_LINE: Final = insert(cart_lines)
_BY_AUXILIARY: Final = (
    select(cart_lines.c.auxiliary_id, *columns_of(CartRecord, carts))
    .join(carts, carts.c.id == cart_lines.c.cart_id)
    .where(carts.c.partner == bindparam("of"))
    .order_by(carts.c.returned_at, carts.c.id)
)
_LAST: Final = (
    _CART.where(carts.c.partner == bindparam("of"), carts.c.state == CartState.RETURNED, carts.c.cart.is_not(None))
    .order_by(carts.c.returned_at.desc(), carts.c.id.desc())
    .limit(bindparam("at_most"))
)


class SqlPunchouts:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def open(self, session: PunchoutSession) -> None:
        self._connection.execute(_OPEN, values_of(session))

    def get(self, session_id: str) -> PunchoutSession | None:
        row = self._connection.execute(_GET, {"key": session_id}).one_or_none()
        return None if row is None else record_of(PunchoutSession, row)

    def lock(self, session_id: str) -> PunchoutSession | None:
        row = self._connection.execute(_LOCK, {"key": session_id}).one_or_none()
        return None if row is None else record_of(PunchoutSession, row)

    def by_token(self, token_sha256: str) -> PunchoutSession | None:
        row = self._connection.execute(_BY_TOKEN, {"digest": token_sha256}).one_or_none()
        return None if row is None else record_of(PunchoutSession, row)

    def move(self, session_id: str, before: Collection[SessionState], to: SessionState, now: datetime) -> bool:
        values = {"state": to, **({"entered_at": now} if to is SessionState.ENTERED else {})}
        statement = update(punchout_sessions).where(
            punchout_sessions.c.id == session_id, punchout_sessions.c.state.in_(list(before))
        )
        return self._connection.execute(statement.values(values)).rowcount == 1

    def put_cart(self, record: CartRecord) -> CartRecord:
        self._connection.execute(_PUT, values_of(record))
        return record_of(CartRecord, self._connection.execute(_CART_OF, {"key": record.session_id}).one())

    def cart(self, cart_id: str) -> CartRecord | None:
        row = self._connection.execute(_CART_GET, {"key": cart_id}).one_or_none()
        return None if row is None else record_of(CartRecord, row)

    def cart_of(self, session_id: str) -> CartRecord | None:
        row = self._connection.execute(_CART_OF, {"key": session_id}).one_or_none()
        return None if row is None else record_of(CartRecord, row)

    def settle(self, cart_id: str, state: CartState, findings: str) -> None:
        self._connection.execute(_UNRETURNED, {"key": cart_id, "state": state, "findings": findings})

    def give_back(self, record: CartRecord, keys: Collection[tuple[str, str]]) -> bool:
        values = {
            "state": CartState.RETURNED,
            "cart": record.cart,
            "document_id": record.document_id,
            "returned_at": record.returned_at,
        }
        if self._connection.execute(_UNRETURNED, {"key": record.id, **values}).rowcount != 1:
            return False
        rows = [{"cart_id": record.id, "line_no": line_no, "auxiliary_id": key} for line_no, key in keys]
        if rows:
            self._connection.execute(_LINE, rows)
        return True

    def carts_by_auxiliary(self, partner: str, auxiliary_ids: Collection[str]) -> dict[str, CartRecord]:
        found: dict[str, CartRecord] = {}
        for portion in portions(_sorted(auxiliary_ids)):
            statement = _BY_AUXILIARY.where(cart_lines.c.auxiliary_id.in_(portion))
            for row in self._connection.execute(statement, {"of": partner}):
                auxiliary_id, *record = tuple(row)
                found[auxiliary_id] = CartRecord(*record)  # the later one wins
        return found

    def last_carts(self, partner: str, limit: int) -> list[CartRecord]:
        rows = self._connection.execute(_LAST, {"of": partner, "at_most": max(0, limit)})
        return [record_of(CartRecord, row) for row in rows]


def _sorted(values: Iterable[str]) -> list[str]:
    return sorted(set(values))
