"""Changing and cancelling an order that stands: what NAV has afterwards, what is held, and what the buyer is told."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fakes.documents import a_line, an_order, change_event, order_event
from fakes.erp import an_item
from fakes.world import Crash, World, crash_at
from orderwire.canonical.change import LineAction, LineChange, OrderChange
from orderwire.canonical.envelope import EventType
from orderwire.canonical.order import Channel, ItemId, ItemScheme, Purpose
from orderwire.canonical.response import AnsweredOrder, LineOutcome, OrderOutcome, OrderResponse
from orderwire.config.profile import ShortagePolicy
from orderwire.errors import (
    BusyError,
    ConflictError,
    ErpRefusedError,
    InDoubtError,
    MappingError,
    OutageError,
    OutOfOrderError,
    UnavailableError,
)
from orderwire.ports.orders import OrderState

D = Decimal


def change_line(line_no: str, action: LineAction = LineAction.CHANGED, item_no: str = "", **changes: Any) -> LineChange:
    ids = (ItemId(scheme=ItemScheme.SUPPLIER, value=item_no),) if item_no else ()
    return LineChange.model_validate({"line_no": line_no, "action": action, "item_ids": ids, **changes})


def a_change(*lines: LineChange, **changes: Any) -> OrderChange:
    fields: dict[str, Any] = {"order_no": "PO-1", "partner": "baumarkt", "channel": Channel.EDI, "change_no": "CH-1"}
    return OrderChange.model_validate(fields | {"lines": lines} | changes)


CANCEL = a_change(purpose=Purpose.CANCEL, change_no="CH-9")


def ask(world: World, change: OrderChange, document_id: str | None = None) -> OrderResponse:
    """Have a change worked on, and return the answer."""
    [event] = world.commit(world.fulfil(change_event(change, document_id)))
    return AnsweredOrder.model_validate(event.data).response


def stands(world: World) -> list[tuple[str, Decimal]]:
    return [(line.item_no, line.quantity) for order in world.erp.orders.values() for line in order.lines]


def told(answer: OrderResponse) -> list[tuple[str, str, Decimal, str | None]]:
    return [(line.line_no, line.outcome.value, line.confirmed, line.reason) for line in answer.lines]


@pytest.fixture(autouse=True)
def placed(world: World) -> None:
    """An order stands: 4 of item 1001, of which 96 are left, and 2 of item 1003, of which 3 are left."""
    world.place(an_order(a_line("1001", "4"), a_line("1003", "2")))


@pytest.mark.parametrize("quantity", ["1", "7"])
def test_a_quantity_is_changed(world: World, quantity: str) -> None:
    """Fewer at once, more as stock covers it: NAV's line has the new quantity, and the other one is as it was."""
    answer = ask(world, a_change(change_line("1", quantity=quantity)))

    assert (answer.outcome, answer.answers, answer.change_no) == (OrderOutcome.ACCEPTED, Purpose.CHANGE, "CH-1")
    assert told(answer) == [("1", "accepted", D(quantity), None), ("2", "accepted", D(2), None)]
    assert stands(world) == [("1001", D(quantity)), ("1003", D(2))]
    assert world.pending() == 0


def test_an_order_tells_how_it_stands_now(world: World) -> None:
    """The order's own row has the new content, so a change after it begins there."""
    ask(world, a_change(change_line("1", quantity="7")))
    ask(world, a_change(change_line("1", quantity="9"), change_no="CH-2"))

    [event] = world.commit(world.fulfil(order_event(an_order(a_line("1001", "4"), a_line("1003", "2")), "again")))

    body = AnsweredOrder.model_validate(event.data)
    assert body.response.answers is Purpose.ORIGINAL
    assert [line.confirmed for line in body.response.lines] == [line.quantity for line in body.order.lines] == [9, 2]


