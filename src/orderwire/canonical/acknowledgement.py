"""How a partner took a document of ours, or we one of the partner's: CONTRL for syntax, APERAK for meaning."""

from enum import StrEnum

from pydantic import Field

from orderwire.canonical.model import Canonical
from orderwire.canonical.order import Channel


class AcknowledgementKind(StrEnum):
    SYNTAX = "syntax"  # CONTRL
    APPLICATION = "application"  # APERAK


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RECEIVED = "received"  # the interchange came; nothing is said of what is in it


class Fault(Canonical):
    """One error that the other side names."""

    code: str | None = Field(default=None, description="ISO 9735 DE 0085, or the partner's own code (ERC 9321)")
    text: str | None = None
    reference: str | None = Field(default=None, description="What it is about, e.g. LI:3")
    segment_no: int | None = Field(default=None, ge=0, description="In the message, UNH = 1")
    tag: str | None = Field(default=None, description="Service segment at fault")
    element_no: int | None = Field(default=None, ge=0)
    component_no: int | None = Field(default=None, ge=0)


class MessageVerdict(Canonical):
    ref: str = Field(description="UNH 0062 of the message it is about")
    kind: str | None = Field(default=None, description="ORDRSP, DESADV …")
    verdict: Verdict
    faults: tuple[Fault, ...] = ()


class Acknowledgement(Canonical):
    """Body of acknowledgement.received."""

    kind: AcknowledgementKind
    partner: str = Field(description="Key of the partner profile")
    channel: Channel = Channel.EDI
    test: bool = False
    verdict: Verdict = Field(description="For the whole interchange or document")
    acknowledgement_no: str | None = Field(default=None, description="The acknowledgement's own number")
    control_ref: str | None = Field(default=None, description="UNB 0020 of the interchange it is about")
    sender: str | None = Field(default=None, description="Who sent that interchange, with ':qualifier'")
    recipient: str | None = Field(default=None, description="Who got that interchange, with ':qualifier'")
    references: dict[str, str] = Field(
        default_factory=dict, description="APERAK: numbers of what it is about, by RFF 1153, e.g. ACW, ON"
    )
    faults: tuple[Fault, ...] = ()
    messages: tuple[MessageVerdict, ...] = Field(default=(), description="Messages that are named one by one")
