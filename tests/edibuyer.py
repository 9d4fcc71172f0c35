"""The buyer's desk in tests: our messages as they are read on the other side."""

import warnings
from datetime import UTC, datetime
from typing import Any, Final

from pydifact.exceptions import MissingImplementationWarning
from pydifact.segmentcollection import Interchange

from ediwire import OURS, SENDER, profile
from orderwire.canonical.model import Canonical
from orderwire.config.edi import EdiReading
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi.encoder import EdifactEncoder
from orderwire.connectors.edi.maps.buying import BUYER_MAPS
from orderwire.connectors.edi.maps.meaning import MAPS
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.message import Message
from orderwire.connectors.edi.reading import Reading
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.connectors.edi.source import Source, chunks
from orderwire.ports.intake import Finding, Notice

NOW: Final = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def encoded(body: Canonical, partner: PartnerProfile | None = None) -> bytes:
    """Write a body for the partner of `ediwire`."""
    document = EdifactEncoder().encode(body, partner or profile(), 77, NOW)
    assert document is not None
    return document.content


def rows(body: Canonical, partner: PartnerProfile | None = None) -> list[str]:
    """Return the segments between UNH and UNT."""
    segments = encoded(body, partner).decode("latin-1").split("'")
    begin = next(index for index, segment in enumerate(segments) if segment.startswith("UNH"))
    return segments[begin + 1 : -3]


def messages_of(content: bytes) -> list[Message]:
    """Return every message of a file, whatever is wrong with it."""
    reading = Reading(Source(chunks(content, 0, len(content), 65536), len(content) + 1), EdiLimits())
    return [message for each in reading.interchanges() for message in each.messages()]


def read(content: bytes) -> tuple[Message, list[Finding]]:
    """Read an interchange of one message, with every finding on the way."""
    reading = Reading(Source(chunks(content, 0, len(content), 65536), len(content) + 1), EdiLimits())
    [(message, envelope)] = [(message, each.envelope) for each in reading.interchanges() for message in each.messages()]
    findings = [*reading.findings, *envelope.findings.close(), *message.findings.close()]
    return message, findings


def understood(content: bytes, *, codes: EdiReading | None = None, test: bool = False) -> Any:
    """Return what the message says to the partner that gets it."""
    message, findings = read(content)
    assert findings == []
    sender = Sender("baumarkt", test, codes or EdiReading())
    meaning = (BUYER_MAPS.get(message.kind) or MAPS[message.kind])(message.segments, sender)
    return meaning.body if isinstance(meaning, Notice) else meaning


def by_pydifact(content: bytes) -> list[str]:
    """Return the tags of the message as pydifact reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissingImplementationWarning)  # it has no tables of its own for UNB
        interchange = Interchange.from_str(content.decode("latin-1"))
    assert (str(interchange.sender[0]), str(interchange.recipient[0])) == (OURS, SENDER)
    [message] = list(interchange.get_messages())
    return [segment.tag for segment in message.segments]
