"""No message, however its segments are cut, doubled, swapped or emptied, does more to a map than have no meaning."""

from pathlib import Path
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from edibuyer import messages_of
from orderwire.connectors import edi
from orderwire.connectors.edi.maps.buying import BUYER_MAPS
from orderwire.connectors.edi.maps.meaning import MAPS
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.segment import Element, Segment
from orderwire.errors import MappingError

FOLDER: Final = Path(edi.__file__).parent / "samples"
ALL: Final = {**MAPS, **BUYER_MAPS}
#: One message of every kind that is read on either side.
MESSAGES: Final = [
    message
    for path in sorted(FOLDER.rglob("*.edi"))
    for message in messages_of(path.read_bytes())
    if message.kind in ALL and "broken" not in path.parts
]
VALUES: Final = st.sampled_from(("", "0", "-1", "x", "9" * 40, "1e5", "NaN", "20269999", "\x00", "é", "137", "21", "7"))


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, list[Segment]]:
    """Draw a message and spoil a few of its segments."""
    message = draw(st.sampled_from(MESSAGES))
    segments = list(message.segments)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(segments) - 1))
        kind = draw(st.sampled_from(("drop", "double", "swap", "value", "empty")))
        if kind == "drop" and len(segments) > 1:
            del segments[place]
        elif kind == "double":
            segments.insert(place, segments[draw(st.integers(0, len(segments) - 1))])
        elif kind == "swap":
            other = draw(st.integers(0, len(segments) - 1))
            segments[place], segments[other] = segments[other], segments[place]
        else:
            segments[place] = _spoilt(segments[place], draw(VALUES) if kind == "value" else "", draw(st.integers(1, 6)))
    return message.kind, segments


def _spoilt(segment: Segment, value: str, number: int) -> Segment:
    """Put a value in the place of an element, alone or as the components of a composite."""
    elements: list[Element] = [*segment.elements]
    other: Element = value if number % 2 else [value, value, value]
    elements[number : number + 1] = [other]
    return Segment(segment.offset, elements)


@settings(max_examples=400, deadline=None)
@given(spoilt())
def test_a_map_makes_something_or_says_why_not(case: tuple[str, list[Segment]]) -> None:
    """A mapping error is the only one, and its facts name a segment."""
    kind, segments = case
    try:
        ALL[kind](segments, Sender("baumarkt"))
    except MappingError as error:
        where = error.facts.get("segment")
    else:
        where = kind
    assert where
