"""The PunchOutOrderMessage: valid by the DTD, plain ASCII, and 204 where nothing is to change."""

import base64
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from canonicals import a_cart, a_cart_line
from orderwire.canonical.cart import Cart
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.punchout.cart_message import CxmlCarts
from orderwire.errors import MappingError
from orderwire.ports.punchout import PunchoutSession
from records import NOON, later
from shopping import a_setup, a_shopper

SESSION = PunchoutSession("s-1", "officeworks", "demo", "cxml", "{}", NOON, later(1), None, None, "d-1")
DTD = Path(__file__).resolve().parents[5] / "shared/corpus/cxml-dtd/cXML.dtd"
FULL = a_cart_line(
    description="Bohrer „groß“ <18 V> & mehr 🔧",
    auxiliary_id="Q<1>&\"'",
    buyer_item_no="B-1",
    price_basis=100,
    manufacturer="Søren",
    manufacturer_item_no="S-1",
    lead_time_days=2,
    url="https://shop.example.com/1001?a=1&b=2",
    extrinsics={"Farbe": "grün"},
)


def written(cart: Cart | None, partner: PartnerProfile | None = None, **setup: Any) -> bytes:
    return CxmlCarts().write(cart, SESSION, a_setup(**setup), partner or a_shopper(), NOON).content


def test_a_cart_is_written_whole() -> None:
    """Every field, in order; the total is of the amounts; what is not ASCII is a reference."""
    content = written(a_cart(FULL, a_cart_line("2", classifications=())), buyer_cookie=" <c> ")
    root = etree.fromstring(content)
    message = root.find("Message/PunchOutOrderMessage")

    assert content.isascii()
    assert message is not None
    assert message.findtext("BuyerCookie") == " <c> "
    assert message.find("PunchOutOrderMessageHeader").get("operationAllowed") == "edit"  # type: ignore[union-attr]
    assert message.findtext("PunchOutOrderMessageHeader/Total/Money") == "181.60"
    first, second = message.findall("ItemIn")
    assert first.findtext("ItemID/SupplierPartAuxiliaryID") == FULL.auxiliary_id
    assert first.findtext("ItemDetail/Description") == FULL.description
    assert [child.tag for child in first.find("ItemDetail")] == [  # type: ignore[union-attr]
        "UnitPrice", "Description", "UnitOfMeasure", "PriceBasisQuantity", "Classification", "ManufacturerPartID",
        "ManufacturerName", "URL", "LeadTime", "Extrinsic",
    ]  # fmt: skip
    assert second.find("ItemDetail/Classification").get("domain") == "supplier"  # type: ignore[union-attr]
    assert root.find("Message/Status") is None


def test_ending_without_a_cart_is_status_204() -> None:
    """Never an empty cart, which would delete the lines of an edit."""
    root = etree.fromstring(written(None))

    assert root.xpath("string(Message/Status/@code)") == "204"
    assert root.findall("Message/PunchOutOrderMessage/ItemIn") == []


@pytest.mark.skipif(not DTD.is_file(), reason="the DTDs are not here")
def test_what_is_written_is_valid() -> None:
    """By the newest DTD, with and without a cart."""
    dtd = etree.DTD(DTD)

    for cart in (a_cart(FULL), None):
        assert dtd.validate(etree.fromstring(written(cart))), dtd.error_log


def test_a_description_is_cut_and_the_quantity_is_plain() -> None:
    """To what the buyer's system takes; 1E+3 is nobody's quantity."""
    partner = a_shopper(cart={"max_description_chars": 10})
    line = a_cart_line(description="0123456789abc", quantity=Decimal("1E+3"))
    item = etree.fromstring(written(a_cart(line), partner)).find("Message/PunchOutOrderMessage/ItemIn")

    assert item is not None
    assert (item.findtext("ItemDetail/Description"), item.get("quantity")) == ("0123456789", "1000")


@pytest.mark.parametrize("field", ["cXML-urlencoded", "cXML-base64"])
def test_the_form_carries_the_document_as_it_is(field: str) -> None:
    """Escaping is the page's, and coding is the browser's."""
    content = written(a_cart(FULL))

    form = CxmlCarts().form(content, a_setup(), a_shopper(cart_field=field))

    [(name, value)] = form.fields
    assert (name, form.action, form.charset) == (field, "https://buyer.example.com/cart", "utf-8")
    assert (base64.b64decode(value) if field == "cXML-base64" else value.encode()) == content


def test_who_speaks_no_cxml_gets_none() -> None:
    """The profile has lost its section since the set-up."""
    with pytest.raises(MappingError):
        written(a_cart(), a_shopper().model_copy(update={"cxml": None}))
