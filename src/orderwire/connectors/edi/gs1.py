"""GS1 numbers: GTIN and GLN, and whether their check digits are right."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from orderwire.connectors.edi.elements import Misfit
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.syntax import ServiceString

_GTIN: Final = frozenset({"EN", "SRV", "UP"})
_GTIN_LENGTHS: Final = frozenset({8, 12, 13, 14})
_GLN_LENGTH: Final = 13
_GS1: Final = "9"  # DE 3055
#: Where a segment's first C212 stands.
_ITEMS: Final = {"LIN": 3, "PIA": 2}
#: Segments that hold such numbers.
HOLDERS: Final = frozenset({*_ITEMS, "NAD"})


def is_gs1(number: str) -> bool:
    """Whether the last digit is the mod-10 check digit of the others (GTIN, GLN, SSCC)."""
    if not (number.isascii() and number.isdigit()):
        return False
    digits = number.encode()
    zeros = 48 * ((len(digits) + 1) // 2 + 3 * (len(digits) // 2))  # each digit's byte is 48 more than the digit
    return (sum(digits[::-2]) + 3 * sum(digits[-2::-2]) - zeros) % 10 == 0


def numbers_right(segments: Sequence[Segment], service: ServiceString) -> bool:
    """Whether `wrong_numbers` has surely nothing to tell of a message: quick, and at worst too careful."""
    text = service.element.join([segment.text for segment in segments if segment.tag in _ITEMS])
    if service.release and service.release in text:
        return False
    parts = text.replace(service.component, service.element).split(service.element)
    if " " in text or not text.isprintable():
        parts = list(map(str.strip, parts))
    gtins = [number for number, code in pairwise(parts) if code in _GTIN and number]
    return all(len(number) in _GTIN_LENGTHS and is_gs1(number) for number in gtins) and not any(
        any(wrong_numbers(segment)) for segment in segments if segment.tag == "NAD"
    )


def wrong_numbers(segment: Segment) -> Iterator[Misfit]:
    """Yield each GTIN and GLN of a LIN, PIA or NAD that is none."""
    if segment.tag == "NAD":
        number = segment.value(2, 1)
        if segment.value(2, 3) == _GS1 and number and not (len(number) == _GLN_LENGTH and is_gs1(number)):
            yield Misfit("check_digit", 12, f"{number[:20]} is no GLN: length or check digit is wrong", 2, 1)
        return
    for element_no in range(_ITEMS[segment.tag], len(segment)):
        if segment.value(element_no, 2) in _GTIN:
            number = segment.value(element_no, 1)
            if number and not (len(number) in _GTIN_LENGTHS and is_gs1(number)):
                text = f"{number[:20]} is no GTIN: length or check digit is wrong"
                yield Misfit("check_digit", 12, text, element_no, 1)
        if segment.tag == "LIN":
            return
