"""Message disposition notifications: a partner's receipt, verified and read (RFC 4130, 7; RFC 3798)."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Any, Final

from orderwire.connectors.channels.as2_library import library
from orderwire.errors import DecodeError

_SIGNATURES: Final = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_REPORT: Final = "multipart/report"
_NOTIFICATION: Final = "message/disposition-notification"
#: Where the head of the first part of a signed receipt ends, at the latest.
_MAX_PART_HEAD_BYTES: Final = 2048
#: A signed receipt has two parts: what is signed, and the signature.
_SIGNED_PARTS: Final = 2


@dataclass(frozen=True, slots=True)
class Disposition:
    """What became of a message, in the words of who got it."""

    message_id: str
    accepted: bool
    text: str
    mic: str | None


def is_receipt(content_type: str, body: bytes) -> bool:
    """Tell whether this is a receipt rather than a message: a report, alone or signed."""
    kind = content_type.strip().lower()
    return kind.startswith(_REPORT) or (
        kind.startswith("multipart/signed") and _REPORT.encode() in body[:_MAX_PART_HEAD_BYTES].lower()
    )


def original_message_id(raw: bytes) -> str | None:
    """Return which message a receipt says it is about, before anything is verified."""
    for part in message_from_bytes(raw).walk():
        if part.get_content_type() == _NOTIFICATION:
            return _message_id(_fields(part))
    return None


def read(raw: bytes, theirs: Any, *, signed: bool) -> Disposition:
    """Verify a receipt, and read it.

    Raises:
        DecodeError: it is none, or is not signed by the partner although it must be.
    """
    message = message_from_bytes(raw)
    report: Message = message
    if message.get_content_type() == "multipart/signed":
        report = _verified(message, raw, theirs)
    elif signed:
        raise DecodeError("the receipt is not signed")
    parts = report.get_payload()
    if report.get_content_type() != _REPORT or not isinstance(parts, list):
        raise DecodeError("the answer is no receipt")
    notes = [part for part in parts if _type(part) == _NOTIFICATION]
    if len(notes) != 1 or not isinstance(notes[0], Message):
        raise DecodeError("the receipt does not say what became of the message")
    return _disposition(_fields(notes[0]))


def _verified(message: Message, raw: bytes, theirs: Any) -> Message:
    """Return the signed part: the first of two, so that nothing can be slipped in beside it."""
    parts = message.get_payload()
    boundary = message.get_boundary()
    if not isinstance(parts, list) or len(parts) != _SIGNED_PARTS or not boundary:
        raise DecodeError("the receipt is not signed as it should be")
    report, signature = parts
    if not isinstance(report, Message) or not isinstance(signature, Message) or _type(signature) not in _SIGNATURES:
        raise DecodeError("the receipt is not signed as it should be")
    verify, tools = library("pyas2lib.cms").verify_message, library("pyas2lib.utils")
    certificate, given = theirs.load_verify_cert(), signature.get_payload(decode=True)
    forms: tuple[Any, ...] = (
        lambda: tools.extract_first_part(raw, b"--" + boundary.encode()),
        lambda: tools.canonicalize(report),
        lambda: tools.extract_first_part(raw, b"--" + boundary.encode()).rstrip(
            b"\r\n"
        ),  # some sign it without the last
    )
    for form in forms:
        try:
            if verify(form(), given, certificate) is not None:  # None: it bears nobody's signature
                return report
        except Exception:  # noqa: BLE001, S112  hostile ASN.1 fails in any way; the other form may be the signed one
            continue
    raise DecodeError("the receipt's signature is not the partner's")


def _type(part: object) -> str | None:
    return part.get_content_type() if isinstance(part, Message) else None


def _fields(notification: Message) -> Message:
    """Return the fields of a notification, which the parser takes for a message in the message."""
    payload = notification.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return payload[0]
    raise DecodeError("the receipt does not say what became of the message")


def _message_id(fields: Message) -> str:
    return str(fields.get("Original-Message-ID", "")).strip().strip("<>")


def _disposition(fields: Message) -> Disposition:
    # automatic-action/MDN-sent-automatically; processed/error: decryption-failed
    said = " ".join(str(fields.get("Disposition", "")).rpartition(";")[2].split())
    kind, _, text = (word.strip().lower() for word in said.partition(":"))
    accepted = kind in {"processed", "processed/warning"} or text == "duplicate-document"
    mic = str(fields.get("Received-Content-MIC", "")).partition(",")[0].strip()
    return Disposition(_message_id(fields), accepted, said[:200] or "nothing", mic or None)