@pytest.mark.parametrize(
    ("policy", "outcome", "line_outcome", "reason", "confirmed", "backordered"),
    [
        (ShortagePolicy.REJECT_LINE, "rejected", "rejected", "out_of_stock", 2, 0),
        (ShortagePolicy.SUBSTITUTE, "rejected", "rejected", "out_of_stock", 2, 0),
        (ShortagePolicy.REJECT_ORDER, "rejected", "rejected", "out_of_stock", 2, 0),
        (ShortagePolicy.PART_DELIVERY, "changed", "changed", "part_delivery", 5, 0),
        (ShortagePolicy.BACK_ORDER, "changed", "backordered", "back_ordered", 5, 4),
    ],
)
def test_more_than_there_is(
    world: World,
    policy: ShortagePolicy,
    outcome: str,
    line_outcome: str,
    reason: str,
    confirmed: int,
    backordered: int,
) -> None:
    """A line that cannot grow ends as the partner's policy says; what was promised before stays in any case."""
    world.profile(policy)

    answer = ask(world, a_change(change_line("2", quantity="9")))  # 2 promised, 3 free

    line = answer.lines[1]
    assert (answer.outcome, line.outcome, line.reason) == (outcome, line_outcome, reason)
    assert (line.ordered, line.confirmed, line.backordered) == (D(9), D(confirmed), D(backordered))
    assert stands(world) == [("1001", D(4)), ("1003", D(confirmed + backordered))]
    assert world.erp.available("1003") == 3 + 2 - confirmed - backordered
    assert world.pending("1003") == 0


@pytest.mark.parametrize("policy", ShortagePolicy)
def test_slightly_more_than_there_is(world: World, policy: ShortagePolicy) -> None:
    """Within the tolerance the line grows by what is there, and nothing follows."""
    world.profile(policy, quantity_tolerance_percent="20")

    line = ask(world, a_change(change_line("2", quantity="6"))).lines[1]

    assert (line.outcome, line.confirmed, line.reason) == (LineOutcome.CHANGED, D(5), "within_tolerance")
    assert line.backordered == 0


@pytest.mark.parametrize("policy", ShortagePolicy)
def test_a_part_of_a_unit_more(world: World, policy: ShortagePolicy) -> None:
    """What is sold by weight grows by a fraction where stock covers it; whole units are for what is short."""
    world.profile(policy, units={"KGM": "KG"})
    world.erp.put(an_item("9001", "KG"))
    world.erp.inventory["9001"] = D("10.9")
    world.place(an_order(a_line("9001", "8", "KGM"), order_no="PO-2"))

    answer = ask(world, a_change(change_line("1", quantity="10.5"), order_no="PO-2"))

    assert told(answer) == [("1", "accepted", D("10.5"), None)]
    assert stands(world)[-1] == ("9001", D("10.5"))


def test_a_part_of_a_unit_more_than_there_is(world: World) -> None:
    """Of 2.9 that are left, a change that wants 3 more gets the whole units, as a new order would."""
    world.profile(ShortagePolicy.PART_DELIVERY, units={"KGM": "KG"})
    world.erp.put(an_item("9001", "KG"))
    world.erp.inventory["9001"] = D("10.9")
    world.place(an_order(a_line("9001", "8", "KGM"), order_no="PO-2"))

    answer = ask(world, a_change(change_line("1", quantity="11"), order_no="PO-2"))

    assert told(answer) == [("1", "changed", D(10), "part_delivery")]


def test_all_or_nothing_refuses_every_line_of_the_change(world: World) -> None:
    """One line cannot grow, so neither does the other."""
    world.profile(ShortagePolicy.REJECT_ORDER)

    answer = ask(world, a_change(change_line("1", quantity="5"), change_line("2", quantity="9")))

    assert told(answer) == [("1", "rejected", D(4), "order_refused"), ("2", "rejected", D(2), "out_of_stock")]
    assert stands(world) == [("1001", D(4)), ("1003", D(2))]


def test_a_back_order_gives_way_first(world: World) -> None:
    """Of a line that stands in part without stock, fewer are taken from what was not covered."""
    world.profile(ShortagePolicy.BACK_ORDER)
    ask(world, a_change(change_line("2", quantity="9")))

    answer = ask(world, a_change(change_line("2", quantity="6"), change_no="CH-2"))

    assert [(line.confirmed, line.backordered) for line in answer.lines] == [(D(4), D(0)), (D(5), D(1))]
    assert stands(world)[1] == ("1003", D(6))


