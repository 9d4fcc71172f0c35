"""ItemOut and ItemIn to order lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from lxml import etree
from pydantic import ValidationError

from orderwire.canonical.order import ItemScheme, OrderLine
from orderwire.connectors.punchout.elements import Children, first_children, inner_xml, text_of, to_day
from orderwire.connectors.punchout.finding import reject, warn
from orderwire.connectors.punchout.parties import address_no
from orderwire.ports.intake import Finding

_DECIMAL: Final = re.compile(r"[+-]?(?:\d{1,24}(?:\.\d{0,12})?|\.\d{1,12})", re.ASCII)
_GTIN: Final = re.compile(r"\d{8}|\d{12,14}", re.ASCII)
_GTIN_DOMAINS: Final = ("gtin", "ean", "upc")


@dataclass(slots=True)
class Reading:
    """What is found while a document is read: of each severity all of it, up to a limit."""

    limit: int = 100
    currency: str | None = None
    findings: list[Finding] = field(default_factory=list)
    rejections: int = 0
    warnings: int = 0

    def reject(self, code: str, text: str, path: str) -> None:
        self.rejections += 1
        if self.rejections <= self.limit:
            self.findings.append(reject(code, text, path))

    def warn(self, code: str, text: str, path: str) -> None:
        self.warnings += 1
        if self.warnings <= self.limit:
            self.findings.append(warn(code, text, path))

    def goes_on(self, since: int = 0) -> bool:
        """Tell whether nothing stops the document, or nothing more than the rejections there were."""
        return self.rejections == since


def read_line(item: etree._Element, position: int, reading: Reading) -> OrderLine | None:
    """Return the line of an ItemOut or ItemIn; None: it makes none, and the findings say why."""
    line_no = item.get("lineNumber", "").strip() or str(position)
    path, before = f"{item.tag}[{position}]", reading.rejections
    parts = first_children(item)
    item_id, detail = first_children(parts.get("ItemID")), first_children(parts.get("ItemDetail"))
    fields: dict[str, Any] = {
        "line_no": line_no,
        "item_ids": tuple(_item_ids(item_id, detail)),
        "quantity": _quantity(item, path, line_no, reading),
        "unit": text_of(detail.get("UnitOfMeasure")) or None,
        "description": _description(detail.get("Description")),
        "requested_on": _requested_on(item, parts.get("ScheduleLine"), path, reading),
        "auxiliary_id": inner_xml(item_id.get("SupplierPartAuxiliaryID")) or None,
        "location": address_no(parts["ShipTo"].find("Address")) if "ShipTo" in parts else None,
        "note": note_of(item) if "Comments" in parts else None,
        **_price(detail, path, reading),
    }
    if not fields["item_ids"]:
        reading.reject("missing", f"Line {line_no} names no item", f"{path}/ItemID")
    if not reading.goes_on(before):
        return None
    try:
        return OrderLine(**fields)
    except ValidationError as error:
        _tell(error, f"Line {line_no}", path, reading)
    return None


def _item_ids(item_id: Children, detail: Children) -> Iterator[dict[str, str]]:
    """Yield every number of the item, ours first."""
    named = (
        (ItemScheme.SUPPLIER, text_of(item_id.get("SupplierPartID"))),
        (ItemScheme.GTIN, _gtin(item_id, detail)),
        (ItemScheme.BUYER, text_of(item_id.get("BuyerPartID"))),
        (ItemScheme.MANUFACTURER, text_of(detail.get("ManufacturerPartID"))),
    )
    for scheme, value in named:
        if value:
            yield {"scheme": scheme, "value": value}


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


def _gtin(item_id: Children, detail: Children) -> str:
    """Return the GTIN, wherever it stands; '': there is none."""
    numbers = []
    reference = item_id.get("IdReference")
    while reference is not None:  # they stand side by side
        if reference.get("domain", "").lower().startswith(_GTIN_DOMAINS):
            numbers.append(reference.get("identifier", "").strip())
        reference = reference.getnext()
    if "ItemDetailIndustry" in detail:
        numbers.append(text_of(detail["ItemDetailIndustry"], "ItemDetailRetail/EANID"))
    return next((number for number in numbers if _GTIN.fullmatch(number)), "")


def _quantity(item: etree._Element, path: str, line_no: str, reading: Reading) -> Decimal | None:
    text = item.get("quantity", "").strip()
    quantity = decimal_of(text)
    if quantity is None or quantity <= 0:
        reading.reject(
            "quantity", f"Line {line_no}: {text[:40]!r} is no quantity that can be delivered", f"{path}/@quantity"
        )
        return None
    return quantity


def _description(description: etree._Element | None) -> str | None:
    """Return the first Description; a ShortName in it is another one."""
    if description is None:
        return None
    texts = [description.text or "", *((child.tail or "") for child in description)]
    return " ".join("".join(texts).split()) or text_of(description, "ShortName") or None


def _requested_on(item: etree._Element, schedule: etree._Element | None, path: str, reading: Reading) -> date | None:
    scheduled = schedule.get("requestedDeliveryDate", "") if schedule is not None else ""
    text = (item.get("requestedDeliveryDate", "") or scheduled).strip()
    if not text:
        return None
    day = to_day(text)
    if day is None:
        reading.warn("date", f"{text[:40]!r} is no date", f"{path}/@requestedDeliveryDate")
    return day


def _price(detail: Children, path: str, reading: Reading) -> dict[str, Decimal | None]:
    """UnitPrice is per PriceBasisQuantity of its own unit; one ordered unit holds conversionFactor of those."""
    money = detail["UnitPrice"].find("Money") if "UnitPrice" in detail else None
    if money is None:
        return {}
    price = decimal_of(text_of(money))
    if price is None:
        reading.warn("price", f"{text_of(money)[:40]!r} is no price", f"{path}/ItemDetail/UnitPrice")
        return {}
    currency = money.get("currency", "").strip().upper()
    if reading.currency and currency and currency != reading.currency:
        text = f"A price is in {currency[:10]}, and the order in {reading.currency}"
        reading.reject("currency", text, f"{path}/ItemDetail/UnitPrice")
    basis = detail.get("PriceBasisQuantity")
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
