"""How long values may be in what we write."""

from dataclasses import dataclass
from typing import Final

from orderwire.config.edi import Directory
from orderwire.connectors.edi.charset import fits_text

#: 7140 an..35, 1082 and 1156 an..6, 1004 an..35, in both directories.
ITEM_WIDTH: Final = 35
LINE_NO_WIDTH: Final = 6
NUMBER_WIDTH: Final = 35
#: 6060, 5004 and 5118 are n..15 and n..18 in D.96A; what fits there fits everywhere.
DIGITS: Final = 15


@dataclass(frozen=True, slots=True)
class Widths:
    """Where D.96A and D.01B differ."""

    release: str
    gtin: str
    text: int
    reference: int
    description: int


DIRECTORIES: Final[dict[Directory, Widths]] = {
    "D.96A": Widths("96A", "EN", 70, 35, 35),
    "D.01B": Widths("01B", "SRV", 512, 70, 256),
}


def item_fits(number: str, codec: str) -> bool:
    """Whether an item number can be written."""
    return len(number) <= ITEM_WIDTH and fits_text(number, codec)


def digits_of(number: str) -> int:
    """Count the digits of a number as it is written."""
    return sum(char.isdigit() for char in number)