def test_a_line_is_added(world: World) -> None:
    """It stands under the number that NAV gave it, and can be changed by it later."""
    answer = ask(world, a_change(change_line("3", LineAction.ADDED, "1002", quantity="5", unit="PCE")))

    assert told(answer)[2] == ("3", "accepted", D(5), None)
    assert answer.lines[2].unit_price == Decimal("9.9")
    ask(world, a_change(change_line("3", quantity="6"), change_no="CH-2"))
    assert stands(world) == [("1001", D(4)), ("1003", D(2)), ("1002", D(6))]


@pytest.mark.parametrize(
    ("item_no", "reason"), [("none", "unknown_item"), ("1008", "item_blocked"), ("1007", "out_of_stock")]
)
def test_a_line_that_cannot_be_added(world: World, item_no: str, reason: str) -> None:
    """The added line is refused as a new order's would be, and does not stay in the order."""
    answer = ask(world, a_change(change_line("3", LineAction.ADDED, item_no, quantity="5")))

    assert (answer.outcome, told(answer)[2]) == (OrderOutcome.REJECTED, ("3", "rejected", D(0), reason))
    assert stands(world) == [("1001", D(4)), ("1003", D(2))]
    again = ask(world, a_change(change_line("3", LineAction.ADDED, "1002", quantity="1"), change_no="CH-2"))
    assert told(again)[2] == ("3", "accepted", D(1), None)


def test_a_line_is_taken_away(world: World) -> None:
    """It is gone from NAV's order, and its stock is free."""
    answer = ask(world, a_change(change_line("2", LineAction.DELETED)))

    assert told(answer) == [("1", "accepted", D(4), None), ("2", "deleted", D(0), None)]
    assert (answer.outcome, stands(world)) == (OrderOutcome.ACCEPTED, [("1001", D(4))])
    assert world.erp.available("1003") == 5


def test_another_item_on_the_same_line(world: World) -> None:
    """NAV's line is replaced; the buyer reads one line."""
    answer = ask(world, a_change(change_line("2", item_no="1002", quantity="3")))

    assert told(answer) == [("1", "accepted", D(4), None), ("2", "accepted", D(3), None)]
    assert stands(world) == [("1001", D(4)), ("1002", D(3))]


def test_another_item_that_is_not_there(world: World) -> None:
    """Then the line stays what it was."""
    answer = ask(world, a_change(change_line("2", item_no="1007", quantity="3")))

    assert told(answer)[1] == ("2", "rejected", D(2), "out_of_stock")
    assert stands(world) == [("1001", D(4)), ("1003", D(2))]


def test_dates_are_changed(world: World) -> None:
    """The order's date counts for the lines without one of their own."""
    own = change_line("2", requested_on=date(2026, 12, 24))

    answer = ask(world, a_change(own, requested_on=date(2026, 12, 1)))

    assert answer.outcome is OrderOutcome.ACCEPTED
    [dates] = world.erp.dates.values()
    assert dates == {10000: date(2026, 12, 1), 20000: date(2026, 12, 24)}


def test_an_order_is_replaced(world: World) -> None:
    """The request's lines are the order: one grows, one goes, one comes."""
    lines = [
        change_line("1", item_no="1001", quantity="6"),
        change_line("9", item_no="1002", quantity="1", action=LineAction.ADDED),
    ]

    answer = ask(world, a_change(*lines, purpose=Purpose.REPLACE))

    assert told(answer) == [
        ("1", "accepted", D(6), None),
        ("2", "deleted", D(0), None),
        ("9", "accepted", D(1), None),
    ]
    assert stands(world) == [("1001", D(6)), ("1002", D(1))]


def test_an_order_is_cancelled(world: World) -> None:
    """Nothing stands in NAV; the order says so to whoever asks, and a new order may take its number."""
    answer = ask(world, CANCEL)

    assert (answer.outcome, answer.answers, answer.erp_no) == (OrderOutcome.ACCEPTED, Purpose.CANCEL, None)
    assert [line.outcome for line in answer.lines] == [LineOutcome.DELETED] * 2
    assert stands(world) == []
    [event] = world.commit(world.fulfil(order_event(an_order(a_line("1001", "4"), a_line("1003", "2")), "again")))
    assert (event.type, event.data["response"]["reason"]) == (EventType.ORDER_REJECTED, "cancelled")
    assert world.place(an_order(a_line("1001", "1")), "new").outcome is OrderOutcome.ACCEPTED


