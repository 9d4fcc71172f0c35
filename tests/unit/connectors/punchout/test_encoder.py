"""Documents of ours: what they say. That they are valid is shown against the DTDs in the contract tests."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from canonicals import a_shipment, an_inventory_report, an_invoice, invoice_line, shipment_line
from cxmlwire import PAYLOAD_ID, REFS, a_buyer, an_answer, parse, secrets
from fakes.documents import MORNING, a_partner
from orderwire.canonical.invoice import Invoice, InvoiceKind
from orderwire.canonical.model import Canonical
from orderwire.canonical.order import OrderLine
from orderwire.canonical.party import Party, PartyRole
from orderwire.canonical.response import AnsweredOrder
from orderwire.canonical.shipment import Shipment
from orderwire.config.secrets import Secrets
from orderwire.connectors.punchout.encoder import CxmlEncoder
from orderwire.errors import MappingError
from orderwire.ports.intake import OutboundDocument

ALL = ["ConfirmationRequest", "ShipNoticeRequest", "InvoiceDetailRequest"]


def _document(body: Canonical, *, known: Secrets | None = None, **cxml: Any) -> OutboundDocument | None:
    encoder = CxmlEncoder(known or Secrets({}))
    return encoder.encode(body, a_buyer(cxml={"send": ALL, **cxml}), 7, MORNING)


def _said(body: Canonical, **cxml: Any) -> etree._Element:
    """Return the document in the Request."""
    document = _document(body, **cxml)
    assert document is not None
    [said] = parse(document.content).iterfind("Request/*")
    return said


def _statuses(said: etree._Element) -> list[list[tuple[str | None, ...]]]:
    """Return type, quantity and delivery day of each part of each line."""
    return [
        [
            (each.get("type"), each.get("quantity"), (each.get("deliveryDate") or "")[:10])
            for each in item.iterfind("ConfirmationStatus")
        ]
        for item in said.iterfind("ConfirmationItem")
    ]


def test_an_accepted_order_is_confirmed_whole() -> None:
    """Type accept, every line accepted; the order is named by number, date and payloadID, ours by reference."""
    said = _said(an_answer({}, {"ordered": "3", "confirmed": "3", "promised_on": "2026-11-27"}))

    header = said[0]
    assert (header.get("type"), header.get("operation")) == ("accept", None)
    assert header.get("confirmID") == "SO-1-7"
    assert header.find("IdReference[@identifier='SO-1']") is not None
    reference = said.find("OrderReference")
    assert reference is not None
    assert (reference.get("orderID"), reference.get("orderDate")) == ("PO-1", "2026-11-20T09:30:00-01:00")
    assert reference[0].get("payloadID") == PAYLOAD_ID
    assert _statuses(said) == [[("accept", "10", "")], [("accept", "3", "2026-11-27")]]
    assert {each.text for each in said.iter("UnitOfMeasure")} == {"PCE"}


def test_every_part_of_a_line_has_its_status() -> None:
    """Accepted, back-ordered, refused: together they are the quantity ordered; the reason stands where it belongs."""
    said = _said(
        an_answer(
            {"outcome": "changed", "confirmed": "6", "reason": "part_delivery", "reason_text": "only part is in stock"},
            {"outcome": "backordered", "confirmed": "2", "backordered": "8", "backorder_on": "2026-12-24"},
            {"outcome": "rejected", "confirmed": "0", "reason": "unknown_item", "reason_text": "not known"},
            {"deliveries": ({"quantity": "4", "promised_on": "2026-12-01"}, {"quantity": "6"})},
            outcome="changed",
        )
    )

    assert said[0].get("type") == "detail"
    assert _statuses(said) == [
        [("accept", "6", ""), ("reject", "4", "")],
        [("accept", "2", ""), ("backordered", "8", "2026-12-24")],
        [("reject", "10", "")],
        [("accept", "4", "2026-12-01"), ("accept", "6", "")],
    ]
    assert [each.getparent().get("type") for each in said.iter("Comments")] == ["reject", "reject"]  # type: ignore[union-attr]


def test_another_price_is_a_detail() -> None:
    """With the price that stands in NAV."""
    line = {"outcome": "changed", "reason": "price_differs", "reason_text": "another price", "unit_price": "95"}

    said = _said(an_answer(line, outcome="changed"))

    assert _statuses(said) == [[("detail", "10", "")]]
    money = said.find("ConfirmationItem/ConfirmationStatus/UnitPrice/Money")
    assert money is not None
    assert (money.text, money.get("currency")) == ("95", "EUR")


CUT = {"outcome": "changed", "confirmed": "4", "reason": "part_delivery", "unit_price": "120"}
IN_PARTS = {"deliveries": ({"quantity": "4"}, {"quantity": "6"}), "unit_price": "120"}


def _prices(answer: AnsweredOrder, **profile: Any) -> list[tuple[str | None, str | None]]:
    """Return type and price of each part of the order's lines."""
    partner = a_buyer(cxml={"send": ALL}, **profile)
    document = CxmlEncoder(Secrets({})).encode(answer, partner, 7, MORNING)
    assert document is not None
    parts = parse(document.content).iter("ConfirmationStatus")
    return [(each.get("type"), each.findtext("UnitPrice/Money")) for each in parts]


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        (CUT, [("detail", "120"), ("reject", None)]),
        ({**CUT, "outcome": "backordered", "backordered": "6"}, [("detail", "120"), ("backordered", None)]),
        (IN_PARTS, [("detail", "120"), ("detail", "120")]),
        ({**CUT, "unit_price": "90"}, [("accept", None), ("reject", None)]),
        ({**CUT, "unit_price": "90", "reason": "changed_in_erp"}, [("detail", "90"), ("reject", None)]),
        ({**CUT, "unit_price": None}, [("accept", None), ("reject", None)]),
    ],
    ids=["cut", "back-ordered", "in parts", "within the tolerance", "changed in NAV", "no price"],
)
def test_another_price_is_told_of_whatever_else_became_of_the_line(
    line: dict[str, Any], parts: list[tuple[str, str | None]]
) -> None:
    """With each part that is confirmed: to accept it would be to accept the buyer's price, 89.90."""
    answer = an_answer(line, outcome="changed")

    assert _prices(answer, price_tolerance_percent=1) == parts


