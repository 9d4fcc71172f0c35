"""What a person does about a parked message: replay, look before, discard; each once, and audited."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from fakes.documents import (
    CannedDecoder,
    a_line,
    a_message,
    an_interchange,
    an_order,
    change_event,
    order_event,
    types_of,
)
from fakes.transport import a_delivery
from fakes.world import World
from orderwire.canonical.change import LineAction, LineChange, OrderChange
from orderwire.canonical.document import DocumentReady, DocumentReceived
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.canonical.response import OrderOutcome
from orderwire.config.profile import ShortagePolicy
from orderwire.errors import AlreadyDoneError, BusyError, DecodeError, InDoubtError, LimitError, MappingError
from orderwire.pipeline.abandon import abandon
from orderwire.pipeline.decode import Decode
from orderwire.pipeline.outgoing import Recipient, dispatch
from orderwire.pipeline.parking import Failure, park
from orderwire.pipeline.receive import Receiver
from orderwire.pipeline.replay import Replays
from orderwire.pipeline.trial import Trials
from orderwire.pipeline.work import Source
from orderwire.ports.intake import DecodeHint, Finding, OutboundDocument, Severity
from orderwire.ports.journal import Document, DocumentQuery, DocumentState
from orderwire.ports.orders import OrderState
from orderwire.ports.parking import Parked

ORDER = an_order(a_line("1001", "2"))
BROKEN = MappingError("no such date", segment="DTM")


class Desk:
    """Takes in, decodes, replays."""

    def __init__(self, world: World) -> None:
        self.world, self.decoder = world, CannedDecoder()
        self.announced: list[Event] = []

    def announce(self, events: Sequence[Event]) -> None:
        self.announced.extend(events)

    @property
    def replays(self) -> Replays:
        return Replays(self.world.store, self.announce, self.world.clock, 10**6)

    @property
    def trials(self) -> Trials:
        partners: Any = self.world.partners  # a fake of what is used
        return Trials(self.world.store, {Channel.EDI: self.decoder}, partners)

    def receive(self, content: bytes) -> Event:
        receiver = Receiver(self.world.store, self.announce, self.world.clock, 1000, lambda _name: None)
        receiver(content, Channel.EDI, DecodeHint(partner="baumarkt", name="file.edi"))
        return self.announced.pop()

    def decode(self, event: Event) -> list[Event]:
        self.world.clock.sleep(1)
        decoders = {Channel.EDI: self.decoder}
        flow = Decode(self.world.store, decoders, decoders, self.world.partners, self.world.clock)
        self.world.transport.published.clear()
        self.world.batch(flow, [a_delivery(event)], "decode")
        return list(self.world.transport.published)

    def replay(self) -> list[Event]:
        """Replay the one parked message, decode it, and return what follows."""
        self.replays.replay(self.entry.id, who="ann", why="the map is mended")
        return self.decode(self.announced.pop())

    def parked(self) -> list[Parked]:
        entries: list[Parked] = self.world.read(lambda tx: tx.parked.find())
        return entries

    @property
    def entry(self) -> Parked:
        [entry] = self.parked()
        return entry

    def rows(self) -> list[Document]:
        rows: list[Document] = self.world.read(lambda tx: tx.journal.find(DocumentQuery()))
        return rows


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_replay_of_one_message(desk: Desk) -> None:
    """The mended message alone is read again from the raw bytes; its row leads back to the one it replaces."""
    good = a_message(an_order(order_no="PO-2"), message_no=2)
    desk.decoder.put(b"f", an_interchange(a_message(None, error=BROKEN), good))
    desk.decode(desk.receive(b"f"))
    desk.decoder.put(b"f", an_interchange(a_message(ORDER), good))
    parked_id = desk.entry.document_id

    [event] = desk.replay()

    assert (event.type, event.subject, event.epoch) == (EventType.ORDER_RECEIVED, "PO-1", 1)
    row = desk.world.document(event.documentid)
    assert (row.replay_of, row.epoch, row.state) == (parked_id, 1, DocumentState.WAITING)
    assert desk.world.document(parked_id or "").state is DocumentState.REPLAYED
    assert desk.parked() == []


def test_replay_that_fails_again(desk: Desk) -> None:
    """What still cannot be read parks again, and can be replayed again, one epoch later."""
    desk.decoder.put(b"f", an_interchange(a_message(None, error=BROKEN)))
    desk.decode(desk.receive(b"f"))
    first = desk.entry

    assert types_of(desk.replay()) == [EventType.MESSAGE_PARKED]
    second = desk.entry
    assert second.id != first.id
    desk.decoder.put(b"f", an_interchange(a_message(ORDER)))

    [event] = desk.replay()

    assert desk.world.document(event.documentid).replay_of == second.document_id


def test_replay_of_one_interchange(desk: Desk) -> None:
    """Once the sender is known, its interchange is processed and acknowledged; its neighbour is left alone."""
    stranger = an_interchange(
        a_message(ORDER),
        partner=None,
        acknowledge=lambda number, _now: OutboundDocument("CONTRL", b"C", f"C_{number}.edi", "edi"),
    )
    known = an_interchange(
        a_message(an_order(order_no="PO-2"), message_no=2), duplicate_key="edi:REF2", control_ref="REF2"
    )
    desk.decoder.put(b"f", known, stranger)
    desk.decode(desk.receive(b"f"))
    desk.decoder.put(b"f", known, replace(stranger, partner="baumarkt"))

    events = desk.replay()

    assert types_of(events) == [EventType.DOCUMENT_READY, EventType.ORDER_RECEIVED]
    assert events[1].subject == "PO-1"


def test_replay_of_a_message_whose_sender_is_gone(desk: Desk) -> None:
    """A partner that was removed meanwhile parks the message, not the whole file."""
    desk.decoder.put(b"f", an_interchange(a_message(None, error=BROKEN)))
    desk.decode(desk.receive(b"f"))
    desk.decoder.put(b"f", an_interchange(a_message(ORDER), partner=None))

    desk.replay()

    assert desk.entry.code == "unknown_partner"
    assert desk.world.document(desk.entry.document_id or "").epoch == 1


def test_replay_of_what_is_not_there_any_more(desk: Desk) -> None:
    """If today's decoder finds no such message in the bytes, that is said, and not passed over."""
    desk.decoder.put(b"f", an_interchange(a_message(None, message_no=2, error=BROKEN)))
    desk.decode(desk.receive(b"f"))
    desk.decoder.put(b"f", an_interchange(a_message(ORDER)))

    desk.replay()

    assert desk.entry.code == DecodeError.code


