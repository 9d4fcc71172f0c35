"""The parking lot: what failed for good, until a person has settled it."""

import hashlib
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.parking import Parked
from orderwire.store.columns import storable
from orderwire.store.rows import columns_of, record_of, values_of
from orderwire.store.statements import Statements
from orderwire.store.tables import parked

_insert: Final = insert(parked)
_ADD: Final = _insert.on_conflict_do_update(
    index_elements=["id"],
    set_={name: _insert.excluded[name] for name in ("last_at", "attempts", "reason")},
)
_ENTRY: Final = select(*columns_of(Parked, parked))
_GET: Final = _ENTRY.where(parked.c.id == bindparam("key"))
_SETTLE: Final = update(parked).where(parked.c.id == bindparam("key"), parked.c.state == "parked")


def group_id(fingerprint: str) -> str:
    """Return what a group of equal causes goes by: a fingerprint is as long as a reason may be."""
    return hashlib.sha256(storable(fingerprint).encode()).hexdigest()[:32]


class SqlParkingLot:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def add(self, entry: Parked) -> None:
        self._connection.execute(_ADD, {**values_of(entry), "group_id": group_id(entry.fingerprint)})

    def get(self, parked_id: str) -> Parked | None:
        row = self._connection.execute(_GET, {"key": parked_id}).one_or_none()
        return None if row is None else record_of(Parked, row)

    def find(
        self,
        *,
        state: str | None = "parked",
        code: str | None = None,
        partner: str | None = None,
        order_no: str | None = None,
        limit: int = 100,
    ) -> list[Parked]:
        asked = {"state": state, "code": code, "partner": partner, "order_no": order_no}
        statement = (
            _ENTRY.where(*[parked.c[name] == value for name, value in asked.items() if value is not None])
            .order_by(parked.c.last_at.desc(), parked.c.id.desc())
            .limit(max(0, limit))
        )
        return [record_of(Parked, row) for row in self._connection.execute(statement)]

    def settle(self, parked_id: str, state: str, note: str) -> bool:
        values = {"key": parked_id, "state": state, "note": note}
        return self._connection.execute(_SETTLE, values).rowcount == 1
