"""NAD groups to parties."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from orderwire.canonical.party import Party, PartyId, PartyRole
from orderwire.connectors.edi.gs1 import is_gs1
from orderwire.connectors.edi.segment import Segment

#: NAD 3035. OB, PR, CN, WH and the rest are parties whose role decides nothing here.
_ROLES: Final = {
    "BY": PartyRole.BUYER,
    "SU": PartyRole.SUPPLIER,
    "SE": PartyRole.SUPPLIER,
    "DP": PartyRole.DELIVERY,
    "ST": PartyRole.DELIVERY,
    "IV": PartyRole.INVOICEE,
    "UC": PartyRole.ULTIMATE_CONSIGNEE,
}
#: NAD C082 3055: who assigned the number.
_AGENCIES: Final = {"9": "gln", "16": "duns", "91": "supplier", "92": "buyer"}


@dataclass(slots=True)
class PartyDraft:
    """A party while its group is read."""

    role: PartyRole
    ids: list[PartyId] = field(default_factory=list)
    name: str | None = None
    street: tuple[str, ...] = ()
    city: str | None = None
    postal_code: str | None = None
    country: str | None = None
    contact: str | None = None
    phone: str | None = None
    email: str | None = None

    def close(self, numbers: Mapping[tuple[str, str], str]) -> Party:
        """Return the party, with our own number of it where the partner's code table has one."""
        facts = {name: getattr(self, name) for name in self.__slots__ if name != "ids"}
        ours = (numbers.get((known.scheme, known.value)) for known in self.ids)
        ids = [*self.ids, *(PartyId(scheme="supplier", value=number) for number in ours if number)]
        return Party(ids=tuple(dict.fromkeys(ids)), **facts)


def nad(segment: Segment) -> PartyDraft:
    """Begin a party: NAD 3035, C082, C058 or C080, C059, 3164, 3229 (D.01B: C819), 3251, 3207."""
    party = PartyDraft(_ROLES.get(segment.value(1), PartyRole.OTHER))
    if number := segment.value(2, 1):
        party.ids.append(PartyId(scheme=_scheme(number, segment.value(2, 3)), value=number))
    party.name = " ".join(_texts(segment, 4) or _texts(segment, 3)) or None
    party.street = tuple(_texts(segment, 5))
    party.city = segment.value(6) or None
    party.postal_code = segment.value(8) or None
    party.country = segment.value(9) or None
    return party


def is_delivery(segment: Segment) -> bool:
    """Whether a NAD names a place of delivery."""
    return _ROLES.get(segment.value(1)) is PartyRole.DELIVERY


def loc(segment: Segment) -> PartyDraft:
    """Begin a place of delivery: LOC C517 3225, 3055, 3224."""
    place = PartyDraft(PartyRole.DELIVERY, name=segment.value(2, 4) or None)
    if number := segment.value(2, 1):
        place.ids.append(PartyId(scheme=_scheme(number, segment.value(2, 3)), value=number))
    return place


def rff(party: PartyDraft, segment: Segment) -> None:
    """RFF in a NAD group: VA is the party's VAT number."""
    if segment.value(1, 1) == "VA" and (number := segment.value(1, 2)):
        party.ids.append(PartyId(scheme="vat", value=number))


def cta(party: PartyDraft, segment: Segment) -> None:
    """CTA C056: 3412 is the person's name, 3413 a number for it."""
    party.contact = party.contact or segment.value(2, 2) or segment.value(2, 1) or None


def com(party: PartyDraft, segment: Segment) -> None:
    """COM C076: 3148 the address, 3155 its kind. D.96A has one, D.01B up to three."""
    for element_no in range(1, len(segment)):
        address, kind = segment.value(element_no, 1), segment.value(element_no, 2)
        if kind == "TE":
            party.phone = party.phone or address or None
        elif kind == "EM":
            party.email = party.email or address or None


def _texts(segment: Segment, element_no: int) -> list[str]:
    """Return the components of an element that say something."""
    return [text for part in segment.components(element_no) if (text := part.strip())]


def _scheme(number: str, agency: str) -> str:
    if not agency:
        return "gln" if len(number) == 13 and is_gs1(number) else "other"
    return _AGENCIES.get(agency, agency.lower())
