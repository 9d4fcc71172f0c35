"""OrderRequest to the canonical order. Whole documents with what they become are in the connector's samples."""

from datetime import date
from decimal import Decimal

import pytest

from cxmlwire import a_buyer, cxml, item, order_request
from fakes.documents import PartnersOf
from orderwire.canonical.change import OrderChange, change_of
from orderwire.canonical.envelope import EventType
from orderwire.canonical.model import CARRIAGE
from orderwire.canonical.order import ItemScheme, OrderLine, PurchaseOrder, Purpose
from orderwire.connectors.punchout.decoder import CxmlDecoder
from orderwire.ports.intake import DecodedMessage, DecodeHint, Severity


def _message(*items: str, attributes: str = "", heading: str = "", order_no: str = "PO-1") -> DecodedMessage:
    content = cxml(order_request(*items, attributes=attributes, heading=heading, order_no=order_no))
    partners = PartnersOf(a_buyer(parties={("buyer", "W1"): "SHIP-1"}))
    [interchange] = CxmlDecoder().decode(content, DecodeHint(), partners).interchanges
    return interchange.messages[0]


def _order(*items: str, attributes: str = "", heading: str = "") -> PurchaseOrder:
    order = _message(*items, attributes=attributes, heading=heading).order
    assert order is not None
    return order


def _line(line: str) -> OrderLine:
    return _order(line).lines[0]


def _codes(message: DecodedMessage) -> set[str]:
    assert message.order is None
    assert message.notice is None
    return {finding.code for finding in message.findings if finding.severity is Severity.REJECT}


def test_what_the_channel_needs_is_no_part_of_the_order() -> None:
    """The payloadID and the order's date as it was written stand apart: the same order sent anew is the same order."""
    order = _order()

    assert set(order.channel_refs) == {"payload_id", "order_date"}
    assert "channel_refs" not in order.model_dump(exclude=set(CARRIAGE))
    assert order.ordered_on == date(2026, 11, 20)


def test_every_number_of_an_item_is_kept() -> None:
    """Ours first, then a GTIN wherever it stands, the buyer's, the maker's; the auxiliary id as it is."""
    numbers = (
        "<SupplierPartID> 1001 </SupplierPartID><SupplierPartAuxiliaryID>q&amp;1/<x>y</x></SupplierPartAuxiliaryID>"
        '<BuyerPartID>B7</BuyerPartID><IdReference domain="EAN-13" identifier="4099999001019"/>'
    )
    detail = "<ManufacturerPartID>M3</ManufacturerPartID>"

    line = _line(item(item_id=numbers, detail=detail))

    assert [(each.scheme, each.value) for each in line.item_ids] == [
        (ItemScheme.SUPPLIER, "1001"),
        (ItemScheme.GTIN, "4099999001019"),
        (ItemScheme.BUYER, "B7"),
        (ItemScheme.MANUFACTURER, "M3"),
    ]
    assert line.auxiliary_id == "q&amp;1/<x>y</x>"


def test_a_retail_gtin_is_found() -> None:
    """It may stand in the detail of the industry, and must be one."""
    retail = "<ItemDetailIndustry><ItemDetailRetail><EANID>{}</EANID></ItemDetailRetail></ItemDetailIndustry>"

    assert _line(item(detail=retail.format("4099999001019"))).item_id(ItemScheme.GTIN) == "4099999001019"
    assert _line(item(detail=retail.format("none"))).item_id(ItemScheme.GTIN) is None


def test_lines_without_a_number_are_counted() -> None:
    """From 1, as the buyer's system does."""
    order = _order(item(attributes=""), item(attributes=""))

    assert [line.line_no for line in order.lines] == ["1", "2"]


def test_a_unit_is_taken_as_it_is_or_not_at_all() -> None:
    """None is guessed: neither EA, nor any other."""
    assert _line(item(unit="XYZ")).unit == "XYZ"
    assert _line(item(unit="")).unit is None


