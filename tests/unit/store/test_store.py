"""The store on SQLite, looked into."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import select

from orderwire.config.settings import Settings, StoreSettings
from orderwire.ports.journal import DocumentQuery, DocumentState
from orderwire.store import SqlStore, open_store
from orderwire.store.tables import blobs, claims
from orderwire.store.transaction import SqlTransaction
from records import DRILL, NOON, a_document, a_hold, an_event, an_order
from services.stores import migrate_store, open_at

if TYPE_CHECKING:
    from orderwire.ports.store import Store

TEA_TIME: Final = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/orderwire.db"
    migrate_store(url)
    return url


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = open_at(url)
    yield opened
    opened.close()


def test_the_store_is_what_the_pipeline_wants(store: SqlStore) -> None:
    """The store satisfies its port, to the type checker too."""
    port: Store = store

    with port.begin() as tx:
        tx.journal.add(a_document())


def test_the_clock_is_handed_in(url: str) -> None:
    """Times that the caller does not give come from the store's clock."""
    store = open_store(Settings(store=StoreSettings.model_validate({"url": url})), lambda: TEA_TIME)

    with store.begin() as tx:
        tx.journal.add(a_document())
        tx.journal.update("document-1", state=DocumentState.DONE)
        tx.journal.claim("key", "sha", "document-1")
        document = tx.journal.get("document-1")
        claimed_at = tx._connection.execute(select(claims.c.created_at)).scalar_one()

    assert document is not None
    assert document.finished_at == claimed_at == TEA_TIME
    store.close()


def test_finished_at_may_be_given(store: SqlStore) -> None:
    """A caller that names `finished_at` itself is heard."""
    with store.begin() as tx:
        tx.journal.add(a_document())
        tx.journal.update("document-1", state=DocumentState.DONE, finished_at=TEA_TIME)

        assert tx.journal.get("document-1") == a_document(state=DocumentState.DONE, finished_at=TEA_TIME)


@pytest.mark.parametrize(("content", "packed"), [(b"UNH+1'" * 100, True), (os.urandom(600), False), (b"short", False)])
def test_the_archive_packs_what_shrinks(store: SqlStore, content: bytes, *, packed: bool) -> None:
    """Bytes are stored packed where that saves room; the size is told either way."""
    with store.begin() as tx:
        tx.archive.put(content)
        row = tx._connection.execute(select(blobs)).one()

    assert row.packed is packed
    assert row.size == len(content)
    assert (len(row.content) < len(content)) is packed


def plan(store: SqlStore, ask: Callable[[SqlTransaction], object]) -> str:
    """Return how SQLite goes about the statements that `ask` makes."""
    asked: list[str] = []
    with store.begin() as tx:
        raw: Any = tx._connection.connection.dbapi_connection
        raw.set_trace_callback(asked.append)
        ask(tx)
        raw.set_trace_callback(None)
        steps = [tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all() for statement in asked]
    return "\n".join(row.detail for rows in steps for row in rows)


def test_old_holds_cost_nothing(store: SqlStore) -> None:
    """The holds a reading may not have seen are found by index, among any number of settled ones."""
    with store.begin() as tx:
        tx.orders.open(an_order())
        tx.holds.add([a_hold(line_no=str(number)) for number in range(2000)], NOON)
        tx.holds.confirm("order-1", 1)
        tx._connection.exec_driver_sql("ANALYZE")

    found = plan(store, lambda tx: tx.holds.unsettled([DRILL], 1, but=""))

    assert "ix_holds_pending" in found
    assert "ix_holds_confirmed_sequence" in found
    assert "SCAN holds" not in found


def test_sent_events_cost_nothing(store: SqlStore) -> None:
    """Unsent events are found by index, of some causes or of all, among any number of sent ones."""
    with store.begin() as tx:
        for number in range(500):
            tx.outbox.add(an_event(f"event-{number}"), cause="cause-1")
        tx.outbox.mark_sent([f"event-{number}" for number in range(500)], NOON)
        tx._connection.exec_driver_sql("ANALYZE")

    assert "ix_outbox_unsent" in plan(store, lambda tx: tx.outbox.unsent(before=NOON))
    assert "ix_outbox_unsent" in plan(store, lambda tx: tx.outbox.owed(["cause-1"]))


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (DocumentQuery(), "ix_documents_received_at"),
        (DocumentQuery(state=DocumentState.PARKED), "ix_documents_state"),
        (DocumentQuery(partner="baumarkt"), "ix_documents_partner"),
        (DocumentQuery(order_no="4711"), "ix_documents_order_no"),
        (DocumentQuery(erp_no="OW-1"), "ix_documents_erp_no"),
        (DocumentQuery(control_ref="1"), "ix_documents_control_ref"),
        (DocumentQuery(parent_id="document-0"), "ix_documents_parent_id"),
        (DocumentQuery(correlation_id="correlation-1"), "ix_documents_correlation_id"),
    ],
)
def test_documents_are_found_by_index(store: SqlStore, query: DocumentQuery, index: str) -> None:
    """No search an operator makes reads the whole journal."""
    assert index in plan(store, lambda tx: tx.journal.find(query))
