"""Live stock: questions put together, read from the page that knows the answer, and told with time and source."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from pydantic import ValidationError

from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.config.nav import NavSettings
from orderwire.connectors.nav import soap
from orderwire.connectors.nav.coalescing import Coalescing
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.plausibility import Inventories, Plausibility
from orderwire.connectors.nav.reads import CODE_CHARS, code, decimal_of
from orderwire.connectors.nav.stock_pages import (
    PLACE_CHARS,
    ItemPage,
    Place,
    PurchaseLinesPage,
    Reading,
    Receipt,
    StockkeepingPage,
)
from orderwire.connectors.nav.wants import Page
from orderwire.errors import ContractError, UnavailableError
from orderwire.mapping.units import base_per_unit, to_base
from orderwire.ports.clock import Clock
from orderwire.ports.erp import ErpItem

#: Items by number, as the master data's memory has them.
Items = Callable[[Collection[str]], Mapping[str, ErpItem]]

_NOTHING: Final = Decimal(0)
#: Between two calls that serve several askers: longer than a call takes, shorter than anybody notices.
_APART_SECONDS: Final = 0.02


class StockReader:
    """Figures for many askers in few calls; none is older than its question, and none is guessed."""

    def __init__(
        self,
        pages: Mapping[Page, PageService],
        nav: NavSettings,
        clock: Clock,
        items: Items,
        accepted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._nav, self._clock, self._items = nav, clock, items
        # Half of the lanes at most: a wave of questions does not keep orders from being written.
        at_once = 1
        item_page = ItemPage(pages[Page.ITEM], nav, clock)
        self._everywhere = _Figures(item_page, at_once, Plausibility(nav.stock, accepted))
        self._by_place: _Figures | None = None
        if Page.STOCKKEEPING_UNIT in pages:
            place_page = StockkeepingPage(pages[Page.STOCKKEEPING_UNIT], nav, clock)
            self._by_place = _Figures(place_page, at_once, Plausibility(nav.stock, accepted))
        self._purchases: PurchaseLinesPage | None = None
        if Page.PURCHASE_LINES in pages:
            self._purchases = PurchaseLinesPage(pages[Page.PURCHASE_LINES], nav)
            self._receipts = Coalescing(self._purchases.read, at_once, _APART_SECONDS)

    def stock(self, keys: Collection[StockKey], until: date | None = None) -> Mapping[StockKey, StockFigure]:
        """Read live figures. Raises as `StockSource.stock`."""
        wanted = {key: place for key in keys if (place := self._place(key)) is not None}
        places = tuple(dict.fromkeys(wanted.values()))
        readings = self._everywhere.read([place for place in places if not place.location])
        if self._by_place is not None:
            readings |= self._by_place.read([place for place in places if place.location])
        receipts = self._expected(readings, until)
        base_units = self._base_units(readings)
        return {
            key: self._figure(key, reading, receipts.get(place, _NOTHING), base_units[place])
            for key, place in wanted.items()
            if (reading := readings.get(place)) is not None and place in base_units
        }

    def _place(self, key: StockKey) -> Place | None:
        """Return what to look for; None: nothing in NAV can be called that.

        Raises:
            ContractError: no service tells the stock of a single location or variant.
        """
        if (key.location or key.variant) and (self._by_place is None or not key.location):
            raise ContractError(
                "stock of one location or variant: the settings name no service for it (nav.services.stockkeeping_unit)"
                if self._by_place is None
                else "stock of one variant is only known by location",
                location=key.location or None,
                variant=key.variant or None,
            )
        texts = (key.item_no, key.location, key.variant)
        if not all(map(soap.sayable, texts)):
            return None
        place = Place(*map(code, texts))
        fits = 0 < len(place.item_no) <= CODE_CHARS and max(len(place.location), len(place.variant)) <= PLACE_CHARS
        return place if fits else None

    def _base_units(self, readings: Mapping[Place, Reading]) -> dict[Place, str]:
        """Return the unit of each figure; a stockkeeping unit does not say its item's."""
        unsaid = {place.item_no for place in readings if place.location}
        items = self._items(unsaid) if unsaid else {}
        units = {place: items[place.item_no].base_unit for place in readings if place.item_no in items}
        here = {place: reading.row.get("Base_Unit_of_Measure", "") for place, reading in readings.items()}
        return units | {place: unit for place, unit in here.items() if not place.location}

    def _expected(self, places: Collection[Place], until: date | None) -> Mapping[Place, Decimal]:
        """Return what is to come in time, in base units.

        Raises:
            ContractError: the settings name no page that tells.
        """
        today = self._clock().date()
        days = self._nav.stock.receipts_within_days
        if until is None and days is not None:
            until = today + timedelta(days=days)
        if until is None or not places:
            return {}
        if self._purchases is None:
            raise ContractError("receipts: the settings name no service for them (nav.services.purchase_lines)")
        self._purchases.need(places)
        item_nos = {place.item_no for place in places}
        receipts = self._receipts.read(item_nos)
        items = self._items(item_nos)
        return {
            place: self._sum(receipts[place.item_no], place, items[place.item_no], (today, until))
            for place in places
            if place.item_no in items
        }

    def _sum(self, receipts: Iterable[Receipt], place: Place, item: ErpItem, days: tuple[date, date]) -> Decimal:
        """Add up what comes to the place. What is overdue is left out: nobody knows when it comes."""
        first, last = days
        return sum(
            (
                _base_quantity(receipt, item)
                for receipt in receipts
                if receipt.expected_on is not None
                and first <= receipt.expected_on <= last
                and (not place.location or receipt.place == place)
            ),
            _NOTHING,
        )

    def _figure(self, key: StockKey, reading: Reading, receipts: Decimal, base_unit: str) -> StockFigure:
        safety, row = self._nav.safety_stock_field, reading.row
        try:
            return StockFigure(
                key=key,
                inventory=decimal_of(row, "Inventory"),
                on_sales_orders=decimal_of(row, "Qty_on_Sales_Order"),
                receipts=receipts,
                safety_stock=decimal_of(row, safety) if safety else _NOTHING,
                base_unit=base_unit,
                as_of=reading.as_of,
                source=reading.source,
            )
        except ValidationError:
            raise UnavailableError("NAV's stock figure is out of range", item_no=key.item_no) from None


class _Figures:
    """One page's figures: questions put together, answers judged."""

    def __init__(self, page: ItemPage | StockkeepingPage, at_once: int, plausibility: Plausibility[Place]) -> None:
        self._questions = Coalescing(page.read, at_once, _APART_SECONDS)
        self._plausibility = plausibility

    def read(self, places: Collection[Place]) -> dict[Place, Reading]:
        """Read records.

        Raises:
            ImplausibleError: what they say is held.
        """
        readings = self._questions.read(places)
        if places:
            self._plausibility.judge(_inventories(places, readings), self._inventories)
        return readings

    def _inventories(self, places: Collection[Place]) -> Inventories[Place]:
        return _inventories(places, self._questions.read(places))


def _inventories(places: Collection[Place], readings: Mapping[Place, Reading]) -> dict[Place, Decimal | None]:
    return {place: decimal_of(readings[place].row, "Inventory") if place in readings else None for place in places}


def _base_quantity(receipt: Receipt, item: ErpItem) -> Decimal:
    """Return a line's open quantity in base units; none in a unit that the item does not have."""
    factor = base_per_unit(receipt.row.get("Unit_of_Measure_Code", ""), item)
    quantity = decimal_of(receipt.row, "Outstanding_Quantity")
    return _NOTHING if factor is None else to_base(max(quantity, _NOTHING), factor)
