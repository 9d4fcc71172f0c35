"""Objections: the sender is told of a message that makes no sense, where it wants to be."""

import pytest

from edibuyer import NOW, understood
from ediwire import LINE, decode, interchange, order, profile
from orderwire.canonical.acknowledgement import Fault, Verdict
from orderwire.ports.intake import DecodedMessage

HEADING = ("BGM+220+PO-1+9", "DTM+137:20260302:102", "NAD+BY+4099998000020::9")


def bad_order(wish: str, *segments: str) -> DecodedMessage:
    [only] = decode(interchange(order(*segments, heading=HEADING)), profile(aperak=wish))
    [message] = only.messages
    assert message.accepted
    return message


def test_an_aperak_tells_what_makes_no_sense() -> None:
    """It names the document, the interchange, the line, and the error in words."""
    message = bad_order("on_error", "LIN+7++4099999001019:EN", "QTY+21:0:PCE")
    assert message.object_to is not None

    document = message.object_to(77, NOW)

    assert (document.kind, document.name) == ("APERAK", "APERAK_baumarkt_77.edi")
    told = understood(document.content)
    assert (told.verdict, told.references) == (Verdict.REJECTED, {"ACW": "PO-1", "ABO": "R1"})
    text = "the ordered quantity is not greater than zero (segment QTY, segment no 6, value 0)"
    assert told.faults == (Fault(code="mapping", text=text, reference="LI:7"),)


@pytest.mark.parametrize(("wish", "segments"), [("never", ("LIN+7",)), ("on_error", LINE)])
def test_nobody_is_told_for_nothing(wish: str, segments: tuple[str, ...]) -> None:
    """Neither a partner that wants none, nor one whose order was understood."""
    assert bad_order(wish, *segments).object_to is None
