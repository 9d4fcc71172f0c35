"""A cart's line as OCI's fields. What does not fit in its field stops the line: cut, it would be something else."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from orderwire.canonical.cart import CartLine

#: CHAR lengths of the interface; a description goes in full as LONGTEXT besides.
_LENGTHS: Final = {
    "DESCRIPTION": 40, "MATNR": 40, "UNIT": 3, "CURRENCY": 5, "LEADTIME": 5, "VENDORMAT": 40, "MANUFACTMAT": 40,
    "MATGROUP": 10, "EXT_PRODUCT_ID": 40, "EXT_SCHEMA_TYPE": 10, "EXT_CATEGORY_ID": 60,
}  # fmt: skip
#: Eleven digits and three decimals.
_AMOUNT: Final = re.compile(r"\d{1,11}(\.\d{1,3})?", re.ASCII)
_NUMBERS: Final = {"QUANTITY": _AMOUNT, "PRICE": _AMOUNT, "PRICEUNIT": re.compile(r"[1-9]\d{0,4}", re.ASCII)}
#: Powers of ten by which price and basis may grow or shrink together, the nearest first.
_SCALES: Final = sorted(range(-18, 19), key=abs)


def fields_of(line: CartLine, currency: str, *, price_basis: bool) -> dict[str, str]:
    """Return a line's fields by name; `price_basis` tells whether its price may be made one for more than a unit."""
    first = line.classifications[0] if line.classifications else None
    price, basis = _priced(line, price_basis=price_basis)
    group = first.code if first else ""
    return {
        "DESCRIPTION": line.description[: _LENGTHS["DESCRIPTION"]],
        "MATNR": line.buyer_item_no or "",
        "QUANTITY": f"{line.quantity:f}",
        "UNIT": line.unit,
        "PRICE": price,
        "CURRENCY": currency,
        "PRICEUNIT": basis,
        "LEADTIME": "" if line.lead_time_days is None else str(line.lead_time_days),
        "VENDORMAT": line.item_no,
        "MANUFACTMAT": line.manufacturer_item_no or "",
        "MATGROUP": group if len(group) <= _LENGTHS["MATGROUP"] else "",  # it stands in EXT_CATEGORY_ID as well
        "EXT_PRODUCT_ID": line.auxiliary_id or "",
        "EXT_SCHEMA_TYPE": first.domain if first else "",
        "EXT_CATEGORY_ID": group,
    }


def unfit(fields: Mapping[str, str]) -> Iterator[str]:
    """Yield why a line cannot be said: a sentence for each field that it is too long for."""
    for name, value in fields.items():
        length, form = _LENGTHS.get(name), _NUMBERS.get(name)
        if length is not None and len(value) > length:
            yield f"your system takes {length} characters as {name}; this has {len(value)}"
        if form is not None and not form.fullmatch(value):
            kind = "whole numbers of 5 digits" if name == "PRICEUNIT" else "numbers of 11 digits and 3 decimals"
            yield f"your system takes {kind} as {name}; this is {value}"


def _priced(line: CartLine, *, price_basis: bool) -> tuple[str, str]:
    """Return price and basis, made to fit by a power of ten where one does it exactly; else as they are."""
    scales = _SCALES if price_basis else [0]
    scaled = [(_plain(line.unit_price.scaleb(scale)), _plain(line.price_basis.scaleb(scale))) for scale in scales]
    fits = (pair for pair in scaled if _AMOUNT.fullmatch(pair[0]) and _NUMBERS["PRICEUNIT"].fullmatch(pair[1]))
    return next(fits, scaled[0])


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
