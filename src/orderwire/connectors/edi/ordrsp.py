"""ORDRSP (D.96A, D.01B): the answer to an order, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from orderwire.canonical.model import Canonical
from orderwire.canonical.order import ItemId, ItemScheme
from orderwire.canonical.party import Party, PartyRole
from orderwire.canonical.response import AnsweredOrder, LineOutcome, OrderOutcome, ResponseLine
from orderwire.config.partners import EdiIdentifier, EdiProfile, PartnerProfile
from orderwire.connectors.edi.values import plain
from orderwire.connectors.edi.writer import (
    MEDIA_TYPE,
    Header,
    Row,
    control_ref_of,
    cut,
    interchange,
    softened,
    syntax_id_of,
)
from orderwire.errors import MappingError
from orderwire.ports.intake import OutboundDocument

#: BGM 1225: 29 accepted without amendment, 4 changed, 27 not accepted. A held order is not answered yet.
_ORDER_CODES: Final = {OrderOutcome.ACCEPTED: "29", OrderOutcome.CHANGED: "4", OrderOutcome.REJECTED: "27"}
#: LIN 1229: 5 accepted without amendment, 3 changed, 6 accepted with amendment, 7 not accepted.
_LINE_CODES: Final = {
    LineOutcome.ACCEPTED: "5",
    LineOutcome.CHANGED: "3",
    LineOutcome.BACKORDERED: "6",
    LineOutcome.SUBSTITUTED: "6",
    LineOutcome.REJECTED: "7",
}
#: 7143 of each scheme; D.01B has SRV for the GTIN.
_ITEM_CODES: Final = {
    ItemScheme.GTIN: "EN",
    ItemScheme.SUPPLIER: "SA",
    ItemScheme.BUYER: "IN",
    ItemScheme.MANUFACTURER: "MF",
    ItemScheme.ISBN: "IB",
}
_AGENCIES: Final = {"gln": "9", "duns": "16", "supplier": "91", "buyer": "92"}


@dataclass(frozen=True, slots=True)
class _Directory:
    """Where D.96A and D.01B differ."""

    release: str
    gtin: str
    text_width: int
    reference_width: int


_DIRECTORIES: Final[dict[Literal["D.96A", "D.01B"], _Directory]] = {
    "D.96A": _Directory("96A", "EN", 70, 35),
    "D.01B": _Directory("01B", "SRV", 512, 70),
}
#: D.96A 7140 an..35, D.01B the same.
_ITEM_WIDTH: Final = 35
_LINE_NO_WIDTH: Final = 6


class OrdrspEncoder:
    """Writes an order response in the partner's directory."""

    def encode(
        self, body: Canonical, partner: PartnerProfile, control_no: int, now: datetime
    ) -> OutboundDocument | None:
        """Return the ORDRSP; None for a held order, for a partner without EDI, and for what is no answer.

        Raises:
            MappingError: a number is longer than the directory lets it be, or not in the character set.
        """
        edi = partner.edi
        if edi is None or not isinstance(body, AnsweredOrder) or body.response.outcome not in _ORDER_CODES:
            return None
        answer = body
        header = Header(
            sender=_identification(edi.ours),
            recipient=_identification(edi.identifiers[0]),
            control_no=control_no,
            now=now,
            syntax_id=syntax_id_of(edi.charset),
            test=answer.response.test,
            una=edi.una,
        )
        text = _Body(answer, edi, header, _DIRECTORIES[edi.response_version])
        kind = ("ORDRSP", "D", text.directory.release, "UN", edi.response_association or "")
        control_ref = control_ref_of(control_no)
        name = f"ORDRSP_{partner.key}_{control_ref}.edi"
        return OutboundDocument("ORDRSP", interchange(header, kind, list(text.rows())), name, MEDIA_TYPE, control_ref)