def test_replay_of_a_whole_file(desk: Desk) -> None:
    """A file that nothing was found in is read again as a whole."""
    desk.decoder.put(b"f")
    desk.decode(desk.receive(b"f"))
    desk.decoder.put(b"f", an_interchange(a_message(ORDER)))
    file_id = desk.entry.document_id or ""

    [event] = desk.replay()

    assert event.type is EventType.ORDER_RECEIVED
    file = desk.world.document(file_id)
    assert (file.state, file.epoch, file.code) == (DocumentState.DONE, 1, None)


def test_whole_file_again_is_acknowledged_once(desk: Desk) -> None:
    """A file that was filed and died afterwards is filed again, without a second acknowledgement."""
    acknowledged = an_interchange(
        a_message(ORDER), acknowledge=lambda number, _now: OutboundDocument("CONTRL", b"C", f"C_{number}.edi", "edi")
    )
    desk.decoder.put(b"f", acknowledged)
    event = desk.receive(b"f")
    desk.decode(event)
    desk.world.batch(lambda _event: lambda _tx: [], [a_delivery(event, dead_from="ow.decode")], "dead")

    events = desk.replay()

    assert types_of(events) == [EventType.ORDER_RECEIVED]


def test_replay_of_an_answer_sends_it_again(desk: Desk) -> None:
    """An outbound document that could not be delivered goes out again with the same bytes."""
    document_id = outbound(desk.world)
    _park(desk.world, document_id, "deliver")

    desk.replays.replay(desk.entry.id, who="ann", why="their server is back")

    [event] = desk.announced
    body = DocumentReady.model_validate(event.data)
    assert (event.type, body.document_id, body.name, event.epoch) == (
        EventType.DOCUMENT_READY,
        document_id,
        "ORDRSP_1.edi",
        1,
    )
    assert desk.world.document(document_id).state is DocumentState.RECEIVED
    assert desk.world.read(lambda tx: tx.outbox.unsent()) == [event]


