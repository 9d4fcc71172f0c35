"""Shipments and invoices that NAV's people post are told of, each once, in whatever order they come."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from fakes.documents import a_line, an_order
from fakes.follower import TODAY, FakeFollower, a_posted_line, a_posting, an_open_order
from fakes.world import World
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.invoice import Invoice
from orderwire.canonical.order import Channel
from orderwire.canonical.shipment import Shipment
from orderwire.config.follow import FollowSettings
from orderwire.pipeline.follow_posted import PostedLook
from orderwire.pipeline.follow_watch import Watch
from orderwire.pipeline.work import body_of
from orderwire.ports.follow import PostedKind
from orderwire.ports.following import FollowedState


@pytest.fixture
def nav() -> FakeFollower:
    return FakeFollower()


def watch_of(world: World, nav: FakeFollower, **rules: Any) -> Watch:
    return Watch(
        world.store, nav, world.erp, world.partners, world.clock, "worker-1", FollowSettings(**rules), currency="EUR"
    )


class Looks:
    """One kind of posted documents, looked at again and again."""

    def __init__(self, world: World, nav: FakeFollower, kind: PostedKind = PostedKind.SHIPMENT, **rules: Any) -> None:
        self.world = world
        self.posted = PostedLook(watch_of(world, nav, **rules), kind)
        self.look()

    @property
    def fence(self) -> int:
        with self.world.store.begin() as tx:
            fence = tx.following.lease("worker-1", self.world.clock(), 600)
        assert fence is not None
        return fence

    def look(self, *, later: float = 1, until_done: bool = True) -> list[Event]:
        self.world.clock.sleep(later)
        looked = self.posted.look(self.fence)
        told = looked.told
        while looked.more and until_done:
            looked = self.posted.look(self.fence)
            told = [*told, *looked.told]
        return told

    def nos(self, **how: Any) -> list[str]:
        return [body_of(event).shipment_no for event in self.look(**how)]


def placed(world: World, *quantities: str) -> str:
    """Have an order of drills, hammers … fulfilled, and return NAV's number."""
    lines = [a_line(str(1001 + number), quantity) for number, quantity in enumerate(quantities or ("10",))]
    response = world.place(an_order(*lines))
    assert response.erp_no is not None
    return response.erp_no


def test_what_was_posted_before_is_nobodys_news(world: World, nav: FakeFollower) -> None:
    """Following begins where NAV stands."""
    nav.post(a_posting("S-1"), a_posting("S-2"))
    looks = Looks(world, nav)
    assert looks.nos() == []
    nav.post(a_posting("S-3"))
    assert looks.nos() == ["S-3"]
    assert looks.nos() == []


def test_a_number_that_comes_late_is_told_of(world: World, nav: FakeFollower) -> None:
    """A posting that takes long shows up before documents that are known; so long as it may take, it is found."""
    looks = Looks(world, nav, overlap_seconds=60)
    nav.post(a_posting("S-5"))
    assert looks.nos() == ["S-5"]
    nav.post(a_posting("S-4"))
    assert looks.nos(later=50) == ["S-4"]
    nav.post(a_posting("S-3"))
    assert looks.nos(later=50) == ["S-3"]
    nav.post(a_posting("S-9"))
    assert looks.nos(later=61) == ["S-9"]
    nav.post(a_posting("S-8"))
    assert looks.nos(later=50) == ["S-8"]


def test_the_mark_follows(world: World, nav: FakeFollower) -> None:
    """Once every posting of its time must be done, a look begins later, and reads no more than it must."""
    looks = Looks(world, nav, overlap_seconds=60)
    nav.post(a_posting("S-1"), a_posting("S-2"))
    for _ in range(4):
        looks.look(later=61)
    nav.asked.clear()
    looks.look()
    assert nav.asked == ["shipment after S-2"]


def test_a_look_is_bounded(world: World, nav: FakeFollower) -> None:
    """After a long absence it goes on where it was cut, some rows at a time, and late numbers are still found."""
    looks = Looks(world, nav, rows=2, overlap_seconds=60)
    nav.post(*(a_posting(f"S-{number}") for number in range(1, 6)))
    assert looks.nos(until_done=False) == ["S-1", "S-2"]
    nav.post(a_posting("S-0"))
    assert looks.nos() == ["S-3", "S-4", "S-5"]
    assert looks.nos() == ["S-0"]


