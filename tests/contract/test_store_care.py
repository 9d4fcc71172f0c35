"""The store's contract: what goes when it is old, and what stays. One suite over both databases."""

from datetime import datetime, timedelta
from typing import Any

from orderwire.canonical.envelope import Event, EventType
from orderwire.pipeline.indexing import Indexing
from orderwire.pipeline.retention import CHUNK, LegalHolds, Retention
from orderwire.ports.journal import DocumentState, Step
from orderwire.ports.replay import Run, RunState
from orderwire.ports.search import Wanted
from orderwire.store import SqlStore
from records import NOON, a_document, an_exchange

DAY = timedelta(days=1)


def keep(store: SqlStore, now: datetime, **days: float) -> Retention:
    return Retention(store, lambda: now, **{"events_days": 30, **days})


def ended(store: SqlStore, document_id: str, state: DocumentState = DocumentState.DONE, **changes: Any) -> None:
    """Journal a document of its own conversation that ended at noon, with raw bytes and a step."""
    with store.begin() as tx:
        sha256 = tx.archive.put(changes.pop("content", document_id.encode()))
        fields = {"correlation_id": document_id, "finished_at": NOON if state.is_end else None, **changes}
        tx.journal.add(a_document(id=document_id, state=state, sha256=sha256, **fields))
        tx.journal.step(Step(document_id, NOON, "received"))


def a_run(run_id: str, state: RunState) -> Run:
    return Run(run_id, NOON, "kim", "mended", {}, "digest", state, 250, 10.0, (1, 5), 1)


def left(store: SqlStore) -> set[str]:
    with store.begin() as tx:
        return {document.id for document in tx.search.documents(Wanted()).documents}


def test_what_ended_well_goes_when_it_is_old(store: SqlStore) -> None:
    """A conversation goes whole, with bytes, steps and words; what failed has a class of its own."""
    ended(store, "old", content=b"Drill for PO-77")
    ended(store, "failed", DocumentState.PARKED)
    while Indexing(store, lambda: NOON).turn():
        pass
    with store.begin() as tx:
        assert [one.id for one in tx.search.documents(Wanted(words=("drill",))).documents] == ["old"]

    keep(store, NOON + 11 * DAY, done_days=10).turn()

    assert left(store) == {"failed"}
    with store.begin() as tx:
        assert tx.journal.steps("old") == []
        assert tx.search.documents(Wanted(words=("drill",))).documents == []
    keep(store, NOON + 11 * DAY, failed_days=10).turn()
    assert left(store) == set()


def test_what_is_young_or_under_way_stays(store: SqlStore) -> None:
    """Neither what ended lately goes, nor a conversation of which one document still waits."""
    ended(store, "young", finished_at=NOON + 5 * DAY)
    ended(store, "file")
    ended(store, "message", DocumentState.HELD, correlation_id="file")

    keep(store, NOON + 11 * DAY, done_days=10, failed_days=10).turn()

    assert left(store) == {"young", "file", "message"}


def test_what_is_kept_keeps_nothing_back(store: SqlStore) -> None:
    """Kept ones, however many, that ended at the same instant, do not hide the old ones behind them."""
    for number in range(CHUNK + 50):
        ended(store, f"a-failed-{number:04}", DocumentState.PARKED)
    ended(store, "old")
    retention = keep(store, NOON + 11 * DAY, done_days=10)

    assert [retention.turn() for _ in range(2)] == [True, False]

    assert "old" not in left(store)
    with store.begin() as tx:
        assert tx.journal.get("a-failed-0000") is not None


def test_one_failed_document_makes_the_conversation_a_failed_one(store: SqlStore) -> None:
    """The file of a rejected message is kept as long as the message."""
    ended(store, "file")
    ended(store, "message", DocumentState.REJECTED, correlation_id="file")

    keep(store, NOON + 11 * DAY, done_days=10).turn()

    assert left(store) == {"file", "message"}


def test_a_legal_hold_keeps_whatever_the_age(store: SqlStore) -> None:
    """Held, a conversation stays; let go, its age decides again; both acts stand in the audit."""
    ended(store, "held")
    holds = LegalHolds(store, lambda: NOON)
    assert holds.hold("held", who="kim", why="claim 7")
    assert not holds.hold("held", who="kim", why="again")

    keep(store, NOON + 99 * DAY, done_days=10).turn()
    assert left(store) == {"held"}

    assert holds.unhold("held", who="kim", why="settled")
    assert not holds.unhold("held", who="kim", why="again")
    keep(store, NOON + 99 * DAY, done_days=10).turn()
    assert left(store) == set()


