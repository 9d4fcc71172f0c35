"""An acknowledgement that did not come in time."""

from typing import Literal

from pydantic import Field

from orderwire.canonical.model import Canonical, Instant


class AcknowledgementLate(Canonical):
    """Body of acknowledgement.late."""

    side: Literal["owed", "awaited"] = Field(description="owed: by us to the partner; awaited: from the partner")
    kind: str = Field(description="CONTRL, ORDRSP or MDN")
    partner: str = Field(description="Key of the partner profile")
    ref: str = Field(description="Interchange reference, order number or Message-ID of what is not acknowledged")
    document_id: str = Field(description="Journal row of what is not acknowledged")
    order_no: str | None = None
    opened_at: Instant = Field(description="When it was sent, or came")
    due_at: Instant
