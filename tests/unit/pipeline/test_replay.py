"""What a person does about a parked message: replay and discard; each once, and audited."""

from dataclasses import replace
from decimal import Decimal

import pytest

from fakes.desk import BROKEN, ORDER, Desk, leave_parked, outbound
from fakes.documents import (
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
from orderwire.canonical.document import DocumentReady
from orderwire.canonical.envelope import EventType
from orderwire.canonical.order import Channel
from orderwire.canonical.response import OrderOutcome
from orderwire.config.profile import ShortagePolicy
from orderwire.errors import AlreadyDoneError, BusyError, DecodeError, InDoubtError, LimitError, MappingError
from orderwire.pipeline.abandon import abandon
from orderwire.ports.intake import OutboundDocument
from orderwire.ports.journal import DocumentState
from orderwire.ports.orders import OrderState


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
    leave_parked(desk.world, document_id, "deliver")

    desk.replays.replay(desk.entry.id, who="ann", why="their server is back")

    [event] = desk.announced
    body = DocumentReady.model_validate(event.data)
    assert (event.type, event.epoch) == (EventType.DOCUMENT_READY, 1)
    assert (body.document_id, body.name, body.media_type) == (document_id, "ORDRSP_1.edi", "application/EDIFACT")
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
    leave_parked(desk.world, "nobody", "decode")

    with pytest.raises(MappingError):
        desk.replays.replay(desk.entry.id, who="ann", why="")

    assert len(desk.parked()) == 1


def test_replay_of_a_message_whose_file_is_gone(desk: Desk) -> None:
    """Without the raw bytes there is nothing to replay; it stays parked."""
    desk.world.journal("m1", sha256="00", parent_id="gone")
    leave_parked(desk.world, "m1", "decode")

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
    leave_parked(desk.world, "nobody", "decode")

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
    leave_parked(desk.world, "rival", "fulfil", an_order(a_line("1002")))
    [rival] = [entry for entry in desk.parked() if entry.document_id is None]

    desk.replays.discard(rival.id, who="ann", why="")

    assert desk.world.pending() == 2
    assert desk.world.record(ORDER).state is OrderState.INTENDED


def test_abandoning_what_is_answered(world: World) -> None:
    """An answered order has nothing to give up."""
    world.place(ORDER)
    leave_parked(world, "again", "fulfil", ORDER)
    [entry] = world.read(lambda tx: tx.parked.find())

    with world.store.begin() as tx:
        abandon(tx, entry, "no reason", world.clock())

    assert world.record(ORDER).state is OrderState.ANSWERED


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
    leave_parked(desk.world, outbound(desk.world), "deliver")

    with pytest.raises(MappingError, match="not edited"):
        desk.replays.replay_edited(desk.entry.id, b"x", who="ann", why="")

    assert desk.entry.state == "parked"


def test_a_copy_that_is_too_large_is_refused(desk: Desk) -> None:
    """As if it had come from a partner."""
    desk.decoder.put(b"f", an_interchange(a_message(None, error=BROKEN)))
    desk.decode(desk.receive(b"f"))

    with pytest.raises(LimitError):
        desk.replays.replay_edited(desk.entry.id, b"x" * (10**6 + 1), who="ann", why="")


def in_doubt(world: World, *, stands: bool = False) -> None:
    """Have an order park whose fate in NAV is not known."""
    event = order_event(ORDER)
    world.journal(event.documentid, order_no="PO-1", partner="baumarkt")
    world.erp.fail("create_order", InDoubtError("no answer in time"), after=stands)
    if stands:
        world.erp.fail("find_order", InDoubtError("no answer in time"))
    world.batch(world.fulfil, [a_delivery(event, 11)], "fulfil")


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
