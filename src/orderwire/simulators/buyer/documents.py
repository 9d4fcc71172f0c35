"""The buyer's cXML: what it writes in its suite's manner, and what it reads of ours."""

import base64
import itertools
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from lxml import etree

from orderwire.simulators.buyer.suite import Suite

_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_TO: Final = ("DUNS", "409999800")


@dataclass(frozen=True, slots=True)
class CartItem:
    """An ItemIn, as the buyer keeps it; `detail` is its ItemDetail as it came."""

    item_no: str
    auxiliary_id: str
    quantity: Decimal
    price: Decimal
    unit: str
    detail: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReturnedCart:
    cookie: str
    status: str  # 200 where the message has none
    items: tuple[CartItem, ...]


@dataclass(frozen=True)
class Pen:
    """Writes documents for one suite."""

    suite: Suite
    secret: str = field(repr=False)

    def set_up(
        self, cookie: str, return_url: str, operation: str, items: Sequence[CartItem], now: datetime
    ) -> tuple[str, bytes]:
        """Return payloadID and document of a PunchOutSetupRequest."""
        body = _element("PunchOutSetupRequest", operation=operation)
        _sub(body, "BuyerCookie", cookie)
        for name, text in self.suite.extrinsics.items():
            _sub(body, "Extrinsic", text, name=name)
        _sub(_sub(body, "BrowserFormPost"), "URL", return_url)
        if self.suite.contact:
            contact = _sub(body, "Contact", role="endUser")
            _sub(contact, "Name", "Ada Lovelace").set(_LANG, "en")
            _sub(contact, "Email", "ada@officeworks.example")
        _address(_sub(body, "ShipTo"))
        for line_no, item in enumerate(items, start=1):
            body.append(_item(item, line_no, item.quantity))
        return self._request(body, now)

    def order(
        self, order_no: str, items: Sequence[CartItem], now: datetime, *, previous: str = ""
    ) -> tuple[str, bytes]:
        """Return payloadID and document of an OrderRequest; one that follows `previous` replaces it."""
        body = _element("OrderRequest")
        total = sum((item.quantity * item.price for item in items), Decimal(0))
        header = _sub(
            body,
            "OrderRequestHeader",
            orderID=order_no,
            orderDate=self._time(now),
            type="update" if previous else "new",
        )
        if previous:
            header.set("orderVersion", "2")
        _sub(_sub(header, "Total"), "Money", f"{total:f}", currency="EUR")
        _address(_sub(header, "ShipTo"))
        _address(_sub(header, "BillTo"))
        if previous:
            _sub(header, "DocumentReference", payloadID=previous)
        for line_no, item in enumerate(items, start=1):
            body.append(_item(item, line_no, item.quantity))
        return self._request(body, now)

    def _request(self, body: etree._Element, now: datetime) -> tuple[str, bytes]:
        payload_id = f"{int(now.timestamp())}.{secrets.token_hex(8)}@officeworks.example"
        suite = self.suite
        root = _element("cXML", payloadID=payload_id, timestamp=self._time(now), version=suite.version)
        root.set(_LANG, "en-US")
        header = _sub(root, "Header")
        from_ = _sub(header, "From")
        for domain, identity in [(suite.domain, suite.identity), *suite.more.items()]:
            _credential(from_, domain, identity)
        _credential(_sub(header, "To"), *_TO)
        sender = _sub(header, "Sender")
        _credential(sender, suite.hub_domain or suite.domain, suite.hub_identity or suite.identity, self.secret)
        _sub(sender, "UserAgent", suite.user_agent)
        _sub(root, "Request", deploymentMode="production").append(body)
        system_id = suite.doctype or f"http://xml.cXML.org/schemas/cXML/{suite.version}/cXML.dtd"
        head = f'<?xml version="1.0" encoding="{suite.encoding}"?>\n<!DOCTYPE cXML SYSTEM "{system_id}">\n'
        text = head + etree.tostring(root, encoding="unicode")
        return payload_id, text.encode(suite.encoding, "xmlcharrefreplace")

    def _time(self, now: datetime) -> str:
        return now.strftime("%Y-%m-%dT%H:%M:%S") + self.suite.zone


