"""What is told of an order after its answer, and fails: each parks by itself, and is told again as it is."""

import pytest

from canonicals import a_shipment, an_inventory_report, an_invoice
from fakes.desk import Desk
from fakes.documents import MORNING
from fakes.transport import a_delivery
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.model import Canonical
from orderwire.errors import MappingError
from orderwire.pipeline.replay_outcome import Outcomes
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.journal import DocumentQuery, DocumentState
from orderwire.ports.parking import Parked
from orderwire.ports.replay import ItemState, RunItem

ORDER = Source("d1", "d1", "baumarkt")


def shipped(number: str) -> Event:
    return told(EventType.SHIPMENT_POSTED, a_shipment(order_no="PO-1", shipment_no=number), number)


def told(kind: EventType, body: Canonical, number: str, source: Source = ORDER) -> Event:
    return next_event(kind, body, source, MORNING, subject="PO-1", step=f"{kind.value}:{number}")


@pytest.fixture
def failing(desk: Desk) -> Desk:
    """An order that was answered, and a partner to whom neither shipments nor invoices can be said."""
    desk.world.journal("d1", DocumentState.DONE, partner="baumarkt", order_no="PO-1")
    desk.encoder.broken = {"Shipment", "Invoice", "InventoryReport"}
    return desk


def respond(desk: Desk, *events: Event) -> list[Event]:
    """Tell of events, and return what follows."""
    desk.world.transport.published.clear()
    desk.world.batch(desk.respond, [a_delivery(event) for event in events], "respond")
    return list(desk.world.transport.published)


def replay(desk: Desk, entry: Parked) -> list[Event]:
    desk.replays.replay(entry.id, who="ann", why="the GLN is there")
    return respond(desk, desk.announced.pop())


def outcome(desk: Desk, item: RunItem) -> ItemState | None:
    with desk.world.store.read() as tx:
        found = Outcomes(tx, [item]).of(item)
    return found and found[0]


def sent(desk: Desk) -> list[str]:
    found = desk.world.read(lambda tx: tx.journal.find(DocumentQuery(direction="out")))
    return sorted(document.kind for document in found)


def test_each_parks_by_itself_and_is_told_once(failing: Desk) -> None:
    """Two shipments and an invoice of one order are three entries; replayed, each goes out, and the order does not."""
    invoice = told(EventType.INVOICE_POSTED, an_invoice(partner="baumarkt", order_no="PO-1"), "I-1")
    respond(failing, shipped("S-1"), shipped("S-2"), invoice)
    entries = failing.parked()
    assert {entry.facts["number"] for entry in entries} >= {"S-1", "S-2"}
    assert failing.world.document("d1").state is DocumentState.DONE
    failing.encoder.broken.clear()

    ready = [event.type for entry in entries for event in replay(failing, entry)]

    assert ready == [EventType.DOCUMENT_READY] * 3
    assert sent(failing) == ["Invoice", "Shipment", "Shipment"]
    assert failing.parked() == []
    assert failing.world.document("d1").state is DocumentState.DONE


def test_one_that_fails_again_parks_again(failing: Desk) -> None:
    """It is another entry then, which leads on."""
    respond(failing, shipped("S-1"))
    first = failing.entry

    assert [event.type for event in replay(failing, first)] == [EventType.MESSAGE_PARKED]

    second = failing.entry
    assert second.id != first.id
    failing.encoder.broken.clear()
    assert [event.type for event in replay(failing, second)] == [EventType.DOCUMENT_READY]


def test_a_dry_run_says_it_as_it_would_be_said(failing: Desk) -> None:
    """By today's profile, without drawing a number."""
    respond(failing, shipped("S-1"))

    before = failing.trials.of_parked(failing.entry.id)
    failing.encoder.broken.clear()
    after = failing.trials.of_parked(failing.entry.id)

    assert (before["result"], before["error"]) == ("fails", "the buyer's GLN is missing (segment=NAD)")
    assert (after["result"], after["resend"]) == ("passes", "Shipment_1.edi")
    assert sent(failing) == []


def test_it_is_discarded_alone(failing: Desk) -> None:
    """The order stays as it is."""
    respond(failing, shipped("S-1"))

    failing.replays.discard(failing.entry.id, who="ann", why="agreed")

    assert failing.parked() == []
    assert failing.world.document("d1").state is DocumentState.DONE


def test_it_is_not_edited(failing: Desk) -> None:
    """There is no document yet of which an edited copy could be sent."""
    failing.world.journal("d2", DocumentState.DONE, partner="baumarkt", sha256="00")
    respond(failing, shipped("S-1"))

    with pytest.raises(MappingError):
        failing.replays.replay_edited(failing.entry.id, b"other", who="ann", why="no")

    assert failing.entry.state == "parked"


def test_a_stock_report_has_no_document_and_is_told_again(failing: Desk) -> None:
    """It hangs on no order at all."""
    report = an_inventory_report(partner="baumarkt")
    respond(failing, told(EventType.STOCK_REPORTED, report, "1", Source("s1", "s1", "baumarkt")))
    failing.encoder.broken.clear()

    replay(failing, failing.entry)

    assert sent(failing) == ["InventoryReport"]


def test_a_run_knows_what_became_of_it(failing: Desk) -> None:
    """In flight until flow `respond` has worked it off; parked again is failed."""
    respond(failing, shipped("S-1"), shipped("S-2"))
    again, through = failing.parked()
    outcomes = []
    for entry in (again, through):
        event_id = failing.replays.replay(entry.id, who="ann", why="mended")
        item = RunItem("r1", 1, entry.id, ItemState.SENT, None, event_id, failing.world.clock())
        outcomes.append(outcome(failing, item))
        respond(failing, failing.announced.pop())
        outcomes.append(outcome(failing, item))
        failing.encoder.broken.clear()

    assert outcomes == [None, ItemState.FAILED, None, ItemState.SUCCEEDED]
