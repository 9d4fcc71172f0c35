"""Every message we write is read back as what it was written from, sound by our own checks and by pydifact."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from canonicals import BUYER, DELIVERY, SUPPLIER
from edibuyer import NOW, by_pydifact, encoded, messages_of, understood
from ediwire import decode, interchange, order, profile
from orderwire.canonical.acknowledgement import Acknowledgement, AcknowledgementKind, Fault, Verdict
from orderwire.canonical.inventory import FigureKind, InventoryFigure, InventoryLine, InventoryReport
from orderwire.canonical.invoice import (
    Allowance,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceTotals,
    Tax,
    TaxCategory,
    TaxTotal,
)
from orderwire.canonical.model import Canonical
from orderwire.canonical.order import Channel, ItemId, ItemScheme, OrderLine, PurchaseOrder, Purpose
from orderwire.canonical.party import Party, PartyId, PartyRole
from orderwire.canonical.response import (
    AnsweredOrder,
    Delivery,
    LineOutcome,
    OrderOutcome,
    OrderResponse,
    ResponseLine,
)
from orderwire.canonical.shipment import Package, Shipment, ShipmentLine
from orderwire.config.edi import EdiReading
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi.reasons import REASON_CODES

CENT = Decimal("0.01")
LETTERS = st.sampled_from("abcxyzABCXYZ0189.,-/()äöüßéèñÄÖÜ")  # no two of which look like UTF-8
TRICKY = st.one_of(LETTERS, st.sampled_from("?+:'*"))
WORD = st.text(TRICKY, min_size=1, max_size=12)
NUMBER = st.text(st.sampled_from("ABC0123456789-/?+:'"), min_size=1, max_size=17)
SENTENCE = st.lists(WORD, min_size=1, max_size=12).map(" ".join)
DAY = st.dates(date(1990, 1, 1), date(2079, 12, 31))
QUANTITY = st.decimals(Decimal("0.001"), Decimal(999_999_999), places=3)
MONEY = st.decimals(Decimal("0.01"), Decimal(9_999_999), places=2)
UNIT = st.sampled_from((None, "PCE", "CT", "KGM"))
GTIN = st.sampled_from(("4099999001019", "4099999001026", "40170725", "012345678905"))
SCHEMES = (ItemScheme.SUPPLIER, ItemScheme.BUYER, ItemScheme.MANUFACTURER)
SSCC = st.integers(0, 9).map(lambda number: f"34099998000000{number:03}").map(lambda text: text + _check_digit(text))
PARTIES = st.sampled_from(((BUYER, SUPPLIER), (BUYER, SUPPLIER, DELIVERY)))
ADDRESS = Party(
    role=PartyRole.DELIVERY,
    ids=(PartyId(scheme="gln", value="4099998000020"),),
    name="Baumarkt Süd, Tor 3",
    street=("Industriestraße 1",),
    city="Ulm",
    postal_code="89073",
    country="DE",
)


def _check_digit(digits: str) -> str:
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


@st.composite
def items(draw: st.DrawFn, *, supplier: bool = False) -> tuple[ItemId, ...]:
    """Draw an item's numbers: the GTIN stands first, as in LIN, and each scheme once."""
    ids = [ItemId(scheme=ItemScheme.GTIN, value=draw(GTIN))] if draw(st.booleans()) else []
    schemes = draw(st.lists(st.sampled_from(SCHEMES), unique=True, min_size=0 if ids else 1, max_size=3))
    if supplier and ItemScheme.SUPPLIER not in schemes:
        schemes.append(ItemScheme.SUPPLIER)
    return (*ids, *(ItemId(scheme=scheme, value=draw(NUMBER)) for scheme in schemes))


@st.composite
def partners(draw: st.DrawFn) -> PartnerProfile:
    """Draw a partner: directory, decimal mark, codes of its own."""
    writing: dict[str, Any] = {
        "decimal_mark": draw(st.sampled_from(".,")),
        "substitutes": draw(st.sampled_from(("by", "for"))),
        "confirmed_quantity": draw(st.sampled_from(("113", "12"))),
        "promised_date": draw(st.sampled_from(("69", "67"))),
        "item_codes": draw(st.sampled_from(({}, {"buyer": "BP", "supplier": "VP"}))),
    }
    return profile(
        response_version=draw(st.sampled_from(("D.96A", "D.01B"))),
        una=draw(st.booleans()),
        charset=draw(st.sampled_from((None, "utf-8"))),
        writing=writing,
    )


_UNPRICED = frozenset({LineOutcome.REJECTED, LineOutcome.DELETED})


