"""CONTRL."""

from datetime import UTC, datetime

import pytest

from ediwire import OURS, SENDER, UNB, decode, interchange, message, order, profile
from orderwire.config.profile import PartnerProfile

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def answer(content: bytes, partner: PartnerProfile | None = None) -> list[str]:
    (only,) = decode(content, partner or profile())
    assert only.acknowledge is not None
    document = only.acknowledge(4711, NOW)
    assert (document.kind, document.control_ref) == ("CONTRL", "4711")
    return document.content.decode().split("'")[1:-1] if partner is None else document.content.decode().split("'")


def test_contrl_acknowledges_an_interchange() -> None:
    """UCI copies sender and recipient as they stood; the CONTRL's own UNB has them the other way round."""
    assert answer(interchange(order())) == [
        f"UNB+UNOC:3+{OURS}:14+{SENDER}:14+260302:0930+4711",
        "UNH+1+CONTRL:D:3:UN",
        f"UCI+R1+{SENDER}:14+{OURS}:14+7",
        "UNT+3+1",
        "UNZ+1+4711",
    ]


def test_contrl_names_the_rejected_message_only() -> None:
    """The interchange is acknowledged, the message with the wrong count is not, the other one goes without saying."""
    segments = answer(interchange([*order()[:-1], "UNT+9+M1"], order(ref="M2")))
    assert segments[2:-2] == [f"UCI+R1+{SENDER}:14+{OURS}:14+7", "UCM+M1+ORDERS:D:96A:UN:EAN008+4+29+UNT+2"]


@pytest.mark.parametrize(
    ("bad", "rows"),
    [
        (message("DTM+137:20260302:102"), ["UCS+1+13"]),
        (message("BGM+220+1", "DTM+137:1:102", "PIA+5+X:SA"), ["UCS+4+15"]),
        (message("BGM+220+1", "DTM+137:1:102", "UNS+S", "CNT+2:1"), ["UCS+5", "UCD+12+2:2"]),
    ],
)
def test_contrl_says_where_in_the_message(bad: list[str], rows: list[str]) -> None:
    """UCS counts segments from UNH = 1; UCD names the element where one is at fault."""
    assert answer(interchange(bad))[3:-2] == ["UCM+M1+ORDERS:D:96A:UN:EAN008+4", *rows]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (interchange(order(), unz="UNZ+2+R1"), "4+29+UNZ+2"),
        (interchange(order(), unz="UNZ+1+X"), "4+28+UNZ+3"),
        (interchange(order())[:-9], "4+13+UNZ"),
        (interchange(order(), unb=UNB.replace(OURS, "1")), "4+7+UNB+4"),
    ],
)
def test_contrl_rejects_the_interchange(content: bytes, cause: str) -> None:
    """An envelope that does not fit is rejected at UCI with the error and the segment."""
    (uci,) = [segment for segment in answer(content) if segment.startswith("UCI")]
    assert uci.endswith(cause)


def test_contrl_of_version_4() -> None:
    """Version 4 is answered in version 4, with a date of eight digits."""
    segments = answer(interchange(order(), unb=UNB.replace("UNOC:3", "UNOC:4")))
    assert segments[0].startswith("UNB+UNOC:4+")
    assert "+20260302:0930+" in segments[0]
    assert segments[1] == "UNH+1+CONTRL:4:1:UN"


def test_contrl_copies_test_indicator_and_routing() -> None:
    """The answer to a test is a test; the sender's reverse routing is the answer's routing."""
    unb = UNB.replace(f"{SENDER}:14", f"{SENDER}:14:BACK") + "++++++1"
    segments = answer(interchange(order(), unb=unb))
    assert f"+{SENDER}:14:BACK+" in segments[0]
    assert segments[0].endswith("+4711++++++1")


def test_contrl_releases_what_it_copies() -> None:
    """A reference with a service character in it is escaped in the answer."""
    (uci,) = [each for each in answer(interchange(order(), unb=UNB.replace("R1", "R?+1"))) if each.startswith("UCI")]
    assert uci.startswith("UCI+R?+1+")


@pytest.mark.parametrize(
    ("wish", "requested", "owed"),
    [("always", "", True), ("on_request", "", False), ("on_request", "1", True), ("never", "1", False)],
)
def test_contrl_is_sent_as_agreed(wish: str, requested: str, *, owed: bool) -> None:
    """The partner's profile decides, and UNB 0031 where it says so."""
    (only,) = decode(interchange(order(), unb=f"{UNB}++++{requested}"), profile(contrl=wish))
    assert (only.acknowledge is not None) is owed


def test_contrl_is_never_answered() -> None:
    """A CONTRL gets no CONTRL, nor does a stranger."""
    (contrl,) = decode(interchange(message(f"UCI+1+{OURS}+{SENDER}+7", kind="CONTRL:D:3:UN")), profile())
    (stranger,) = decode(interchange(order()), None)
    assert contrl.acknowledge is None
    assert stranger.acknowledge is None


def test_contrl_is_not_built_on_missing_references() -> None:
    """Without 0020, or without the reference of a message to reject, no valid CONTRL can be made."""
    (no_control_ref,) = decode(interchange(order(), unb=UNB.removesuffix("+R1")), profile())
    (no_message_ref,) = decode(interchange(["UNH++ORDERS:D:96A:UN", "UNT+2+"]), profile())
    assert no_control_ref.acknowledge is None
    assert no_message_ref.acknowledge is None
