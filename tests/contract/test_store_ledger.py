"""The store's contract: the ledger of acknowledgements. One suite over both databases."""

from dataclasses import replace
from typing import Any

import pytest

from orderwire.ports.ledger import LedgerEntry, LedgerQuery, LedgerSide, LedgerState, Met
from orderwire.store import SqlStore
from records import ENDLESS, NOON, later


def an_entry(entry_id: str = "entry-1", **changes: Any) -> LedgerEntry:
    entry = LedgerEntry(
        id=entry_id,
        document_id="document-1",
        partner="baumarkt",
        side=LedgerSide.AWAITED,
        kind="CONTRL",
        ref="17",
        opened_at=NOON,
        due_at=later(60),
        order_no="PO-1",
        proof="abc",
    )
    return replace(entry, **changes)


def opened(store: SqlStore, *entries: LedgerEntry) -> None:
    with store.begin() as tx:
        for entry in entries:
            tx.ledger.open(entry)


def read(store: SqlStore, entry_id: str = "entry-1") -> LedgerEntry | None:
    with store.begin() as tx:
        return tx.ledger.get(entry_id)


def test_an_entry_comes_back_as_it_was_opened(store: SqlStore) -> None:
    """Opening it again leaves it as it is; an unknown one is None."""
    opened(store, an_entry())
    opened(store, an_entry(due_at=later(999)))

    assert read(store) == an_entry()
    assert read(store, "entry-2") is None


def test_an_entry_is_met_once(store: SqlStore) -> None:
    """The first acknowledgement counts; whoever says so again is told."""
    opened(store, an_entry())

    with store.begin() as tx:
        first = tx.ledger.meet(an_entry(), Met(later(5), "ack-1", "accepted"))
        again = tx.ledger.meet(an_entry(), Met(later(6), "ack-2", "rejected"))

    assert (first, again) == (True, False)
    assert read(store) == an_entry(state=LedgerState.MET, met_at=later(5), met_by="ack-1", outcome="accepted")


def test_what_is_met_before_it_is_opened_stays_met(store: SqlStore) -> None:
    """An acknowledgement may overtake the news of what it acknowledges."""
    with store.begin() as tx:
        assert tx.ledger.meet(an_entry(), Met(later(5), "ack-1"))
    opened(store, an_entry())

    found = read(store)
    assert found is not None
    assert (found.state, found.met_by, found.outcome) == (LedgerState.MET, "ack-1", "received")


def test_overdue_are_open_and_due(store: SqlStore) -> None:
    """The oldest first, no more than asked for; nobody waits for what has no due time."""
    opened(
        store,
        an_entry("late", due_at=later(10)),
        an_entry("later", due_at=later(20)),
        an_entry("not yet", due_at=later(31)),
        an_entry("never", due_at=None),
        an_entry("met", due_at=later(1)),
    )
    with store.begin() as tx:
        tx.ledger.meet(an_entry("met"), Met(NOON, None))

    with store.begin() as tx:
        assert [entry.id for entry in tx.ledger.overdue(later(30))] == ["late", "later"]
        assert [entry.id for entry in tx.ledger.overdue(later(30), 1)] == ["late"]
        assert [entry.id for entry in tx.ledger.overdue(later(20))] == ["late", "later"]
        assert tx.ledger.overdue(later(9)) == []


def test_an_entry_is_noticed_late_once(store: SqlStore) -> None:
    """Of two workers one tells of it; it is not overdue any more, and can still be met."""
    opened(store, an_entry())

    with store.begin() as tx:
        assert tx.ledger.mark_late("entry-1", later(61))
        assert not tx.ledger.mark_late("entry-1", later(62))
        assert tx.ledger.overdue(later(99)) == []
        assert tx.ledger.meet(an_entry(), Met(later(70), "ack-1"))
        assert not tx.ledger.mark_late("entry-1", later(71))

    found = read(store)
    assert found is not None
    assert (found.state, found.late_at, found.met_at) == (LedgerState.MET, later(61), later(70))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["a", "b", "c"]),
        ({"states": (LedgerState.OPEN, LedgerState.LATE)}, ["a", "b"]),
        ({"states": (LedgerState.MET,)}, ["c"]),
        ({"partner": "toolbox"}, ["b"]),
        ({"side": LedgerSide.OWED}, ["a"]),
        ({"kind": "ORDRSP"}, ["a"]),
        ({"ref": "18"}, ["b"]),
        ({"limit": 1}, ["a"]),
        ({"limit": 0}, []),
    ],
)
def test_entries_are_found_by_what_is_asked(store: SqlStore, asked: dict[str, Any], expected: list[str]) -> None:
    """What is due first comes first, and what is never due comes last."""
    opened(
        store,
        an_entry("c", due_at=None),
        an_entry("b", due_at=later(20), partner="toolbox", ref="18"),
        an_entry("a", due_at=later(10), side=LedgerSide.OWED, kind="ORDRSP"),
    )
    with store.begin() as tx:
        tx.ledger.meet(an_entry("c"), Met(NOON, None))

    with store.begin() as tx:
        assert [entry.id for entry in tx.ledger.find(LedgerQuery(**asked))] == expected


def test_a_partners_reference_may_be_anything(store: SqlStore) -> None:
    """However long it is, and whatever characters it has."""
    opened(store, an_entry(ref=ENDLESS), an_entry("entry-2", ref="\0\udc80"))

    with store.begin() as tx:
        assert len(tx.ledger.find(LedgerQuery(ref=ENDLESS))) == 1
    assert read(store, "entry-2") == an_entry("entry-2", ref="\ufffd\ufffd")
