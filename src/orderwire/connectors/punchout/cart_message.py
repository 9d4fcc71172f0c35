"""The cart as a PunchOutOrderMessage, and the browser form that carries it."""

import base64
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from lxml import etree

from orderwire.canonical.cart import Cart, CartFinding, CartLine, Setup
from orderwire.config.profile import PartnerProfile
from orderwire.config.punchout import CartRules
from orderwire.connectors.punchout.writing import Heading, element, elements, money, number, write_message
from orderwire.errors import MappingError
from orderwire.ports.intake import OutboundDocument
from orderwire.ports.punchout import PunchoutSession, ReturnForm

KIND: Final = "PunchOutOrderMessage"
_CENT: Final = Decimal("0.01")
#: Ended, nothing is to change (User's Guide, PunchOutOrderMessage): an empty cart would delete the lines of an edit.
_UNCHANGED: Final = 204


class CxmlCarts:
    """A `CartWriter`."""

    def stops(self, cart: Cart, partner: PartnerProfile) -> tuple[CartFinding, ...]:  # noqa: ARG002  the port
        """Return nothing: no field of cXML has a length."""
        return ()

    def write(
        self, cart: Cart | None, session: PunchoutSession, setup: Setup, partner: PartnerProfile, now: datetime
    ) -> OutboundDocument:
        """Write the message; a cart's total is rounded half up to the cent.

        Raises:
            MappingError: the partner speaks no cXML.
        """
        if partner.cxml is None or partner.punchout is None:
            raise MappingError("the partner speaks no cXML", partner=partner.key)
        payload_id = f"{int(now.timestamp())}.{session.id}@orderwire"
        rules, lang = partner.punchout.cart, partner.cxml.lang
        currency = cart.currency if cart else next(iter(rules.currencies), "EUR")  # the DTD wants one of nothing, too
        body = element(KIND, element("BuyerCookie", setup.buyer_cookie), _header(cart, currency))
        body.extend(_item(line, currency, rules, lang) for line in (cart.lines if cart else ()))
        heading = Heading(partner.cxml, payload_id, now, test=setup.test)
        content = write_message(body, heading, None if cart else _UNCHANGED)
        return OutboundDocument(KIND, content, f"{KIND}_{session.id}.xml", "text/xml", payload_id)

    def form(self, content: bytes, setup: Setup, partner: PartnerProfile) -> ReturnForm:
        """Carry the document as it is: the page escapes it once, and the browser codes it once."""
        field = partner.punchout.cart_field if partner.punchout else "cXML-urlencoded"
        coded = base64.b64encode(content) if field == "cXML-base64" else content
        return ReturnForm(setup.return_url, ((field, coded.decode("ascii")),))


def _header(cart: Cart | None, currency: str) -> etree._Element:
    """Say what the buyer may do with the cart later: `edit` means inspect as well."""
    total = cart.total.quantize(_CENT, ROUND_HALF_UP) if cart else Decimal(0)
    return element("PunchOutOrderMessageHeader", money("Total", total, currency), operationAllowed="edit")


def _item(line: CartLine, currency: str, rules: CartRules, lang: str) -> etree._Element:
    item_id = element(
        "ItemID",
        element("SupplierPartID", line.item_no),
        element("SupplierPartAuxiliaryID", line.auxiliary_id) if line.auxiliary_id else None,
        element("BuyerPartID", line.buyer_item_no) if line.buyer_item_no else None,
    )
    return element(
        "ItemIn",
        item_id,
        _detail(line, currency, rules, lang),
        quantity=number(line.quantity),
        lineNumber=line.line_no if line.line_no.isdecimal() else None,
    )


def _detail(line: CartLine, currency: str, rules: CartRules, lang: str) -> etree._Element:
    """Fill an ItemDetail, in the DTD's order."""
    detail = element(
        "ItemDetail",
        money("UnitPrice", line.unit_price, currency),
        element("Description", line.description[: rules.max_description_chars], lang=lang),
        element("UnitOfMeasure", line.unit),
        _basis(line),
    )
    classes = [(one.domain, one.code) for one in line.classifications] or [("supplier", line.item_no)]  # one is owed
    detail.extend(element("Classification", code, domain=domain) for domain, code in classes)
    if line.manufacturer_item_no:
        detail.extend(elements("ManufacturerPartID", [line.manufacturer_item_no]))
    if line.manufacturer:
        detail.append(element("ManufacturerName", line.manufacturer))
    if line.url:
        detail.append(element("URL", line.url))
    if line.lead_time_days is not None:
        detail.append(element("LeadTime", str(line.lead_time_days)))
    detail.extend(element("Extrinsic", text, name=name) for name, text in line.extrinsics.items())
    return detail


def _basis(line: CartLine) -> etree._Element | None:
    """Say that a price is for more than one."""
    if line.price_basis == 1:
        return None
    return element(
        "PriceBasisQuantity",
        element("UnitOfMeasure", line.unit),
        quantity=number(line.price_basis),
        conversionFactor="1",
    )