def read_cart(fields: Mapping[str, str]) -> ReturnedCart:
    """Read what a browser posted: base64 first, as the User's Guide has it. Raises ValueError."""
    lower = {name.lower(): value for name, value in fields.items()}
    if coded := lower.get("cxml-base64"):
        content = base64.b64decode(coded, validate=True)
    elif text := lower.get("cxml-urlencoded"):
        content = text.encode("utf-8")
    else:
        raise ValueError("no cart in the form")
    root = read_xml(content)
    message = root.find("Message/PunchOutOrderMessage")
    if message is None:
        raise ValueError("no PunchOutOrderMessage")
    status = root.find("Message/Status")
    items = tuple(_read_item(item) for item in message.iterfind("ItemIn"))
    return ReturnedCart(
        message.findtext("BuyerCookie", ""), status.get("code", "") if status is not None else "200", items
    )


def read_oci(fields: Mapping[str, str]) -> ReturnedCart:
    """Read NEW_ITEM fields: one item for each numbered description."""
    numbers = itertools.takewhile(lambda number: f"NEW_ITEM-DESCRIPTION[{number}]" in fields, itertools.count(1))
    return ReturnedCart("", "200", tuple(_read_oci_item(fields, number) for number in numbers))


def _read_oci_item(fields: Mapping[str, str], number: int) -> CartItem:
    def value(name: str) -> str:
        return fields.get(f"NEW_ITEM-{name}[{number}]", "")

    price = Decimal(value("PRICE")) / Decimal(value("PRICEUNIT") or "1")
    detail = _element("ItemDetail")
    _sub(_sub(detail, "UnitPrice"), "Money", f"{price:f}", currency=value("CURRENCY"))
    _sub(detail, "Description", value("DESCRIPTION")).set(_LANG, "en")
    _sub(detail, "UnitOfMeasure", value("UNIT"))
    _sub(detail, "Classification", value("EXT_CATEGORY_ID"), domain="UNSPSC")
    quantity = Decimal(value("QUANTITY"))
    return CartItem(value("VENDORMAT"), value("EXT_PRODUCT_ID"), quantity, price, value("UNIT"), etree.tostring(detail))


def read_xml(content: bytes) -> etree._Element:
    """Parse; nothing is fetched. Raises ValueError."""
    try:
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None


def write_status(payload_id: str, code: str, text: str, now: datetime) -> bytes:
    """Return the buyer's answer to a document of ours."""
    root = _element("cXML", payloadID=payload_id, timestamp=f"{now:%Y-%m-%dT%H:%M:%S}+00:00")
    _sub(_sub(root, "Response"), "Status", code=code, text=text)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _read_item(item: etree._Element) -> CartItem:
    detail = item.find("ItemDetail")
    if detail is None:
        raise ValueError("an ItemIn without ItemDetail")
    return CartItem(
        item.findtext("ItemID/SupplierPartID", ""),
        item.findtext("ItemID/SupplierPartAuxiliaryID", ""),
        Decimal(item.get("quantity", "0")),
        Decimal(detail.findtext("UnitPrice/Money", "0")),
        detail.findtext("UnitOfMeasure", ""),
        etree.tostring(detail),
    )


def _item(item: CartItem, line_no: int, quantity: Decimal) -> etree._Element:
    out = _element("ItemOut", quantity=f"{quantity:f}", lineNumber=str(line_no))
    item_id = _sub(out, "ItemID")
    _sub(item_id, "SupplierPartID", item.item_no)
    if item.auxiliary_id:
        _sub(item_id, "SupplierPartAuxiliaryID", item.auxiliary_id)
    out.append(etree.fromstring(item.detail))
    return out


def _credential(party: etree._Element, domain: str, identity: str, secret: str = "") -> None:
    credential = _sub(party, "Credential", domain=domain)
    _sub(credential, "Identity", identity)
    if secret:
        _sub(credential, "SharedSecret", secret)


def _address(parent: etree._Element) -> None:
    address = _sub(parent, "Address", addressID="LYON-1", isoCountryCode="FR")
    _sub(address, "Name", "Officeworks Lyon").set(_LANG, "en")
    postal = _sub(address, "PostalAddress")
    for tag, text in (("Street", "12 rue de la Paix"), ("City", "Lyon"), ("PostalCode", "69001")):
        _sub(postal, tag, text)
    _sub(postal, "Country", "France", isoCountryCode="FR")


def _element(tag: str, text: str | None = None, **attributes: str) -> etree._Element:
    made = etree.Element(tag, attributes)
    made.text = text
    return made


def _sub(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
    made = _element(tag, text, **attributes)
    parent.append(made)
    return made
