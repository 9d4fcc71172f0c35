"""Open Catalog Interface: who may call, what is asked for, and the cart as fields."""

import hashlib
from typing import Any
from urllib.parse import parse_qsl

import pytest

from canonicals import a_cart, a_cart_line
from orderwire.canonical.cart import Operation, Setup
from orderwire.config.punchout import OciProfile
from orderwire.connectors.punchout.oci import OciCarts, knows, read_call
from orderwire.errors import MappingError
from orderwire.ports.punchout import PunchoutSession, ReturnForm
from records import NOON, later
from shopping import a_shopper

OCI = OciProfile(username="ada", password_sha256=hashlib.sha256("pass wörd".encode()).hexdigest())
HOOK = "https://buyer.example.com/sap/cart"
SESSION = PunchoutSession("s-1", "officeworks", "demo", "oci", "{}", NOON, later(1), None, None, "d-1")


def call(**fields: str) -> Setup:
    return read_call(OCI, {"HOOK_URL": HOOK, **fields})


def form(*lines: Any, setup: Setup | None = None) -> ReturnForm:
    cart, setup = a_cart(*lines) if lines else None, setup or call()
    writer = OciCarts()
    return writer.form(writer.write(cart, SESSION, setup, a_shopper(), NOON).content, setup, a_shopper())


@pytest.mark.parametrize(
    ("fields", "known"),
    [
        ({"USERNAME": "ada", "PASSWORD": "pass wörd"}, True),
        ({"username": "ada", "Password": "pass wörd"}, True),
        ({"USERNAME": "ada", "PASSWORD": "pass word"}, False),
        ({"USERNAME": "eve", "PASSWORD": "pass wörd"}, False),
        ({"USERNAME": "ada"}, False),
        ({"USERNAME": "ada\ud800", "PASSWORD": "\ud800"}, False),
        ({}, False),
    ],
)
def test_user_and_password_are_both_right(fields: dict[str, str], *, known: bool) -> None:
    """Field names know no case."""
    assert knows(OCI, fields) is known


def test_a_call_opens_the_shop() -> None:
    """What stood behind the question mark comes back as fields, and so does what SAP wants echoed."""
    found = read_call(
        OCI, {"hook_url": f"{HOOK}?sid=7&x=%20", "~OkCode": "ADDI", "returntarget": "_top", "PRODUCTID": "1003"}
    )

    assert (found.return_url, found.item_no, found.operation) == (HOOK, "1003", Operation.CREATE)
    assert found.echo == {"sid": "7", "x": " ", "~OkCode": "ADDI", "~TARGET": "_top"}


@pytest.mark.parametrize("fields", [{"HOOK_URL": ""}, {"FUNCTION": "BACKGROUND_SEARCH"}, {"HOOK_URL": "h" * 5000}])
def test_what_is_not_offered_is_refused(fields: dict[str, str]) -> None:
    """In words for the caller."""
    with pytest.raises(MappingError):
        call(**fields)


def test_sourcing_is_an_operation_of_its_own() -> None:
    """As in cXML."""
    assert call(FUNCTION="sourcing").operation is Operation.SOURCE


