"""Where an order stands, by journal and orders."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orderwire.config.settings import Settings
from orderwire.ports.journal import Document, DocumentState
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.store.store import SqlStore, open_store
from orderwire.web.standing import Standings, State
from records import a_document, an_order

FILE = a_document(id="file", channel="api", kind="file", partner="acme", sha256="s1", control_ref="k")
MESSAGE = FILE._replace(id="message", kind="order", parent_id="file", order_no="A-1", state=DocumentState.WAITING)
RECORD = an_order(partner="acme", order_no="A-1", content_hash="h1", document_id="message")
ANSWERED = replace(RECORD, state=OrderState.ANSWERED, response="{}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(Settings(store={"url": f"sqlite:///{tmp_path}/o.db"}))
    opened.migrate()
    yield opened
    opened.close()


def state(store: SqlStore, *rows: Document | OrderRecord, file: str = "file", digest: str = "h1") -> State:
    """Return where the order of a file stands, given what is in the tables."""
    with store.begin() as tx:
        for row in rows:
            if isinstance(row, Document):
                tx.journal.add(row)
            else:
                tx.orders.open(row)
    return Standings(store).of_content(file, "acme", "A-1", digest).state


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (DocumentState.WAITING, State.WAITING),
        (DocumentState.RETRYING, State.WAITING),
        (DocumentState.HELD, State.WAITING),
        (DocumentState.PARKED, State.PARKED),
        (DocumentState.DISCARDED, State.REFUSED),
        (DocumentState.DONE, State.REPLACED),
    ],
)
def test_an_undecided_order_stands_where_its_message_does(
    store: SqlStore, message: DocumentState, expected: State
) -> None:
    """A message that is done without an order of its content was answered before another took the number."""
    assert state(store, FILE, MESSAGE._replace(state=message)) is expected


def test_a_file_that_is_not_decoded_waits_or_is_parked(store: SqlStore) -> None:
    """There is no message yet."""
    assert state(store, FILE) is State.WAITING
    assert state(store, FILE._replace(id="other", state=DocumentState.PARKED), file="other") is State.PARKED


def test_an_order_that_could_not_be_read_is_refused(store: SqlStore) -> None:
    """By its syntax, which is no answer to an order."""
    message = MESSAGE._replace(state=DocumentState.REJECTED, code="syntax", order_no=None)

    assert state(store, FILE, message) is State.REFUSED


def test_a_decision_is_told_before_its_message_is_closed(store: SqlStore) -> None:
    """The order's row is what counts."""
    assert state(store, FILE, MESSAGE, ANSWERED) is State.DECIDED


def test_a_decision_about_other_content_is_not_ours(store: SqlStore) -> None:
    """We wait, or are parked for the conflict."""
    assert state(store, FILE, MESSAGE, ANSWERED, digest="h2") is State.WAITING


def test_bytes_that_came_before_stand_where_the_first_do(store: SqlStore) -> None:
    """They are not decoded again; the first file's message speaks for both."""
    again = FILE._replace(id="again")
    twin = FILE._replace(id="twin", kind="interchange", parent_id="again", code="duplicate", state=DocumentState.DONE)

    assert state(store, FILE, MESSAGE, again, twin, file="again") is State.WAITING
    with store.begin() as tx:
        tx.journal.update("message", state=DocumentState.PARKED)
    assert state(store, file="again") is State.PARKED


def test_a_replayed_message_gives_way_to_its_replay(store: SqlStore) -> None:
    """The newest that is not replaced counts."""
    replay = MESSAGE._replace(id="replay", replay_of="message", epoch=1)

    assert state(store, FILE, MESSAGE._replace(state=DocumentState.REPLAYED), replay) is State.WAITING


def test_an_id_is_found_by_its_partner_only(store: SqlStore) -> None:
    """An order's, or an API document's; an answer of ours or an EDI file is neither."""
    state(
        store, FILE, MESSAGE, ANSWERED, FILE._replace(id="edi", channel="edi"), FILE._replace(id="out", direction="out")
    )
    standings = Standings(store)

    for some_id in ("file", "order-1"):
        standing = standings.of_id(some_id, "acme")
        assert standing is not None
        assert standing.state is State.DECIDED
        assert standings.of_id(some_id, "rival") is None
    assert [standings.of_id(some_id, "acme") for some_id in ("edi", "out", "nothing")] == [None] * 3


def test_a_conflicting_document_is_not_the_order(store: SqlStore) -> None:
    """By its id one learns that it came to nothing, and not what became of the other."""
    conflict = FILE._replace(id="conflict")
    parked = MESSAGE._replace(id="parked", parent_id="conflict", state=DocumentState.PARKED, code="duplicate_conflict")
    state(store, FILE, MESSAGE, ANSWERED, conflict, parked)

    standing = Standings(store).of_id("conflict", "acme")

    assert standing is not None
    assert (standing.state, standing.record) == (State.PARKED, None)


def test_only_a_decided_order_of_this_content_is_decided(store: SqlStore) -> None:
    """What `refuse` may tell while NAV is away."""
    standings = Standings(store)
    assert standings.decided("acme", "A-1", "h1") is None
    state(store, RECORD)
    assert standings.decided("acme", "A-1", "h1") is None
    with store.begin() as tx:
        fence = tx.orders.lease(RECORD.id, "w", RECORD.created_at, 60) or 0
        tx.orders.save(RECORD.id, fence, state=OrderState.ANSWERED)
    assert standings.decided("acme", "A-1", "h1") is not None
    assert standings.decided("acme", "A-1", "h2") is None
