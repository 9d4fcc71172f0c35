"""The database's one sequence: whatever is drawn later is larger."""

from typing import Final

from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import insert

from orderwire.store.statements import Statements
from orderwire.store.tables import counters, draws

_DRAW: Final = select(draws.next_value())
_COUNT: Final = (
    insert(counters)
    .values(name=draws.name, value=1)
    .on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + literal(1)})
    .returning(counters.c.value)
)


def draw(statements: Statements) -> int:
    """Draw a number. SQLite counts in the transaction: whoever else draws waits for its end."""
    counted = statements.dialect.name == "sqlite"
    return int(statements.run(_COUNT if counted else _DRAW).scalar_one())