@dataclass(frozen=True, slots=True)
class _Body:
    answer: AnsweredOrder
    edi: EdiProfile
    header: Header
    directory: _Directory

    def rows(self) -> Iterator[Row]:
        """Yield the segments between UNH and UNT."""
        response = self.answer.response
        yield ("BGM", "231", control_ref_of(self.header.control_no), _ORDER_CODES[response.outcome])
        yield ("DTM", ("137", self.header.now.strftime("%Y%m%d"), "102"))
        yield from self._text(response.reason_text or _sentence(response.reason))
        yield ("RFF", ("ON", self._reference(response.order_no, "BGM")))
        if response.erp_no:
            yield ("RFF", ("VN", self._reference(response.erp_no, "RFF")))
        yield from self._parties()
        if response.currency:
            yield ("CUX", ("2", response.currency, "9"))
        for line in response.lines:
            yield from self._line(line)
        yield ("UNS", "S")
        yield ("CNT", ("2", str(len(response.lines))))

    def _parties(self) -> Iterator[Row]:
        """The buyer as the order named it; the supplier as the order did, else as the partner knows us."""
        buyer, supplier = self.answer.order.party(PartyRole.BUYER), self.answer.order.party(PartyRole.SUPPLIER)
        if buyer and buyer.ids:
            yield ("NAD", "BY", _party_id(buyer))
        if supplier and supplier.ids:
            yield ("NAD", "SU", _party_id(supplier))
        else:
            yield ("NAD", "SU", (self.edi.ours.id, "", "9" if self.edi.ours.qualifier == "14" else ""))

    def _line(self, line: ResponseLine) -> Iterator[Row]:
        if len(line.line_no) > _LINE_NO_WIDTH:
            raise MappingError("the line number is too long for LIN", segment="LIN", line_no=line.line_no)
        gtin = next((each.value for each in line.item_ids if each.scheme is ItemScheme.GTIN), None)
        item = (gtin, self.directory.gtin) if gtin else ""
        yield ("LIN", line.line_no, _LINE_CODES[line.outcome], item)
        yield from self._numbers(line, gtin)
        yield from self._quantities(line)
        if line.promised_on and line.confirmed:
            yield ("DTM", ("69", line.promised_on.strftime("%Y%m%d"), "102"))
        yield from self._text(line.reason_text or _sentence(line.reason))
        if line.unit_price is not None and line.outcome is not LineOutcome.REJECTED:
            yield ("PRI", ("AAA", plain(line.unit_price)))

    def _numbers(self, line: ResponseLine, gtin: str | None) -> Iterator[Row]:
        """PIA 5 where LIN has no number, else 1, for the buyer's numbers and ours; 3 for what is sent instead."""
        ids = [each for each in line.item_ids if each.value != gtin]
        if line.item_no and not any(each.scheme is ItemScheme.SUPPLIER for each in ids):
            ids.append(ItemId(scheme=ItemScheme.SUPPLIER, value=line.item_no))
        numbers = [self._item(each) for each in ids]
        for start in range(0, len(numbers), 5):
            yield ("PIA", "1" if gtin or start else "5", *numbers[start : start + 5])
        if line.substitute_no:
            yield ("PIA", "3", self._item(ItemId(scheme=ItemScheme.SUPPLIER, value=line.substitute_no)))

    def _item(self, item: ItemId) -> tuple[str, str]:
        if len(item.value) > _ITEM_WIDTH:
            raise MappingError("the item number is too long for PIA", segment="PIA", value=item.value)
        code = self.directory.gtin if item.scheme is ItemScheme.GTIN else _ITEM_CODES.get(item.scheme, "ZZZ")
        return item.value, code

    def _quantities(self, line: ResponseLine) -> Iterator[Row]:
        """QTY 21 ordered, 113 to be delivered, 83 back-ordered, 182 what will not come."""
        unit = line.unit or ""
        cancelled = line.ordered - line.confirmed - line.backordered
        yield ("QTY", ("21", plain(line.ordered), unit))
        yield ("QTY", ("113", plain(line.confirmed), unit))
        if line.backordered:
            yield ("QTY", ("83", plain(line.backordered), unit))
        if cancelled > 0:
            yield ("QTY", ("182", plain(cancelled), unit))

    def _text(self, text: str) -> Iterator[Row]:
        """FTX 4451 AAI, C108: five lines."""
        if lines := cut(softened(text, self.header.syntax_id), self.directory.text_width, 5):
            yield ("FTX", "AAI", "", "", lines)

    def _reference(self, number: str, segment: str) -> str:
        if len(number) > self.directory.reference_width:
            raise MappingError("the reference is too long for RFF", segment=segment, value=number)
        return number


def _identification(identifier: EdiIdentifier) -> tuple[str, str]:
    return identifier.id, identifier.qualifier or ""


def _party_id(party: Party) -> tuple[str, str, str]:
    known = sorted(party.ids, key=lambda each: each.scheme != "gln")
    return known[0].value, "", _AGENCIES.get(known[0].scheme, "")


def _sentence(reason: str | None) -> str:
    return reason.replace("_", " ").capitalize() if reason else ""
