"""Answering: the inbound document ends as the order did, and the buyer gets the answer in its own syntax."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from canonicals import an_invoice
from fakes.documents import a_line, an_order, order_event
from fakes.world import World
from orderwire.canonical.document import DocumentReady
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.invoice import Invoice
from orderwire.canonical.model import Canonical
from orderwire.canonical.order import Channel, ItemId, ItemScheme
from orderwire.canonical.response import AnsweredOrder
from orderwire.canonical.shipment import Shipment, ShipmentLine
from orderwire.config.profile import PartnerProfile
from orderwire.pipeline.respond import Respond
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.intake import OutboundDocument
from orderwire.ports.journal import DocumentQuery, DocumentState


class Writer:
    """An `Encoder` that writes the outcome, or nothing, and keeps what it was given."""

    def __init__(self, *, silent: bool = False) -> None:
        self._silent = silent
        self.bodies: list[Canonical] = []

    def encode(
        self, body: Canonical, partner: PartnerProfile, control_no: int, now: datetime
    ) -> OutboundDocument | None:
        self.bodies.append(body)
        if self._silent:
            return None
        what = body.response.outcome if isinstance(body, AnsweredOrder) else type(body).__name__
        content = f"{what} {partner.key} {control_no} {now:%H}".encode()
        return OutboundDocument("ORDRSP", content, f"ORDRSP_{control_no}.edi", "application/edifact", str(control_no))


def answered(world: World, item_no: str = "1001") -> Event:
    """Have an order decided; its document waits for the answer."""
    event = order_event(an_order(a_line(item_no)))
    world.journal(event.documentid, partner="baumarkt")
    [answer] = world.commit(world.fulfil(event))
    return answer


def respond(world: World, event: Event, *, silent: bool = False) -> list[Event]:
    flow = Respond({Channel.EDI: Writer(silent=silent)}, world.partners, world.clock)
    return world.commit(flow(event))


@pytest.mark.parametrize(
    ("item_no", "state", "step"),
    [("1001", DocumentState.DONE, "accepted"), ("1007", DocumentState.REJECTED, "rejected")],
)
def test_document_ends_as_the_order_did(world: World, item_no: str, state: DocumentState, step: str) -> None:
    """Accepted is done, refused is rejected, with NAV's number or the reason beside it."""
    event = answered(world, item_no)

    respond(world, event)

    document = world.document(event.documentid)
    assert (document.state, document.order_no, document.finished_at) == (state, "PO-1", world.clock())
    assert (document.erp_no is None, document.code is None) == (step == "rejected", step == "accepted")
    assert [entry.name for entry in world.read(lambda tx: tx.journal.steps(event.documentid))][-2:] == [step, "encoded"]


def test_answer_waits_for_delivery(world: World) -> None:
    """The answer is archived, journalled under its question, and announced."""
    event = answered(world)

    [ready] = respond(world, event)

    body = DocumentReady.model_validate(ready.data)
    assert world.read(lambda tx: tx.archive.get(body.sha256)) == b"accepted baumarkt 1 08"
    [document] = world.read(lambda tx: tx.journal.find(DocumentQuery(direction="out")))
    assert (document.id, document.parent_id, document.kind, document.order_no, document.control_ref) == (
        body.document_id,
        event.documentid,
        "ORDRSP",
        "PO-1",
        "1",
    )
    assert ready.causationid == event.id


def test_control_numbers_go_on(world: World) -> None:
    """Each document to a partner has the next number."""
    event = answered(world)
    respond(world, event)

    [ready] = respond(world, event.model_copy(update={"documentid": "another"}))

    assert DocumentReady.model_validate(ready.data).name == "ORDRSP_2.edi"


def test_partner_that_gets_no_answer(world: World) -> None:
    """Where the syntax has no answer for the partner, the document is done all the same."""
    event = answered(world)

    assert respond(world, event, silent=True) == []
    assert world.document(event.documentid).state is DocumentState.DONE


def test_shipment_is_told(world: World) -> None:
    """What left is told in the buyer's syntax; the document it belongs to stays as it is."""
    line = ShipmentLine(line_no="1", item_ids=(ItemId(scheme=ItemScheme.SUPPLIER, value="1001"),), delivered=Decimal(1))
    shipment = Shipment(
        partner="baumarkt", shipment_no="S-1", order_no="PO-1", despatched_on=date(2026, 11, 21), lines=(line,)
    )
    world.journal("d1", DocumentState.DONE)
    source = Source("d1", "d1", "baumarkt")
    event = next_event(EventType.SHIPMENT_POSTED, shipment, source, world.clock(), subject="PO-1")

    [ready] = respond(world, event)

    body = DocumentReady.model_validate(ready.data)
    assert world.read(lambda tx: tx.archive.get(body.sha256)) == b"Shipment baumarkt 1 08"
    [document] = world.read(lambda tx: tx.journal.find(DocumentQuery(direction="out")))
    assert (document.parent_id, document.order_no) == ("d1", "PO-1")
    assert world.document("d1").state is DocumentState.DONE


def test_channel_that_answers_by_itself(world: World) -> None:
    """A channel without an encoder has answered in its own way."""
    event = answered(world)

    assert world.commit(Respond({}, world.partners, world.clock)(event)) == []
    assert world.document(event.documentid).state is DocumentState.DONE


@pytest.mark.parametrize(("order_no", "named"), [("PO-1", {"payload_id": "p@x"}), ("PO-2", {}), (None, {})])
def test_later_documents_name_the_order_as_it_came(world: World, order_no: str | None, named: dict[str, str]) -> None:
    """What the channel's answers must name is taken from the order; one that is not known gives nothing."""
    world.commit(world.fulfil(order_event(an_order(channel_refs={"payload_id": "p@x"}))))
    invoice, writer = an_invoice(order_no=order_no), Writer()
    event = next_event(EventType.INVOICE_POSTED, invoice, Source("d1", "d1", "baumarkt"), world.clock())

    world.commit(Respond({Channel.EDI: writer}, world.partners, world.clock)(event))

    [body] = writer.bodies
    assert isinstance(body, Invoice)
    assert body.channel_refs == named