@pytest.mark.parametrize("profile", [{}, {"price_tolerance_percent": 0, "price_policy": "accept"}])
def test_prices_that_are_not_compared_are_not_told_of(profile: dict[str, Any]) -> None:
    """As the profile says."""
    assert _prices(an_answer(CUT, outcome="changed"), **profile) == [("accept", None), ("reject", None)]


def test_an_order_at_another_price_is_not_accepted_as_it_is() -> None:
    """Under type accept, each line is accepted at the price it was ordered at."""
    answer = an_answer({"unit_price": "120"}, {})
    document = CxmlEncoder(Secrets({})).encode(
        answer, a_buyer(cxml={"send": ALL}, price_tolerance_percent=0), 7, MORNING
    )

    assert document is not None
    header = parse(document.content).find("Request/ConfirmationRequest/ConfirmationHeader")
    assert header is not None
    assert header.get("type") == "detail"


def test_another_item_is_a_detail() -> None:
    """With its number and its price, in an ItemIn of the same quantity."""
    line = {"outcome": "substituted", "substitute_no": "1002", "reason": "substituted", "reason_text": "replaced"}

    item = _said(an_answer(line, outcome="changed")).find("ConfirmationItem/ConfirmationStatus[@type='detail']/ItemIn")

    assert item is not None
    assert (item.findtext("ItemID/SupplierPartID"), item.get("quantity")) == ("1002", "10")
    assert item.findtext("ItemDetail/UnitPrice/Money") == "89.9"


