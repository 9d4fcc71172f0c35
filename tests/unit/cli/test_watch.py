"""What `orderwire tail` prints."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from orderwire.cli.watch import Watch
from orderwire.config.settings import Settings
from orderwire.ports.journal import DocumentState
from orderwire.store.store import SqlStore, open_store
from records import NOON, a_document, later


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    url = f"sqlite:///{tmp_path}/orderwire.db"
    opened = open_store(Settings(config_dir=tmp_path, data_dir=tmp_path, store={"url": url}))
    opened.migrate()
    yield opened
    opened.close()


def add(store: SqlStore, ids: range, at: datetime, state: DocumentState = DocumentState.RECEIVED) -> None:
    with store.begin() as tx:
        for number in ids:
            tx.journal.add(a_document(id=f"d{number}", received_at=at, state=state, partner="acme"))


def looked(watch: Watch, store: SqlStore, now: datetime) -> list[str]:
    with store.read() as tx:
        return [row.id for row in watch.look(tx, now)]


def test_every_document_is_told_of_once(store: SqlStore) -> None:
    """However many came at once, in whatever order they were committed; what is an hour old is not."""
    watch = Watch("acme")
    add(store, range(301), later(0), DocumentState.DONE)
    add(store, range(900, 901), NOON - timedelta(hours=2))

    assert len(looked(watch, store, later(1))) == 301
    assert looked(watch, store, later(2)) == []
    add(store, range(400, 701), later(2.5), DocumentState.DONE)
    assert len(looked(watch, store, later(3))) == 301
    add(store, range(800, 801), later(1))  # began before those, and was committed after them
    assert looked(watch, store, later(4)) == ["d800"]


def test_a_change_is_told_of(store: SqlStore) -> None:
    """Also of a document that many others came after."""
    watch = Watch(None)
    add(store, range(1), later(0))
    add(store, range(1, 900), later(60), DocumentState.DONE)
    looked(watch, store, later(100))
    with store.begin() as tx:
        tx.journal.update("d0", state=DocumentState.DONE)

    assert looked(watch, store, later(101)) == ["d0"]
    assert looked(watch, store, later(102)) == []
