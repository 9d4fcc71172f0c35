"""The API connector: JSON in; the answer is the HTTP response, and what happens later goes out by webhook."""

import hashlib
import json
from decimal import Decimal
from typing import Any, Final

from pydantic import ValidationError

from orderwire.canonical.change import OrderChange
from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.config.partners import Partners
from orderwire.config.settings import Settings
from orderwire.connectors.api.changes import ApiChange, to_notice, to_order_change
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
    Notice,
    Severity,
)

#: Of a finding's sentence.
_MAX_TEXT_CHARS: Final = 300


class ApiDecoder:
    """One JSON document is one interchange of one message."""

    def decode(self, content: bytes, hint: DecodeHint, partners: Partners) -> DecodedFile:
        """Decode; every problem is a finding, all at once."""
        order, notice, findings = _read(content, hint.partner or "")
        partner = _known(hint.partner, partners)
        digest = hashlib.sha256(content).hexdigest()
        control_ref = hint.control_ref or digest
        message = DecodedMessage(
            message_no=1,
            ref=order.order_no if order else notice.number or "" if notice else "",
            kind="change" if notice else "order",
            version="v1",
            findings=findings,
            order=order,
            notice=notice,
        )
        interchange = DecodedInterchange(
            sender=hint.partner or "", recipient="", control_ref=control_ref, syntax="json", charset="utf-8",
            test=_is_test(order, notice), partner=partner,
            duplicate_key=f"{Channel.API}:{hint.partner}:{control_ref}", sha256=digest, messages=(message,),
        )  # fmt: skip
        return DecodedFile((interchange,))


def read_order(content: bytes) -> ApiOrder:
    """Read an order. Raises ValidationError, or ValueError when it is no JSON."""
    return ApiOrder.model_validate(_parsed(content))


def read_change(content: bytes) -> ApiChange:
    """Read a request to change or cancel an order. Raises as `read_order`."""
    return ApiChange.model_validate(_parsed(content))


def _parsed(content: bytes) -> Any:
    return json.loads(content, parse_float=Decimal, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: nobody could say which value was meant."""
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return names


def _read(content: bytes, partner: str) -> tuple[PurchaseOrder | None, Notice | None, tuple[Finding, ...]]:
    """Return the order, or the change: only that says what is to be done."""
    try:
        raw = _parsed(content)
        if isinstance(raw, dict) and "action" in raw:
            return None, to_notice(to_order_change(ApiChange.model_validate(raw), partner)), ()
        return to_purchase_order(ApiOrder.model_validate(raw), partner), None, ()
    except ValidationError as error:
        return (
            None,
            None,
            tuple(
                Finding("invalid", Severity.REJECT, f"{_path(problem['loc'])}: {problem['msg']}"[:_MAX_TEXT_CHARS])
                for problem in error.errors(include_input=False, include_url=False)[:100]
            ),
        )
    except (ValueError, RecursionError) as error:
        return (
            None,
            None,
            (Finding("not_json", Severity.REJECT, f"not a JSON document: {str(error)[:_MAX_TEXT_CHARS]}"),),
        )


def _is_test(order: PurchaseOrder | None, notice: Notice | None) -> bool:
    asked = notice.body if notice else order
    return isinstance(asked, PurchaseOrder | OrderChange) and asked.test


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