def test_the_sweep_finds_another_number_series(world: World, nav: FakeFollower) -> None:
    """A document whose series sorts before the mark is found by its date; older ones than following are not told."""
    nav.post(a_posting("M-1"))
    looks = Looks(world, nav, sweep_seconds=3600, sweep_days=3)
    nav.post(
        a_posting("A-1", posted_on=TODAY + timedelta(days=2)),
        a_posting("A-0", posted_on=TODAY),
    )
    assert looks.nos() == []
    assert looks.posted.sweep(looks.fence).told == []
    world.clock.sleep(2 * 86400)
    told = looks.posted.sweep(looks.fence).told
    assert [body_of(event).shipment_no for event in told] == ["A-1"]
    assert looks.posted.sweep(looks.fence).told == []


def test_a_shipment_in_the_buyers_words(world: World, nav: FakeFollower) -> None:
    """Lines have the buyer's numbers and unit; what is left is told, and the order's lines are current."""
    looks = Looks(world, nav)
    world.profile()
    response = world.place(an_order(a_line("1001", "4", "CT", line_no="00010"), a_line("1002", "9", line_no="00020")))
    erp_no = response.erp_no or ""
    nav.open[erp_no] = an_open_order(world.erp.orders[erp_no], shipped={10000: 1})
    lines = (a_posted_line(10000, "1", unit="CARTON"), a_posted_line(20000, "0", "1002"))
    nav.post(a_posting("S-1", *lines, order_no=erp_no, tracking_no="(00) 340999980000000014"))

    (event,) = looks.look()

    shipment = body_of(event)
    assert isinstance(shipment, Shipment)
    assert (event.type, event.subject, event.partner) == (EventType.SHIPMENT_POSTED, "PO-1", "baumarkt")
    assert (shipment.order_no, shipment.erp_no, shipment.despatched_on) == ("PO-1", erp_no, TODAY)
    (package,) = shipment.packages
    (line,) = package.lines
    assert package.sscc == "340999980000000014"
    assert (line.order_line_no, line.unit, line.delivered, line.ordered, line.backordered) == (
        "00010", "CT", Decimal(1), Decimal(4), Decimal(3),
    )  # fmt: skip
    with world.store.begin() as tx:
        progress = [(each.buyer_line_no, each.delivered, each.backordered) for each in tx.following.lines(erp_no)]
    assert progress == [("00010", Decimal(1), Decimal(3)), ("00020", Decimal(0), Decimal(9))]


def test_two_shipments_in_one_look_count_one_after_the_other(world: World, nav: FakeFollower) -> None:
    """NAV's page counts both already; the first advice says what was left after the first."""
    looks = Looks(world, nav)
    erp_no = placed(world, "10")
    nav.open[erp_no] = an_open_order(world.erp.orders[erp_no], shipped={10000: 7})
    nav.post(
        a_posting("S-1", a_posted_line(10000, "3"), order_no=erp_no),
        a_posting("S-2", a_posted_line(10000, "4"), order_no=erp_no),
    )
    left = [body_of(event).lines[0].backordered for event in looks.look()]
    assert left == [Decimal(7), Decimal(3)]


def test_an_order_that_is_gone_still_says_what_was_delivered(world: World, nav: FakeFollower) -> None:
    """Shipped and invoiced between two looks, NAV has deleted it: what was made and what was posted tell the rest."""
    looks, bills = Looks(world, nav), Looks(world, nav, PostedKind.INVOICE)
    erp_no = placed(world, "10")
    nav.post(a_posting("S-1", a_posted_line(None, "4"), order_no=erp_no))
    nav.post(a_posting("S-2", a_posted_line(None, "6"), order_no=erp_no))
    line = a_posted_line(10000, "10", unit_price=Decimal(2), amount=Decimal(20), vat_percent=Decimal(19))
    nav.post(a_posting("I-1", line, order_no=erp_no, kind=PostedKind.INVOICE))

    left = [body_of(event).lines[0].backordered for event in looks.look()]
    (bill,) = bills.look()

    assert left == [Decimal(6), Decimal(0)]
    assert body_of(bill).totals.payable == Decimal("23.80")
    with world.store.begin() as tx:
        (followed,) = tx.following.lines(erp_no)
    assert (followed.delivered, followed.invoiced) == (Decimal(10), Decimal(10))


