"""Items by number and by GTIN, with their units."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav import wants
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.reads import Row, askable, boolean_of, code, decimal_of, rows_by
from orderwire.errors import UnavailableError
from orderwire.ports.erp import ErpItem

_GTIN_CHARS: Final = 14
#: GTIN-8, -12 (UPC), -13 (EAN) and -14 are one number, with zeros before it (GS1 General Specifications).
_GTIN_DIGITS: Final = (8, 12, 13, 14)


class ItemReader:
    """Reads items in one call, and the units of all of them in another."""

    def __init__(self, items: PageService, units: PageService | None, nav: NavSettings) -> None:
        self._items = items
        self._units = units
        self._nav = nav

    def items(self, nos: Collection[str]) -> Mapping[str, ErpItem]:
        """Read items by NAV number. Raises as `Erp.items`."""
        wanted = askable(nos)
        asked = set(wanted.values())
        rows = rows_by(self._items, "No", wanted.values(), self._nav)
        found = self._complete({no: row for row in rows if (no := code(row.get("No", ""))) in asked})
        return {no: found[known] for no, known in wanted.items() if known in found}

    def items_by_gtin(self, gtins: Collection[str]) -> Mapping[str, ErpItem]:
        """Read items by GTIN, however many zeros stand before it here or in NAV. Raises as `Erp.items_by_gtin`."""
        self._items.need(wants.BY_GTIN)
        wanted = {asked: _gtin(known) for asked, known in askable(gtins, _GTIN_CHARS).items()}
        forms = [form for gtin in dict.fromkeys(wanted.values()) for form in _forms(gtin)]
        bearers: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        for row in rows_by(self._items, "GTIN", forms, self._nav):
            bearers[_gtin(code(row.get("GTIN", "")))][code(row.get("No", ""))] = row
        single = {gtin: next(iter(rows.items())) for gtin, rows in bearers.items() if len(rows) == 1}
        found = self._complete(dict(single[gtin] for gtin in set(wanted.values()) & single.keys()))
        return {gtin: found[single[known][0]] for gtin, known in wanted.items() if known in single}

    def _complete(self, rows: Mapping[str, Row]) -> dict[str, ErpItem]:
        units = self._units_of(rows)
        return {no: _item(row, units[no], self._nav) for no, row in rows.items()}

    def _units_of(self, nos: Iterable[str]) -> Mapping[str, dict[str, Decimal]]:
        units: dict[str, dict[str, Decimal]] = {no: {} for no in nos}
        if self._units is None or not units:
            return units
        for row in rows_by(self._units, "Item_No", list(units), self._nav):
            item_no = code(row.get("Item_No", ""))
            if item_no in units:
                units[item_no][row.get("Code", "")] = _per_base(row, item_no)
        return units


def _gtin(text: str) -> str:
    """Return what a GTIN is compared by: fourteen digits; what is none, by itself."""
    return text.zfill(_GTIN_CHARS) if _is_number(text) and len(text) in _GTIN_DIGITS else text


def _forms(gtin: str) -> Iterator[str]:
    """Yield every way to write what `_gtin` returned."""
    if not _is_number(gtin) or len(gtin) != _GTIN_CHARS:
        yield gtin
        return
    for digits in _GTIN_DIGITS:
        zeros, rest = gtin[:-digits], gtin[-digits:]
        if not zeros.strip("0"):
            yield rest


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _per_base(row: Row, item_no: str) -> Decimal:
    quantity = decimal_of(row, "Qty_per_Unit_of_Measure")
    if quantity <= 0:  # NAV lets nobody enter that: what came is not what stands there
        raise UnavailableError("NAV's answer holds a unit of nothing", item_no=item_no, unit=row.get("Code", "")[:20])
    return quantity


def _item(row: Row, units: Mapping[str, Decimal], nav: NavSettings) -> ErpItem:
    base_unit = row.get("Base_Unit_of_Measure", "")
    return ErpItem(
        no=row.get("No", ""),
        description=row.get("Description", ""),
        base_unit=base_unit,
        blocked=boolean_of(row, "Blocked"),
        gtin=row.get("GTIN") or None,
        units={**units, base_unit: Decimal(1)} if base_unit else dict(units),
        unit_price=decimal_of(row, "Unit_Price") or None,  # NAV leaves 0 out: it has no price then
        currency=nav.local_currency,
    )