@st.composite
def response_lines(draw: st.DrawFn, line_no: str) -> ResponseLine:
    """Draw a line whose quantities fit its outcome."""
    outcome = draw(st.sampled_from(LineOutcome))
    ordered, share = draw(QUANTITY), draw(st.sampled_from((Decimal("0.25"), Decimal("0.5"))))
    part = (ordered * share).quantize(Decimal("0.0001"))
    ids = draw(items(supplier=True))
    confirmed, backordered = {
        LineOutcome.ACCEPTED: (ordered, Decimal(0)),
        LineOutcome.CHANGED: (draw(st.sampled_from((part, ordered))), Decimal(0)),
        LineOutcome.BACKORDERED: (part, ordered - part),
        LineOutcome.SUBSTITUTED: (ordered, Decimal(0)),
        LineOutcome.REJECTED: (draw(st.sampled_from((Decimal(0), part))), Decimal(0)),
        LineOutcome.DELETED: (Decimal(0), Decimal(0)),
    }[outcome]
    in_parts = bool(confirmed) and draw(st.booleans())
    parts = 2 if in_parts else 0
    deliveries = [Delivery(quantity=confirmed / 2, promised_on=draw(st.none() | DAY)) for _ in range(parts)]
    reason = draw(st.none() | st.sampled_from(sorted(REASON_CODES)))
    return ResponseLine(
        line_no=line_no,
        item_ids=ids,
        item_no=next(each.value for each in ids if each.scheme is ItemScheme.SUPPLIER),
        outcome=outcome,
        reason=reason,
        reason_text=draw(SENTENCE) if reason else draw(st.none() | SENTENCE),
        unit=draw(UNIT),
        ordered=ordered,
        confirmed=confirmed,
        backordered=backordered,
        unit_price=draw(st.none() | MONEY) if outcome not in _UNPRICED else None,
        promised_on=draw(st.none() | DAY) if confirmed and not in_parts else None,
        deliveries=tuple(deliveries),
        backorder_on=draw(st.none() | DAY) if backordered else None,
        substitute_no=draw(NUMBER) if outcome is LineOutcome.SUBSTITUTED else None,
    )


@st.composite
def answers(draw: st.DrawFn) -> AnsweredOrder:
    """Draw an answer; NAV's base units are not said to a buyer, and its day is the message's."""
    order_no, change_no = draw(NUMBER), draw(st.none() | NUMBER)
    lines = tuple(draw(response_lines(str(number))) for number in range(1, draw(st.integers(1, 3)) + 1))
    response = OrderResponse(
        order_no=order_no,
        partner="baumarkt",
        answers=Purpose.CHANGE if change_no else Purpose.ORIGINAL,
        change_no=change_no,
        outcome=draw(st.sampled_from((OrderOutcome.ACCEPTED, OrderOutcome.CHANGED, OrderOutcome.REJECTED))),
        erp_no=draw(st.none() | NUMBER),
        reason_text=draw(st.none() | SENTENCE),
        currency=draw(st.sampled_from((None, "EUR"))),
        test=draw(st.booleans()),
        decided_at=datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC),
        lines=lines,
    )
    ordered = tuple(OrderLine(line_no=each.line_no, item_ids=each.item_ids, quantity=each.ordered) for each in lines)
    order = PurchaseOrder(
        order_no=order_no, partner="baumarkt", channel=Channel.EDI, parties=draw(PARTIES), lines=ordered
    )
    return AnsweredOrder(order=order, response=response)


@st.composite
def shipment_lines(draw: st.DrawFn, line_no: str) -> ShipmentLine:
    return ShipmentLine(
        line_no=line_no,
        order_line_no=draw(st.none() | st.integers(1, 999999).map(str)),
        order_no=draw(st.none() | NUMBER.map(lambda number: f"other{number}")),
        item_ids=draw(items()),
        description=draw(st.none() | SENTENCE.filter(lambda text: len(text) <= 60)),
        unit=draw(UNIT),
        delivered=draw(QUANTITY),
        ordered=draw(st.none() | QUANTITY),
        backordered=draw(st.sampled_from((Decimal(0), Decimal(4)))),
        batch_no=draw(st.none() | NUMBER),
        expires_on=draw(st.none() | DAY),
    )


