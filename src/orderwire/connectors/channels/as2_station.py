"""AS2 in: what a call to /as2 brought is opened and verified: a partner's message, or a partner's receipt."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from orderwire.config.channels import As2Profile
from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.channels import as2_receipt
from orderwire.connectors.channels.as2 import DESTINATION, MAX_RECEIPT_BYTES, one_line, with_head
from orderwire.connectors.channels.as2_library import library
from orderwire.connectors.channels.as2_parties import As2Parties
from orderwire.connectors.channels.names import channel_of, is_plain
from orderwire.errors import DecodeError, LimitError, UnavailableError, UnknownPartnerError
from orderwire.ports.transmission import Addressee, GivenReceipt, Transmission

#: What of a call's head is the message's.
_HEADERS: Final = (
    "as2-version", "as2-from", "as2-to", "message-id", "subject", "date", "mime-version", "content-type",
    "content-transfer-encoding", "content-disposition", "disposition-notification-to",
    "disposition-notification-options", "receipt-delivery-option",
)  # fmt: skip
_DIGESTS: Final = ("sha256", "sha384", "sha512", "sha1")
_MAX_ID_CHARS: Final = 255
#: Parsing MIME takes its time by the line. What is encrypted, or wrapped in base64, has far fewer.
_MAX_LINES: Final = 1_000_000


@dataclass(frozen=True)
class As2Station:
    """Opens what comes. Pure: nothing is kept, nothing answered."""

    parties: As2Parties
    partners: Partners

    def open(self, headers: Mapping[str, str], body: bytes, addressee: Addressee) -> Transmission | GivenReceipt:
        """Open a call, its headers in lower case.

        Raises:
            UnknownPartnerError: it comes from, or goes to, nobody that we know.
            DecodeError: it is neither a message nor a receipt, or a receipt that cannot be believed.
        LimitError: more of it than any message or receipt has.
        UnavailableError: a receipt for what we do not know of yet.
        """
        head = {name: headers[name] for name in _HEADERS if name in headers}
        if body.count(b"\n") > _MAX_LINES:
            raise LimitError("more lines than a message has", limit=_MAX_LINES)
        try:
            if not as2_receipt.is_receipt(head.get("content-type", ""), body):
                return self._message(_one_digest(head), body)
            if len(body) > MAX_RECEIPT_BYTES:
                raise LimitError("larger than a receipt is", limit=MAX_RECEIPT_BYTES)
            return self._receipt(with_head(head, body), addressee)
        except RecursionError:
            raise DecodeError("parts within parts without end") from None

    def _receipt(self, raw: bytes, addressee: Addressee) -> GivenReceipt:
        message_id = as2_receipt.original_message_id(raw)
        partner = addressee(message_id) if message_id else None
        if partner is None:  # it may be faster than the news that the message is out
            raise UnavailableError("the receipt is for no message that we know of yet")
        known = self.partners.get(partner)
        if known.as2 is None:
            raise DecodeError("the receipt is for no message of ours")
        given = as2_receipt.read(raw, self.parties.theirs(known, known.as2), signed=known.as2.mdn_signed)
        if given.message_id != message_id:
            raise DecodeError("the receipt is for no message of ours")
        return GivenReceipt(known.key, message_id, given.accepted, given.text, given.mic)

    def _message(self, head: dict[str, str], body: bytes) -> Transmission:
        partner, profile = self._sender(head)
        message_id = head.get("message-id", "").strip().strip("<>")
        if not 0 < len(message_id) <= _MAX_ID_CHARS:
            raise DecodeError("an AS2 message needs a Message-ID")
        us, them = self.parties.ours(profile), self.parties.theirs(partner, profile)
        message = _bounded(self.parties.settings.limits.max_document_bytes)
        try:
            status, (error, _), _ = message.parse(with_head(head, body), lambda _name: us, lambda _name: them)
        except Exception as defect:
            raise DecodeError("the AS2 message cannot be read") from defect
        refusal = _refusal(status, error, message, profile)
        name = (message.payload.get_filename() if refusal is None else None) or f"{message_id[:100]}.edi"
        destination = self._destination(head, profile)
        return Transmission(
            partner.key,
            message_id,
            name if is_plain(name) else "as2.edi",
            channel_of(name),
            message.content if refusal is None else b"",
            refusal,
            destination is not None,
            _receipt_of(message, destination) if "disposition-notification-to" in head else lambda _refusal: None,
        )

    def _sender(self, head: Mapping[str, str]) -> tuple[PartnerProfile, As2Profile]:
        sender, recipient = _name(head.get("as2-from", "")), _name(head.get("as2-to", ""))
        partner = self.partners.by_as2_name(sender) if sender else None
        if partner is None or partner.as2 is None:
            raise UnknownPartnerError("no partner sends under this AS2 name", sender=sender[:128])
        if recipient != (partner.as2.ours or self.parties.settings.as2.name):
            raise UnknownPartnerError("this AS2 name is not ours", recipient=recipient[:128])
        return partner, partner.as2

    @staticmethod
    def _destination(head: Mapping[str, str], profile: As2Profile) -> str | None:
        """Return where a later receipt goes: as asked if that is the partner's own place, else to that place."""
        asked = head.get("receipt-delivery-option", "").strip()
        if not asked:
            return None
        own = profile.mdn_url or profile.url
        return asked if own is not None and _origin(asked) == _origin(own) else own or ""


