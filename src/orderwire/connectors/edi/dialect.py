"""The dialect a message is written in: directory, and what the partner's profile prefers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from orderwire.canonical.order import ItemId, ItemScheme
from orderwire.canonical.party import Party, PartyRole
from orderwire.config.edi import Directory, EdiIdentifier, EdiProfile, EdiWriting, OutgoingKind
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi.charset import codec_of
from orderwire.connectors.edi.values import plain
from orderwire.connectors.edi.widths import (
    DIGITS,
    DIRECTORIES,
    ITEM_WIDTH,
    LINE_NO_WIDTH,
    NUMBER_WIDTH,
    Widths,
    digits_of,
    item_fits,
)
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

#: 7143 of each scheme; the GTIN's is the directory's.
_ITEM_CODES: Final = {
    ItemScheme.SUPPLIER: "SA",
    ItemScheme.BUYER: "IN",
    ItemScheme.MANUFACTURER: "MF",
    ItemScheme.ISBN: "IB",
}
_AGENCIES: Final = {"gln": "9", "duns": "16", "supplier": "91", "buyer": "92"}
_ROLES: Final = {
    PartyRole.BUYER: "BY",
    PartyRole.SUPPLIER: "SU",
    PartyRole.DELIVERY: "DP",
    PartyRole.INVOICEE: "IV",
    PartyRole.ULTIMATE_CONSIGNEE: "UC",
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of message is written to one partner, and the interchange it goes in."""

    kind: OutgoingKind
    edi: EdiProfile
    partner: str
    header: Header

    @property
    def now(self) -> datetime:
        return self.header.now

    @property
    def directory(self) -> Directory:
        return self.edi.message(self.kind).version or self.edi.response_version

    @property
    def writing(self) -> EdiWriting:
        return self.edi.writing

    @property
    def control_ref(self) -> str:
        return control_ref_of(self.header.control_no)

    @property
    def _widths(self) -> Widths:
        return DIRECTORIES[self.directory]

    def document(self, rows: Sequence[Row]) -> OutboundDocument:
        """Return the interchange; `rows` are what stands between UNH and UNT.

        Raises:
            MappingError: a value is not in the character set.
        """
        identifier = (self.kind, "D", self._widths.release, "UN", self.edi.message(self.kind).association or "")
        name = f"{self.kind}_{self.partner}_{self.control_ref}.edi"
        content = interchange(self.header, identifier, rows)
        return OutboundDocument(self.kind, content, name, MEDIA_TYPE, self.control_ref)

    def number(self, value: Decimal) -> str:
        """Return a number with the partner's decimal mark.

        Raises:
            MappingError: it has more digits than the directory lets it have.
        """
        text = plain(value)
        if digits_of(text) > DIGITS:
            raise MappingError("the number has too many digits", value=text)
        return text.replace(".", self.writing.decimal_mark)

    def quantity(self, qualifier: str, value: Decimal, unit: str | None) -> Row:
        """QTY C186: 6063, 6060, 6411."""
        return ("QTY", (qualifier, self.number(value), unit or ""))

    def amount(self, qualifier: str, value: Decimal) -> Row:
        """MOA C516: 5025, 5004."""
        return ("MOA", (qualifier, self.number(value)))

    def reference(self, kind: str, number: str, line_no: str | None = None) -> Row:
        """RFF C506: 1153, 1154, 1156 the line. References are never cut.

        Raises:
            MappingError: too long.
        """
        if len(number) > self._widths.reference:
            raise MappingError("the reference is too long for RFF", segment="RFF", value=number)
        return ("RFF", (kind, number, self.line_no(line_no) if line_no else ""))

    def own_number(self, number: str) -> str:
        """Return a document's number as BGM 1004 takes it. Raises MappingError."""
        if len(number) > NUMBER_WIDTH:
            raise MappingError("the document number is too long for BGM", segment="BGM", value=number)
        return number

    def line_no(self, number: str) -> str:
        """Return a line number as LIN 1082 takes it. Raises MappingError."""
        if len(number) > LINE_NO_WIDTH:
            raise MappingError("the line number is too long for LIN", segment="LIN", line_no=number)
        return number

    def item(self, item: ItemId) -> tuple[str, str]:
        """Return C212: 7140, 7143. Raises MappingError."""
        if len(item.value) > ITEM_WIDTH:
            raise MappingError("the item number is too long for PIA", segment="PIA", value=item.value)
        usual = self._widths.gtin if item.scheme is ItemScheme.GTIN else _ITEM_CODES.get(item.scheme, "ZZZ")
        return item.value, self.writing.item_codes.get(item.scheme, usual)

    def line(self, line_no: str, action: str, ids: Sequence[ItemId]) -> Iterator[Row]:
        """LIN with the number the partner prefers; PIA 5 where there is none, else 1, with the others."""
        schemes = self.writing.line_item
        ranked = sorted((each for each in ids if each.scheme in schemes), key=lambda each: schemes.index(each.scheme))
        first = ranked[0] if ranked else None
        yield ("LIN", self.line_no(line_no), action, self.item(first) if first else "")
        yield from self.numbers("1" if first else "5", [each for each in ids if each != first])

    def numbers(self, function: str, ids: Sequence[ItemId]) -> Iterator[Row]:
        """PIA 4347 and up to five C212 each; what goes on after a 5 is additional."""
        items = [self.item(each) for each in ids]
        for start in range(0, len(items), 5):
            yield ("PIA", "1" if start and function == "5" else function, *items[start : start + 5])

    def fitting(self, ids: Sequence[ItemId]) -> Sequence[ItemId]:
        """Return the item numbers that can be written; all, where none can: then it is to be told."""
        codec = codec_of(self.header.syntax_id)
        return [each for each in ids if item_fits(each.value, codec)] or ids

    def description(self, text: str | None) -> Iterator[Row]:
        """IMD F, C273 7008 twice."""
        width = self._widths.description
        if plain_text := self.soft(text or "").strip():
            yield ("IMD", "F", "", ("", "", "", *_halves(plain_text, width)))

    def text(self, text: str, qualifier: str = "AAI", code: str = "") -> Iterator[Row]:
        """FTX 4451, C107 a code of ours, C108: five lines."""
        if lines := cut(self.soft(text), self._widths.text, 5):
            yield ("FTX", qualifier, "", (code, "", "91") if code else "", lines)

    def soft(self, text: str) -> str:
        """Return free text as near as the character set can hold it."""
        return softened(text, self.header.syntax_id)

    def parties(self, parties: Sequence[Party]) -> Iterator[Row]:
        """NAD for each party that has a role; the supplier is as the partner knows us, where it is not among them."""
        named = [party for party in parties if party.role in _ROLES and (party.ids or party.name)]
        for party in named:
            yield from self._party(party)
        if not any(party.role is PartyRole.SUPPLIER for party in named):
            yield ("NAD", "SU", (self.edi.ours.id, "", "9" if self.edi.ours.qualifier == "14" else ""))

    def _party(self, party: Party) -> Iterator[Row]:
        """NAD 3035, C082, C058, C080, C059, 3164, 3229, 3251, 3207."""
        known = sorted((each for each in party.ids if each.scheme != "vat"), key=lambda each: each.scheme != "gln")
        number = (known[0].value, "", _AGENCIES.get(known[0].scheme, "")) if known else ""
        name = cut(self.soft(party.name or ""), 35, 5)
        street = [self.soft(line)[:35] for line in party.street[:4]]
        city, code = self.soft(party.city or "")[:35], self.soft(party.postal_code or "")[:9]
        yield ("NAD", _ROLES[party.role], number, "", name, street, city, "", code, party.country or "")
        if (vat := party.id_of("vat")) and len(vat) <= self._widths.reference:
            yield self.reference("VA", vat)


