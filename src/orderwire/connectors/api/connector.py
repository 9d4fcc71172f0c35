"""The API connector: JSON in; the answer is the HTTP response, and what happens later goes out by webhook."""

import hashlib
import json
from decimal import Decimal
from typing import Any, Final

from pydantic import ValidationError

from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.config.partners import Partners
from orderwire.config.settings import Settings
from orderwire.connectors.api.events import WebhookEncoder
from orderwire.connectors.api.orders import ApiOrder, to_purchase_order
from orderwire.errors import ConfigurationError, UnknownPartnerError
from orderwire.ports.intake import (
    Connector,
    DecodedFile,
    DecodedInterchange,
    DecodedMessage,
    DecodeHint,
    Finding,
    Severity,
)

#: Of a finding's sentence.
_MAX_TEXT_CHARS: Final = 300


class ApiDecoder:
    """One JSON document is one interchange of one message."""

    def decode(self, content: bytes, hint: DecodeHint, partners: Partners) -> DecodedFile:
        """Decode; every problem is a finding, all at once."""
        order, findings = _read(content, hint.partner or "")
        partner = _known(hint.partner, partners)
        digest = hashlib.sha256(content).hexdigest()
        control_ref = hint.control_ref or digest
        message = DecodedMessage(
            message_no=1,
            ref=order.order_no if order else "",
            kind="order",
            version="v1",
            findings=findings,
            order=order,
        )
        interchange = DecodedInterchange(
            sender=hint.partner or "", recipient="", control_ref=control_ref, syntax="json", charset="utf-8",
            test=order.test if order else False, partner=partner,
            duplicate_key=f"{Channel.API}:{hint.partner}:{control_ref}", sha256=digest, messages=(message,),
        )  # fmt: skip
        return DecodedFile((interchange,))


def read_order(content: bytes) -> ApiOrder:
    """Read a document. Raises ValidationError, or ValueError when it is no JSON."""
    raw: Any = json.loads(content, parse_float=Decimal, object_pairs_hook=_once)
    return ApiOrder.model_validate(raw)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: nobody could say which value was meant."""
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return names


def _read(content: bytes, partner: str) -> tuple[PurchaseOrder | None, tuple[Finding, ...]]:
    try:
        return to_purchase_order(read_order(content), partner), ()
    except ValidationError as error:
        return None, tuple(
            Finding("invalid", Severity.REJECT, f"{_path(problem['loc'])}: {problem['msg']}"[:_MAX_TEXT_CHARS])
            for problem in error.errors(include_input=False, include_url=False)[:100]
        )
    except (ValueError, RecursionError) as error:
        return None, (Finding("not_json", Severity.REJECT, f"not a JSON document: {str(error)[:_MAX_TEXT_CHARS]}"),)


def _path(place: tuple[int | str, ...]) -> str:
    """Return where a problem is: lines.0.quantity. Names may be the sender's own, of any length."""
    return ".".join(str(part)[:40] for part in place)


def _known(key: str | None, partners: Partners) -> str | None:
    try:
        return partners.get(key or "").key
    except (UnknownPartnerError, ConfigurationError):
        return None


def connect(_settings: Settings) -> Connector:
    """Return the API connector."""
    return Connector("api", decoders={Channel.API: ApiDecoder()}, encoders={Channel.API: WebhookEncoder()})