def test_an_order_entered_in_nav_is_told_in_our_words(world: World, nav: FakeFollower) -> None:
    """The buyer gave no line numbers: none are named. Nobody sends a document about it unless the profile says so."""
    world.profile(items={("buyer", "TB-DRILL"): "1001"})
    looks = Looks(world, nav)
    nav.post(a_posting("S-1", a_posted_line(10000, "3"), order_no="SO-7", external_document_no="PHONE-1"))
    nav.post(a_posting("S-2", order_no="SO-8"))

    first, second = (body_of(event) for event in looks.look())

    assert (first.order_no, first.erp_no, first.channel) == ("PHONE-1", "SO-7", Channel.ERP)
    (line,) = first.lines
    assert (line.order_line_no, line.ordered, line.unit) == (None, None, "PCE")
    assert [each.value for each in line.item_ids] == ["TB-DRILL", "4099999001019", "1001"]
    assert second.order_no == "SO-8"


def test_a_profile_may_want_documents_about_entered_orders(world: World, nav: FakeFollower) -> None:
    """Then the shipment goes the partner's own way."""
    edi = {"identifiers": [{"id": "4099998000020", "qualifier": "14"}], "ours": {"id": "4099998000013"}}
    world.profile(edi=edi, entered_orders="tell")
    looks = Looks(world, nav)
    nav.post(a_posting("S-1", order_no="SO-7"))
    (event,) = looks.look()
    shipment = body_of(event)
    assert shipment.channel is Channel.EDI
    assert [party.id_of("gln") for party in shipment.parties] == ["4099998000020"]
    with world.store.begin() as tx:
        document = tx.journal.get(event.documentid)
    assert document is not None
    assert (document.channel, document.kind, document.erp_no) == ("erp", "SalesOrder", "SO-7")


@pytest.mark.parametrize("customer_no", ["C99999", "", "C20000"])
def test_what_is_no_partners_is_passed_over(world: World, nav: FakeFollower, customer_no: str) -> None:
    """A customer without a profile, or with two, gets nothing: an advice must not reach a wrong partner."""
    world.profile(key="one", customer_no="C20000")
    world.profile(key="two", customer_no="C20000")
    looks = Looks(world, nav)
    nav.post(a_posting("S-1", customer_no=customer_no, order_no="SO-9"))
    assert looks.look() == []


def test_an_order_that_is_being_made_is_not_taken_for_an_entered_one(world: World, nav: FakeFollower) -> None:
    """Our own numbers are known by their form: the next look finds the order."""
    looks = Looks(world, nav)
    nav.post(a_posting("S-1", order_no="OW3PBNBASXPEY6LMMN"))
    assert looks.look() == []
    with world.store.begin() as tx:
        assert tx.inbox.seen("follow.shipment", ["S-1"]) == set()


def an_invoice(no: str, erp_no: str, **line: Any) -> Any:
    fields = {"unit_price": Decimal(10), "amount": Decimal(30), "vat_percent": Decimal(19)} | line
    return a_posting(no, a_posted_line(10000, "3", **fields), order_no=erp_no, kind=PostedKind.INVOICE)


