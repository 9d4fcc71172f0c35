"""Elements of a segment against its directory."""

import json
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderwire.connectors.edi.directory import Directory, directory_of
from orderwire.connectors.edi.elements import misfits, unsound
from orderwire.connectors.edi.gs1 import is_gs1, numbers_right, wrong_numbers
from orderwire.connectors.edi.segments import Segments
from orderwire.connectors.edi.syntax import DEFAULT
from orderwire.connectors.edi.tokenizer import Tokenizer


def directory(release: str) -> Directory:
    found = directory_of("D", release)
    assert found is not None
    return found


D96A, D01B = directory("96A"), directory("01B")
TAGS = sorted({*D96A.segments, *D01B.segments})
VALUES = (
    "",
    "1",
    "AAA",
    "EN",
    "9",
    "21",
    "102",
    "4099999001019",
    "4099999001018",
    "1.5",
    "1,",
    "x" * 36,
    "?+",
    "??",
    " 1",
    "EN ",
    "\xa0",
    "?\t",
    "A?+4099999001019",
)


def read(*texts: str) -> Segments:
    return Segments(Tokenizer(DEFAULT).segments(["".join(f"{text}'" for text in texts).encode("latin-1")]))


@st.composite
def segments(draw: st.DrawFn) -> str:
    """A segment of the directories, filled at random."""
    elements = draw(st.lists(st.lists(st.sampled_from(VALUES), min_size=1, max_size=4).map(":".join), max_size=6))
    return "+".join([draw(st.sampled_from(TAGS)), *elements])


@settings(deadline=None)
@given(st.sampled_from([D96A, D01B]), st.lists(segments(), max_size=5))
def test_a_segment_that_is_passed_over_has_no_misfit(directory: Directory, texts: list[str]) -> None:
    """The quick pattern over the whole message never passes a segment in which the slow look finds something."""
    message = read("UNH+1+ORDERS:D:96A:UN", *texts, "UNT+1+1")
    looked_at = set(unsound(message, directory, DEFAULT))
    for number, segment in enumerate(message):
        assert number in looked_at or not list(misfits(segment, directory)), segment
    if numbers_right(message, DEFAULT):
        held = [each for each in message if each.tag in {"LIN", "PIA", "NAD"}]
        assert not list(chain.from_iterable(map(wrong_numbers, held)))


@pytest.mark.parametrize(
    "text",
    [
        "QTY+21:10:PCE",
        "LIN+1++4099999001019:EN",
        "IMD+F++:::Bolt 1/2?' ?+ nut??",
        "NAD+BY+4099998000020::9",
        "DTM+2:20260301:102",
    ],
)
def test_sound_segments_are_passed_over(text: str) -> None:
    """What most segments look like costs nothing, released characters or not."""
    assert list(unsound(read(text), D96A, DEFAULT)) == []


def test_both_directories_are_whole() -> None:
    """Every segment of every message has its elements; the composites of NAD and LIN are those of the standard."""
    for directory in (D96A, D01B):
        assert {"ORDERS", "ORDCHG", "ORDRSP", "DESADV", "INVOIC", "INVRPT", "CONTRL"} <= set(directory.messages)
        assert all(directory.segments[tag] for tag in ("BGM", "DTM", "NAD", "LIN", "QTY", "PRI", "UCI"))
        assert {"EN", "SRV"} <= directory.codes["7143"]
    region = D01B.segments["NAD"][6]
    assert [each.number for each in region.components] == ["3229", "1131", "3055", "3228"]
    assert json.dumps(D96A.segments["LIN"][0]) == '["1082", false, [["1082", false, "n", 6]]]'


@given(st.integers(0, 10**12 - 1))
def test_check_digits(number: int) -> None:
    """Of the ten last digits, one is right."""
    assert sum(is_gs1(f"{number:012d}{last}") for last in range(10)) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("LIN+1++4099999001019:EN", 0),
        ("LIN+1++4099999001018:EN", 1),
        ("LIN+1++4099999001018:SA", 0),
        ("LIN+1++ABC:SRV", 1),
        ("LIN+1++A?+4099999001019:EN", 1),
        ("LIN+1++4099999001018: EN", 1),
        ("PIA+1+1:SA+4099999001018:EN+4099999001017:UP", 2),
        ("NAD+BY+4099998000021::9", 1),
        ("NAD+BY+4099998000021::91", 0),
    ],
)
def test_numbers_of_gs1(text: str, count: int) -> None:
    """A GTIN is known by its qualifier and a GLN by its agency."""
    segments = read(text)
    (segment,) = segments
    assert len(list(wrong_numbers(segment))) == count
    assert numbers_right(segments, DEFAULT) is (count == 0)
