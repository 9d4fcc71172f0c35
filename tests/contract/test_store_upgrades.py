"""Stores of earlier versions: `revisions/` has the main job's rows as each revision's own code wrote them."""

import base64
import gzip
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from alembic import command
from sqlalchemy import Boolean, Column, Connection, DateTime, LargeBinary, MetaData, Table, insert, select

from orderwire.canonical.envelope import BODIES
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import OrderResponse
from orderwire.ports.journal import DocumentQuery
from orderwire.ports.orders import OrderState
from orderwire.store import SqlStore
from orderwire.store.migration import alembic_config
from services.stores import open_at

if TYPE_CHECKING:
    from services.postgres import PostgresServer

FOLDER: Final = Path(__file__).parent / "revisions"
REVISIONS: Final = sorted(file.name[1:5] for file in FOLDER.glob("v*.json.gz"))
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Rows by table, as SQLite has them; bytes are told as such.
Rows = Mapping[str, list[dict[str, Any]]]
#: The words of documents: SQLite keeps them in tables of its own making, and they are read again when they are gone.
_READ_AGAIN: Final = "texts"
_REFERRED_TO: Final = frozenset({"orders", "followed_orders"})


def frozen(revision: str) -> Rows:
    rows: Rows = json.loads(gzip.decompress((FOLDER / f"v{revision}.json.gz").read_bytes()))
    return {table: rows[table] for table in rows if table != _READ_AGAIN}


def thawed(column: Column[Any], value: Any) -> Any:
    """Return a frozen value as the column's database takes it."""
    if isinstance(value, dict):
        return base64.b64decode(value["base64"])
    if isinstance(column.type, DateTime) and value is not None:
        return EPOCH + timedelta(microseconds=value)
    return bool(value) if isinstance(column.type, Boolean) and value is not None else value


def fill(connection: Connection, rows: Rows) -> None:
    for name in sorted(rows, key=lambda name: name not in _REFERRED_TO):
        table = Table(name, MetaData(), autoload_with=connection, resolve_fks=False)
        values = [{key: thawed(table.c[key], value) for key, value in row.items()} for row in rows[name]]
        connection.execute(insert(table), values)


def as_before(connection: Connection, rows: Rows) -> Iterable[str]:
    """Yield the tables in which some row is not as it was."""
    for name, these in rows.items():
        table = Table(name, MetaData(), autoload_with=connection, resolve_fks=False)
        columns = [table.c[key] for key in these[0]]
        found = {tuple(_plain(column, value) for column, value in zip(columns, row, strict=True))
                 for row in connection.execute(select(*columns))}  # fmt: skip
        wanted = {tuple(_plain(column, thawed(column, row[column.name])) for column in columns) for row in these}
        if not wanted <= found:
            yield name


def _plain(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, LargeBinary) and value is not None:
        return bytes(value)
    return str(value) if type(value).__name__ == "Decimal" or isinstance(value, (int, float)) else value


@pytest.mark.parametrize(
    ("database", "revision"),
    [*(("sqlite", one) for one in REVISIONS), *(("postgresql", one) for one in (REVISIONS[0], REVISIONS[-1]))],
)
def test_an_earlier_store_is_brought_up_to_date(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, revision: str
) -> None:
    """Every row is as it was, and what stands in the rows is still understood."""
    rows = frozen(revision)
    store = open_at(_url(request, tmp_path, database))
    with store._database.begin() as connection:
        command.upgrade(alembic_config(connection), revision)
        fill(connection, rows)

    store.migrate()

    with store._database.begin() as connection:
        assert list(as_before(connection, rows)) == []
    _understand(store, rows)
    store.close()


def _understand(store: SqlStore, rows: Rows) -> None:
    """Read everything by today's records and models."""
    with store.begin() as tx:
        documents = tx.journal.find(DocumentQuery(limit=1000))
        assert len(documents) == len(rows["documents"])
        assert all(tx.archive.get(document.sha256) for document in documents if document.sha256)
        assert all(tx.journal.steps(document.correlation_id) for document in documents)
        for record in tx.orders.find(limit=1000):
            assert record.state is OrderState.ANSWERED
            assert PurchaseOrder.model_validate_json(record.order).order_no == record.order_no
            assert OrderResponse.model_validate_json(record.response or "").order_no == record.order_no
        assert tx.outbox.reopen(EPOCH, [], 1000) == len(rows["outbox"])
        for event in tx.outbox.unsent(limit=1000):
            BODIES[event.type].model_validate(event.data)


def _url(request: pytest.FixtureRequest, folder: Path, database: str) -> str:
    if database == "sqlite":
        return f"sqlite:///{folder}/orderwire.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create_database()
