"""The virtual buyer's documents: what it writes, we read; and it reads what browsers bring."""

import base64
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest

from canonicals import a_cart, a_cart_line
from orderwire.canonical.cart import Setup
from orderwire.canonical.order import OrderLine, PurchaseOrder
from orderwire.connectors.punchout.cart_message import CxmlCarts
from orderwire.connectors.punchout.document import XmlDocument, read_document
from orderwire.connectors.punchout.envelope import Envelope, read_envelope
from orderwire.connectors.punchout.lines import Reading
from orderwire.connectors.punchout.oci import OciCarts
from orderwire.connectors.punchout.orders import Sender, read_order
from orderwire.connectors.punchout.setup import read_setup
from orderwire.ports.punchout import PunchoutSession
from orderwire.simulators.buyer.documents import Pen, ReturnedCart, read_cart, read_oci, read_xml, write_status
from orderwire.simulators.buyer.suite import suites
from records import NOON, later
from shopping import a_setup, a_shopper

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SESSION = PunchoutSession("s-1", "officeworks", "demo", "cxml", "{}", NOON, later(1), None, None, "d-1")
CART = a_cart(a_cart_line(), a_cart_line("2", item_no="1002", quantity="5", unit_price="14.5"))


def brought(field: str = "cXML-urlencoded") -> ReturnedCart:
    """Return the cart as the buyer's site gets it."""
    writer, partner = CxmlCarts(), a_shopper(cart_field=field)
    content = writer.write(CART, SESSION, a_setup(), partner, NOON).content
    return read_cart(dict(writer.form(content, a_setup(), partner).fields))


def opened(content: bytes) -> Envelope:
    document = read_document(content)
    assert isinstance(document, XmlDocument)
    envelope = read_envelope(document)
    assert isinstance(envelope, Envelope)
    return envelope


@pytest.mark.parametrize("suite", sorted(suites()))
def test_what_a_suite_writes_is_read_here(suite: str) -> None:
    """Set-up and order, in its own charset, times and credentials; the cart's lines come back with their keys."""
    pen = Pen(suites()[suite], "secret")
    items = brought().items

    set_up = opened(pen.set_up("cookie", "https://buyer.example.com/cart", "edit", items, NOW)[1])
    ordered = opened(pen.order("PO-1", items, NOW)[1])

    assert set_up.body is not None
    setup = read_setup(set_up.body, test=False)
    assert isinstance(setup, Setup)
    assert [line.auxiliary_id for line in setup.items] == ["quote-1/1", "quote-1/2"]
    assert setup.extrinsics == pen.suite.extrinsics
    order = _order(ordered)
    assert [(line.quantity, line.unit, line.net_price) for line in order.lines] == [
        (Decimal(2), "PCE", Decimal("89.9")),
        (Decimal(5), "PCE", Decimal("14.5")),
    ]


def _order(envelope: Envelope) -> PurchaseOrder:
    assert envelope.body is not None
    reading = Reading()
    order = read_order(envelope.body, Sender("officeworks", envelope.payload_id, {}), reading)
    assert isinstance(order, PurchaseOrder), reading.findings
    return order


def test_an_order_of_an_oci_cart_equals_one_of_a_cxml_cart() -> None:
    """Line by line: the way a cart took leaves no trace in the canonical order."""
    writer = OciCarts()
    content = writer.write(CART, SESSION, a_setup(), a_shopper(), NOON).content
    pen = Pen(suites()["sap"], "secret")

    by_oci = _order(opened(pen.order("PO-1", read_oci(dict(parse_qsl(content.decode()))).items, NOW)[1]))
    by_cxml = _order(opened(pen.order("PO-1", brought().items, NOW)[1]))

    said = {"channel_refs"}
    assert by_oci.model_dump(exclude=said) == by_cxml.model_dump(exclude=said)
    assert [_plain(line) for line in by_oci.lines] == [_plain(line.ordered()) for line in CART.lines]


def _plain(line: OrderLine) -> OrderLine:
    return line.model_copy(update={"requested_on": None, "location": None})


def test_an_update_names_what_it_replaces() -> None:
    """By the payloadID of the order before."""
    pen = Pen(suites()["coupa"], "secret")
    payload_id, _ = pen.order("PO-1", brought().items, NOW)
    root = read_xml(pen.order("PO-1", brought().items, NOW, previous=payload_id)[1])

    assert root.xpath("string(//OrderRequestHeader/@type)") == "update"
    assert root.xpath("string(//DocumentReference/@payloadID)") == payload_id


def test_base64_goes_first() -> None:
    """As the User's Guide has it; names know no case."""
    assert brought("cXML-base64") == brought()
    both = {"CXML-URLENCODED": "<no/>", "cxml-BASE64": base64.b64encode(b"<cXML/>").decode()}
    with pytest.raises(ValueError, match="no PunchOutOrderMessage"):
        read_cart(both)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"cXML-base64": "%%%"},
        {"cXML-urlencoded": "<cXML"},
        {"cXML-urlencoded": "<cXML><Message><PunchOutOrderMessage><ItemIn/></PunchOutOrderMessage></Message></cXML>"},
    ],
)
def test_what_is_no_cart_is_told(fields: dict[str, str]) -> None:
    """The site answers with a sentence."""
    with pytest.raises(ValueError) as told:  # noqa: PT011  in whose words is not the rule
        read_cart(fields)

    assert str(told.value)


def test_an_answer_has_a_status() -> None:
    """For the documents that we send."""
    assert read_xml(write_status("p", "200", "OK", NOW)).xpath("string(Response/Status/@code)") == "200"