def test_a_cancelled_number_is_taken_again_where_nav_makes_an_order_once(world: World) -> None:
    """NAV's codeunit knows an order by its source key for ever: the new order under the old number has another one."""
    world.erp.checks_stock = True
    world.place(an_order(a_line("1001", "2"), order_no="PO-2"))
    ask(world, a_change(order_no="PO-2", purpose=Purpose.CANCEL))

    assert world.place(an_order(a_line("1001", "1"), order_no="PO-2"), "new").outcome is OrderOutcome.ACCEPTED
    assert stands(world)[-1] == ("1001", D(1))
    assert len({draft.source_key for draft in world.erp.drafts.values()}) == len(world.erp.drafts)


def test_cancelling_what_nav_has_deleted(world: World) -> None:
    """Somebody in NAV was faster: the buyer has what it wants."""
    world.erp.orders.clear()

    assert ask(world, CANCEL).outcome is OrderOutcome.ACCEPTED


def ship(world: World, no: str) -> None:
    world.erp.ship(no, 1)


@pytest.mark.parametrize(
    ("happened", "reason"),
    [
        (lambda world, no: world.erp.release(no), "released"),
        (ship, "partly_shipped"),
        (lambda world, no: world.erp.post(no), "shipped"),
        (lambda world, _no: world.erp.orders.clear(), "gone_in_erp"),
    ],
)
def test_too_late(world: World, happened: Callable[[World, str], None], reason: str) -> None:
    """What NAV is shipping is not changed any more: the buyer is told why, and no write is tried."""
    [no] = world.erp.orders
    happened(world, no)
    before = stands(world)

    answer = ask(world, a_change(change_line("1", quantity="1")))

    assert (answer.outcome, answer.reason) == (OrderOutcome.REJECTED, reason)
    assert told(answer)[0] == ("1", "rejected", D(4), reason)
    assert stands(world) == before
    assert world.erp.calls["change_order"] == 0


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (change_line("9", quantity="1"), "line 9 is not in the order"),
        (change_line("9", LineAction.DELETED), "line 9 is not in the order"),
        (change_line("1", LineAction.ADDED, "1002", quantity="1"), "line 1 is in the order already"),
    ],
)
def test_a_line_that_makes_no_sense(world: World, line: LineChange, text: str) -> None:
    """Out of step with the buyer, nothing is guessed: the whole change is refused, and the sentence names the line."""
    answer = ask(world, a_change(line, change_line("2", quantity="1")))

    assert (answer.outcome, answer.reason, answer.reason_text) == (OrderOutcome.REJECTED, "unclear_line", text)
    assert stands(world) == [("1001", D(4)), ("1003", D(2))]


def test_a_change_of_words_is_for_a_person(world: World) -> None:
    """Nobody but a person can do what only a note says."""
    with pytest.raises(MappingError):
        world.fulfil(change_event(a_change(note="bitte anrufen")))


def test_the_same_change_again(world: World) -> None:
    """It gets the same answer, and NAV is not asked."""
    change = a_change(change_line("1", quantity="7"))
    first = ask(world, change)
    calls = world.erp.calls.total()

    assert ask(world, change, "another document") == first
    assert world.erp.calls.total() == calls


def test_going_back_and_forth_without_numbers(world: World) -> None:
    """Changes without a number of their own: the last one again is a double, an earlier one again is wanted."""
    more, fewer = (a_change(change_line("1", quantity=quantity), change_no=None) for quantity in ("7", "3"))
    for number, change in enumerate((more, fewer, fewer, more)):
        ask(world, change, f"document-{number}")

    assert stands(world)[0] == ("1001", D(7))
    assert world.erp.calls["change_order"] == 3