@pytest.mark.parametrize(
    ("price", "basis", "one"),
    [("100", "100", "1"), ("150", "100", "1.5"), ("100", "3", "33.33333333"), ("89.90", None, "89.9")],
)
def test_another_item_at_the_buyers_price_costs_as_much_for_one(price: str, basis: str | None, one: str) -> None:
    """Where NAV shows no price of its own; the buyer's may be for a hundred."""
    line = {"outcome": "substituted", "substitute_no": "1002", "reason": "substituted", "unit_price": None}
    answer = an_answer(line, outcome="changed")
    ordered = answer.order.lines[0].model_dump() | {"net_price": price, "price_basis": basis}
    order = answer.order.model_copy(update={"lines": (OrderLine.model_validate(ordered),)})

    said = _said(answer.model_copy(update={"order": order}))

    assert said.findtext("ConfirmationItem/ConfirmationStatus/ItemIn/ItemDetail/UnitPrice/Money") == one


def test_a_price_needs_a_currency() -> None:
    """Neither is made up."""
    line = {"outcome": "changed", "reason": "price_differs", "unit_price": "95"}

    with pytest.raises(MappingError, match="currency"):
        _document(an_answer(line, outcome="changed", currency=None))


def test_a_refused_order_is_refused_with_its_lines() -> None:
    """Type reject, and why."""
    said = _said(
        an_answer(
            {"outcome": "rejected", "confirmed": "0"}, outcome="rejected", erp_no=None, reason_text="a test order"
        )
    )

    assert (said[0].get("type"), said[0].findtext("Comments")) == ("reject", "a test order")
    assert said[0].find("IdReference") is None
    assert _statuses(said) == [[("reject", "10", "")]]


def test_a_refused_change_refuses_what_it_asked_for() -> None:
    """What stands, stands by the order that was confirmed before; that is not said again, nor taken back."""
    more_stands = {"outcome": "rejected", "ordered": "4", "confirmed": "10", "reason_text": "the order is shipped"}
    taken_away = {"outcome": "deleted", "confirmed": "0"}

    part = _said(an_answer({}, more_stands, taken_away, outcome="changed", answers="replace"))
    none = _said(an_answer({}, outcome="rejected", answers="replace"))

    assert _statuses(part) == [[("accept", "10", "")], [("reject", "4", "")]]
    assert _statuses(none) == [[("reject", "10", "")]]


def test_a_cancellation_is_accepted_without_lines() -> None:
    """None of them stands."""
    said = _said(an_answer({"outcome": "deleted", "confirmed": "0"}, answers="cancel"))

    assert (said[0].get("type"), _statuses(said)) == ("accept", [])


def test_answers_to_whole_orders_name_no_lines() -> None:
    """Where the partner wants it so; then an order that was taken in part cannot be answered."""
    assert _statuses(_said(an_answer(), confirm="header")) == []
    with pytest.raises(MappingError, match="line by line"):
        _document(an_answer({"confirmed": "1"}, outcome="changed"), confirm="header")


def test_an_order_that_is_held_is_not_answered_yet() -> None:
    """Neither by a confirmation nor by a status."""
    assert _document(an_answer(outcome="held")) is None
    assert _document(an_answer(outcome="held"), send=["StatusUpdateRequest"]) is None


def test_a_unit_that_the_buyer_left_out_is_not_made_up() -> None:
    """It is the one that NAV counted in, or the partner's own by its profile."""
    line = {"unit": None, "base_unit": "PCS"}

    assert {each.text for each in _said(an_answer(line)).iter("UnitOfMeasure")} == {"PCS"}


@pytest.mark.parametrize(("outcome", "code"), [("accepted", "200"), ("changed", "200"), ("rejected", "400")])
def test_a_status_update_tells_the_end(outcome: str, code: str) -> None:
    """For systems that take no confirmations: by the payloadID of their order."""
    line = {"outcome": "changed", "confirmed": "1", "reason_text": "not in stock"}

    said = _said(an_answer(line, outcome=outcome), send=["StatusUpdateRequest"])

    assert said[0].get("payloadID") == PAYLOAD_ID
    assert (said[1].get("code"), said[1].text) == (code, "line 1: not in stock")


