"""LIN groups as most buyers write them, read by one pattern each; every other one is read segment by segment."""

import re
from datetime import date
from functools import lru_cache
from typing import Final

from orderwire.canonical.order import ItemId, ItemScheme, OrderLine
from orderwire.config.edi import EdiReading
from orderwire.connectors.edi.items import SCHEMES, proven_item
from orderwire.connectors.edi.line_draft import proven_line
from orderwire.connectors.edi.segments import END, Segments
from orderwire.connectors.edi.values import kept
from orderwire.connectors.edi.widths import ITEM_WIDTH, LINE_NO_WIDTH

_TEXT: Final = rf"[^+:?{END}]*+"
_NUMBER: Final = r"[0-9]{1,9}(?:[.,][0-9]{1,6})?"
_ABOVE_ZERO: Final = r"[1-9][0-9]{0,8}(?:[.,][0-9]{1,6})?"
#: Printable ASCII without separators: what must be echoed, and is longer or other than this, is looked at.
_SAYABLE: Final = "[ -*,-9;->@-~]"
_ITEM: Final = rf"({_SAYABLE}{{0,{ITEM_WIDTH}}}+):([A-Z]{{2,3}})(?::[^+?{END}]*+)?"
_RELEASED: Final = re.compile(r"\?(.)", re.DOTALL)
_LINE: Final = re.compile(
    rf"(?<={END})LIN\+({_SAYABLE}{{0,{LINE_NO_WIDTH}}}+)\+(?:\+{_ITEM})?"
    rf"(?:{END}PIA\+[15]\+{_ITEM}(?:\+{_ITEM})?)?"
    rf"(?:{END}IMD\+[A-Z]?\+\+:::({_TEXT}(?:\?[^{END}]{_TEXT})*+))?"
    rf"{END}QTY\+21:({_ABOVE_ZERO})(?::({_SAYABLE}*+))?"
    rf"(?:{END}DTM\+2:([0-9]{{8}}):102)?"
    rf"(?:{END}MOA\+203:({_NUMBER})(?::[A-Z]{{3}})?)?"
    rf"(?:{END}PRI\+AAA:({_NUMBER})(?::{_TEXT}:{_TEXT}:({_ABOVE_ZERO})(?::({_TEXT}))?)?)?"
    rf"{END}(?=LIN\+|UNS\+)"
)


#: Quantities and prices: those of this morning are those of tonight.
_known: Final = lru_cache(maxsize=4096)(kept)


def plain_lines(segments: Segments, codes: EdiReading) -> dict[int, tuple[re.Match[str], int]]:
    """Return the plain lines of a message by the position of their LIN, from 0, and the position behind each.

    That is quick, and at worst too few of them.
    """
    service = segments[0].service if segments else None
    if service is None or (service.component, service.element, service.release) != (":", "+", "?"):
        return {}
    if codes.ordered_quantities[0] != "21" or codes.requested_dates != ("2",):
        return {}
    text = segments.text
    if text.count(END) != len(segments):
        return {}
    found: dict[int, tuple[re.Match[str], int]] = {}
    number = at = 0
    for line in _LINE.finditer(text):
        start, end = line.span()
        number += text.count(END, at, start)
        behind = number + text.count(END, start, end)
        found[number] = line, behind
        number, at = behind, end
    return found


def plain_line(found: re.Match[str], position: int, codes: EdiReading) -> OrderLine | None:
    """Return the line; None: it names no item or its date is none, and the segment is to be blamed for it."""
    values = found.groups("")
    line_no = values[0]
    quantity, unit, day, amount, net, basis, price_unit = values[8:]
    try:
        requested_on = date(int(day[:4]), int(day[4:6]), int(day[6:])) if day else None
    except ValueError:
        return None
    own = tuple(codes.item_codes.items()) if codes.item_codes else ()
    item_ids, description = _article(values[1:8], own)
    if not item_ids:
        return None
    return proven_line(
        {
            "line_no": line_no.strip() or str(position),
            "item_ids": item_ids,
            "description": description,
            "quantity": _known(quantity),
            "unit": unit.strip() or None,
            "net_price": _known(net) if net else None,
            "price_basis": _known(basis) if basis else None,
            "price_unit": price_unit.strip() or None,
            "line_amount": kept(amount) if amount else None,
            "requested_on": requested_on,
        }
    )


@lru_cache(maxsize=2048)  # buyers order the same articles again and again
def _article(values: tuple[str, ...], own: tuple[tuple[str, ItemScheme], ...]) -> tuple[tuple[ItemId, ...], str | None]:
    """Return each item once, of three numbers with their DE 7143 behind them, and the text, which is the seventh.

    The partner's own codes go first.
    """
    *numbers, text = values
    schemes = {**SCHEMES, **dict(own)}
    items: dict[tuple[ItemScheme, str], None] = {}
    for number, kind in zip(numbers[::2], numbers[1::2], strict=True):
        if value := number.strip():
            items[schemes.get(kind, ItemScheme.OTHER), value] = None
    item_ids = tuple([proven_item({"scheme": scheme, "value": value}) for scheme, value in items])
    return item_ids, _RELEASED.sub(r"\1", text).strip() or None
