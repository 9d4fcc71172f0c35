"""The store's contract: archive and journal. One suite over both databases."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta, timezone
from threading import Barrier
from typing import Any

import pytest

from orderwire.ports.journal import Claim, Document, DocumentQuery, DocumentState, Step
from orderwire.store import SqlStore
from records import NOON, a_document, an_exchange, later
from services.stores import crash


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"UNA:+.? '" * 100, bytes(range(256)) * 4096])
def test_archive_gives_back_the_bytes(store: SqlStore, content: bytes) -> None:
    """Bytes come back as they were, by their SHA-256; putting them again changes nothing."""
    with store.begin() as tx:
        key = tx.archive.put(content)
    with store.begin() as tx:
        assert tx.archive.put(content) == key == hashlib.sha256(content).hexdigest()
        assert tx.archive.get(key) == content


def test_a_document_that_ends_elsewhere_meanwhile_is_not_opened_again(store: SqlStore) -> None:
    """A message given to two workers ends with the one that did it, however the other fails at that moment."""
    with store.begin() as tx:
        tx.journal.add(a_document(id="twice"))

    def fail() -> None:
        with store.begin() as mine:
            mine.journal.retry("twice", code="busy", reason="a deadlock", attempts=1)

    with ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            tx.journal.update("twice", state=DocumentState.DONE)
            failing = pool.submit(fail)
        failing.result(30)

    with store.read() as tx:
        document = tx.journal.get("twice")
    assert document is not None
    assert (document.state, document.code) == (DocumentState.DONE, None)


def test_many_documents_and_what_replaced_them(store: SqlStore) -> None:
    """Any number is looked up at once: those there are, and those that took their place, the newest first."""
    many = [f"document-{number}" for number in range(1200)]
    with store.begin() as tx:
        for number in (1, 2, 1199):
            tx.journal.add(a_document(id=f"document-{number}"))
        for number in (1, 2):
            tx.journal.add(a_document(id=f"again-{number}", replay_of="document-1", received_at=later(number)))

    with store.begin() as tx:
        assert {one.id for one in tx.journal.these(many)} == {"document-1", "document-2", "document-1199"}
        assert [one.id for one in tx.journal.replacing(many)] == ["again-2", "again-1"]
        assert (tx.journal.these([]), tx.journal.replacing([])) == ([], [])


def test_what_came_of_many_documents(store: SqlStore) -> None:
    """The newest of their children, and every step of theirs, the oldest first."""
    many = [f"document-{number}" for number in range(1200)]
    with store.begin() as tx:
        for number in (1, 1199):
            tx.journal.add(a_document(id=f"child-{number}", parent_id=f"document-{number}", received_at=later(number)))
            tx.journal.step(Step(f"document-{number}", later(-number), "read"))
        tx.journal.add(a_document(id="other", parent_id="another"))
        tx.journal.step(Step("another", NOON, "read"))

    with store.begin() as tx:
        assert [one.id for one in tx.journal.children(many, 9)] == ["child-1199", "child-1"]
        assert [one.id for one in tx.journal.children(many, 1)] == ["child-1199"]
        assert [one.document_id for one in tx.journal.steps_of(many)] == ["document-1199", "document-1"]
        assert (tx.journal.children([], 9), tx.journal.steps_of([])) == ([], [])


def test_archive_has_no_such_bytes(store: SqlStore) -> None:
    """Asking for bytes that were never put raises KeyError."""
    with store.begin() as tx, pytest.raises(KeyError):
        tx.archive.get("0" * 64)


HOSTILE = ['"', "\\", '\\"', "{}", "{a,b}", "NULL", "null", "", " ", "\t\n", "größe €", "');--", "%(id)s", ":id", "?"]


def test_rows_written_together_come_back_as_they_were(store: SqlStore) -> None:
    """Whatever a sender writes, in whatever row, with other columns empty."""
    documents = [
        a_document(id=f"d{number}")._replace(order_no=text, reason=None if number % 2 else text, message_no=number)
        for number, text in enumerate(HOSTILE)
    ]
    with store.begin() as tx:
        for document in documents:
            tx.journal.add(document)
            tx.journal.step(Step(document.id, NOON, "received", None, {"text": document.order_no}))
    with store.begin() as tx:
        assert [tx.journal.get(document.id) for document in documents] == documents
        steps = [step for document in documents for step in tx.journal.steps(document.correlation_id)]

    assert {step.detail["text"] for step in steps if step.detail} == set(HOSTILE)


def test_document_comes_back_whole(store: SqlStore) -> None:
    """Every field of a document comes back equal; time is UTC to the microsecond."""
    full = Document(
        id="document-1",
        direction="out",
        channel="folder",
        kind="ORDRSP",
        state=DocumentState.PARKED,
        correlation_id="correlation-1",
        received_at=NOON.astimezone(timezone(timedelta(hours=5, minutes=30))),
        parent_id="document-0",
        replay_of="document-00",
        epoch=2,
        partner="baumarkt",
        sender="4099998000020:14",
        control_ref="000042",
        message_ref="1",
        message_no=3,
        order_no="4500012345",
        erp_no="OW-1",
        sha256="ab" * 32,
        name="Aufträge/größe.edi",
        test=True,
        code="mapping",
        reason="no unit code",
        attempts=4,
        finished_at=later(1),
    )
    with store.begin() as tx:
        tx.journal.add(full)
        found = tx.journal.get("document-1")

    assert found == full
    assert found is not None
    assert found.received_at.utcoffset() == timedelta(0)


def test_document_is_added_once(store: SqlStore) -> None:
    """Work done twice has the same ids: the first row stays as it is."""
    with store.begin() as tx:
        tx.journal.add(a_document(partner="baumarkt"))
        tx.journal.add(a_document(partner="bricolage"))

        assert tx.journal.get("document-1") == a_document(partner="baumarkt")
        assert tx.journal.get("document-2") is None


def test_update_sets_columns(store: SqlStore) -> None:
    """Named columns are set and the others stay."""
    with store.begin() as tx:
        tx.journal.add(a_document(partner="baumarkt"))
        tx.journal.update("document-1", state=DocumentState.RETRYING, attempts=2, code="busy")
        tx.journal.update("document-1", at=NOON)

        assert tx.journal.get("document-1") == a_document(
            partner="baumarkt", state=DocumentState.RETRYING, attempts=2, code="busy"
        )


@pytest.mark.parametrize("state", list(DocumentState)[4:])
def test_an_end_state_sets_finished_at(store: SqlStore, state: DocumentState) -> None:
    """An end state has its time, and a document that goes on afterwards has none."""
    with store.begin() as tx:
        tx.journal.add(a_document())
        tx.journal.update("document-1", state=state, at=later(3))
        ended = tx.journal.get("document-1")
        tx.journal.update("document-1", state=DocumentState.RECEIVED, at=later(4))
        again = tx.journal.get("document-1")

    assert ended == a_document(state=state, finished_at=later(3))
    assert again == a_document()


@pytest.mark.parametrize("name", ["id", "colour"])
def test_update_refuses_unknown_columns(store: SqlStore, name: str) -> None:
    """A misspelt column is a bug, and says so."""
    with store.begin() as tx, pytest.raises(TypeError, match=name):
        tx.journal.update("document-1", **{name: "x"})


@pytest.mark.parametrize(
    "change",
    [
        {"state": DocumentState.HELD},
        {"partner": "toolbox"},
        {"order_no": "4711"},
        {"erp_no": "OW-2"},
        {"control_ref": "000043"},
        {"kind": "CONTRL"},
        {"direction": "out"},
        {"parent_id": "document-0"},
        {"correlation_id": "correlation-2"},
    ],
)
def test_find_by_each_column(store: SqlStore, change: dict[str, Any]) -> None:
    """Each part of a query narrows the answer."""
    with store.begin() as tx:
        tx.journal.add(a_document())
        tx.journal.add(a_document(id="document-2", **change))

        assert [found.id for found in tx.journal.find(replace(DocumentQuery(), **change))] == ["document-2"]
        assert len(tx.journal.find(DocumentQuery())) == 2


def test_find_pages_through_everything(store: SqlStore) -> None:
    """Page by page every document comes once, newest first, though many were received at one instant."""
    with store.begin() as tx:
        for number in range(10):
            tx.journal.add(a_document(id=f"document-{number}", received_at=later(number // 4)))
        pages: list[Document] = []
        query = DocumentQuery(limit=3)
        while page := tx.journal.find(query):
            pages += page
            query = replace(query, before=page[-1].received_at, before_id=page[-1].id)

        assert [document.id for document in pages] == [f"document-{number}" for number in reversed(range(10))]
        assert len(tx.journal.find(DocumentQuery(before=later(1)))) == 4


def test_steps_of_a_correlation(store: SqlStore) -> None:
    """One correlation leads to every step of every document of it, oldest first."""
    with store.begin() as tx:
        tx.journal.add(a_document())
        tx.journal.add(a_document(id="document-2"))
        tx.journal.add(a_document(id="stranger", correlation_id="correlation-2"))
        steps = [
            Step("document-1", NOON, "received"),
            Step("document-2", NOON, "decoded", "event-1", {"lines": 3, "text": "größe\0"}),
            Step("document-1", later(1), "done"),
        ]
        for step in [steps[2], Step("stranger", NOON, "received"), *steps[:2]]:
            tx.journal.step(step)

        assert tx.journal.steps("correlation-1") == steps


def test_claim(store: SqlStore) -> None:
    """The first claims; repeating one's own claim is new again; another's is told whose it is, and if it is equal."""
    with store.begin() as tx:
        assert tx.journal.claim("key", "aa", "document-1") == Claim(True, "document-1", True)
    with store.begin() as tx:
        assert tx.journal.claim("key", "aa", "document-1") == Claim(True, "document-1", True)
        assert tx.journal.claim("key", "aa", "document-2") == Claim(False, "document-1", True)
        assert tx.journal.claim("key", "bb", "document-2") == Claim(False, "document-1", False)
        assert tx.journal.claim("other", "bb", "document-2").new


def test_claims_race(store: SqlStore) -> None:
    """Of many that claim a key at once, exactly one is new, and all others learn its document."""
    start = Barrier(8)

    def claim(number: int) -> Claim:
        start.wait()
        with store.begin() as tx:
            return tx.journal.claim("key", "aa", f"document-{number}")

    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(claim, range(8)))

    assert [claimed.new for claimed in claims].count(True) == 1
    assert len({claimed.document_id for claimed in claims}) == 1


def test_a_claim_is_undone_with_its_transaction(store: SqlStore) -> None:
    """A claim that was rolled back is free."""
    with suppress(ZeroDivisionError), store.begin() as tx:
        assert tx.journal.claim("key", "aa", "document-1").new
        crash()

    with store.begin() as tx:
        assert tx.journal.claim("key", "bb", "document-2").new


def test_numbers_have_no_gap(store: SqlStore) -> None:
    """A series counts from one without gaps, under threads and after a rollback; each name has its own."""

    def draw(_: int) -> int:
        with store.begin() as tx:
            return tx.journal.next_number("control:baumarkt")

    with suppress(ZeroDivisionError), store.begin() as tx:
        assert tx.journal.next_number("control:baumarkt") == 1
        crash()
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(draw, range(40)))

    assert sorted(numbers) == list(range(1, 41))
    with store.begin() as tx:
        assert tx.journal.next_number("control:toolbox") == 1


def test_exchanges_are_kept_once_and_in_order(store: SqlStore) -> None:
    """Written again they stay as they are; the last of a conversation are given, the oldest of them first."""
    with store.begin() as tx:
        tx.journal.add(a_document(id="file", correlation_id="file"))
        tx.journal.add(a_document(id="message", correlation_id="file"))
        tx.exchanges.add("file", [an_exchange("2")])
        tx.exchanges.add("message", [an_exchange("1"), an_exchange("3", problem="none\0 such")])
    with store.begin() as tx:
        tx.exchanges.add("message", [an_exchange("3", service="another"), an_exchange("4")])

    with store.read() as tx:
        kept = tx.exchanges.of(["file", "message"], 3)
        assert tx.exchanges.of(["other"], 3) == []

    assert [(document_id, one.id) for document_id, one in kept] == [("file", "2"), ("message", "3"), ("message", "4")]
    assert kept[0][1] == an_exchange("2")
    assert (kept[1][1].service, kept[1][1].bodies()) == ("Item", (b"<ask/>", b"<say/>"))