def _shipment(**changes: Any) -> Shipment:
    return a_shipment(partner="procure", channel="punchout", channel_refs=REFS, **changes)


def test_a_ship_notice_names_every_line_once() -> None:
    """Wherever it is packed; with its packages' numbers, its batches, and where all of it goes."""
    works = Party(role=PartyRole.DELIVERY, name="Works", street=("Lagerstr. 7",), city="Nürnberg", country="DE")
    in_packages = a_shipment().packages
    shipment = _shipment(
        lines=(shipment_line("9", order_line_no="1", delivered="2"),), packages=in_packages, parties=(works,)
    )

    said = _said(shipment)

    assert (said[0].get("shipmentID"), said[0].get("shipmentDate")) == ("102045", "2026-11-22T12:00:00+00:00")
    assert said[0].findtext("Contact[@role='shipTo']/PostalAddress/City") == "Nürnberg"
    [item] = said.iterfind("ShipNoticePortion/ShipNoticeItem")
    assert (item.get("lineNumber"), item.get("quantity")) == ("1", "8")
    assert item.findtext("Packaging/ShippingContainerSerialCode") == "340999980000000021"
    assert item.findtext("Packaging/ShippingContainerSerialCodeReference") == "340999980000000014"
    assert item.findtext("Batch/SupplierBatchID") == "L-7"


def test_a_shipment_of_several_orders_has_a_portion_for_each() -> None:
    """Only the one that it is for is known by its payloadID."""
    lines = (shipment_line("1"), shipment_line("2", order_no="OTHER"))

    said = _said(_shipment(packages=(), lines=lines))

    references = said.findall("ShipNoticePortion/OrderReference")
    assert [(each.get("orderID"), each[0].get("payloadID")) for each in references] == [
        ("4500017731", PAYLOAD_ID),
        ("OTHER", ""),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        (shipment_line(delivered="0"),),
        (shipment_line(order_line_no=None),),
        (shipment_line("1"), shipment_line("2", order_line_no="1", unit="CT")),
    ],
    ids=["nothing", "no order line", "two units"],
)
def test_what_a_ship_notice_cannot_say_is_not_said(lines: Any) -> None:
    """A notice without lines would mean the whole order."""
    with pytest.raises(MappingError):
        _document(_shipment(packages=(), lines=lines))


def _invoice(**changes: Any) -> Invoice:
    return an_invoice(partner="procure", channel="punchout", channel_refs=REFS, **changes)


def _moneys(element: etree._Element) -> dict[str, str | None]:
    return {each.tag: each.findtext("Money") for each in element if each.find("Money") is not None}


def test_an_invoice_adds_up() -> None:
    """Lines, taxes by rate, discounts and the sum are those of NAV; terms in days."""
    said = _said(_invoice())

    header, order, summary = said
    assert (header.get("invoiceID"), header.get("purpose")) == ("103018", "standard")
    assert header.find("PaymentTerm[@payInNumberOfDays='30']") is not None
    assert order.find(f"InvoiceDetailOrderInfo/OrderReference/DocumentReference[@payloadID='{PAYLOAD_ID}']") is not None
    one, other = order.iterfind("InvoiceDetailItem")
    assert _moneys(one) == {"UnitPrice": "89.9", "SubtotalAmount": "179.8", "NetAmount": "179.8"}
    assert other.find("PriceBasisQuantity[@quantity='100'][@conversionFactor='1']") is not None
    assert _moneys(summary) == {
        "SubtotalAmount": "199.8",
        "Tax": "33.7",
        "TotalAllowances": "9.8",
        "TotalAmountWithoutTax": "190",
        "NetAmount": "223.7",
        "DueAmount": "223.7",
    }
    rates = [(each.get("percentageRate"), each.findtext("TaxAmount/Money")) for each in summary.iter("TaxDetail")]
    assert rates == [("19", "32.3"), ("7", "1.4")]
    assert summary.findtext(".//DeductionAmount/Money") == "9.8"


