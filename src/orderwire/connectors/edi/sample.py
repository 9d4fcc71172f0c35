"""Orders as a partner would send them, made from its profile: for the partner to compare with its own."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from orderwire.canonical.order import ItemId, ItemScheme
from orderwire.config.edi import EdiProfile
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi.dialect import day
from orderwire.connectors.edi.items import SCHEMES
from orderwire.connectors.edi.values import plain
from orderwire.connectors.edi.writer import Header, Row, interchange, syntax_id_of
from orderwire.errors import ConfigurationError, MappingError

_DELIVERY_DAYS: Final = 7
_MAX_LINES: Final = 5
_GTIN_CODES: Final = {"D.96A": "EN", "D.01B": "SRV"}
_RELEASES: Final = {"D.96A": "96A", "D.01B": "01B"}
_GLN: Final = "14"


def known_items(partner: PartnerProfile) -> list[ItemId]:
    """Return a few numbers that the partner's code table has."""
    return [ItemId(scheme=scheme, value=value) for scheme, value in sorted(partner.items)[:_MAX_LINES]]


def sample_orders(partner: PartnerProfile, items: Sequence[ItemId], now: datetime, *, test: bool = True) -> bytes:
    """Return an interchange of one ORDERS with a line for each item.

    Raises:
        ConfigurationError: the partner has no EDIFACT, or no item is known.
        MappingError: an item number is too long, or not in the partner's character set.
    """
    edi = partner.edi
    if edi is None:
        raise ConfigurationError("the profile has no edi section", partner=partner.key)
    if not items:
        raise ConfigurationError("codes/items.csv has no item: name one", partner=partner.key)
    sender = edi.identifiers[0]
    header = Header(
        sender=(sender.id, sender.qualifier or ""),
        recipient=(edi.ours.id, edi.ours.qualifier or ""),
        control_no=int(now.strftime("%y%m%d%H%M%S")),
        now=now,
        syntax_id=syntax_id_of(edi.charset),
        test=test,
        una=edi.una,
        decimal_mark=edi.writing.decimal_mark,
    )
    return interchange(
        header, ("ORDERS", "D", _RELEASES[edi.response_version], "UN"), [*_rows(partner, edi, items, now)]
    )


def _rows(partner: PartnerProfile, edi: EdiProfile, items: Sequence[ItemId], now: datetime) -> Iterable[Row]:
    """BGM 220, the dates, the parties under their identifiers, and the lines."""
    yield ("BGM", "220", f"TEST-{now:%y%m%d%H%M%S}", "9")
    yield day("137", now.date())
    yield day(edi.reading.requested_dates[0], now.date() + timedelta(days=_DELIVERY_DAYS))
    for role, known in (("BY", edi.identifiers[0]), ("SU", edi.ours), ("DP", edi.identifiers[0])):
        yield ("NAD", role, (known.id, "", "9" if known.qualifier == _GLN else "92"))
    for number, item in enumerate(items, start=1):
        yield from _line(number, item, partner, edi)
    yield ("UNS", "S")
    yield ("CNT", ("2", str(len(items))))


def _line(number: int, item: ItemId, partner: PartnerProfile, edi: EdiProfile) -> Iterable[Row]:
    """The GTIN stands in LIN, any other number in PIA 5; the unit is one that the partner's tables know."""
    code = _code(item.scheme, edi)
    if len(item.value) > 35:
        raise MappingError("the item number is too long for PIA", segment="PIA", value=item.value)
    is_gtin = item.scheme is ItemScheme.GTIN
    yield ("LIN", str(number), "", (item.value, code) if is_gtin else "")
    if not is_gtin:
        yield ("PIA", "5", (item.value, code))
    yield ("QTY", (edi.reading.ordered_quantities[0], plain(Decimal(number)), _unit(partner)))


def _code(scheme: ItemScheme, edi: EdiProfile) -> str:
    """Return the 7143 that the partner has for a scheme, else the usual one."""
    own = [code for code, meant in edi.reading.item_codes.items() if meant is scheme]
    usual = [code for code, meant in SCHEMES.items() if meant is scheme and code not in edi.reading.item_codes]
    gtin = [_GTIN_CODES[edi.response_version]] if scheme is ItemScheme.GTIN else []
    return [*own, *gtin, *usual, "ZZZ"][0]


def _unit(partner: PartnerProfile) -> str:
    """Return the unit that the partner leaves out or means; none where its tables know no piece."""
    return partner.default_unit or ("PCE" if "PCE" in partner.units else "")