def test_a_change_before_its_order(world: World) -> None:
    """It waits for the order on the ladder."""
    with pytest.raises(OutOfOrderError):
        world.fulfil(change_event(a_change(change_line("1", quantity="1"), order_no="PO-2")))


def test_a_change_of_an_order_that_was_refused(world: World) -> None:
    """Nothing stands that could be changed."""
    world.place(an_order(a_line("1007", "1"), order_no="PO-2"))

    answer = ask(world, a_change(change_line("1", quantity="2"), order_no="PO-2"))

    assert (answer.outcome, answer.reason) == (OrderOutcome.REJECTED, "nothing_stands")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("error", [InDoubtError("no answer"), ConflictError("stale"), OutageError("away")])
def test_a_doubt_is_read_back(world: World, error: Exception, after: bool) -> None:  # noqa: FBT001  from the table
    """Until it is certain the stock stays held; the next try finds what stands, and writes only what is missing."""
    world.erp.fail("change_order", error, after=after)
    change = a_change(change_line("1", quantity="7"), change_line("3", LineAction.ADDED, "1002", quantity="5"))
    with pytest.raises(type(error)):
        ask(world, change)
    assert world.pending() == 3

    answer = ask(world, change)

    assert answer.outcome is OrderOutcome.ACCEPTED
    assert stands(world) == [("1001", D(7)), ("1003", D(2)), ("1002", D(5))]
    assert world.pending() == 0


def test_a_read_back_without_an_answer_is_a_doubt(world: World) -> None:
    """Other orders wait for the stock that a change holds: they wait no longer because NAV does not answer."""
    change = a_change(change_line("1", quantity="7"))
    world.erp.fail("find_order", UnavailableError("NAV did not answer"), times=3)
    with pytest.raises(UnavailableError):  # nothing is held yet
        ask(world, change)
    world.erp.fail("change_order", InDoubtError("no answer"))
    with pytest.raises(InDoubtError):
        ask(world, change)
    world.erp.fail("find_order", UnavailableError("NAV did not answer"), times=3)
    with pytest.raises(InDoubtError, match="NAV did not answer"):
        ask(world, change)

    assert ask(world, change).outcome is OrderOutcome.ACCEPTED


@pytest.mark.parametrize("where", ["after_intent", "after_reply"])
def test_a_crash_is_taken_up(world: World, where: str) -> None:
    """Another worker carries on; the line is added once."""
    change = a_change(change_line("1", quantity="7"), change_line("3", LineAction.ADDED, "1002", quantity="5"))
    world.checkpoint = crash_at(where)
    with pytest.raises(Crash):
        ask(world, change)
    world.worker = "worker-2"
    world.clock.sleep(100)

    assert ask(world, change).outcome is OrderOutcome.ACCEPTED
    assert stands(world) == [("1001", D(7)), ("1003", D(2)), ("1002", D(5))]


@pytest.mark.parametrize("after", [False, True])
def test_nav_refuses(world: World, after: bool) -> None:  # noqa: FBT001  from the table
    """A refusal is no proof: what stands decides what the buyer is told, and no stock stays held."""
    world.erp.fail("change_order", ErpRefusedError("no"), after=after)

    answer = ask(world, a_change(change_line("1", quantity="7"), change_line("2", LineAction.DELETED)))

    refused = ("1", "rejected", D(4), "refused_by_erp"), ("2", "rejected", D(2), "refused_by_erp")
    assert told(answer) == ([("1", "accepted", D(7), None), ("2", "deleted", D(0), None)] if after else [*refused])
    assert world.pending() == 0


def test_locks_are_waited_for(world: World) -> None:
    """A deadlock is tried again at once, twice."""
    world.erp.fail("change_order", BusyError("deadlock"), times=2)

    assert ask(world, a_change(change_line("1", quantity="7"))).outcome is OrderOutcome.ACCEPTED


def test_one_change_after_the_other(world: World) -> None:
    """While one change is in doubt, the next one waits."""
    world.erp.fail("change_order", InDoubtError("no answer"))
    with pytest.raises(InDoubtError):
        ask(world, a_change(change_line("1", quantity="7")))

    with pytest.raises(BusyError):
        ask(world, CANCEL)