def test_a_credit_note_is_below_zero() -> None:
    """By lines, with the invoice it is about; prices stay as they are."""
    said = _said(_invoice(kind=InvoiceKind.CREDIT_NOTE, corrects_no="103001"))

    assert said[0].get("purpose") == "lineLevelCreditMemo"
    assert said[0].find("InvoiceIDInfo[@invoiceID='103001']") is not None
    assert [each.get("quantity") for each in said.iter("InvoiceDetailItem")] == ["-2", "-10"]
    assert said.findtext("InvoiceDetailSummary/DueAmount/Money") == "-223.7"
    assert said.findtext("InvoiceDetailOrder/InvoiceDetailItem/UnitPrice/Money") == "89.9"


def test_an_invoice_without_an_order_is_for_ours() -> None:
    """By NAV's number; where an order is named, its lines must be too."""
    said = _said(_invoice(order_no=None))
    assert said.find(".//SupplierOrderInfo[@orderID='SO-1']") is not None
    assert said.find(".//InvoiceDetailItemReference[@lineNumber='1']") is not None

    with pytest.raises(MappingError, match="line of the order"):
        _document(_invoice(lines=(invoice_line(order_line_no=None), an_invoice().lines[1])))


def test_a_partner_gets_what_it_takes() -> None:
    """And nothing else."""
    for body in (an_answer(), _shipment(), _invoice()):
        assert _document(body, send=[]) is None


def test_what_there_is_no_document_for_is_told() -> None:
    """An inventory report, and a partner without cXML."""
    with pytest.raises(MappingError):
        _document(an_inventory_report())
    with pytest.raises(MappingError):
        CxmlEncoder(Secrets({})).encode(an_answer(), a_partner(), 1, MORNING)


def test_a_document_is_named_and_numbered() -> None:
    """Its payloadID is unique, its name a file's; the secret that proves us is in it where there is one."""
    document = _document(an_answer(), known=secrets("ours"))

    assert document is not None
    assert (document.kind, document.name) == ("ConfirmationRequest", "ConfirmationRequest-000007.xml")
    assert document.control_ref == "20261121080000.7.procure@orderwire"
    root = parse(document.content)
    assert root.get("payloadID") == document.control_ref
    assert root.findtext("Header/Sender/Credential/SharedSecret") == "ours"
    assert b"SharedSecret" not in (_document(an_answer()) or document).content


def test_a_test_is_answered_as_one() -> None:
    """The mode of the order is the mode of its answer."""
    answer = an_answer()
    test = answer.model_copy(update={"order": answer.order.model_copy(update={"test": True})})
    document = _document(test)

    assert document is not None
    assert parse(document.content).find("Request[@deploymentMode='test']") is not None


def test_a_charge_is_added() -> None:
    """As AdditionalCost, and in TotalCharges."""
    plain = an_invoice()
    charge = plain.allowances[0].model_copy(update={"is_charge": True, "reason": None})
    totals = plain.totals.model_copy(
        update={
            "allowances": Decimal("9.8"),
            "taxable": Decimal("209.6"),
            "tax": Decimal("37.42"),
            "payable": Decimal("247.02"),
        }
    )
    taxes = (
        plain.taxes[0].model_copy(update={"taxable": Decimal("189.6"), "amount": Decimal("36.02")}),
        plain.taxes[1],
    )
    said = _said(_invoice(allowances=(charge,), totals=totals, taxes=taxes, issued_on=date(2026, 12, 31)))

    assert said.findtext("InvoiceDetailSummary/TotalCharges/Money") == "9.8"
    assert said.findtext(".//AdditionalCost/Money") == "9.8"
    assert said.find(".//PaymentTerm") is None
