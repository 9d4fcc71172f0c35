"""Addresses to parties."""

from collections.abc import Mapping
from typing import Final

from lxml import etree

from orderwire.canonical.party import Party, PartyId, PartyRole
from orderwire.connectors.punchout.elements import text_of

#: addressIDDomain to our scheme; any other is kept as it is, and none is the buyer's own.
_SCHEMES: Final = {"": "buyer", "duns": "duns", "iln": "gln", "gln": "gln", "buyer": "buyer", "buyerid": "buyer"}
_COUNTRY_CHARS: Final = 2


def to_party(role: PartyRole, address: etree._Element, numbers: Mapping[tuple[str, str], str]) -> Party:
    """Return the party at an Address, with our own number of it where the partner's code table has one."""
    postal = address.find("PostalAddress")
    ids = _ids(address)
    ours = (numbers.get((known.scheme, known.value)) for known in ids)
    ids += [PartyId(scheme="supplier", value=number) for number in ours if number]
    deliver_to = [text for each in _children(postal, "DeliverTo") if (text := text_of(each))]
    return Party(
        role=role,
        ids=tuple(dict.fromkeys(ids)),
        name=text_of(address, "Name") or None,
        street=tuple(text for each in _children(postal, "Street") if (text := text_of(each))),
        city=text_of(postal, "City") or None,
        postal_code=text_of(postal, "PostalCode") or None,
        country=_country(address, postal),
        contact=", ".join(deliver_to) or None,
        phone=_phone(address),
        email=text_of(address, "Email") or None,
    )


def address_no(address: etree._Element | None) -> str | None:
    """Return the buyer's number of a place."""
    return (address.get("addressID", "").strip() or None) if address is not None else None


def _ids(address: etree._Element) -> list[PartyId]:
    number, domain = address.get("addressID", "").strip(), address.get("addressIDDomain", "").strip()
    return [PartyId(scheme=_SCHEMES.get(domain.lower(), domain), value=number)] if number else []


def _children(postal: etree._Element | None, tag: str) -> list[etree._Element]:
    return postal.findall(tag) if postal is not None else []


def _country(address: etree._Element, postal: etree._Element | None) -> str | None:
    country = postal.find("Country") if postal is not None else None
    code = (country.get("isoCountryCode", "") if country is not None else "") or address.get("isoCountryCode", "")
    return code.strip().upper() if len(code.strip()) == _COUNTRY_CHARS else None


def _phone(address: etree._Element) -> str | None:
    found = address.find("Phone/TelephoneNumber")
    country, *rest = (text_of(found, tag) for tag in ("CountryCode", "AreaOrCityCode", "Number", "Extension"))
    return " ".join(part for part in (f"+{country.lstrip('+')}" if country else "", *rest) if part) or None
