"""The store's contract: inbox, outbox, parking lot and audit. One suite over both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import text

from orderwire.store import SqlStore
from records import NOON, an_entry, an_event, later


def test_inbox_marks_once_per_consumer(store: SqlStore) -> None:
    """An event is new to each consumer once."""
    with store.begin() as tx:
        assert tx.inbox.mark("fulfil", ["event-1"], NOON)
        assert not tx.inbox.mark("fulfil", ["event-1"], later(1))
        assert tx.inbox.mark("respond", ["event-1"], NOON)

        assert tx.inbox.seen("fulfil", ["event-1", "event-2"]) == {"event-1"}
        assert tx.inbox.seen("decode", ["event-1"]) == set()
        assert tx.inbox.seen("fulfil", []) == set()


def test_inbox_takes_large_batches(store: SqlStore) -> None:
    """A batch of any size is looked up whole."""
    ids = [f"event-{number}" for number in range(1500)]
    with store.begin() as tx:
        for event_id in ids[::2]:
            tx.inbox.mark("fulfil", [event_id], NOON)

        assert tx.inbox.seen("fulfil", ids) == set(ids[::2])


def test_inbox_takes_any_ids(store: SqlStore) -> None:
    """Quotes, braces, commas, backslashes, and the word that is no value: an id is looked up as it was marked."""
    ids = ['"', "\\", "{a,b}", "NULL", "", " ", "a\nb", "größe", "'; --", '\\\\"x', "[1]"]
    with store.begin() as tx:
        assert tx.inbox.mark("fulfil", ids, NOON)

        assert tx.inbox.seen("fulfil", [*ids, "other"]) == set(ids)


def test_events_written_together_are_sent_singly(store: SqlStore) -> None:
    """Of more than one statement takes at once, those that were sent are marked, and the others come in their order."""
    events = [an_event(f"event-{number}") for number in range(263)]
    with store.begin() as tx:
        for event in events:
            tx.outbox.add(event, cause=None)
    with store.begin() as tx:
        tx.outbox.mark_sent([event.id for event in events[::2]], NOON)
        tx.outbox.mark_sent([events[0].id, "no such event"], NOON)

        assert [event.id for event in tx.outbox.unsent()] == [event.id for event in events[1::2]]


def test_marks_race(store: SqlStore) -> None:
    """Of many that mark an event at once, exactly one was the first."""

    def mark(_: int) -> bool:
        with store.begin() as tx:
            return tx.inbox.mark("fulfil", ["event-1"], NOON)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(mark, range(16))).count(True) == 1


def test_outbox_gives_back_events_in_order(store: SqlStore) -> None:
    """Unsent events come back whole, in order of insertion, until they are marked; the same id goes in once."""
    events = [an_event(f"event-{number}") for number in (3, 1, 2)]
    with store.begin() as tx:
        for event in events:
            tx.outbox.add(event, cause="cause-1")
        tx.outbox.add(an_event("event-1", subject="another"), cause="cause-2")

        assert tx.outbox.unsent() == events
        assert tx.outbox.unsent(limit=2) == events[:2]

        tx.outbox.mark_sent(["event-1", "nobody's"], NOON)
        tx.outbox.mark_sent([], NOON)
        assert tx.outbox.unsent() == [events[0], events[2]]


def test_outbox_is_searched_by_cause_and_age(store: SqlStore) -> None:
    """Unsent events are found by the event that led to them, and by their age."""
    with store.begin() as tx:
        tx.outbox.add(an_event("old"), cause="cause-1")
        tx.outbox.add(an_event("young", time=later(60)), cause="cause-1")
        tx.outbox.add(an_event("other"), cause=None)
        tx.outbox.add(an_event("second"), cause="cause-2")
        tx.outbox.add(an_event("sent"), cause="cause-2")
        tx.outbox.mark_sent(["sent"], NOON)

        owed = tx.outbox.owed(["cause-2", "cause-1", "nobody's"])
        assert {cause: [event.id for event in events] for cause, events in owed.items()} == {
            "cause-1": ["old", "young"],
            "cause-2": ["second"],
        }
        assert [event.id for events in tx.outbox.owed(["cause-1"], limit=1).values() for event in events] == ["old"]
        assert not tx.outbox.owed([])
        assert [event.id for event in tx.outbox.unsent(before=later(60))] == ["old", "other", "second"]


def test_an_event_is_published_again(store: SqlStore) -> None:
    """It is unsent again, in its old place; one that is not there is not."""
    with store.begin() as tx:
        for name in ("first", "second"):
            tx.outbox.add(an_event(name), cause=None)
        tx.outbox.mark_sent(["first"], NOON)

        assert tx.outbox.again("first")
        assert not tx.outbox.again("nobody's")
        assert [event.id for event in tx.outbox.unsent()] == ["first", "second"]


def test_parked_entry_comes_back_whole(store: SqlStore) -> None:
    """Every field of an entry comes back equal; parking it again tells of the last time only."""
    again = an_entry(attempts=5, last_at=later(9), reason="still no unit code", code="other", first_at=later(8))
    with store.begin() as tx:
        tx.parked.add(an_entry())
        assert tx.parked.get("parked-1") == an_entry()
        tx.parked.add(again)

        assert tx.parked.get("parked-1") == replace(
            an_entry(), attempts=5, last_at=later(9), reason="still no unit code"
        )
        assert tx.parked.get("parked-2") is None


def test_parked_facts_may_be_anything(store: SqlStore) -> None:
    """Facts that JSON does not know are kept as their text."""
    with store.begin() as tx:
        tx.parked.add(an_entry(facts={"quantity": Decimal("1.50"), "at": NOON, "text": "a\0b"}))
        entry = tx.parked.get("parked-1")

    assert entry is not None
    assert entry.facts == {"quantity": "1.50", "at": str(NOON), "text": "a\0b"}


def test_parked_entries_are_searched(store: SqlStore) -> None:
    """Entries are found by state, code, partner and order number, newest first."""
    with store.begin() as tx:
        tx.parked.add(an_entry())
        tx.parked.add(an_entry(id="parked-2", code="limit", partner="toolbox", order_no="4711", last_at=later(1)))

        assert [entry.id for entry in tx.parked.find()] == ["parked-2", "parked-1"]
        assert [entry.id for entry in tx.parked.find(limit=1)] == ["parked-2"]
        assert [entry.id for entry in tx.parked.find(code="mapping")] == ["parked-1"]
        assert [entry.id for entry in tx.parked.find(partner="toolbox")] == ["parked-2"]
        assert [entry.id for entry in tx.parked.find(order_no="4711")] == ["parked-2"]
        assert tx.parked.find(state="discarded") == []
        assert len(tx.parked.find(state=None)) == 2


def test_parked_entry_is_settled_once(store: SqlStore) -> None:
    """Of many who settle an entry at once, exactly one did."""
    with store.begin() as tx:
        tx.parked.add(an_entry())

    def settle(number: int) -> bool:
        with store.begin() as tx:
            return tx.parked.settle("parked-1", "discarded", f"by {number}")

    with ThreadPoolExecutor(8) as pool:
        settled = list(pool.map(settle, range(8)))

    assert settled.count(True) == 1
    with store.begin() as tx:
        assert tx.parked.find() == []
        assert [entry.note for entry in tx.parked.find(state="discarded")] == [f"by {settled.index(True)}"]
        assert not tx.parked.settle("nobody's", "discarded", "")


@pytest.fixture
def audited(store: SqlStore) -> SqlStore:
    """A store whose audit has three entries."""
    with store.begin() as tx:
        for number in range(3):
            tx.audit.add(later(number), "ute", "discarded", f"parked-{number}", "größe\0 is wrong")
    return store


def test_audit_verifies(audited: SqlStore) -> None:
    """An audit that nobody touched is whole."""
    with audited.begin() as tx:
        assert tx.audit.verify() is None


def test_audit_appends_under_threads(store: SqlStore) -> None:
    """Entries written at once make one chain."""

    def add(number: int) -> None:
        with store.begin() as tx:
            tx.audit.add(later(number), "ute", "replayed", f"parked-{number}", "")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(24)))

    with store.begin() as tx:
        assert tx.audit.verify() is None


@pytest.mark.parametrize(
    ("statement", "first_wrong"),
    [
        ("UPDATE audit SET who = 'uwe' WHERE seq = 2", 2),
        ("UPDATE audit SET why = '' WHERE seq = 3", 3),
        ("UPDATE audit SET at = (SELECT at FROM audit WHERE seq = 1) WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 2", 2),
        ("UPDATE audit SET digest = previous WHERE seq = 1", 1),
    ],
)
def test_audit_shows_tampering(audited: SqlStore, statement: str, first_wrong: int) -> None:
    """A changed, back-dated or removed entry is found."""
    with audited._database.begin() as connection:
        connection.execute(text(statement))

    with audited.begin() as tx:
        assert tx.audit.verify() == first_wrong