def test_two_people_replay_once(desk: Desk) -> None:
    """The second of two who press the button is told so."""
    desk.decoder.put(b"f")
    desk.decode(desk.receive(b"f"))
    entry = desk.entry
    desk.replays.replay(entry.id, who="ann", why="first")

    with pytest.raises(AlreadyDoneError):
        desk.replays.replay(entry.id, who="bob", why="second")
    with pytest.raises(AlreadyDoneError):
        desk.replays.discard(entry.id, who="bob", why="third")

    assert len(desk.announced) == 1


def test_entry_that_does_not_exist(desk: Desk) -> None:
    """An unknown id is told, and changes nothing."""
    with pytest.raises(AlreadyDoneError):
        desk.replays.replay("no such", who="ann", why="")
    with pytest.raises(AlreadyDoneError):
        desk.replays.discard("no such", who="ann", why="")
    with pytest.raises(AlreadyDoneError):
        desk.trials.of_parked("no such")


def test_replay_without_a_document(desk: Desk) -> None:
    """What has no document cannot be replayed; it stays parked."""
    _park(desk.world, "nobody", "decode")

    with pytest.raises(MappingError):
        desk.replays.replay(desk.entry.id, who="ann", why="")

    assert len(desk.parked()) == 1


def test_replay_of_a_message_whose_file_is_gone(desk: Desk) -> None:
    """Without the raw bytes there is nothing to replay; it stays parked."""
    desk.world.journal("m1", sha256="00", parent_id="gone")
    _park(desk.world, "m1", "decode")

    with pytest.raises(MappingError):
        desk.replays.replay(desk.entry.id, who="ann", why="")

    assert len(desk.parked()) == 1


def test_discard_ends_it(desk: Desk) -> None:
    """A discarded message is done with, under the name and the reason of whoever did it."""
    desk.decoder.put(b"f", an_interchange(a_message(None, error=BROKEN)))
    desk.decode(desk.receive(b"f"))
    entry = desk.entry

    desk.replays.discard(entry.id, who="ann", why="the buyer sent another")

    row = desk.world.document(entry.document_id or "")
    assert (row.state, row.reason) == (DocumentState.DISCARDED, "the buyer sent another")
    settled = desk.world.read(lambda tx: tx.parked.get(entry.id))
    assert (settled.state, settled.note) == ("discarded", "ann: the buyer sent another")
    assert desk.announced == []


def test_discard_without_a_document(desk: Desk) -> None:
    """Rubbish that belongs to no document can be discarded."""
    _park(desk.world, "nobody", "decode")

    desk.replays.discard(desk.entry.id, who="ann", why="rubbish")

    assert desk.parked() == []


def test_discarded_order_gives_its_stock_back(desk: Desk) -> None:
    """A person gives up an order of unknown fate: its hold ends, and sent again it is looked for and decided anew."""
    world = desk.world
    in_doubt(world)
    assert world.pending() == 2

    desk.replays.discard(desk.entry.id, who="ann", why="the buyer has withdrawn it")

    assert world.pending() == 0
    world.worker = "worker-2"
    world.erp.inventory["1001"] = world.erp.users["1001"]
    world.profile(ShortagePolicy.REJECT_LINE)
    answer = world.place(ORDER, document_id="again")
    assert answer.outcome is OrderOutcome.REJECTED
    assert answer.lines[0].reason == "out_of_stock"
    assert world.erp.calls["create_order"] == 1


def test_discarded_order_that_stands_after_all(desk: Desk) -> None:
    """If NAV has it nevertheless, the order sent again is that one."""
    world = desk.world
    in_doubt(world, stands=True)
    desk.replays.discard(desk.entry.id, who="ann", why="the buyer has withdrawn it")

    answer = world.place(ORDER, document_id="again")

    assert [answer.erp_no] == list(world.erp.orders)
    assert world.erp.calls["create_order"] == 1


def test_discard_while_the_order_is_worked_on(desk: Desk) -> None:
    """Nobody gives up an order that a worker has in hand; the message stays parked."""
    in_doubt(desk.world)
    with desk.world.store.begin() as tx:
        tx.orders.lease(desk.world.record_id(ORDER), "worker-2", desk.world.clock(), 90)

    with pytest.raises(BusyError):
        desk.replays.discard(desk.entry.id, who="ann", why="")

    assert len(desk.parked()) == 1


