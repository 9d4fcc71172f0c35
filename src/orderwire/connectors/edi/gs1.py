"""GS1 numbers: GTIN and GLN, and whether their check digits are right."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import compress
from typing import Final

from orderwire.connectors.edi.directory import letters
from orderwire.connectors.edi.elements import Misfit
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.segments import END, Segments
from orderwire.connectors.edi.syntax import ServiceString

_GTIN: Final = frozenset({"EN", "SRV", "UP"})
_GTIN_LENGTHS: Final = frozenset({8, 12, 13, 14})
_GLN_LENGTH: Final = 13
_GS1: Final = "9"  # DE 3055
#: Where a segment's first C212 stands.
_ITEMS: Final = {"LIN": 3, "PIA": 2}
#: Segments that hold such numbers.
HOLDERS: Final = frozenset({*_ITEMS, "NAD"})
#: What may be a GTIN, by the code behind it; and a GLN. Blanks are of neither, and looked at closely.
_GTINS: Final = re.compile(rf"\+([^+:{END}]*+):\s*(?:EN|SRV|UP)\s*(?=[+:{END}])")
_GLNS: Final = re.compile(rf"NAD[^+{END}]*\+[^+{END}]*\+([^+:{END}]*+):[^+:{END}]*+:\s*9\s*(?=[+:{END}])")


def is_gs1(number: str) -> bool:
    """Whether the last digit is the mod-10 check digit of the others (GTIN, GLN, SSCC)."""
    if not (number.isascii() and number.isdigit()):
        return False
    digits = number.encode()
    zeros = 48 * ((len(digits) + 1) // 2 + 3 * (len(digits) // 2))  # each digit's byte is 48 more than the digit
    return (sum(digits[::-2]) + 3 * sum(digits[-2::-2]) - zeros) % 10 == 0


def numbers_right(segments: Segments, service: ServiceString) -> bool:
    """Whether `wrong_numbers` has surely nothing to tell of a message: quick, and at worst too careful."""
    if (service.element, service.component) != ("+", ":"):
        return False
    held = {letters()[tag] for tag in HOLDERS}
    text = END.join([*compress(segments.texts, map(held.__contains__, segments.skeleton)), ""])
    if service.release and service.release in text:
        return False
    return all(map(_is_gtin, _GTINS.findall(text))) and all(map(_is_gln, _GLNS.findall(text)))


@lru_cache(maxsize=4096)  # buyers order the same articles again and again
def _is_gtin(number: str) -> bool:
    return not number or (len(number) in _GTIN_LENGTHS and is_gs1(number))


def _is_gln(number: str) -> bool:
    return not number or (len(number) == _GLN_LENGTH and is_gs1(number))


def wrong_numbers(segment: Segment) -> Iterator[Misfit]:
    """Yield each GTIN and GLN of a LIN, PIA or NAD that is none."""
    if segment.tag == "NAD":
        number = segment.value(2, 1)
        if segment.value(2, 3) == _GS1 and not _is_gln(number):
            yield Misfit("check_digit", 12, f"{number[:20]} is no GLN: length or check digit is wrong", 2, 1)
        return
    for element_no in range(_ITEMS[segment.tag], len(segment)):
        if segment.value(element_no, 2) in _GTIN:
            number = segment.value(element_no, 1)
            if not _is_gtin(number):
                text = f"{number[:20]} is no GTIN: length or check digit is wrong"
                yield Misfit("check_digit", 12, text, element_no, 1)
        if segment.tag == "LIN":
            return
