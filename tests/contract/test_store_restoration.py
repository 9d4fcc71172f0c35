"""The store's contract: what a restored store sends again. One suite over both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from orderwire.canonical.envelope import Event, EventType
from orderwire.errors import PermanentError
from orderwire.pipeline.restoration import GAP, Restoration
from orderwire.store import SqlStore
from orderwire.store.tables import audit
from records import NOON


def an_event(number: int) -> Event:
    return Event(
        id=f"event-{number}", source="test", type=EventType.DOCUMENT_RECEIVED, time=NOON, data={}, documentid="d",
        correlationid="d",
    )  # fmt: skip


def test_what_nobody_did_is_sent_again(store: SqlStore) -> None:
    """Neither what a flow has marked, nor what was published too long ago, nor what waits anyway. Twice is as once."""
    with store.begin() as tx:
        for number in range(5):
            tx.outbox.add(an_event(number), cause=None)
        tx.outbox.mark_sent(["event-0"], NOON - timedelta(days=1))
        tx.outbox.mark_sent(["event-1", "event-2", "event-3"], NOON)
        tx.inbox.mark("decode", ["event-2"], NOON)
        tx.inbox.mark("dead ow.decode", ["event-3"], NOON)
    restoration = Restoration(store, lambda: 7, {"decode", "dead ow.decode"}, lambda: NOON)

    assert [restoration.settle(NOON, who="kim", why="disk gone") for _ in range(2)] == [7, 7]

    with store.begin() as tx:
        assert [event.id for event in tx.outbox.unsent()] == ["event-1", "event-4"]
        assert [(entry.who, entry.what, entry.why) for entry in tx.audit.find(limit=1)] == [
            ("kim", "settled", "disk gone")
        ]


def test_no_number_goes_out_twice(store: SqlStore) -> None:
    """Numbers drawn after the copy was taken have been seen by partners; readings are counted as before."""
    with store.begin() as tx:
        assert tx.journal.next_number("control:acme") == 1
    drawn = store.next_sequence()

    Restoration(store, lambda: 0, ["decode"], lambda: NOON).settle(NOON, who="kim", why="disk gone")

    with store.begin() as tx:
        assert tx.journal.next_number("control:acme") == GAP + 2
    assert store.next_sequence() == drawn + 1


def test_a_forged_audit_stops_it(store: SqlStore) -> None:
    """A person looks first; nothing was done."""
    with store.begin() as tx:
        tx.audit.add(NOON, "kim", "discarded", "parked-1", "no reason")
        tx.outbox.add(an_event(1), cause=None)
        tx.outbox.mark_sent(["event-1"], NOON)
    with store._database.begin() as connection:
        connection.execute(update(audit).values(who="somebody else"))

    with pytest.raises(PermanentError, match="audit was changed"):
        Restoration(store, lambda: 0, ["decode"], lambda: NOON).settle(NOON, who="kim", why="disk gone")

    with store.begin() as tx:
        assert tx.outbox.unsent() == []
