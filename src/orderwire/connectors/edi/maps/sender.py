"""Who a message comes from, and what this sender means by its codes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orderwire.config.edi import EdiReading
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi.echo import Echo, echo_of


@dataclass(frozen=True, slots=True)
class Sender:
    """The partner as maps need it."""

    partner: str
    test: bool = False
    codes: EdiReading = field(default_factory=EdiReading)
    parties: Mapping[tuple[str, str], str] = field(default_factory=dict)  # scheme and value → our number
    echo: Echo | None = None  # what our answer can say again; None: there is none


def sender_of(profile: PartnerProfile | None, key: str, *, test: bool) -> Sender:
    """Return the sender of an interchange; without a profile it has only a key."""
    if profile is None or profile.edi is None:
        return Sender(key, test)
    return Sender(key, test, profile.edi.reading, profile.parties, echo_of(profile.edi))