def test_discarded_rival_leaves_the_order_alone(desk: Desk) -> None:
    """Giving up another content of the same number does not touch the order that is under way."""
    in_doubt(desk.world)
    _park(desk.world, "rival", "fulfil", an_order(a_line("1002")))
    [rival] = [entry for entry in desk.parked() if entry.document_id is None]

    desk.replays.discard(rival.id, who="ann", why="")

    assert desk.world.pending() == 2
    assert desk.world.record(ORDER).state is OrderState.INTENDED


def test_abandoning_what_is_answered(world: World) -> None:
    """An answered order has nothing to give up."""
    world.place(ORDER)
    _park(world, "again", "fulfil", ORDER)
    [entry] = world.read(lambda tx: tx.parked.find())

    with world.store.begin() as tx:
        abandon(tx, entry, "no reason", world.clock())

    assert world.record(ORDER).state is OrderState.ANSWERED


def test_dry_run_changes_nothing(desk: Desk) -> None:
    """Looking shows what today's map makes of the bytes, and leaves everything as it is."""
    desk.decoder.put(b"f", an_interchange(a_message(None, error=BROKEN), a_message(ORDER, message_no=2)))
    desk.decode(desk.receive(b"f"))
    odd = Finding("odd", Severity.WARN, "odd, but understood")
    desk.decoder.put(b"f", an_interchange(a_message(ORDER, findings=(odd,)), a_message(ORDER, message_no=2)))
    before = (desk.rows(), desk.parked())

    shown = desk.trials.of_parked(desk.entry.id)

    assert shown["was"] == {"code": "mapping", "reason": "no such date"}
    [message] = shown["messages"]
    assert (message["message_no"], message["accepted"], message["error"], message["partner"]) == (
        1,
        True,
        None,
        "baumarkt",
    )
    assert message["findings"] == ["odd, but understood"]
    assert message["order"]["order_no"] == "PO-1"
    assert (desk.rows(), desk.parked(), desk.announced) == (*before, [])
    assert desk.decoder.hints[-1] == DecodeHint(partner="baumarkt", name="file.edi")


def test_dry_run_of_what_still_fails(desk: Desk) -> None:
    """What would fail again is shown with its error."""
    desk.decoder.put(b"f", an_interchange(a_message(None, error=BROKEN)))
    desk.decode(desk.receive(b"f"))

    [message] = desk.trials.of_parked(desk.entry.id)["messages"]

    assert (message["error"], message["order"]) == ("no such date (segment=DTM)", None)


def test_dry_run_by_the_code_list(desk: Desk) -> None:
    """A unit that no code list knows is told before NAV is asked; a line in the list, and it passes."""
    desk.world.profile(units={})
    desk.decoder.put(b"f", an_interchange(a_message(an_order(a_line(unit="PCE")))))
    [event] = desk.decode(desk.receive(b"f"))
    _park(desk.world, event.documentid, "fulfil")

    before = desk.trials.of_parked(desk.entry.id)
    desk.world.profile(units={"PCE": "PCS"})
    after = desk.trials.of_parked(desk.entry.id)

    assert before["result"] == "fails"
    assert "unit=PCE" in before["messages"][0]["error"]
    assert after["result"] == "passes"


def test_an_edited_copy_goes_the_whole_way(desk: Desk) -> None:
    """The new row has the copy's bytes, the old one keeps its own; a later replay starts from the copy."""
    desk.decoder.put(b"f", an_interchange(a_message(None, error=BROKEN)))
    desk.decode(desk.receive(b"f"))
    [broken] = [row for row in desk.rows() if row.kind == "ORDERS"]
    desk.decoder.put(b"mended", an_interchange(a_message(None, error=BROKEN)))

    desk.replays.replay_edited(desk.entry.id, b"mended", who="ann", why="the date was wrong")
    desk.decode(desk.announced.pop())
    desk.decoder.put(b"mended", an_interchange(a_message(ORDER)))
    [order] = desk.replay()

    assert order.type is EventType.ORDER_RECEIVED
    chain = {row.id: row for row in desk.rows()}
    first = next(row for row in chain.values() if row.replay_of == broken.id)
    second = next(row for row in chain.values() if row.replay_of == first.id)
    with desk.world.store.begin() as tx:
        contents = [tx.archive.get(row.sha256 or "") for row in (broken, first, second)]
    assert contents == [b"f", b"mended", b"mended"]
    assert chain[broken.id].state is DocumentState.REPLAYED


