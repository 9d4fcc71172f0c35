"""AS2 out: documents are signed, encrypted and posted; the receipt says whether they came over whole."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from orderwire.config.authorities import trusted
from orderwire.config.channels import As2Profile
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.channels import as2_receipt
from orderwire.connectors.channels.as2_library import library
from orderwire.connectors.channels.as2_parties import As2Parties
from orderwire.connectors.channels.names import is_plain
from orderwire.connectors.channels.posting import Answer, Posting
from orderwire.errors import DecodeError, DeliveryRefusedError, UnavailableError
from orderwire.ports.intake import AwaitedReceipt, Delivered
from orderwire.ports.transmission import RECEIPT_TYPE

#: In front of a receipt that is to go by a call of ours: where to. It does not go with it.
DESTINATION: Final = "Receipt-Delivery-Option"
#: No receipt is longer.
MAX_RECEIPT_BYTES: Final = 1024 * 1024


@dataclass(frozen=True)
class As2Deliverer:
    """Sends documents. The same document has the same Message-ID every time, so that its receiver can tell."""

    parties: As2Parties

    def deliver(self, name: str, content: bytes, media_type: str, partner: PartnerProfile) -> str | Delivered:
        """Send the document, and read the receipt where it comes at once.

        Raises:
            DeliveryRefusedError: no address, no usable keys, an answer or a receipt that says no.
            UnavailableError: no answer or no receipt in time, or none that can be believed.
        """
        profile = partner.as2
        if profile is None:
            raise DeliveryRefusedError("the partner's profile says nothing of AS2", partner=partner.key)
        if media_type == RECEIPT_TYPE:
            return self._send_receipt(content, partner, profile)
        if profile.url is None:
            raise DeliveryRefusedError("the partner's profile names no address", partner=partner.key)
        if not is_plain(name):
            raise DeliveryRefusedError("not a file name", name=name[:100])
        message = self._message(name, content, media_type, partner, profile)
        posting = self._posting(profile.url, partner, profile)
        answer = posting.send(one_line(message.headers), message.content, answer_bytes=MAX_RECEIPT_BYTES)
        via = f"as2:{profile.url} {message.message_id}"
        mic = message.mic.decode("ascii") if message.mic else None
        if profile.mdn == "async":
            return Delivered(via, AwaitedReceipt(message.message_id, mic))
        if profile.mdn == "sync":
            self._read(answer, message.message_id, mic, partner, profile)
        return via

    def _message(self, name: str, content: bytes, media_type: str, partner: PartnerProfile, profile: As2Profile) -> Any:
        ours, theirs = self.parties.ours(profile), self.parties.theirs(partner, profile)
        if profile.mdn == "async" and not ours.mdn_url:
            raise DeliveryRefusedError("receipts that come later need an address of ours: set as2.url")
        message = library("pyas2lib.as2").Message(ours, theirs)
        number = hashlib.sha256(f"{partner.key}\0{name}\0".encode() + content).hexdigest()[:40]
        message.build(
            content,
            filename=name.encode("ascii", "replace").decode("ascii"),
            subject="EDI",
            content_type=media_type,
            disposition_notification_to=ours.mdn_url or ours.as2_name,
            message_id=number,
        )
        return message

    def _read(
        self, answer: Answer, message_id: str, mic: str | None, partner: PartnerProfile, profile: As2Profile
    ) -> None:
        raw = with_head(dict(answer.headers), answer.content)
        try:
            given = as2_receipt.read(raw, self.parties.theirs(partner, profile), signed=profile.mdn_signed)
        except DecodeError as error:
            raise UnavailableError(f"no receipt: {error.message}", partner=partner.key) from error
        if given.message_id != message_id:
            raise UnavailableError("the receipt is for another message", partner=partner.key)
        if not given.accepted:
            raise DeliveryRefusedError("the partner's receipt says no", partner=partner.key, disposition=given.text)
        if given.mic is not None and mic is not None and given.mic != mic:
            raise DeliveryRefusedError("the partner's receipt is for other content", partner=partner.key)

    def _send_receipt(self, receipt: bytes, partner: PartnerProfile, profile: As2Profile) -> str:
        """Post a receipt as it was made, where it was asked to."""
        head, _, body = receipt.partition(b"\r\n\r\n")
        headers = headers_of(head)
        url = headers.pop(DESTINATION.lower(), "")
        if not url:
            raise DeliveryRefusedError("the receipt does not say where it goes", partner=partner.key)
        self._posting(url, partner, profile).send(headers, body)
        return f"as2:{url}"

    def _posting(self, url: str, partner: PartnerProfile, profile: As2Profile) -> Posting:
        folder = self.parties.settings.config_dir / "partners" / partner.key
        return Posting(partner.key, url, trusted(folder, profile.ca_file), profile.timeout_seconds)


def one_line(headers: dict[str, Any]) -> dict[str, str]:
    """Return headers as HTTP takes them, none folded over lines."""
    return {name: " ".join(str(value).split()) for name, value in headers.items()}


def with_head(headers: dict[str, str], body: bytes) -> bytes:
    """Return head and body as one MIME entity."""
    lines = [f"{name}: {value}" for name, value in one_line(headers).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


def headers_of(head: bytes) -> dict[str, str]:
    """Return the headers of a MIME entity's head, their names in lower case."""
    lines = (line.partition(b":") for line in head.replace(b"\r\n ", b" ").split(b"\r\n"))
    return {name.decode("latin-1").lower(): value.decode("latin-1").strip() for name, _, value in lines if name}