@pytest.mark.parametrize(
    ("detail", "price", "basis"),
    [
        ("<UnitPrice><Money currency='EUR'>1.50</Money></UnitPrice>", "1.5", None),
        ("", None, None),
        ("<UnitPrice><Money currency='EUR'>cheap</Money></UnitPrice>", None, None),
    ],
)
def test_prices_are_kept_and_never_guessed(detail: str, price: str | None, basis: str | None) -> None:
    """A price that is no number is told of, and left out."""
    line = _line(item(detail=detail))

    assert (line.net_price, line.price_basis) == (price and Decimal(price), basis)


@pytest.mark.parametrize(
    ("quantity", "factor", "price", "basis"),
    [("100", "1", "150", "100"), ("1", "12", "1800", None), ("3", "2", "300", "3")],
)
def test_a_price_basis_is_brought_to_the_ordered_unit(
    quantity: str, factor: str, price: str, basis: str | None
) -> None:
    """Price per so many of another unit, of which the ordered one holds some: exactly, without a division."""
    detail = (
        "<UnitPrice><Money currency='EUR'>150</Money></UnitPrice>"
        f'<PriceBasisQuantity quantity="{quantity}" conversionFactor="{factor}"><UnitOfMeasure>EA</UnitOfMeasure>'
        "</PriceBasisQuantity>"
    )

    line = _line(item(detail=detail))

    assert (line.net_price, line.price_basis) == (Decimal(price), basis and Decimal(basis))


def test_dates_places_and_notes_of_a_line() -> None:
    """The line's own date goes before its schedule's; comments keep their words, and not their attachments' names."""
    rest = (
        '<ShipTo><Address addressID="W9"><Name xml:lang="en">W</Name></Address></ShipTo>'
        "<Comments>Handle <Attachment><URL>cid:x</URL></Attachment> gently</Comments>"
        '<ScheduleLine quantity="2" requestedDeliveryDate="2026-12-02"/>'
    )

    dated = _line(item(attributes='requestedDeliveryDate="2026-12-01T23:00:00-08:00"', rest=rest))

    assert (dated.requested_on, dated.location, dated.note) == (date(2026, 12, 1), "W9", "Handle gently")
    assert _line(item(rest=rest)).requested_on == date(2026, 12, 2)


def test_a_date_that_is_none_is_told_of() -> None:
    """The order goes on without it."""
    message = _message(item(attributes='requestedDeliveryDate="soon"'), attributes='requestedDeliveryDate="later"')

    assert message.order is not None
    assert [finding.code for finding in message.findings] == ["date", "date"]


def test_parties_are_the_places_named() -> None:
    """With the buyer's number, and ours where the code table has one."""
    heading = (
        '<ShipTo><Address addressID="W1" addressIDDomain="buyerID"><Name xml:lang="en">Works</Name></Address></ShipTo>'
        '<BillTo><Address isoCountryCode="de" addressID="7" addressIDDomain="ILN"><Name xml:lang="en">HQ</Name>'
        "<Phone><TelephoneNumber><CountryCode isoCountryCode='DE'>49</CountryCode>"
        "<AreaOrCityCode>911</AreaOrCityCode><Number>55</Number></TelephoneNumber></Phone></Address></BillTo>"
    )

    delivery, invoicee = _order(heading=heading).parties

    assert [(each.scheme, each.value) for each in delivery.ids] == [("buyer", "W1"), ("supplier", "SHIP-1")]
    assert [(each.scheme, each.value) for each in invoicee.ids] == [("gln", "7")]
    assert (invoicee.name, invoicee.country, invoicee.phone) == ("HQ", "DE", "+49 911 55")