def test_an_invoice_with_discounts_adds_up(world: World, nav: FakeFollower) -> None:
    """The line's discount is in its net price, the document's is an allowance of its rate."""
    looks = Looks(world, nav, PostedKind.INVOICE)
    erp_no = placed(world, "10")
    nav.post(an_invoice("I-1", erp_no, amount=Decimal("27.00"), discount=Decimal("2.00")))
    (event,) = looks.look()
    invoice = body_of(event)
    assert isinstance(invoice, Invoice)
    assert (invoice.order_no, invoice.currency, invoice.lines[0].net_price) == ("PO-1", "EUR", Decimal(9))
    assert [allowance.amount for allowance in invoice.allowances] == [Decimal(2)]
    assert (invoice.totals.taxable, invoice.totals.tax, invoice.totals.payable) == (
        Decimal(25), Decimal("4.75"), Decimal("29.75"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("of_shipments", "reason"), [(None, "does not show"), (True, "collects shipments")], ids=["not known", "combined"]
)
def test_an_invoice_that_may_be_of_several_orders_is_parked(
    world: World, nav: FakeFollower, *, of_shipments: bool | None, reason: str
) -> None:
    """NAV's combined invoices name no order: a person tells the buyer, rather than nobody."""
    looks = Looks(world, nav, PostedKind.INVOICE)
    placed(world, "10")
    nav.post(replace(an_invoice("I-1", ""), of_shipments=of_shipments))

    (event,) = looks.look()

    assert event.type is EventType.MESSAGE_PARKED
    with world.store.begin() as tx:
        (entry,) = tx.parked.find()
    assert (entry.code, entry.partner, entry.facts["invoice_no"]) == ("mapping", "baumarkt", "I-1")
    assert reason in entry.reason


def test_an_invoice_that_people_wrote_without_an_order_is_told(world: World, nav: FakeFollower) -> None:
    """Its page shows that it is of no shipments; it has the number that they gave it, or none."""
    looks = Looks(world, nav, PostedKind.INVOICE)
    nav.post(
        replace(an_invoice("I-1", ""), of_shipments=False),
        replace(an_invoice("I-2", ""), of_shipments=False, external_document_no="PHONE-1"),
    )
    told = [body_of(event) for event in looks.look()]
    assert [(invoice.order_no, invoice.erp_no) for invoice in told] == [(None, None), ("PHONE-1", None)]


def test_what_cannot_be_said_is_parked_once_and_told_when_it_can(world: World, nav: FakeFollower) -> None:
    """An invoice without a currency waits for a person; when the settings are mended it goes by itself."""
    world.profile()
    response = world.place(an_order(a_line("1001", "10"), currency=None))
    looks = Looks(world, nav, PostedKind.INVOICE)
    poor = PostedLook(Watch(**{**vars(looks.posted.watch), "currency": None}), PostedKind.INVOICE)
    nav.post(an_invoice("I-1", response.erp_no or ""))

    first = poor.look(looks.fence).told
    again = poor.look(looks.fence).told

    assert [event.type for event in first] == [EventType.MESSAGE_PARKED]
    assert again == []
    with world.store.begin() as tx:
        (entry,) = tx.parked.find()
    assert (entry.code, entry.flow, entry.order_no) == ("mapping", "follow", "PO-1")
    assert "nav.local_currency" in entry.reason
    assert [event.type for event in looks.look()] == [EventType.INVOICE_POSTED]
    with world.store.begin() as tx:
        assert tx.parked.find() == []


@pytest.mark.parametrize("amount", ["-300", "300"], ids=["a deduction", "a price below nothing as well"])
def test_an_invoice_that_takes_something_back_is_parked(world: World, nav: FakeFollower, amount: str) -> None:
    """A deduction is no line of an INVOIC: rather than told too high, the invoice waits for a person."""
    looks = Looks(world, nav, PostedKind.INVOICE)
    erp_no = placed(world, "10")
    invoice = an_invoice("I-1", erp_no)
    deducted = a_posted_line(20000, "-1", kind="G_L_Account", item_no="2310", amount=Decimal(amount))
    nav.post(replace(invoice, lines=(*invoice.lines, deducted)))

    (event,) = looks.look()

    assert event.type is EventType.MESSAGE_PARKED
    with world.store.begin() as tx:
        (entry,) = tx.parked.find()
    assert (entry.code, entry.facts["line"], entry.facts["invoice_no"]) == ("mapping", "2310", "I-1")


def test_a_line_that_lowers_the_price_is_told(world: World, nav: FakeFollower) -> None:
    """A quantity above nothing at a price below it, as NAV rounds invoices, is a line like any other."""
    looks = Looks(world, nav, PostedKind.INVOICE)
    invoice = an_invoice("I-1", placed(world, "10"))
    cent = Decimal("-0.01")
    rounding = a_posted_line(20000, "1", kind="G_L_Account", item_no="9140", unit_price=cent, amount=cent)
    nav.post(replace(invoice, lines=(*invoice.lines, rounding)))
    (event,) = looks.look()
    assert body_of(event).totals.payable == Decimal("35.69")


def test_what_a_person_discarded_is_not_told(world: World, nav: FakeFollower) -> None:
    """The decision stands, also while the document is still looked at."""
    world.profile()
    response = world.place(an_order(a_line("1001", "10"), currency=None))
    looks = Looks(world, nav, PostedKind.INVOICE)
    poor = PostedLook(Watch(**{**vars(looks.posted.watch), "currency": None}), PostedKind.INVOICE)
    nav.post(an_invoice("I-1", response.erp_no or ""))
    poor.look(looks.fence)
    with world.store.begin() as tx:
        (entry,) = tx.parked.find()
        tx.parked.settle(entry.id, "discarded", "told by mail")
    poor.look(looks.fence)
    assert looks.look() == []


def test_a_shipment_of_nothing_is_no_news(world: World, nav: FakeFollower) -> None:
    """A posted document whose lines are all zero, or undo others, becomes no advice."""
    looks = Looks(world, nav)
    erp_no = placed(world, "10")
    nav.post(a_posting("S-1", a_posted_line(10000, "0"), a_posted_line(10000, "-2"), order_no=erp_no))
    assert looks.look() == []
    assert looks.look() == []


def test_a_shipment_that_was_undone_is_no_news(world: World, nav: FakeFollower) -> None:
    """NAV's Undo Shipment posts the same line with a minus into the same document; the order's story has a step."""
    looks = Looks(world, nav)
    nav.post(a_posting("S-1", a_posted_line(10000, "10"), a_posted_line(20000, "-10"), order_no="SO-7"))
    assert looks.look() == []
    assert looks.look() == []
    with world.store.begin() as tx:
        steps = tx.journal.steps(tx.following.orders(["SO-7"])["SO-7"].document_id)
    assert [(step.name, step.detail) for step in steps] == [("shipment_passed_over", {"no": "S-1", "erp_no": "SO-7"})]


def test_what_was_not_undone_of_a_shipment_is_told(world: World, nav: FakeFollower) -> None:
    """Of two lines of one item the one is taken back that the line with the minus stands behind."""
    looks = Looks(world, nav)
    erp_no = world.place(an_order(a_line("1001", "5"), a_line("1001", "5", line_no="2"))).erp_no or ""
    lines = (a_posted_line(10000, "5"), a_posted_line(20000, "5"), a_posted_line(30000, "-5"))
    nav.post(a_posting("S-1", *lines, order_no=erp_no))

    (event,) = looks.look()

    assert [(line.order_line_no, line.delivered) for line in body_of(event).lines] == [("1", Decimal(5))]
    with world.store.begin() as tx:
        assert [line.delivered for line in tx.following.lines(erp_no)] == [Decimal(5), Decimal(0)]


def test_state_of_the_order_is_open_until_it_is_gone(world: World, nav: FakeFollower) -> None:
    """Whoever looks at it sees which order it is and whose."""
    looks = Looks(world, nav)
    erp_no = placed(world, "10")
    nav.post(a_posting("S-1", order_no=erp_no))
    looks.look()
    with world.store.begin() as tx:
        followed = tx.following.orders([erp_no])[erp_no]
    assert (followed.partner, followed.order_no, followed.state, followed.entered) == (
        "baumarkt", "PO-1", FollowedState.OPEN, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tracking_no", "sscc"),
    [
        ("340999980000000014", "340999980000000014"),
        ("00340999980000000014", "340999980000000014"),
        ("340999980000000015", None),  # its check digit is wrong
        ("1Z999AA10123456784", None),
        ("34099998000000001\u0664", None),
        ("", None),
    ],
)
def test_a_tracking_number_may_be_an_sscc(world: World, nav: FakeFollower, tracking_no: str, sscc: str | None) -> None:
    """By its length and check digit; any other number names no package."""
    looks = Looks(world, nav)
    nav.post(a_posting("S-1", tracking_no=tracking_no))
    (event,) = looks.look()
    shipment = body_of(event)
    assert [package.sscc for package in shipment.packages] == ([sscc] if sscc else [])
    assert len(shipment.all_lines) == 1


def test_quantities_are_in_the_buyers_unit(world: World, nav: FakeFollower) -> None:
    """Twelve pieces shipped of an order in cartons of six are two cartons."""
    looks = Looks(world, nav)
    world.profile()
    erp_no = world.place(an_order(a_line("1001", "4", "CT"))).erp_no or ""
    order = an_open_order(world.erp.orders[erp_no])
    lines = tuple(replace(line, unit="PCS", quantity=Decimal(24), shipped=Decimal(12)) for line in order.lines)
    nav.open[erp_no] = replace(order, lines=lines)
    nav.post(a_posting("S-1", a_posted_line(10000, "12"), order_no=erp_no))
    (event,) = looks.look()
    (line,) = body_of(event).lines
    assert (line.unit, line.delivered, line.ordered, line.backordered) == ("CT", Decimal(2), Decimal(4), Decimal(2))
