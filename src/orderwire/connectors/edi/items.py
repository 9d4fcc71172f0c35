"""Item numbers: C212 of LIN and PIA, by whose they are."""

from typing import Final

from orderwire.canonical.model import prover
from orderwire.canonical.order import ItemId, ItemScheme
from orderwire.config.edi import EdiReading
from orderwire.connectors.edi.gs1 import is_gs1
from orderwire.connectors.edi.segment import Segment

#: 7143 in LIN and PIA.
SCHEMES: Final = {
    "EN": ItemScheme.GTIN,
    "SRV": ItemScheme.GTIN,
    "UP": ItemScheme.GTIN,
    "SA": ItemScheme.SUPPLIER,
    "VN": ItemScheme.SUPPLIER,
    "VP": ItemScheme.SUPPLIER,
    "IN": ItemScheme.BUYER,
    "BP": ItemScheme.BUYER,
    "MF": ItemScheme.MANUFACTURER,
    "IB": ItemScheme.ISBN,
}
_MAX_CHARS: Final = 80
_GTIN_LENGTHS: Final = frozenset({8, 12, 13, 14})

#: For values that are known to be right.
proven_item: Final = prover(ItemId)
#: Scheme and value of an item number: one to 80 characters without blanks around them.
Item = tuple[ItemScheme, str]


def item_of(segment: Segment, element_no: int, codes: EdiReading) -> ItemId | None:
    """C212 as an item number."""
    found = c212(segment, element_no, codes)
    return ItemId(scheme=found[0], value=found[1]) if found else None


def c212(segment: Segment, element_no: int, codes: EdiReading) -> Item | None:
    """C212: 7140 the number, 7143 whose it is."""
    number, kind = segment.parts(element_no, 2)
    return item(number, kind, codes)


def item(number: str, kind: str, codes: EdiReading) -> Item | None:
    """Return the item that a number without blanks around it names, by DE 7143."""
    if not number:
        return None
    if not kind and len(number) in _GTIN_LENGTHS and is_gs1(number):
        kind = "EN"
    scheme = codes.item_codes.get(kind) or SCHEMES.get(kind, ItemScheme.OTHER)
    return scheme, number if len(number) <= _MAX_CHARS else number[:_MAX_CHARS].rstrip()