def _bounded(max_bytes: int) -> Any:
    """Return a message that decompresses no more than is taken in."""
    as2, cms = library("pyas2lib.as2"), library("asn1crypto.cms")

    def decompress(_message: object, payload: Any) -> tuple[bool, Any]:
        if (payload.get_content_type(), payload.get_param("smime-type")) != (
            "application/pkcs7-mime",
            "compressed-data",
        ):
            return False, payload
        info = cms.ContentInfo.load(payload.get_payload(decode=True))
        packed = info["content"]["encap_content_info"]["content"].native
        unpacked = zlib.decompressobj().decompress(packed, max_bytes + 1)
        if len(unpacked) > max_bytes:
            raise library("pyas2lib.exceptions").DecompressionError("too large")
        return True, as2.parse_mime(unpacked)

    return type("Bounded", (as2.Message,), {"_decompress_data": decompress})()


def _refusal(status: str, error: Exception | None, message: Any, profile: As2Profile) -> str | None:
    """Return the standard's word for what is wrong. What the profile demands is looked at here once more."""
    if status != "processed" or error is not None:
        return str(getattr(error, "disposition_modifier", "unexpected-processing-error"))
    if profile.encrypt and not message.encrypted:
        return "insufficient-message-security"
    if profile.sign and not (message.signed and message.digest_alg):
        return "insufficient-message-security"
    return None


def _receipt_of(message: Any, destination: str | None) -> Callable[[str | None], bytes | None]:
    def receipt(refusal: str | None) -> bytes | None:
        mdn = library("pyas2lib.as2").Mdn()
        mdn.build(message, "processed/error" if refusal else "processed", refusal)
        head = one_line(mdn.headers) | ({} if destination is None else {DESTINATION: destination})
        return with_head(head, mdn.content)

    return receipt


def _one_digest(head: dict[str, str]) -> dict[str, str]:
    """Leave of the digests that the sender would take the first we know: the library takes the last, whatever it is."""
    options = head.get("disposition-notification-options")
    if not options:
        return head
    asked = [word.strip().lower().replace("-", "") for word in options.rpartition(";")[2].split(",")]
    digest = next((word for word in asked if word in _DIGESTS), _DIGESTS[0])
    protocol = "signed-receipt-protocol=optional, pkcs7-signature"
    return head | {"disposition-notification-options": f"{protocol}; signed-receipt-micalg=optional, {digest}"}


def _name(text: str) -> str:
    """Return an AS2 name without its quotes."""
    text = text.strip()
    return text[1:-1].replace('\\"', '"').replace("\\\\", "\\") if text[:1] == text[-1:] == '"' else text


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return parts.scheme, parts.hostname, port