def test_our_own_documents_are_not_edited(desk: Desk) -> None:
    """They say what was decided."""
    _park(desk.world, outbound(desk.world), "deliver")

    with pytest.raises(MappingError, match="not edited"):
        desk.replays.replay_edited(desk.entry.id, b"x", who="ann", why="")

    assert desk.entry.state == "parked"


def test_a_copy_that_is_too_large_is_refused(desk: Desk) -> None:
    """As if it had come from a partner."""
    desk.decoder.put(b"f", an_interchange(a_message(None, error=BROKEN)))
    desk.decode(desk.receive(b"f"))

    with pytest.raises(LimitError):
        desk.replays.replay_edited(desk.entry.id, b"x" * (10**6 + 1), who="ann", why="")


def test_dry_run_of_an_answer(desk: Desk) -> None:
    """An outbound document would go out as it is."""
    _park(desk.world, outbound(desk.world), "deliver")

    assert desk.trials.of_parked(desk.entry.id)["resend"] == "ORDRSP_1.edi"


def test_dry_run_of_a_channel_without_decoder(desk: Desk) -> None:
    """A connector that was taken out is named."""
    event = desk.receive(b"f")
    _park(desk.world, event.documentid, "decode")
    trials = replace(desk.trials, decoders={})

    with pytest.raises(MappingError):
        trials.of_parked(desk.entry.id)


def test_dry_run_of_a_message_whose_file_is_gone(desk: Desk) -> None:
    """A row without its parent is decoded by what it knows itself."""
    event = desk.receive(b"f")
    sha256 = DocumentReceived.model_validate(event.data).sha256
    desk.world.journal("m1", sha256=sha256, parent_id="gone", message_no=1)
    _park(desk.world, "m1", "decode")
    desk.decoder.put(b"f", an_interchange(a_message(ORDER)))

    assert len(desk.trials.of_parked(desk.entry.id)["messages"]) == 1


def outbound(world: World) -> str:
    """Leave an answer behind that waits for delivery."""
    world.journal("d1")
    source = Source("d1", "d1", "baumarkt")
    answer = OutboundDocument("ORDRSP", b"answer", "ORDRSP_1.edi", "application/edifact")
    with world.store.begin() as tx:
        event = dispatch(tx, answer, Recipient("baumarkt", "edi", "answer", "PO-1"), source, world.clock())
    return event.documentid


def in_doubt(world: World, *, stands: bool = False) -> None:
    """Have an order park whose fate in NAV is not known."""
    event = order_event(ORDER)
    world.journal(event.documentid, order_no="PO-1", partner="baumarkt")
    world.erp.fail("create_order", InDoubtError("no answer in time"), after=stands)
    if stands:
        world.erp.fail("find_order", InDoubtError("no answer in time"))
    world.batch(world.fulfil, [a_delivery(event, 11)], "fulfil")


def _park(world: World, document_id: str, flow: str, order: PurchaseOrder | None = None) -> None:
    body = order.model_dump_json().encode() if order else b""
    with world.store.begin() as tx:
        park(tx, Source(document_id, document_id), Failure(BROKEN, flow, body), world.clock())


def test_a_discarded_change_gives_its_stock_free(desk: Desk) -> None:
    """A person ends a change in doubt: nothing stays held, and the next change begins with what stands then."""
    world = desk.world
    world.place(ORDER)
    change = OrderChange(
        order_no="PO-1", partner="baumarkt", channel=Channel.EDI, lines=(grown(ORDER.lines[0].line_no),)
    )
    event = change_event(change)
    world.journal(event.documentid, order_no="PO-1", partner="baumarkt")
    world.erp.fail("change_order", InDoubtError("no answer in time"))
    world.batch(world.fulfil, [a_delivery(event, 11)], "fulfil")
    assert world.pending() > 0
    [entry] = world.read(lambda tx: tx.parked.find())

    desk.replays.discard(entry.id, who="anna", why="the buyer called")

    assert world.pending() == 0
    [answer] = world.commit(world.fulfil(change_event(change, "again")))
    assert answer.type is EventType.ORDER_ACCEPTED


def grown(line_no: str) -> LineChange:
    return LineChange(line_no=line_no, action=LineAction.CHANGED, quantity=Decimal(9))
