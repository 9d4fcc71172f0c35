"""cXML that somebody spoilt: whatever the bytes are, there is a finding or an order, and never an exception."""

import random
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from orderwire.config.partners import Partners
from orderwire.config.secrets import Secrets
from orderwire.connectors.punchout import connector
from orderwire.connectors.punchout.check import Checker
from orderwire.connectors.punchout.decoder import CxmlDecoder
from orderwire.connectors.punchout.dtd import Dtds
from orderwire.mapping.masking import masked
from orderwire.ports.intake import DecodeHint

ROOT: Final = Path(__file__).parents[2]
SAMPLES: Final = sorted((Path(str(connector.__file__)).parent / "samples").glob("order-*.[xm][mi][lm]*"))
PARTNERS: Final = Partners(ROOT / "config")
CHECKER: Final = Checker(PARTNERS, Secrets({}), Dtds())
NOW: Final = datetime(2026, 11, 21, 8, tzinfo=UTC)
#: What is put in the place of a value or text.
ODD: Final = (
    *(
        "",
        " ",
        "\n",
        "0",
        "-1",
        "1e999999",
        "9" * 400,
        "1,5",
        "NaN",
        "Infinity",
        "\u0661",
        "2026-02-31",
        "9999-12-31T23:59:59-23:59",
    ),
    *(
        "0001-01-01T00:00:00+23:59",
        "&#0;",
        "&lt;",
        "\u202e",
        "x" * 5000,
        "--",
        "]]>",
        "<b/>",
        "&x;",
        "é",
        "EURO",
        "eur",
    ),
)


def test_there_are_samples_to_spoil() -> None:
    """The glob finds them."""
    assert len(SAMPLES) >= 6


def read(content: bytes) -> None:
    """Do all that is done with a document that comes."""
    decoded = CxmlDecoder().decode(content, DecodeHint(name="x"), PARTNERS)
    for interchange in decoded.interchanges:
        for message in interchange.messages:
            assert message.order is None or message.order.lines
            assert message.accepted or (message.order is None and message.notice is None)
    report = CHECKER.check(content, "x", NOW)
    assert report["accepted"] or report["findings"]
    masked(content)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(0, 2**32))
def test_spoilt_values_never_raise(sample: Path, seed: int) -> None:
    """Any value of an attribute or text of an element may be anything."""
    chance = random.Random(seed)  # noqa: S311  repeatable
    content = sample.read_bytes().decode("latin-1")
    places = list(re.finditer(r'="([^"]*)"|>([^<>]+)<', content))
    for place in sorted(chance.sample(places, 3), key=lambda each: -each.start()):
        group = 1 if place[1] is not None else 2
        odd = chance.choice(ODD).replace('"', "").encode().decode("latin-1")
        content = content[: place.start(group)] + odd + content[place.end(group) :]

    read(content.encode("latin-1"))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(0, 2**32))
def test_moved_elements_never_raise(sample: Path, seed: int) -> None:
    """Elements may be missing, doubled, or stand anywhere."""
    chance = random.Random(seed)  # noqa: S311  repeatable
    content = sample.read_bytes()
    for _ in range(3):
        tag = chance.choice(re.findall(rb"<([A-Za-z]+)[ >]", content) or [b"cXML"])
        pieces = list(re.finditer(rb"<" + tag + rb"[ >].*?</" + tag + rb">|<" + tag + rb"[^<>]*/>", content, re.DOTALL))
        if not pieces:
            continue
        piece = chance.choice(pieces)
        rest = content[: piece.start()] + content[piece.end() :]
        at = rest.find(b">", chance.randrange(len(rest) or 1)) + 1
        content = chance.choice(
            (rest, content[: piece.end()] + piece[0] + content[piece.end() :], rest[:at] + piece[0] + rest[at:])
        )

    read(content)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(0, 2**32), st.binary(max_size=20))
def test_spoilt_bytes_never_raise(sample: Path, seed: int, noise: bytes) -> None:
    """Bytes may be cut, doubled or overwritten, in the XML and in what stands around it."""
    chance = random.Random(seed)  # noqa: S311  repeatable
    content = sample.read_bytes()
    at, to = sorted((chance.randrange(len(content)), chance.randrange(len(content))))

    for spoilt in (
        content[:at],
        content[at:],
        content[:at] + noise + content[to:],
        content[:at] + noise + content[at:],
    ):
        read(spoilt)
