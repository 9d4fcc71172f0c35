"""Acknowledgements that are late are told of, once."""

import threading
from typing import Any

import pytest

from fakes.world import World
from orderwire.canonical.envelope import BODIES, Event, EventType
from orderwire.canonical.overdue import AcknowledgementLate
from orderwire.errors import UnavailableError
from orderwire.pipeline.overdue import Overdue
from orderwire.ports.journal import DocumentState
from orderwire.ports.ledger import LedgerEntry, LedgerSide, LedgerState
from orderwire.ports.meter import NoMeter


class Counting(NoMeter):
    def __init__(self) -> None:
        self.counted: list[tuple[str, str]] = []

    def late(self, side: str, kind: str) -> None:
        self.counted.append((side, kind))


def awaited(world: World, **changes: Any) -> None:
    """Open an entry that is due in a minute, about a document that went out."""
    world.journal("d1", correlation_id="c1", **changes)
    with world.store.begin() as tx:
        tx.ledger.open(
            LedgerEntry(
                "e1", "d1", "baumarkt", LedgerSide.AWAITED, "CONTRL", "17", world.clock(), world.clock.after(60)
            )
        )


def entry(world: World) -> LedgerEntry:
    with world.store.begin() as tx:
        found = tx.ledger.get("e1")
    assert found is not None
    return found


def test_what_is_not_due_is_not_late(world: World) -> None:
    """Nothing happens before its time."""
    awaited(world)
    world.clock.sleep(59)

    assert Overdue(world.store, lambda _events: None, NoMeter(), world.clock).check() == 0


def test_what_is_late_is_told_once(world: World) -> None:
    """An event, a metric and a step; the second look, and the second worker, find nothing."""
    awaited(world)
    meter, told = Counting(), list[Event]()
    overdue = Overdue(world.store, told.extend, meter, world.clock)
    world.clock.sleep(60)

    assert (overdue.check(), overdue.check()) == (1, 0)

    [event] = told
    assert (event.type, event.subject, event.correlationid) == (EventType.ACKNOWLEDGEMENT_LATE, "17", "c1")
    body = BODIES[event.type].model_validate(event.data)
    assert isinstance(body, AcknowledgementLate)
    assert (body.side, body.kind, body.partner, body.document_id) == ("awaited", "CONTRL", "baumarkt", "d1")
    assert meter.counted == [("awaited", "CONTRL")]
    assert (entry(world).state, entry(world).late_at) == (LedgerState.LATE, world.clock())
    [step] = world.read(lambda tx: tx.journal.steps("c1"))
    assert step.name == "acknowledgement_late"
    with world.store.begin() as tx:
        assert [unsent.id for unsent in tx.outbox.unsent(before=world.clock.after(1))] == [event.id]


@pytest.mark.parametrize("state", [DocumentState.DISCARDED, DocumentState.REPLAYED])
def test_nobody_waits_for_what_a_person_ended(world: World, state: DocumentState) -> None:
    """It is closed without a word."""
    awaited(world, state=state)
    world.clock.sleep(60)

    assert Overdue(world.store, lambda _events: None, NoMeter(), world.clock).check() == 0

    assert (entry(world).state, entry(world).outcome) == (LedgerState.MET, state.value)


def test_an_entry_without_its_document_is_told_all_the_same(world: World) -> None:
    """The journal may have been cleared; the event then leads by the document's own id."""
    with world.store.begin() as tx:
        tx.ledger.open(
            LedgerEntry("e1", "gone", "baumarkt", LedgerSide.OWED, "ORDRSP", "PO-1", world.clock(), world.clock())
        )
    told = list[Event]()

    Overdue(world.store, told.extend, NoMeter(), world.clock).check()

    assert [event.correlationid for event in told] == ["gone"]


def test_the_look_at_the_clock_outlives_trouble(world: World) -> None:
    """A store that is away and a defect end nothing but that one look."""
    stopping, looks = threading.Event(), list[int]()
    failures: list[Exception] = [UnavailableError("away"), ZeroDivisionError()]

    class Watched(Overdue):
        def check(self) -> int:
            looks.append(1)
            if failures:
                raise failures.pop(0)
            stopping.set()
            return 0

    Watched(world.store, lambda _events: None, NoMeter(), world.clock, every_seconds=0.001).run(stopping)

    assert len(looks) == 3