@st.composite
def shipments(draw: st.DrawFn) -> Shipment:
    """Draw a packing tree of up to four packages, numbered from 2 as we number them."""
    packages: list[Package] = []
    line_no = 1
    for number in range(2, 2 + draw(st.integers(0, 4))):
        parents = [None, *(package.package_no for package in packages)]
        lines = [draw(shipment_lines(str(line_no + extra))) for extra in range(draw(st.integers(0, 2)))]
        line_no += len(lines)
        packages.append(
            Package(
                package_no=str(number),
                parent_no=draw(st.sampled_from(parents)),
                kind=draw(st.sampled_from((None, "CT", "201", "PX"))),
                sscc=draw(st.none() | SSCC),
                lines=tuple(lines),
            )
        )
    return Shipment(
        partner="baumarkt",
        shipment_no=draw(NUMBER),
        order_no=draw(NUMBER),
        erp_no=draw(st.none() | NUMBER),
        test=draw(st.booleans()),
        despatched_on=draw(DAY),
        expected_on=draw(st.none() | DAY),
        parties=(*draw(PARTIES)[:2], ADDRESS),
        packages=tuple(packages),
        lines=(draw(shipment_lines(str(line_no))),),
    )


TAXES = (Tax(rate=Decimal(19)), Tax(rate=Decimal("5.5")), Tax(rate=Decimal(0), category=TaxCategory.EXEMPT))


@st.composite
def invoice_lines(draw: st.DrawFn, line_no: str) -> InvoiceLine:
    return InvoiceLine(
        line_no=line_no,
        item_ids=draw(items()),
        description=draw(st.none() | SENTENCE.filter(lambda text: len(text) <= 60)),
        quantity=draw(QUANTITY),
        unit=draw(UNIT),
        net_price=draw(MONEY),
        price_basis=draw(st.none() | st.sampled_from((Decimal(1), Decimal(100)))),
        net_amount=draw(MONEY),
        tax=draw(st.sampled_from(TAXES)),
    )


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    """Draw an invoice that adds up."""
    lines = [draw(invoice_lines(str(number))) for number in range(1, draw(st.integers(1, 4)) + 1)]
    order_no = draw(st.none() | NUMBER)
    if order_no:
        lines = [line.model_copy(update={"order_line_no": draw(st.none() | st.just("10"))}) for line in lines]
    allowances = [
        Allowance(
            is_charge=draw(st.booleans()),
            amount=draw(MONEY),
            reason=draw(st.none() | WORD),
            tax=draw(st.sampled_from(TAXES)),
        )
        for _ in range(draw(st.integers(0, 2)))
    ]
    signed = [(each.tax, each.amount if each.is_charge else -each.amount) for each in allowances]
    taxes = []
    for tax in dict.fromkeys([line.tax for line in lines] + [each.tax for each in allowances]):
        taxable = sum((line.net_amount for line in lines if line.tax == tax), Decimal(0))
        taxable += sum((amount for other, amount in signed if other == tax), Decimal(0))
        taxes.append(TaxTotal(tax=tax, taxable=taxable, amount=(taxable * tax.rate / 100).quantize(CENT)))
    net = sum((line.net_amount for line in lines), Decimal(0))
    charges = sum((amount for _tax, amount in signed), Decimal(0))
    due = sum((each.amount for each in taxes), Decimal(0))
    return Invoice(
        partner="baumarkt",
        kind=draw(st.sampled_from(InvoiceKind)),
        invoice_no=draw(NUMBER),
        corrects_no=draw(st.none() | NUMBER),
        order_no=order_no,
        shipment_no=draw(st.none() | NUMBER),
        erp_no=draw(st.none() | NUMBER),
        test=draw(st.booleans()),
        issued_on=draw(DAY),
        delivered_on=draw(st.none() | DAY),
        due_on=draw(st.none() | DAY),
        currency=draw(st.sampled_from(("EUR", "GBP"))),
        parties=draw(PARTIES),
        note=draw(st.none() | SENTENCE),
        lines=tuple(lines),
        allowances=tuple(allowances),
        taxes=tuple(taxes),
        totals=InvoiceTotals(
            lines=net, allowances=charges, taxable=net + charges, tax=due, payable=net + charges + due
        ),
    )


@st.composite
def reports(draw: st.DrawFn) -> InventoryReport:
    figures = st.builds(
        InventoryFigure,
        kind=st.sampled_from([kind for kind in FigureKind if kind is not FigureKind.OTHER]),
        quantity=QUANTITY | QUANTITY.map(lambda quantity: -quantity),
        unit=UNIT,
        location=st.none() | NUMBER,
    )
    count = draw(st.integers(1, 3))
    return InventoryReport(
        partner="baumarkt",
        report_no=draw(NUMBER),
        test=draw(st.booleans()),
        reported_on=draw(DAY),
        from_on=draw(st.none() | DAY),
        to_on=draw(st.none() | DAY),
        parties=draw(PARTIES),
        lines=tuple(
            InventoryLine(
                line_no=str(number),
                item_ids=draw(items()),
                figures=tuple(draw(st.lists(figures, min_size=1, max_size=3))),
            )
            for number in range(1, count + 1)
        ),
    )