def test_bytes_that_a_younger_document_shares_stay(store: SqlStore) -> None:
    """The same file sent twice is archived once, and its bytes outlive the first sending."""
    ended(store, "first", content=b"same")
    ended(store, "second", content=b"same", finished_at=NOON + 5 * DAY)

    keep(store, NOON + 11 * DAY, done_days=10).turn()

    with store.begin() as tx:
        second = tx.journal.get("second")
        assert second is not None
        assert tx.archive.get(second.sha256 or "") == b"same"


def test_events_go_when_they_are_published_and_old(store: SqlStore) -> None:
    """Marks and published events go; what still has to be published stays, however old."""
    with store.begin() as tx:
        tx.inbox.mark("decode", ["one"], NOON)
        for number in ("sent", "unsent"):
            event = Event(
                id=number, source="test", type=EventType.DOCUMENT_RECEIVED, time=NOON, data={}, documentid="d",
                correlationid="d",
            )  # fmt: skip
            tx.outbox.add(event, cause=None)
        tx.outbox.mark_sent(["sent"], NOON)

    keep(store, NOON + 31 * DAY).turn()

    with store.begin() as tx:
        assert tx.inbox.seen("decode", ["one"]) == set()
        assert [event.id for event in tx.outbox.unsent()] == ["unsent"]
        tx.outbox.add(tx.outbox.unsent()[0].model_copy(update={"id": "sent"}), cause=None)
        assert {event.id for event in tx.outbox.unsent()} == {"sent", "unsent"}


def test_runs_of_replays_go_when_they_are_old(store: SqlStore) -> None:
    """One that stands still goes with what its dry run told of the orders, and one that is under way stays."""
    ids = [f"parked-{number}" for number in range(250)]
    with store.begin() as tx:
        for run_id, state in (("old", RunState.TRIED), ("busy", RunState.RUNNING)):
            tx.runs.add(a_run(run_id, state), ids)

    retention = keep(store, NOON + 31 * DAY)

    assert [retention.turn() for _ in range(3)] == [True, True, False]
    with store.begin() as tx:
        assert [run.id for run in tx.runs.all()] == ["busy"]
        assert tx.runs.items("old") == []
        assert len(tx.runs.items("busy", limit=1000)) == 250


def test_much_goes_in_chunks(store: SqlStore) -> None:
    """A turn deletes no more than a chunk, and says that there is more."""
    with store.begin() as tx:
        tx.inbox.mark("decode", [str(number) for number in range(450)], NOON)
    retention = keep(store, NOON + 31 * DAY)

    assert [retention.turn() for _ in range(4)] == [True, True, False, False]


def test_exchanges_with_the_erp_have_days_of_their_own(store: SqlStore) -> None:
    """They go before their document does, and with it; what is under legal hold keeps them."""
    for document_id in ("old", "held"):
        ended(store, document_id)
        with store.begin() as tx:
            tx.exchanges.add(document_id, [an_exchange("1")])
    LegalHolds(store, lambda: NOON).hold("held", who="kim", why="claim 7")

    assert not keep(store, NOON + 5 * DAY, exchanges_days=10).turn()
    assert len(exchanges(store, "old")) == 1
    keep(store, NOON + 11 * DAY, exchanges_days=10).turn()

    assert (exchanges(store, "old"), len(exchanges(store, "held"))) == ([], 1)
    assert left(store) == {"old", "held"}


def test_exchanges_go_with_their_document(store: SqlStore) -> None:
    """Whatever their own days are."""
    ended(store, "old")
    with store.begin() as tx:
        tx.exchanges.add("old", [an_exchange("1")])

    keep(store, NOON + 11 * DAY, done_days=10).turn()
    ended(store, "old")

    assert exchanges(store, "old") == []


def exchanges(store: SqlStore, document_id: str) -> list[str]:
    with store.begin() as tx:
        return [one.id for _, one in tx.exchanges.of([document_id], 10)]
