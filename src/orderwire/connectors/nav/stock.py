"""Live stock from the Item page."""

from collections.abc import Collection, Mapping

from pydantic import ValidationError

from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.config.settings import NavSettings
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.reads import Row, askable, code, decimal_of, rows_by
from orderwire.errors import ContractError, UnavailableError
from orderwire.ports.clock import Clock


class StockReader:
    """Reads figures for all asked items in one call, or in a few where the filter would get too long."""

    def __init__(self, items: PageService, nav: NavSettings, clock: Clock) -> None:
        self._items = items
        self._nav = nav
        self._clock = clock

    def stock(self, keys: Collection[StockKey]) -> Mapping[StockKey, StockFigure]:
        """Read live figures. Raises as `StockSource.stock`."""
        for key in keys:
            if key.location or key.variant:
                # The Item page has no location or variant filter over SOAP: its figure is the sum of all.
                raise ContractError(
                    "the Item page cannot tell stock of one location or variant",
                    service=self._items.name,
                    location=key.location or None,
                    variant=key.variant or None,
                )
        wanted = askable([key.item_no for key in keys])
        # The time before the question: the figure may be younger, never older.
        as_of = self._clock()
        found = {code(row.get("No", "")): row for row in rows_by(self._items, "No", wanted.values(), self._nav)}
        known = {key: found[wanted[key.item_no]] for key in keys if wanted.get(key.item_no) in found}
        return {key: self._figure(key, row, as_of) for key, row in known.items()}

    def _figure(self, key: StockKey, row: Row, as_of: object) -> StockFigure:
        safety = self._nav.safety_stock_field
        try:
            return StockFigure.model_validate(
                {
                    "key": key,
                    "inventory": decimal_of(row, "Inventory"),
                    "on_sales_orders": decimal_of(row, "Qty_on_Sales_Order"),
                    "safety_stock": decimal_of(row, safety) if safety else 0,
                    "base_unit": row.get("Base_Unit_of_Measure", ""),
                    "as_of": as_of,
                    "source": f"nav:{self._items.name}",
                }
            )
        except ValidationError:
            raise UnavailableError("NAV's stock figure is out of range", item_no=key.item_no) from None
