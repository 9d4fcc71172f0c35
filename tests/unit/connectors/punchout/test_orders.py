"""OrderRequest to the canonical order. Whole documents with what they become are in the connector's samples."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cxmlwire import a_buyer, cxml, item, order_request
from fakes.documents import PartnersOf
from orderwire.canonical.change import OrderChange, change_of
from orderwire.canonical.envelope import EventType
from orderwire.canonical.model import CARRIAGE
from orderwire.canonical.order import ItemScheme, OrderLine, PurchaseOrder, Purpose
from orderwire.canonical.party import PartyRole
from orderwire.connectors.punchout.decoder import CxmlDecoder
from orderwire.ports.intake import DecodedMessage, DecodeHint, Severity


def _message(
    *items: str, attributes: str = "", heading: str = "", order_no: str = "PO-1", **profile: Any
) -> DecodedMessage:
    content = cxml(order_request(*items, attributes=attributes, heading=heading, order_no=order_no))
    partners = PartnersOf(a_buyer(parties={("buyer", "W1"): "SHIP-1"}, **profile))
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


def _scheduled(*dates: str) -> str:
    parts = (f'<ScheduleLine quantity="1" requestedDeliveryDate="{date}"/>' for date in dates)
    return item(rest="".join(parts))


def test_parts_of_a_line_come_on_one_day() -> None:
    """Which is the line's: a day is what was written, at whatever hour. For several there is no line."""
    line = _line(_scheduled("2026-12-01T08:00:00+01:00", "2026-12-01"))

    assert line.requested_on == date(2026, 12, 1)
    assert _codes(_message(_scheduled("2026-12-01", "2027-01-01"))) == {"unsupported"}
    assert _codes(_message(_scheduled("2026-12-01", "soon"))) == {"unsupported"}
    assert _codes(_message(_scheduled("2026-12-01", ""))) == {"unsupported"}


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


def _ship_to(number: str = "", street: str = "Quay 1", name: str = "Store", contact: str = "Ada") -> str:
    """Return a ShipTo; without a street it has only its name and number."""
    postal = (
        f"<PostalAddress><DeliverTo>{contact}</DeliverTo><Street>{street}</Street><City>Ulm</City>"
        "<Country isoCountryCode='DE'>DE</Country></PostalAddress>"
    )
    numbered = f'addressID="{number}"' if number else ""
    return f'<ShipTo><Address {numbered}><Name xml:lang="en">{name}</Name>{postal if street else ""}</Address></ShipTo>'


def _two(first: str, second: str) -> tuple[str, str]:
    return item(rest=first), item(attributes='lineNumber="2"', rest=second)


@pytest.mark.parametrize(
    ("heading", "first", "second"),
    [
        ("", _ship_to("W1"), _ship_to("W1")),
        ("", _ship_to("W1"), _ship_to("W1", contact="Bob")),
        ("", _ship_to("W1"), f'<ScheduleLine quantity="2" requestedDeliveryDate="">{_ship_to("W1")}</ScheduleLine>'),
        (_ship_to("W1"), "", _ship_to("W1", street="", name="Store at the quay")),
        (_ship_to("W1", street=""), "", _ship_to("W1")),
        (_ship_to("W1"), "", ""),
    ],
    ids=["lines", "another receiver", "a schedule", "heading and line", "a line says where", "heading"],
)
def test_the_place_of_delivery_may_stand_with_the_lines(heading: str, first: str, second: str) -> None:
    """Where all of it goes to one place, that is the order's, with our number of it."""
    [place] = _order(*_two(first, second), heading=heading).parties

    assert (place.role, place.street, place.city) == (PartyRole.DELIVERY, ("Quay 1",), "Ulm")
    assert [(each.scheme, each.value) for each in place.ids] == [("buyer", "W1"), ("supplier", "SHIP-1")]


def test_places_without_a_number_are_known_by_their_address() -> None:
    """Letter case and blanks aside."""
    [place] = _order(*_two(_ship_to(), _ship_to(street="QUAY  1"))).parties

    assert (place.name, place.street) == ("Store", ("Quay 1",))


@pytest.mark.parametrize(
    ("heading", "first", "second", "line"),
    [
        ("", _ship_to("W1"), _ship_to("W2"), 2),
        ("", _ship_to("W1"), _ship_to("W1", street="Quay 2"), 2),
        ("", _ship_to(), _ship_to(street="Quay 2"), 2),
        ("", _ship_to(), _ship_to(name="Other"), 2),
        ("", _ship_to("W1"), _ship_to(street="Quay 2"), 2),
        ("", _ship_to("W1"), "", 2),
        ("", "", _ship_to("W1"), 1),
        (_ship_to("W1"), _ship_to("W2"), _ship_to("W2"), 1),
        (_ship_to("W1", street=""), _ship_to("W2"), _ship_to("W2"), 1),
        (_ship_to("W1"), "", f'<ScheduleLine quantity="2">{_ship_to("W2")}</ScheduleLine>', 2),
    ],
)
def test_an_order_for_two_places_is_refused(heading: str, first: str, second: str, line: int) -> None:
    """A sales order goes to one, and to the customer's own where it names none: that would be the wrong one."""
    message = _message(*_two(first, second), heading=heading)

    assert _codes(message) == {"unsupported"}
    assert [finding.tag for finding in message.findings] == [f"ItemOut[{line}]/ShipTo"]


def test_where_deleted_lines_went_is_no_matter() -> None:
    """Nor where those of a cancellation did."""
    gone = item(attributes='lineNumber="2" operation="delete"', rest=_ship_to("W2"))

    assert _order(item(rest=_ship_to("W1")), gone, attributes='type="update"').party(PartyRole.DELIVERY)
    assert _message(*_two(_ship_to("W1"), _ship_to("W2")), attributes='type="delete"').notice is not None


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
        (item(attributes='lineNumber="1" isReturn="Yes"'), "unsupported"),
        (item(attributes='lineNumber="1" isReturn="true"'), "unsupported"),
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


@pytest.mark.parametrize("said", ["", "no", "No", "false", "0"])
def test_what_says_it_is_no_return_is_none(said: str) -> None:
    """The DTD knows only yes, and systems write no all the same."""
    assert _line(item(attributes=f'lineNumber="1" isReturn="{said}"')).quantity == 2


@pytest.mark.parametrize(
    ("shortage", "said", "warned"),
    [
        ("part_delivery", "yes", True),
        ("back_order", "Yes", True),
        ("reject_line", "yes", True),
        ("reject_order", "yes", False),
        ("part_delivery", "no", False),
    ],
)
def test_who_wants_all_at_once_may_get_a_part(shortage: str, said: str, *, warned: bool) -> None:
    """The profile decides what becomes of a shortage, so somebody is told; all or nothing is what was asked for."""
    message = _message(attributes=f'shipComplete="{said}"', shortage=shortage)

    assert message.order is not None
    assert [finding.code for finding in message.findings] == (["ship_complete"] if warned else [])


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
