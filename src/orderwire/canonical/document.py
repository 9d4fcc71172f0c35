"""Bodies of the events that speak of documents rather than of orders."""

from pydantic import Field

from orderwire.canonical.model import Canonical
from orderwire.canonical.order import Channel


class DocumentReceived(Canonical):
    """Body of document.received: raw bytes are in the archive and wait to be decoded."""

    document_id: str
    channel: Channel
    sha256: str = Field(description="Key of the raw bytes in the archive")
    size: int = Field(ge=0, description="Bytes")
    name: str | None = Field(default=None, description="File name or path the bytes came under")
    partner: str | None = Field(default=None, description="Known from the channel; None: from the document")
    epoch: int = Field(default=0, ge=0, description="0: first time; n: the n-th replay")
    replays: str | None = Field(
        default=None, description="The one message or interchange of the document that is done again; None: all"
    )


class DocumentReady(Canonical):
    """Body of document.ready: an outbound document is archived and waits to be delivered."""

    document_id: str
    partner: str
    sha256: str
    name: str = Field(description="File name under which the partner gets it")
    media_type: str


class DocumentDelivered(Canonical):
    """Body of document.delivered."""

    document_id: str
    partner: str
    via: str = Field(description="Channel and place, e.g. folder:outbox/acme/ORDRSP_4711.edi")


class MessageParked(Canonical):
    """Body of message.parked: a person decides."""

    parked_id: str
    document_id: str | None
    partner: str | None
    order_no: str | None
    flow: str
    code: str
    reason: str