@st.composite
def objections(draw: st.DrawFn) -> Acknowledgement:
    faults = st.builds(
        Fault,
        code=st.sampled_from(("mapping", "E17")),
        text=st.none() | SENTENCE,
        reference=st.none() | NUMBER.map(lambda number: f"LI:{number}"),
    )
    kinds = draw(st.lists(st.sampled_from(("ACW", "ON", "ABO")), unique=True))
    return Acknowledgement(
        kind=AcknowledgementKind.APPLICATION,
        partner="baumarkt",
        test=draw(st.booleans()),
        verdict=draw(st.sampled_from((Verdict.ACCEPTED, Verdict.REJECTED))),
        acknowledgement_no=draw(NUMBER),
        references={kind: draw(NUMBER) for kind in kinds},
        faults=tuple(draw(st.lists(faults, max_size=3))),
    )


def _comes_back(body: Canonical, partner: PartnerProfile, said: Callable[[Any], Any] = lambda same: same) -> None:
    content = encoded(body, partner)
    test = getattr(body, "test", None) or getattr(getattr(body, "response", None), "test", False)
    assert understood(content, codes=EdiReading(), test=test) == said(body)
    assert by_pydifact(content) == [segment.tag for segment in messages_of(content)[0].segments[1:-1]]


@settings(max_examples=60, deadline=None)
@given(answers(), partners())
def test_an_ordrsp_comes_back(answer: AnsweredOrder, partner: PartnerProfile) -> None:
    """The buyer reads the response that was given."""
    _comes_back(answer, partner, lambda body: body.response)


@settings(max_examples=60, deadline=None)
@given(shipments(), partners())
def test_a_desadv_comes_back(shipment: Shipment, partner: PartnerProfile) -> None:
    """Packages, numbers on them and lines in them are what was shipped."""
    _comes_back(shipment, partner)


@settings(max_examples=60, deadline=None)
@given(invoices(), partners())
def test_an_invoic_comes_back(invoice: Invoice, partner: PartnerProfile) -> None:
    """The invoice that is read adds up again, and is the one that was written."""
    _comes_back(invoice, partner)


@settings(max_examples=60, deadline=None)
@given(reports(), partners())
def test_an_invrpt_comes_back(report: InventoryReport, partner: PartnerProfile) -> None:
    """Figures keep their kind, sign, unit and place."""
    _comes_back(report, partner)


@settings(max_examples=60, deadline=None)
@given(objections(), partners())
def test_an_aperak_comes_back(objection: Acknowledgement, partner: PartnerProfile) -> None:
    """The verdict comes back with its references and each error."""
    _comes_back(objection, partner)


@st.composite
def mishaps(draw: st.DrawFn) -> bytes:
    """Draw an interchange of up to four messages, some with a wrong count or segments that have no place."""
    messages = []
    for number in range(draw(st.integers(1, 4))):
        message = order(ref=f"M{number}")
        extra = draw(st.sampled_from(("", "", "PRI+AAA:1", "QTY+21:ten", "DTM+:20260302:102")))
        if extra:
            message = [*message[:4], extra, *message[4:-1], f"UNT+9+M{number}"]
        messages.append([*message[:-1], f"UNT+99+M{number}"] if draw(st.booleans()) else message)
    return interchange(*messages, unz=f"UNZ+{len(messages) + draw(st.sampled_from((0, 0, 0, 1)))}+R1")


@settings(max_examples=60, deadline=None)
@given(mishaps())
def test_a_contrl_comes_back(content: bytes) -> None:
    """A CONTRL says of the interchange and of each message what was found, and nothing of a message without fault."""
    (only,) = decode(content, profile(contrl="always"))
    assert only.acknowledge is not None
    answer = only.acknowledge(77, NOW).content
    said = understood(answer)
    assert said.kind is AcknowledgementKind.SYNTAX
    assert (said.verdict is Verdict.REJECTED) is not only.accepted
    refused = [each.ref for each in only.messages if not each.accepted]
    assert [each.ref for each in said.messages] == (refused if only.accepted else [])
    assert all(each.verdict is Verdict.REJECTED and each.faults for each in said.messages)
    assert by_pydifact(answer) == [segment.tag for segment in messages_of(answer)[0].segments[1:-1]]