def test_a_line_is_fields_with_its_number() -> None:
    """From 1; prices for as many as the cart says; long texts in full besides the short ones."""
    sent = dict(form(a_cart_line(), a_cart_line("2", description="x" * 50, price_basis=100, lead_time_days=3)).fields)

    assert sent["NEW_ITEM-VENDORMAT[1]"] == "1001"
    assert sent["NEW_ITEM-EXT_PRODUCT_ID[1]"] == "quote-1/1"
    assert (sent["NEW_ITEM-QUANTITY[1]"], sent["NEW_ITEM-UNIT[1]"]) == ("2", "PCE")
    assert (sent["NEW_ITEM-PRICE[1]"], sent["NEW_ITEM-CURRENCY[1]"], sent["NEW_ITEM-PRICEUNIT[1]"]) == (
        "89.9",
        "EUR",
        "1",
    )
    assert (sent["NEW_ITEM-EXT_SCHEMA_TYPE[1]"], sent["NEW_ITEM-EXT_CATEGORY_ID[1]"]) == ("UNSPSC", "27112700")
    assert (sent["NEW_ITEM-LEADTIME[1]"], sent["NEW_ITEM-LEADTIME[2]"]) == ("", "3")
    assert (sent["NEW_ITEM-PRICEUNIT[1]"], sent["NEW_ITEM-PRICEUNIT[2]"]) == ("1", "100")
    assert sent["NEW_ITEM-DESCRIPTION[2]"] == "x" * 40
    assert sent["NEW_ITEM-LONGTEXT_2:132[]"] == "x" * 50


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"item_no": "1" * 41}, "VENDORMAT"),
        ({"auxiliary_id": "q" * 41}, "EXT_PRODUCT_ID"),
        ({"buyer_item_no": "b" * 41}, "MATNR"),
        ({"manufacturer_item_no": "m" * 41}, "MANUFACTMAT"),
        ({"unit": "LONG"}, "UNIT"),
        ({"classifications": ({"domain": "eCl@ss-10.1", "code": "1"},)}, "EXT_SCHEMA_TYPE"),
        ({"quantity": "1.2345"}, "QUANTITY"),
        ({"quantity": "123456789012"}, "QUANTITY"),
        ({"unit_price": "12.34567", "price_basis": 100000}, "PRICE"),
        ({"unit_price": "123456789012"}, "PRICE"),
        ({"unit_price": "1", "price_basis": "123456"}, "PRICEUNIT"),
    ],
)
def test_a_number_is_never_cut(changes: dict[str, Any], field: str) -> None:
    """It would be another one: the line is stopped in the shop, with the reason."""
    cart = a_cart(a_cart_line("1"), a_cart_line("7", **changes))

    stops = OciCarts().stops(cart, a_shopper())

    assert [(stop.line_no, stop.code) for stop in stops] == [("7", "field_too_long")] * len(stops)
    assert field in [stop.text.partition(" as ")[2].partition(";")[0] for stop in stops]
    with pytest.raises(MappingError, match="too long"):
        form(*cart.lines)


@pytest.mark.parametrize(
    ("price", "basis", "sent"),
    [
        ("5", "100000", ("0.5", "10000")),
        ("12.3456", "1", ("123.456", "10")),
        ("0.00012", "1", ("0.012", "100")),
        ("250", "2.5", ("2500", "25")),
        ("89.9", "100", ("89.9", "100")),
        ("0", "1", ("0", "1")),
        ("123456789012", "10", ("12345678901.2", "1")),
    ],
)
def test_a_price_is_made_to_fit_by_its_basis(price: str, basis: str, sent: tuple[str, str]) -> None:
    """Exactly, by a power of ten: three decimals for at most 99,999."""
    cart = a_cart(a_cart_line(unit_price=price, price_basis=basis))
    fields = dict(form(*cart.lines).fields)

    assert OciCarts().stops(cart, a_shopper()) == []
    assert (fields["NEW_ITEM-PRICE[1]"], fields["NEW_ITEM-PRICEUNIT[1]"]) == sent


def test_a_price_for_one_stays_one() -> None:
    """Where the buyer's system takes no other, a price with more decimals is stopped."""
    cart = a_cart(a_cart_line(unit_price="12.3456"))

    [stop] = OciCarts().stops(cart, a_shopper(cart={"price_basis": False}))

    assert stop.text == "your system takes numbers of 11 digits and 3 decimals as PRICE; this is 12.3456"


def test_a_class_that_is_no_group_stands_as_category_alone() -> None:
    """MATGROUP is shorter."""
    fields = dict(form(a_cart_line(classifications=({"domain": "eCl@ss", "code": "27-11-27-00"},))).fields)

    assert (fields["NEW_ITEM-MATGROUP[1]"], fields["NEW_ITEM-EXT_CATEGORY_ID[1]"]) == ("", "27-11-27-00")


def test_without_a_cart_only_the_echo_goes_back() -> None:
    """There is no status in this interface: no item, no change."""
    found = form(setup=call(**{"~OkCode": "ADDI", "~TARGET": "_top", "http_content_charset": "UTF-8"}))

    assert (found.action, found.target, found.charset) == (HOOK, "_top", "utf-8")
    assert dict(found.fields) == {"~OkCode": "ADDI", "~TARGET": "_top"}


@pytest.mark.parametrize(("target", "charset"), [("evil frame", "utf-7"), ("", "")])
def test_frames_and_charsets_are_known_ones(target: str, charset: str) -> None:
    """Anything else is the interface's default."""
    found = form(setup=call(**{"~TARGET": target, "http_content_charset": charset}))

    assert (found.target, found.charset) == ("_self", "iso-8859-1")


def test_the_document_is_the_form() -> None:
    """What is archived is what the browser posts."""
    setup = call()
    content = OciCarts().write(a_cart(), SESSION, setup, a_shopper(), NOON).content

    assert tuple(parse_qsl(content.decode(), keep_blank_values=True)) == form(a_cart_line(), setup=setup).fields
