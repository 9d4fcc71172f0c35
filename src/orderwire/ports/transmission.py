"""A document that came in a transmission with a receipt of its own (AS2), and such receipts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from orderwire.canonical.order import Channel

#: Media type under which a receipt goes out: as it is, by the channel that asked for it.
RECEIPT_TYPE: Final = "message/disposition-notification"


@dataclass(frozen=True, slots=True)
class Transmission:
    """What one call brought, opened and verified, or the reason why not."""

    partner: str
    message_id: str
    name: str
    channel: Channel
    content: bytes
    refusal: str | None  # the standard's word for what is wrong; None: nothing
    later: bool  # the receipt goes by a call of ours instead of in the answer
    #: Makes the receipt, head and body, given a refusal; None: none was asked for.
    receipt: Callable[[str | None], bytes | None]


@dataclass(frozen=True, slots=True)
class GivenReceipt:
    """A partner's receipt, verified."""

    partner: str
    message_id: str  # of what it is about
    accepted: bool
    text: str  # the partner's words
    proof: str | None  # the digest it repeats


#: Finds who a message of ours went to, by its Message-ID; None: we sent none such.
Addressee = Callable[[str], str | None]
