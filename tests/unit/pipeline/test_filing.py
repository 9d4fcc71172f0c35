"""Decoding and filing: one row and at most one order a message, duplicates answered alike, nobody sinking others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from fakes.documents import CannedDecoder, a_message, an_interchange, an_order, types_of
from fakes.transport import a_delivery
from fakes.world import World
from orderwire.canonical.acknowledgement import Acknowledgement, AcknowledgementKind, Verdict
from orderwire.canonical.change import change_of
from orderwire.canonical.document import DocumentReady
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel, PurchaseOrder, Purpose
from orderwire.errors import DecodeError, DuplicateConflictError, MappingError
from orderwire.pipeline.decode import Decode
from orderwire.pipeline.receive import Receiver
from orderwire.ports.intake import DecodedInterchange, DecodeHint, Finding, Notice, OutboundDocument, Severity
from orderwire.ports.journal import Document, DocumentQuery, DocumentState
from orderwire.ports.parking import Parked

REFUSED = Finding("count", Severity.REJECT, "the count is wrong")
ODD = Finding("odd", Severity.WARN, "odd, but understood")


class Desk:
    """Takes in files and decodes them, as the lane would."""

    def __init__(self, world: World) -> None:
        self.world, self.decoder = world, CannedDecoder()

    @property
    def flow(self) -> Decode:
        decoders = {Channel.EDI: self.decoder}
        return Decode(self.world.store, decoders, decoders, self.world.partners, self.world.clock)

    def receive(self, content: bytes, hint: DecodeHint | None = None) -> Event:
        """Take bytes in, and return the event that wants them decoded."""
        events: list[Event] = []
        receiver = Receiver(self.world.store, events.extend, self.world.clock, 1000, lambda _name: None)
        receiver(content, Channel.EDI, hint or DecodeHint(partner="baumarkt", name="file.edi"))
        return events[0]

    def file(self, content: bytes, *interchanges: DecodedInterchange, **changes: object) -> list[Event]:
        """Take a file in, decode and file it, and return what follows."""
        self.decoder.put(content, *interchanges, **changes)
        return self.decode(self.receive(content))

    def decode(self, event: Event) -> list[Event]:
        self.world.clock.sleep(1)
        return self.world.commit(self.flow(event))

    def find(self, **query: object) -> list[Document]:
        asked = DocumentQuery(**query)  # type: ignore[arg-type]
        documents: list[Document] = self.world.read(lambda tx: tx.journal.find(asked))
        return documents

    def parked(self) -> list[Parked]:
        entries: list[Parked] = self.world.read(lambda tx: tx.parked.find())
        return entries

    def message(self, message_no: int, epoch: int = 0) -> Document:
        [document] = [row for row in self.find() if (row.message_no, row.epoch) == (message_no, epoch)]
        return document


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def acknowledging(name: str = "CONTRL") -> Callable[[int, datetime], OutboundDocument]:
    return lambda number, _now: OutboundDocument("CONTRL", f"{name} {number}".encode(), f"{name}_{number}.edi", "edi")


def orders(count: int = 1) -> list[PurchaseOrder]:
    return [an_order(order_no=f"PO-{number}") for number in range(1, count + 1)]


def test_each_message_is_an_order(desk: Desk) -> None:
    """A file of two messages is two rows and two orders, from one correlation."""
    first, second = orders(2)

    events = desk.file(b"f", an_interchange(a_message(first), a_message(second, message_no=2, ref="2")))

    assert types_of(events) == [EventType.ORDER_RECEIVED] * 2
    assert [PurchaseOrder.model_validate(event.data) for event in events] == [first, second]
    file = desk.find(kind="file")[0]
    assert (file.state, file.id) == (DocumentState.DONE, events[0].correlationid)
    row = desk.message(2)
    assert (row.state, row.parent_id, row.order_no, row.message_ref, row.partner, row.replay_of) == (
        DocumentState.WAITING,
        file.id,
        "PO-2",
        "2",
        "baumarkt",
        None,
    )
    assert (events[1].documentid, events[1].partner, events[1].subject) == (row.id, "baumarkt", "PO-2")


def test_decoding_again_makes_the_same_events(desk: Desk) -> None:
    """The same work done twice has the same ids."""
    desk.decoder.put(b"f", an_interchange(a_message(orders()[0]), acknowledge=acknowledging()))
    event = desk.receive(b"f")

    first, again = desk.decode(event), desk.decode(event)

    assert [event.id for event in again if event.type is EventType.ORDER_RECEIVED] == [first[1].id]


def test_decoder_gets_what_the_channel_knows(desk: Desk) -> None:
    """The channel's partner, the file's name and the Idempotency-Key reach the decoder."""
    desk.decoder.put(b"f", an_interchange())
    hint = DecodeHint(partner="webshop", name="order.json", control_ref="key-1")

    desk.decode(desk.receive(b"f", hint))

    assert desk.decoder.hints == [hint]


def test_acknowledgement_comes_first(desk: Desk) -> None:
    """An interchange is acknowledged once, with the partner's next control number, before its orders go on."""
    events = desk.file(b"f", an_interchange(a_message(orders()[0]), acknowledge=acknowledging()))

    assert types_of(events) == [EventType.DOCUMENT_READY, EventType.ORDER_RECEIVED]
    ready = DocumentReady.model_validate(events[0].data)
    assert (ready.partner, ready.name) == ("baumarkt", "CONTRL_1.edi")
    [outbound] = desk.find(direction="out")
    assert (outbound.id, outbound.parent_id, outbound.state) == (
        ready.document_id,
        desk.find(kind="file")[0].id,
        DocumentState.RECEIVED,
    )


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        (Purpose.CHANGE, EventType.ORDER_CHANGE_REQUESTED),
        (Purpose.REPLACE, EventType.ORDER_CHANGE_REQUESTED),
        (Purpose.CANCEL, EventType.ORDER_CANCEL_REQUESTED),
    ],
)
def test_purpose_names_the_event(desk: Desk, purpose: Purpose, kind: EventType) -> None:
    """What the sender wants done is the type of the event."""
    events = desk.file(b"f", an_interchange(a_message(an_order(purpose=purpose))))

    assert types_of(events) == [kind]