def dialect_of(
    kind: OutgoingKind, partner: PartnerProfile, control_no: int, now: datetime, *, test: bool
) -> Dialect | None:
    """Return the dialect; None where the partner gets no such message."""
    edi = partner.edi
    if edi is None or not edi.message(kind).send:
        return None
    header = Header(
        sender=_identification(edi.ours),
        recipient=_identification(edi.identifiers[0]),
        control_no=control_no,
        now=now,
        syntax_id=syntax_id_of(edi.charset),
        test=test,
        una=edi.una,
        decimal_mark=edi.writing.decimal_mark,
    )
    return Dialect(kind, edi, partner.key, header)


def day(qualifier: str, on: date) -> Row:
    """DTM C507: 2005, 2380, 2379 102."""
    return ("DTM", (qualifier, on.strftime("%Y%m%d"), "102"))


def _halves(text: str, width: int) -> list[str]:
    """Cut a text in two: a first half of full width means that a word goes on in the second."""
    if len(text) <= width:
        return [text]
    stop = text.rfind(" ", 1, width)
    return [text[:stop], text[stop + 1 :][:width]] if stop > 0 else [text[:width], text[width:][:width]]


def _identification(identifier: EdiIdentifier) -> tuple[str, str]:
    return identifier.id, identifier.qualifier or ""