def test_other_numbers_and_fields_are_kept_by_name() -> None:
    """Agreement and requisition in our words, everything else in the buyer's."""
    heading = '<IdReference domain="projectNo" identifier="P1"/><Extrinsic name="CostCenter">47</Extrinsic>'

    order = _order(heading=heading, attributes='agreementID="A1" requisitionID="R1"')

    assert order.references == {"contract": "A1", "requisition": "R1", "projectNo": "P1", "CostCenter": "47"}


def test_an_update_replaces_the_order() -> None:
    """Lines it deletes are not in it; its version is the request's own number, and what came before is named."""
    previous = '<DocumentReference payloadID="before@x"/>'
    gone = item(attributes='lineNumber="2" operation="delete"')

    order = _order(item("5"), gone, attributes='type="update" orderVersion="2"', heading=previous)

    assert (order.purpose, len(order.lines)) == (Purpose.REPLACE, 1)
    assert order.channel_refs["previous_payload_id"] == "before@x"
    change = change_of(order)
    assert (change.change_no, change.channel_refs) == ("2", order.channel_refs)


@pytest.mark.parametrize(
    ("attributes", "line"),
    [
        ('type="delete"', item()),
        ('type="delete"', item("-1")),
        ('type="update"', item(attributes='lineNumber="1" operation="delete"')),
    ],
    ids=["delete", "whatever its lines say", "an update that leaves nothing"],
)
def test_a_deletion_cancels(attributes: str, line: str) -> None:
    """All of the order, by its number alone."""
    notice = _message(line, attributes=attributes).notice

    assert notice is not None
    assert notice.type is EventType.ORDER_CANCEL_REQUESTED
    assert isinstance(notice.body, OrderChange)
    assert (notice.body.purpose, notice.body.order_no, notice.body.lines) == (Purpose.CANCEL, "PO-1", ())


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Each finding names its line and its place."""
    message = _message(item("0"), item(item_id="", attributes='lineNumber="2"'), attributes='orderType="blanket"')

    assert {(finding.code, finding.tag) for finding in message.findings} == {
        ("unsupported", "OrderRequest/OrderRequestHeader/@orderType"),
        ("quantity", "ItemOut[1]/@quantity"),
        ("missing", "ItemOut[2]/ItemID"),
    }


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (item("1e3"), "quantity"),
        (item("1,5"), "quantity"),
        (item("9" * 25), "quantity"),
        (item("9" * 19), "invalid"),
        (item(item_id=f"<SupplierPartID>{'9' * 81}</SupplierPartID>"), "invalid"),
        (item(attributes='lineNumber="1" isReturn="yes"'), "unsupported"),
        (item(attributes='lineNumber="1" operation="block"'), "unsupported"),
        (item(attributes='lineNumber="1" itemType="composite"'), "unsupported"),
        (item(attributes='lineNumber="1" parentLineNumber="1"'), "unsupported"),
        (item(rest="<BlanketItemDetail/>"), "unsupported"),
        (item(detail='<UnitPrice><Money currency="USD">1</Money></UnitPrice>'), "currency"),
    ],
)
def test_a_line_that_is_none_refuses_the_order(line: str, code: str) -> None:
    """An order is taken whole or not at all."""
    assert _codes(_message(line)) == {code}


def test_a_cancellation_needs_a_number_too() -> None:
    """And one that fits."""
    assert _codes(_message(attributes='type="delete"', order_no="")) == {"missing"}
    assert _codes(_message(attributes='type="delete"', order_no="P" * 71)) == {"invalid"}


def test_findings_have_an_end() -> None:
    """A document of nothing but errors is told of a hundred."""
    assert len(_message(*(item("x", attributes="") for _ in range(300))).findings) == 100


def test_warnings_hide_no_refusal() -> None:
    """However much else there is to tell, an order that lacks a line is not taken for one without it."""
    odd = [item(attributes=f'lineNumber="{number}" requestedDeliveryDate="soon"') for number in range(300)]

    assert _codes(_message(*odd, item("-1", attributes='lineNumber="999"'))) == {"quantity"}