def test_one_bad_message_sinks_no_other(desk: Desk) -> None:
    """Of three messages one has a wrong count and one no meaning: the third is an order."""
    events = desk.file(
        b"f",
        an_interchange(
            a_message(None, findings=(ODD, REFUSED)),
            a_message(None, message_no=2, error=MappingError("no such date", segment="DTM")),
            a_message(orders()[0], message_no=3),
        ),
    )

    assert types_of(events) == [EventType.MESSAGE_PARKED, EventType.ORDER_RECEIVED]
    refused, parked, good = desk.message(1), desk.message(2), desk.message(3)
    assert (refused.state, refused.code, refused.reason) == (DocumentState.REJECTED, "syntax", "the count is wrong")
    assert (parked.state, parked.code) == (DocumentState.PARKED, "mapping")
    assert good.state is DocumentState.WAITING
    [entry] = desk.parked()
    assert (entry.document_id, entry.flow, entry.facts) == (parked.id, "decode", {"segment": "DTM"})


def test_refused_message_with_an_error_is_refused(desk: Desk) -> None:
    """Syntax goes first: the sender is told, and nobody here needs to act."""
    events = desk.file(b"f", an_interchange(a_message(None, findings=(REFUSED,), error=MappingError("no such date"))))

    assert events == []


@pytest.mark.parametrize("kind", ["CONTRL", "APERAK"])
def test_notes_about_ours_are_noted(desk: Desk, kind: str) -> None:
    """An acknowledgement of ours asks for nothing."""
    assert desk.file(b"f", an_interchange(a_message(None, kind=kind))) == []

    row = desk.message(1)
    assert (row.state, row.code, row.finished_at) == (DocumentState.DONE, "noted", row.received_at)


def test_unhandled_kind_parks(desk: Desk) -> None:
    """A message nobody here has a use for is shown to a person."""
    desk.file(b"f", an_interchange(a_message(None, kind="INVOIC")))

    assert [entry.facts for entry in desk.parked()] == [{"kind": "INVOIC"}]