def test_nav_users_buy_meanwhile(world: World) -> None:
    """What the change got and a NAV user took is given back; what was promised before stays."""
    world.erp.passing(lambda operation: world.erp.buy("1003", 3) if operation == "change_order" else None)

    answer = ask(world, a_change(change_line("2", quantity="4")))

    assert told(answer)[1] == ("2", "changed", D(2), "taken_meanwhile")
    assert stands(world) == [("1001", D(4)), ("1003", D(2))]


def test_a_line_that_nav_users_deleted(world: World) -> None:
    """It is told as it stands, and the rest is changed."""
    [no] = world.erp.orders
    world.erp.edit(no, {20000: 0})

    answer = ask(world, a_change(change_line("1", quantity="3")))

    assert told(answer) == [("1", "accepted", D(3), None), ("2", "rejected", D(0), "changed_in_erp")]


@pytest.mark.parametrize("production", [False, True])
def test_a_test_change_changes_no_real_order(world: World, production: bool) -> None:  # noqa: FBT001  from the table
    """A test document can change a test order alone, and none in a production company."""
    world.erp._production = production

    answer = ask(world, a_change(change_line("1", quantity="1"), test=True))

    assert (answer.outcome, answer.reason) == (OrderOutcome.REJECTED, "test_refused")
    assert stands(world)[0] == ("1001", D(4))


def test_changes_are_kept_with_their_order(world: World) -> None:
    """Each request stays on record with its answer."""
    ask(world, a_change(change_line("1", quantity="3")))
    ask(world, CANCEL)
    record = world.record(an_order())

    changes = world.read(lambda tx: tx.changes.of_order(record.id))

    assert [(each.state, each.outcome) for each in changes] == [(OrderState.ANSWERED, "accepted")] * 2


def test_an_answer_names_the_document_that_asked(world: World) -> None:
    """By the references of its own; later documents of the order name the last change that was taken."""
    change = a_change(change_line("1", quantity="7"), channel=Channel.PUNCHOUT, channel_refs={"payload_id": "two"})

    [event] = world.commit(world.fulfil(change_event(change)))
    [again] = world.commit(world.fulfil(change_event(change.model_copy(update={"channel_refs": {}}), "again")))

    assert AnsweredOrder.model_validate(event.data).order.channel_refs == {"payload_id": "two"}
    assert AnsweredOrder.model_validate(again.data).order.channel_refs == {}
    assert '"two"' in world.record(an_order()).order


def ships_first(world: World) -> None:
    """Have NAV's users post the order right before it is changed."""
    [no] = world.erp.orders
    world.erp.passing(lambda operation: world.erp.post(no) if operation == "change_order" else None)


@pytest.mark.parametrize("change", [CANCEL, a_change(change_line("1", quantity="7"))])
def test_shipped_while_it_is_changed(world: World, change: OrderChange) -> None:
    """NAV's users were faster: the order stands as it was, and the buyer is told so."""
    ships_first(world)

    answer = ask(world, change)

    assert (answer.outcome, answer.lines[0].reason) == (OrderOutcome.REJECTED, "shipped")
    assert told(answer)[0] == ("1", "rejected", D(4), "shipped")
    assert world.record(an_order()).erp_no is not None


def test_shipped_after_a_doubt(world: World) -> None:
    """A change in doubt that is shipped since is taken for done; a cancellation is not, for something was shipped."""
    [no] = world.erp.orders
    more = a_change(change_line("1", quantity="7"))
    world.erp.fail("change_order", InDoubtError("no answer"), after=True)
    with pytest.raises(InDoubtError):
        ask(world, more)
    world.erp.post(no)

    assert told(ask(world, more))[0] == ("1", "accepted", D(7), None)


def test_a_cancellation_in_doubt_that_was_shipped(world: World) -> None:
    """What was shipped was not deleted."""
    [no] = world.erp.orders
    world.erp.fail("change_order", InDoubtError("no answer"))
    with pytest.raises(InDoubtError):
        ask(world, CANCEL)
    world.erp.post(no)

    assert ask(world, CANCEL).outcome is OrderOutcome.REJECTED
