"""EDIFACT text for tests: a whole interchange from the few segments a test cares for."""

from collections.abc import Sequence
from typing import Final

from orderwire.config.edi import EdiIdentifier, EdiProfile
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi.decoder import decode_content
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.ports.intake import DecodedInterchange, DecodedMessage, DecodeHint, Finding, Severity

SENDER: Final = "4099998000020"
OURS: Final = "4099998000013"
ORDERS: Final = "ORDERS:D:96A:UN:EAN008"
UNB: Final = f"UNB+UNOC:3+{SENDER}:14+{OURS}:14+260302:0915+R1"
BUYER: Final = f"NAD+BY+{SENDER}::9"
HEADING: Final = ("BGM+220+PO-1+9", "DTM+137:20260302:102", BUYER)
LINE: Final = ("LIN+1++4099999001019:EN", "QTY+21:10:PCE")


def message(*segments: str, kind: str = ORDERS, ref: str = "M1") -> list[str]:
    """Return a message with a right UNT."""
    return [f"UNH+{ref}+{kind}", *segments, f"UNT+{len(segments) + 2}+{ref}"]


def order(*segments: str, heading: Sequence[str] = HEADING, ref: str = "M1") -> list[str]:
    """Return an ORDERS message; `segments` are its line groups."""
    return message(*heading, *(segments or LINE), "UNS+S", ref=ref)


def interchange(*messages: Sequence[str], unb: str = UNB, unz: str | None = None, una: str = "") -> bytes:
    """Return an interchange with a right UNZ, unless the test wants a wrong one."""
    segments = [unb, *(segment for each in messages for segment in each)]
    segments.append(unz if unz is not None else f"UNZ+{len(messages)}+R1")
    return (una + "".join(f"{segment}'" for segment in segments)).encode("latin-1")


def profile(**changes: object) -> PartnerProfile:
    """Return the profile of the partner that sends under SENDER; `changes` go to its EDI section."""
    facts = {
        "identifiers": (EdiIdentifier(id=SENDER, qualifier="14"),),
        "ours": EdiIdentifier(id=OURS, qualifier="14"),
    }
    edi = EdiProfile.model_validate({**facts, **changes})
    return PartnerProfile(key="baumarkt", name="Baumarkt", customer_no="C10000", edi=edi)


def decode(
    content: bytes, partner: PartnerProfile | None = None, hint: DecodeHint | None = None, **limits: int
) -> tuple[DecodedInterchange, ...]:
    """Decode as the connector does, with one partner known or none."""
    decoded = decode_content(
        content, hint or DecodeHint(), lambda _identifier, _qualifier: partner, EdiLimits.model_validate(limits)
    )
    return decoded.interchanges


def decode_one(content: bytes, partner: PartnerProfile | None = None) -> DecodedMessage:
    """Decode an interchange of one message."""
    (only,) = decode(content, partner)
    (decoded,) = only.messages
    return decoded


def codes(findings: Sequence[Finding], severity: Severity | None = None) -> list[str]:
    return [finding.code for finding in findings if severity in {None, finding.severity}]