def test_notice_is_told_and_done_with(desk: Desk) -> None:
    """A message that only tells something becomes its event, and asks for no more."""
    body = Acknowledgement(kind=AcknowledgementKind.SYNTAX, partner="baumarkt", verdict=Verdict.ACCEPTED)
    notice = Notice(EventType.ACKNOWLEDGEMENT_RECEIVED, body, number="17", order_no="PO-1")

    [event] = desk.file(b"f", an_interchange(a_message(None, kind="CONTRL", notice=notice), test=True))

    assert (event.type, event.subject, event.partner, event.test) == (notice.type, "17", "baumarkt", True)
    row = desk.message(1)
    assert (row.state, row.code, row.order_no) == (DocumentState.DONE, "noted", "PO-1")


def test_notice_that_asks_for_work_waits(desk: Desk) -> None:
    """A change is asked for like an order: its document waits."""
    body = change_of(an_order(purpose=Purpose.CHANGE))
    notice = Notice(EventType.ORDER_CHANGE_REQUESTED, body, number="PO-1", order_no="PO-1")

    [event] = desk.file(b"f", an_interchange(a_message(None, kind="ORDCHG", notice=notice)))

    assert event.type is EventType.ORDER_CHANGE_REQUESTED
    assert desk.message(1).state is DocumentState.WAITING


def test_sender_is_told_of_a_message_without_meaning(desk: Desk) -> None:
    """Where the sender wants to know, it is told once, beside the entry for our own people."""
    events = desk.file(
        b"f", an_interchange(a_message(None, error=MappingError("no such date"), object_to=acknowledging("APERAK")))
    )

    assert types_of(events) == [EventType.DOCUMENT_READY, EventType.MESSAGE_PARKED]
    [outbound] = desk.find(direction="out")
    assert (outbound.parent_id, outbound.name) == (desk.message(1).id, "APERAK_1.edi")


def test_test_interchange_makes_test_orders(desk: Desk) -> None:
    """In a test interchange every order is a test, whatever the map made of it."""
    [event] = desk.file(b"f", an_interchange(a_message(orders()[0]), test=True))

    assert PurchaseOrder.model_validate(event.data).test
    assert event.test
    assert desk.message(1).test


def test_test_order_in_a_plain_interchange(desk: Desk) -> None:
    """A test stays one."""
    [event] = desk.file(b"f", an_interchange(a_message(an_order(test=True))))

    assert event.test


def test_unknown_sender_parks(desk: Desk) -> None:
    """Nobody's interchange is kept, shown to a person, and not acknowledged."""
    events = desk.file(
        b"f", an_interchange(a_message(orders()[0]), partner=None, sender="4012345:14", acknowledge=acknowledging())
    )

    assert types_of(events) == [EventType.MESSAGE_PARKED]
    [entry] = desk.parked()
    assert (entry.code, entry.facts) == ("unknown_partner", {"sender": "4012345:14"})
    [row] = desk.find(kind="interchange")
    assert (row.state, row.id) == (DocumentState.PARKED, entry.document_id)


def test_refused_interchange(desk: Desk) -> None:
    """An envelope that does not hold is acknowledged as refused, and none of its messages is looked at."""
    broken = an_interchange(a_message(orders()[0]), findings=(REFUSED,), acknowledge=acknowledging())

    events = desk.file(b"f", broken)

    assert types_of(events) == [EventType.DOCUMENT_READY]
    [row] = desk.find(kind="interchange")
    assert (row.state, row.code, row.reason) == (DocumentState.REJECTED, "syntax", "the count is wrong")


def test_refused_interchange_may_come_again_mended(desk: Desk) -> None:
    """The reference of a refused interchange is not used up."""
    desk.file(b"f", an_interchange(a_message(orders()[0]), findings=(REFUSED,)))

    events = desk.file(b"g", an_interchange(a_message(orders()[0]), sha256="mended"))

    assert types_of(events) == [EventType.ORDER_RECEIVED]


def test_same_interchange_again(desk: Desk) -> None:
    """Sent again, an interchange gets the same acknowledgement again, and nothing is processed."""
    again = an_interchange(a_message(orders()[0]), acknowledge=acknowledging())
    [first, _] = desk.file(b"f", again)

    events = desk.file(b"f again", again)

    assert types_of(events) == [EventType.DOCUMENT_READY]
    assert events[0].id != first.id
    assert DocumentReady.model_validate(events[0].data).sha256 == DocumentReady.model_validate(first.data).sha256
    [row] = desk.find(kind="interchange")
    assert (row.state, row.code) == (DocumentState.DONE, "duplicate")
    assert len(desk.find(direction="out")) == 1


