"""Bytes to meaning and back: decoders, encoders, deliverers, inlets."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from orderwire.canonical.envelope import EventType
from orderwire.canonical.model import Canonical
from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.errors import PermanentError
from orderwire.ports.erp import Erp
from orderwire.ports.follow import Follower


class Severity(StrEnum):
    """What a finding does to the message it is about."""

    REJECT = "reject"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect, where it stands, and a sentence that the sender's people understand."""

    code: str  # stable; ISO 9735 0085 code in `syntax_code` where one fits
    severity: Severity
    text: str
    segment_no: int | None = None  # in the message, UNH = 1; in the interchange for its own segments, UNB = 1
    offset: int | None = None  # byte offset in the file
    tag: str | None = None  # segment tag or element path
    element_no: int | None = None
    component_no: int | None = None
    syntax_code: int | None = None  # ISO 9735 DE 0085


@dataclass(frozen=True, slots=True)
class OutboundDocument:
    """Bytes for a partner."""

    kind: str  # CONTRL, ORDRSP …
    content: bytes
    name: str  # file name
    media_type: str
    control_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What a message says that is no order: the event that tells of it, with its body."""

    type: EventType
    body: Canonical
    number: str | None = None  # the business number it goes by
    order_no: str | None = None


@dataclass(frozen=True, slots=True)
class DecodedMessage:
    """One message of an interchange (EDIFACT: UNH…UNT; elsewhere: the document's one)."""

    message_no: int  # position in the file, from 1
    ref: str
    kind: str  # ORDERS, ORDCHG …
    version: str  # D.96A/EAN008
    findings: tuple[Finding, ...] = ()
    order: PurchaseOrder | None = None
    notice: Notice | None = None  # instead of an order
    error: PermanentError | None = None  # why there is neither, when syntax was fine but meaning was not
    #: Makes the answer that tells the sender of `error`, as `acknowledge` does; None: the sender wants none.
    object_to: "Callable[[int, datetime], OutboundDocument] | None" = None

    @property
    def accepted(self) -> bool:
        """Whether the syntax lets it through."""
        return not any(finding.severity is Severity.REJECT for finding in self.findings)


@dataclass(frozen=True, slots=True)
class DecodedInterchange:
    """One interchange of a file."""

    sender: str  # id, with ':qualifier' where there is one
    recipient: str
    control_ref: str
    syntax: str  # UNOC:3
    charset: str  # Python codec that was used
    test: bool
    partner: str | None  # key of the profile that answers to the sender; None: unknown
    duplicate_key: str  # equal for the same interchange sent again
    sha256: str  # of the interchange's own bytes
    messages: tuple[DecodedMessage, ...]
    findings: tuple[Finding, ...] = ()
    #: Makes the acknowledgement, given a fresh control number and the time; None: none is owed.
    acknowledge: "Callable[[int, datetime], OutboundDocument] | None" = None

    @property
    def accepted(self) -> bool:
        """Whether the envelope lets its messages through."""
        return not any(finding.severity is Severity.REJECT for finding in self.findings)


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """All that was found in some bytes. Nothing is raised for bad input: it is all findings."""

    interchanges: tuple[DecodedInterchange, ...]
    findings: tuple[Finding, ...] = ()  # about bytes outside any interchange


@dataclass(frozen=True, slots=True)
class DecodeHint:
    """What the channel knows about the bytes."""

    partner: str | None = None
    name: str | None = None
    control_ref: str | None = None  # the Idempotency-Key
    fingerprint: str | None = None  # equal for what is the same under one control_ref; None: the bytes themselves
    document_id: str | None = None  # the same bytes taken in again after a crash keep their id; None: a new one


class Decoder(Protocol):
    """Pure: the same bytes and profiles give the same result. Never raises for bad input."""

    def decode(self, content: bytes, hint: DecodeHint, partners: Partners) -> DecodedFile: ...


class Encoder(Protocol):
    """Pure: an event's body in the partner's own syntax."""

    def encode(
        self, body: Canonical, partner: PartnerProfile, control_no: int, now: datetime
    ) -> OutboundDocument | None:
        """Return the document, or None where the partner gets none of that kind.

        Raises:
            MappingError: the body cannot be said in that syntax.
        """
        ...


@dataclass(frozen=True, slots=True)
class AwaitedReceipt:
    """A receipt that comes later, by a way of its own."""

    ref: str  # what it will name: the Message-ID
    proof: str | None = None  # the digest it must repeat


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where a document went."""

    via: str  # for the journal
    receipt: AwaitedReceipt | None = None
    answer: bytes | None = None  # what came back in the same call, where that says how the document was taken


class Deliverer(Protocol):
    """Puts bytes where the partner takes them. Safe to repeat: the same name is replaced whole."""

    def deliver(self, name: str, content: bytes, media_type: str, partner: PartnerProfile) -> str | Delivered:
        """Deliver, and return the place for the journal, with the receipt to be awaited where there is one.

        Raises:
            UnavailableError: not now.
            DeliveryRefusedError: the partner's system said no.
        """
        ...


#: Returns what the answer to a delivery says. Raises DeliveryRefusedError: no. Raises UnavailableError: later.
Judge = Callable[[bytes], str]

#: Takes bytes in for good: returns the document id after raw bytes and journal row are committed.
Receive = Callable[[bytes, Channel, DecodeHint], str]


class Inlet(Protocol):
    """Watches a place where partners put files."""

    def poll(self, receive: Receive) -> int:
        """Take in what is ready and return how many; a file is moved away only after `receive` returned."""
        ...


@dataclass(frozen=True)
class Connector:
    """What one outside system offers. A connector offers what it can."""

    name: str
    decoders: Mapping[Channel, Decoder] = field(default_factory=dict)
    encoders: Mapping[Channel, Encoder] = field(default_factory=dict)
    judges: Mapping[Channel, Judge] = field(default_factory=dict)
    deliverers: Mapping[str, Deliverer] = field(default_factory=dict)  # by channel scheme: folder, sftp …
    inlets: Iterable[Inlet] = ()
    erp: Erp | None = None
    follower: Follower | None = None
    close: Callable[[], None] | None = None  # gives connections back when the process ends
