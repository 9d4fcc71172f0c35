"""Lines read by one pattern are those read segment by segment, and what is not validated is as if it were."""

from collections.abc import Sequence
from itertools import chain

from hypothesis import given, settings
from hypothesis import strategies as st

from orderwire.canonical.order import ItemScheme, PurchaseOrder
from orderwire.config.edi import EdiReading
from orderwire.connectors.edi.echo import Echo
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.orders import to_purchase_order
from orderwire.connectors.edi.plain_lines import plain_lines
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.segments import Segments
from orderwire.connectors.edi.syntax import DEFAULT, ServiceString
from orderwire.connectors.edi.tokenizer import Tokenizer
from orderwire.errors import MappingError

TEXTS = st.sampled_from(
    ("", " ", "A", " A1 ", "drill 4", "x" * 80, "y" * 79 + " z", "S\xe4ge", "\xa0A\xa0", "a?+b", "??", "? ")
)
KINDS = st.sampled_from(("", "EN", "SA", "IN", "ZZZ", "en", " EN", "UP:x:9"))
GOOD = ("1", "5", "12.50", "10", "1,5", "007")
NUMBERS = st.sampled_from(
    GOOD * 6
    + (
        "0",
        "1",
        "007",
        "12.50",
        "10",
        "1,5",
        "0.000",
        "-3",
        "1.",
        ".5",
        "123456789012345678901",
        "1234567890.5",
        "x",
        "",
    )
)
UNITS = st.sampled_from(("", ":PCE", ": KGM ", ":", ":PCE:x", ":ST\xdc"))
DATES = st.sampled_from(
    (
        "DTM+2:20260301:102",
        "DTM+2:20260302:102",
        "DTM+2:20260303:102",
        "DTM+2:20260230:102",
        "DTM+2:260301:101",
        "DTM+69:20260301:102",
    )
)


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """Draw a LIN group, plain in most of its parts."""

    def item() -> str:
        return f"{draw(TEXTS)}:{draw(KINDS)}"

    number, action = (
        draw(st.sampled_from(("", "1", " 2", "00030", "0000010"))),
        draw(st.sampled_from(("",) * 9 + ("2",))),
    )
    segments = [f"LIN+{number}+{action}+{item()}"]
    options = [
        f"PIA+{draw(st.sampled_from('1235'))}+{item()}",
        f"PIA+5+{item()}+{item()}",
        f"IMD+F++:::{draw(TEXTS)}",
        f"IMD+F++:::{draw(TEXTS)}:{draw(TEXTS)}",
        f"QTY+21:{draw(NUMBERS)}{draw(UNITS)}",
        f"QTY+{draw(st.sampled_from(('21', '12', '1')))}:5:PCE",
        draw(DATES),
        f"MOA+{draw(st.sampled_from(('203', '66')))}:{draw(NUMBERS)}{draw(st.sampled_from(('', ':EUR')))}",
        f"PRI+AAA:{draw(NUMBERS)}{draw(st.sampled_from(('', ':::100', ':::0:PCE', ':CA::10: M ', '::')))}",
        f"FTX+LIN+++{draw(TEXTS)}",
    ]
    weights = (0.6, 0.05, 0.6, 0.05, 0.95, 0.03, 0.2, 0.5, 0.5, 0.05)
    return segments + [text for text, weight in zip(options, weights, strict=True) if draw(st.floats(0, 1)) < weight]


def message(groups: list[list[str]], service: ServiceString = DEFAULT) -> Segments:
    texts = [
        "UNH+1+ORDERS:D:96A:UN",
        "BGM+220+P1+9",
        "NAD+BY+4099998000020::9",
        *chain.from_iterable(groups),
        "UNS+S",
        "UNT+1+1",
    ]
    return Segments(Tokenizer(service).segments(["".join(f"{text}'" for text in texts).encode("latin-1")]))


def outcome(segments: Sequence[Segment], sender: Sender) -> PurchaseOrder | tuple[str, dict[str, object]]:
    try:
        return to_purchase_order(segments, sender)
    except MappingError as error:
        return error.message, dict(error.facts)


@settings(max_examples=600, deadline=None)
@given(
    st.lists(lines(), min_size=1, max_size=4),
    st.sampled_from(
        (
            EdiReading(),
            EdiReading(item_codes={"ZZZ": ItemScheme.BUYER, "EN": ItemScheme.OTHER}),
            EdiReading(ordered_quantities=("1", "21"), requested_dates=("69", "2")),
        )
    ),
    st.sampled_from((None, Echo(35, "ascii"), Echo(35, "iso8859-1"))),
)
def test_a_line_is_the_same_by_either_way(groups: list[list[str]], codes: EdiReading, echo: Echo | None) -> None:
    """Segments that do not know their text are read one by one: the order, or why there is none, is the same."""
    segments, sender = message(groups), Sender("baumarkt", codes=codes, echo=echo)
    one_by_one = [Segment(segment.offset, segment.elements) for segment in segments]
    quick = outcome(segments, sender)
    assert quick == outcome(one_by_one, sender)
    if isinstance(quick, PurchaseOrder):
        validated = PurchaseOrder.model_validate(quick.model_dump())
        assert quick == validated
        assert quick.model_dump_json() == validated.model_dump_json()
        assert quick.lines[0].model_fields_set


def test_most_lines_are_plain() -> None:
    """What buyers write is found; a line of another service string, or with what is not read, is left alone."""
    whole = [
        "LIN+1++4099999001019:EN",
        "PIA+1+A:SA",
        "IMD+F++:::1/2?' nut",
        "QTY+21:5:PCE",
        "MOA+203:5",
        "PRI+AAA:1.00",
    ]
    other = ["LIN+2++4099999001019:EN", "QTY+21:5:PCE", "ALI+DE"]
    segments = message([whole, other, ["LIN+3++1:SA", "QTY+21:5"]])
    assert list(plain_lines(segments, EdiReading())) == [3, 12]
    assert not plain_lines(message([whole], ServiceString(component=";")), EdiReading())


def test_a_plain_line_without_number_gets_its_position() -> None:
    """Its position among all lines is the number of a line that has none, whichever way each is read."""
    segments = message([["LIN+++A:SA", "QTY+21:5"], ["LIN+++B:SA", "QTY+21:5", "ALI+DE"], ["LIN+ ++C:SA", "QTY+21:5"]])
    assert list(plain_lines(segments, EdiReading())) == [3, 8]
    order = to_purchase_order(segments, Sender("baumarkt"))
    assert [(line.line_no, line.item_ids[0].value) for line in order.lines] == [("1", "A"), ("2", "B"), ("3", "C")]
