"""Dry runs: what would become of a parked message by today's maps and code lists. Nothing is written, NAV not asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orderwire.canonical.envelope import Event
from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.config.partners import Partners
from orderwire.errors import AlreadyDoneError, MappingError, OrderwireError
from orderwire.pipeline.fulfil import digest_of, order_id
from orderwire.pipeline.parking import follow_up_of
from orderwire.pipeline.respond import Respond
from orderwire.ports.intake import DecodedFile, DecodedMessage, DecodeHint, Decoder
from orderwire.ports.journal import Document
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.parking import Parked
from orderwire.ports.store import Store, Transaction

#: How a trial ends.
PASSES: Final = "passes"
FAILS: Final = "fails"
#: Finding texts told of one message.
_MAX_FINDINGS: Final = 20


@dataclass(frozen=True)
class Trials:
    store: Store
    decoders: Mapping[Channel, Decoder]
    partners: Partners
    respond: Respond

    def of_parked(self, parked_id: str, content: bytes | None = None) -> dict[str, Any]:
        """Tell what would become of a parked message, from its raw bytes or from an edited copy of them.

        Raises:
            AlreadyDoneError: there is no such message.
            MappingError: there is no document to replay from, or its raw bytes are gone.
        """
        with self.store.read() as tx:
            return self.of_parked_in(tx, parked_id, content)

    def of_parked_in(self, tx: Transaction, parked_id: str, content: bytes | None = None) -> dict[str, Any]:
        """Do as `of_parked` in the caller's transaction."""
        entry = tx.parked.get(parked_id)
        if entry is None:
            raise AlreadyDoneError("no parked message of that id", parked_id=parked_id)
        was = {"code": entry.code, "reason": entry.reason}
        follow_up = follow_up_of(entry)
        if follow_up is not None:
            return {"parked_id": parked_id, "was": was, "messages": [], **self._told(tx, follow_up)}
        document = document_of(tx, entry)
        content = raw_of(tx, document) if content is None else content
        file = (tx.journal.get(document.parent_id) if document.parent_id else None) or document
        if document.direction == "out":
            return {"parked_id": parked_id, "was": was, "result": PASSES, "resend": document.name, "messages": []}
        hint = DecodeHint(partner=file.partner, name=document.name, control_ref=file.control_ref)
        decoded = self.decoder(document.channel).decode(content, hint, self.partners)
        messages = self._messages(tx, decoded, document.message_no)
        wrong = [finding.text for finding in decoded.findings if finding.severity.value == "reject"]
        passes = bool(messages) and not wrong and not any(message["error"] for message in messages)
        told = {"parked_id": parked_id, "was": was, "result": PASSES if passes else FAILS, "messages": messages}
        return told | ({"findings": wrong[:_MAX_FINDINGS]} if wrong or not messages else {})

    def _told(self, tx: Transaction, follow_up: Event) -> dict[str, Any]:
        try:
            outbound = self.respond.tried(tx, follow_up)
        except OrderwireError as error:
            return {"result": FAILS, "error": str(error)}
        return {"result": PASSES, "resend": outbound.name if outbound else f"nothing for {follow_up.type.value}"}

    def of_content(self, content: bytes, channel: str, hint: DecodeHint) -> dict[str, Any]:
        """Tell what would become of a document if it came now."""
        decoded = self.decoder(channel).decode(content, hint, self.partners)
        findings = [finding.text for finding in decoded.findings]
        with self.store.read() as tx:
            return {"findings": findings[:_MAX_FINDINGS], "messages": self._messages(tx, decoded, None)}

    def _messages(self, tx: Transaction, decoded: DecodedFile, message_no: int | None) -> list[dict[str, Any]]:
        """Return each message, or the one of that number, with what would become of it."""
        return [
            {
                "message_no": message.message_no,
                "kind": message.kind,
                "partner": interchange.partner,
                "accepted": message.accepted,
                "error": self._trouble(message, interchange.partner, record),
                "findings": [finding.text for finding in (*interchange.findings, *message.findings)][:_MAX_FINDINGS],
                "order": message.order.model_dump(mode="json", exclude_none=True) if message.order else None,
                "notice": message.notice.type.value if message.notice else None,
                "same_again": _answered(message.order, record),
            }
            for interchange in decoded.interchanges
            for message in interchange.messages
            if message_no in {None, message.message_no}
            for record in [tx.orders.get(order_id(message.order)) if message.order else None]
        ]

    def decoder(self, channel: str) -> Decoder:
        """Return the decoder of a channel.

        Raises:
            MappingError: there is none.
        """
        decoder = self.decoders.get(Channel(channel)) if channel in Channel.__members__.values() else None
        if decoder is None:
            raise MappingError("no connector decodes this channel", channel=channel)
        return decoder

    def _trouble(self, message: DecodedMessage, partner: str | None, record: OrderRecord | None) -> str | None:
        """Return why a message would not go through, as far as that can be told without NAV."""
        if not message.accepted:
            return "the syntax is wrong: it would be refused"
        if partner is None:
            return "no partner sends under this identifier"
        if message.error is not None:
            return str(message.error)
        if message.order is None:
            return None if message.notice else "nothing here handles this message"
        return self._units(message.order) or _conflict(message.order, record)

    def _units(self, order: PurchaseOrder) -> str | None:
        try:
            profile = self.partners.get(order.partner)
        except OrderwireError as error:
            return str(error)
        for line in order.lines:
            unit = line.unit or profile.default_unit
            if unit is not None and unit not in profile.units:
                return f"no unit of measure for the buyer's code: add it to codes/units.csv (unit={unit})"
        return None


def _conflict(order: PurchaseOrder, record: OrderRecord | None) -> str | None:
    if record is None or record.content_hash == digest_of(order) or record.erp_no is None:
        return None
    return f"an order of this number exists with other content ({record.erp_no})"


def _answered(order: PurchaseOrder | None, record: OrderRecord | None) -> bool:
    if order is None or record is None:
        return False
    return record.state is OrderState.ANSWERED and record.content_hash == digest_of(order)


def document_of(tx: Transaction, entry: Parked) -> Document:
    """Return the document that a parked message can be replayed from.

    Raises:
        MappingError: there is none.
    """
    document = tx.journal.get(entry.document_id) if entry.document_id else None
    if document is None or document.sha256 is None:
        raise MappingError("no document to replay from: look at the bytes and discard it", parked_id=entry.id)
    return document


def raw_of(tx: Transaction, document: Document) -> bytes:
    """Return a document's raw bytes.

    Raises:
        MappingError: they are gone.
    """
    try:
        return tx.archive.get(document.sha256 or "")
    except KeyError:
        raise MappingError("the raw bytes are gone: ask the sender for them", document_id=document.id) from None