def test_same_interchange_without_acknowledgement(desk: Desk) -> None:
    """Where none was owed, none is sent."""
    desk.file(b"f", an_interchange(a_message(orders()[0])))

    assert desk.file(b"f again", an_interchange(a_message(orders()[0]))) == []


def test_only_the_repeated_interchange_is_acknowledged_again(desk: Desk) -> None:
    """Of a file of two, the one that comes again gets its own acknowledgement, not the other's."""
    one = an_interchange(acknowledge=acknowledging("ONE"))
    two = an_interchange(duplicate_key="edi:REF2", control_ref="REF2", acknowledge=acknowledging("TWO"))
    desk.file(b"f", one, two)

    [event] = desk.file(b"g", two)

    assert DocumentReady.model_validate(event.data).name == "TWO_2.edi"


def test_same_reference_other_content(desk: Desk) -> None:
    """Another content under a used reference is for a person, and not acknowledged."""
    desk.file(b"f", an_interchange(a_message(orders()[0])))

    events = desk.file(b"g", an_interchange(a_message(orders(2)[1]), sha256="other", acknowledge=acknowledging()))

    assert types_of(events) == [EventType.MESSAGE_PARKED]
    assert [entry.code for entry in desk.parked()] == [DuplicateConflictError.code]


def test_twice_in_one_file(desk: Desk) -> None:
    """An interchange that stands twice in one file is processed once."""
    twin = an_interchange(a_message(orders()[0]), acknowledge=acknowledging())
    second = replace(twin, messages=(a_message(orders()[0], message_no=2),))

    events = desk.file(b"f", twin, second)

    assert types_of(events) == [EventType.DOCUMENT_READY, EventType.ORDER_RECEIVED, EventType.DOCUMENT_READY]


def test_conflict_within_one_file(desk: Desk) -> None:
    """Two contents under one reference in one file: the first counts, the second is for a person."""
    first = an_interchange(a_message(orders()[0]))
    second = replace(first, sha256="other", messages=(a_message(orders(2)[1], message_no=2),))

    events = desk.file(b"f", first, second)

    assert types_of(events) == [EventType.ORDER_RECEIVED, EventType.MESSAGE_PARKED]


@pytest.mark.parametrize(
    ("findings", "sentence"), [((ODD, REFUSED), "the count is wrong"), ((), "no interchange found in these bytes")]
)
def test_nothing_in_the_file(desk: Desk, findings: tuple[Finding, ...], sentence: str) -> None:
    """A file without any interchange parks as a whole, with the first refusal's sentence."""
    desk.decoder.put(b"f", findings=findings)
    event = desk.receive(b"f")

    with pytest.raises(DecodeError, match=sentence):
        desk.decode(event)


def test_channel_without_a_decoder(desk: Desk) -> None:
    """Bytes of a channel that nobody decodes are for a person."""
    event = desk.receive(b"f")
    flow = Decode(desk.world.store, {}, {}, desk.world.partners, desk.world.clock)

    with pytest.raises(DecodeError):
        flow(event)


def test_document_the_journal_does_not_know(desk: Desk) -> None:
    """An event that outlived its journal row is decoded all the same."""
    desk.decoder.put(b"f", an_interchange(a_message(orders()[0])))
    event = desk.receive(b"f")
    orphan = event.model_copy(update={"data": {**event.data, "document_id": "lost"}, "documentid": "lost"})

    assert types_of(desk.decode(orphan)) == [EventType.ORDER_RECEIVED]


def test_file_in_the_lane(desk: Desk) -> None:
    """A file that cannot be read parks with its own document, and the next one is done."""
    desk.decoder.put(b"bad")
    desk.decoder.put(b"good", an_interchange(a_message(orders()[0])))
    events = [desk.receive(b"bad"), desk.receive(b"good")]

    desk.world.batch(desk.flow, [a_delivery(event) for event in events], "decode")

    assert [entry.document_id for entry in desk.parked()] == [events[0].documentid]
    assert desk.message(1).order_no == "PO-1"
