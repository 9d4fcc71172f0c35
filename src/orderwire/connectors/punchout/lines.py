"""ItemOut and ItemIn to order lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from lxml import etree
from pydantic import ValidationError

from orderwire.canonical.order import ItemScheme, OrderLine
from orderwire.connectors.punchout.elements import inner_xml, text_of, to_day
from orderwire.connectors.punchout.finding import first_refusal, reject, warn
from orderwire.connectors.punchout.parties import address_no
from orderwire.ports.intake import Finding

_DECIMAL: Final = re.compile(r"[+-]?(?:\d{1,24}(?:\.\d{0,12})?|\.\d{1,12})", re.ASCII)
_GTIN: Final = re.compile(r"\d{8}|\d{12,14}", re.ASCII)
_GTIN_DOMAINS: Final = ("gtin", "ean", "upc")


@dataclass(slots=True)
class Reading:
    """What is found while a document is read: all of it, up to a limit."""

    limit: int = 100
    currency: str | None = None
    findings: list[Finding] = field(default_factory=list)

    def reject(self, code: str, text: str, path: str) -> None:
        self._add(reject(code, text, path))

    def warn(self, code: str, text: str, path: str) -> None:
        self._add(warn(code, text, path))

    def goes_on(self, since: int = 0) -> bool:
        """Tell whether none of the findings, or of those since a number, stops the document."""
        return first_refusal(self.findings[since:]) is None

    def _add(self, finding: Finding) -> None:
        if len(self.findings) < self.limit:
            self.findings.append(finding)


def read_line(item: etree._Element, position: int, reading: Reading) -> OrderLine | None:
    """Return the line of an ItemOut or ItemIn; None: it makes none, and the findings say why."""
    line_no = item.get("lineNumber", "").strip() or str(position)
    path, before = f"{item.tag}[{position}]", len(reading.findings)
    detail = item.find("ItemDetail")
    fields: dict[str, Any] = {
        "line_no": line_no,
        "item_ids": tuple(item_ids(item, detail)),
        "quantity": _quantity(item, path, line_no, reading),
        "unit": text_of(detail, "UnitOfMeasure") or None,
        "description": _description(detail),
        "requested_on": _requested_on(item, path, reading),
        "auxiliary_id": auxiliary_id(item) or None,
        "location": address_no(item.find("ShipTo/Address")),
        "note": note_of(item),
        **_price(detail, path, reading),
    }
    if not fields["item_ids"]:
        reading.reject("missing", f"Line {line_no} names no item", f"{path}/ItemID")
    if fields["quantity"] is None or not fields["item_ids"]:
        return None
    try:
        line = OrderLine(**fields)
    except ValidationError as error:
        _tell(error, f"Line {line_no}", path, reading)
        return None
    return line if reading.goes_on(before) else None


def item_ids(item: etree._Element, detail: etree._Element | None) -> Iterator[dict[str, str]]:
    """Yield every number of the item, ours first."""
    item_id = item.find("ItemID")
    gtin = next(iter(_gtins(item_id, detail)), "")
    named = (
        (ItemScheme.SUPPLIER, text_of(item_id, "SupplierPartID")),
        (ItemScheme.GTIN, gtin),
        (ItemScheme.BUYER, text_of(item_id, "BuyerPartID")),
        (ItemScheme.MANUFACTURER, text_of(detail, "ManufacturerPartID")),
    )
    for scheme, value in named:
        if value:
            yield {"scheme": scheme, "value": value}


def auxiliary_id(item: etree._Element) -> str:
    """Return the SupplierPartAuxiliaryID as it stood: the key of the cart line; '': there is none."""
    return inner_xml(item.find("ItemID/SupplierPartAuxiliaryID"))


def note_of(element: etree._Element) -> str | None:
    """Return the Comments of a header or line; what stands in their attachments is not theirs."""
    notes = []
    for comments in element.iterfind("Comments"):
        texts = [comments.text or "", *((child.tail or "") for child in comments)]
        notes.append(" ".join(text.strip() for text in texts if text.strip()))
    return "\n".join(note for note in notes if note) or None


def decimal_of(text: str) -> Decimal | None:
    """Return the number; None: it is none. Commas may mean two things, so they mean nothing."""
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def _gtins(item_id: etree._Element | None, detail: etree._Element | None) -> Iterator[str]:
    references = item_id.iterfind("IdReference") if item_id is not None else ()
    for reference in references:
        domain, number = reference.get("domain", "").lower(), reference.get("identifier", "").strip()
        if domain.startswith(_GTIN_DOMAINS) and _GTIN.fullmatch(number):
            yield number
    number = text_of(detail, "ItemDetailIndustry/ItemDetailRetail/EANID")
    if _GTIN.fullmatch(number):
        yield number


def _quantity(item: etree._Element, path: str, line_no: str, reading: Reading) -> Decimal | None:
    text = item.get("quantity", "").strip()
    quantity = decimal_of(text)
    if quantity is None or quantity <= 0:
        reading.reject(
            "quantity", f"Line {line_no}: {text[:40]!r} is no quantity that can be delivered", f"{path}/@quantity"
        )
        return None
    return quantity


def _description(detail: etree._Element | None) -> str | None:
    """Return the first Description; a ShortName in it is another one."""
    description = detail.find("Description") if detail is not None else None
    if description is None:
        return None
    texts = [description.text or "", *((child.tail or "") for child in description)]
    return " ".join("".join(texts).split()) or text_of(description, "ShortName") or None


def _requested_on(item: etree._Element, path: str, reading: Reading) -> Any:
    schedule = item.find("ScheduleLine")
    scheduled = schedule.get("requestedDeliveryDate", "") if schedule is not None else ""
    text = (item.get("requestedDeliveryDate", "") or scheduled).strip()
    if not text:
        return None
    day = to_day(text)
    if day is None:
        reading.warn("date", f"{text[:40]!r} is no date", f"{path}/@requestedDeliveryDate")
    return day


def _price(detail: etree._Element | None, path: str, reading: Reading) -> dict[str, Decimal | None]:
    """UnitPrice is per PriceBasisQuantity of its own unit; one ordered unit holds conversionFactor of those."""
    money = detail.find("UnitPrice/Money") if detail is not None else None
    if money is None or detail is None:
        return {}
    price = decimal_of(text_of(money))
    if price is None:
        reading.warn("price", f"{text_of(money)[:40]!r} is no price", f"{path}/ItemDetail/UnitPrice")
        return {}
    currency = money.get("currency", "").strip().upper()
    if reading.currency and currency and currency != reading.currency:
        text = f"A price is in {currency[:10]}, and the order in {reading.currency}"
        reading.reject("currency", text, f"{path}/ItemDetail/UnitPrice")
    basis = detail.find("PriceBasisQuantity")
    if basis is None:
        return {"net_price": price}
    quantity, factor = (
        decimal_of(basis.get("quantity", "").strip()),
        decimal_of(basis.get("conversionFactor", "1").strip()),
    )
    if not quantity or not factor or min(quantity, factor) <= 0:
        reading.warn(
            "price", "The price's basis is none that one can count with", f"{path}/ItemDetail/PriceBasisQuantity"
        )
        return {}
    return {"net_price": price * factor, "price_basis": None if quantity == 1 else quantity}


def _tell(error: ValidationError, what: str, path: str, reading: Reading) -> None:
    for problem in error.errors(include_input=False, include_url=False):
        place = ".".join(str(part) for part in problem["loc"])
        reading.reject("invalid", f"{what}, {place}: {problem['msg']}", path)
