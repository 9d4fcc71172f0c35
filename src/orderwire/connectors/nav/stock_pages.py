"""The pages that know stock: all of an item, or of one location; and what is on its way in."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav import wants
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.reads import Row, batches, code, date_of, option_of, quoted, rows, rows_by
from orderwire.ports.clock import Clock

#: Location and variant codes are Code[10].
PLACE_CHARS: Final = 10


class Place(NamedTuple):
    """What a figure is of, in NAV's own spelling; no location: all of them."""

    item_no: str
    location: str = ""
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A record with figures, from a page, and the time before it was asked for."""

    row: Row
    as_of: datetime
    source: str


class ItemPage:
    """Figures of all locations and variants together."""

    def __init__(self, page: PageService, nav: NavSettings, clock: Clock) -> None:
        self.page, self._nav, self._clock = page, nav, clock

    def read(self, places: Collection[Place]) -> Mapping[Place, Reading]:
        # The time before the question: a figure may be younger, never older.
        as_of, source = self._clock(), f"nav:{self.page.name}"
        found = rows_by(self.page, "No", [place.item_no for place in places], self._nav)
        return {Place(code(row.get("No", ""))): Reading(row, as_of, source) for row in found}


class StockkeepingPage:
    """Figures of one location and variant each: the Stockkeeping Unit page, or one that has its fields."""

    def __init__(self, page: PageService, nav: NavSettings, clock: Clock) -> None:
        self.page, self._nav, self._clock = page, nav, clock

    def read(self, places: Collection[Place]) -> Mapping[Place, Reading]:
        if any(place.variant for place in places):
            self.page.need(wants.VARIANTS)
        as_of, source = self._clock(), f"nav:{self.page.name}"
        return {_place_of(row, "Item_No"): Reading(row, as_of, source) for row in self._rows(places)}

    def _rows(self, places: Collection[Place]) -> Iterator[Row]:
        """Ask once per location, so that what is asked for is a short list however many locations there are."""
        by_location: defaultdict[str, list[str]] = defaultdict(list)
        for place in places:
            by_location[place.location].append(place.item_no)
        for location, item_nos in by_location.items():
            for criteria in batches(item_nos, self._nav.max_filter_chars):
                yield from rows(self.page, {"Item_No": criteria, "Location_Code": quoted(location)}, self._nav)


@dataclass(frozen=True, slots=True)
class Receipt:
    """An open purchase line."""

    place: Place
    expected_on: date | None
    row: Row


class PurchaseLinesPage:
    """What is ordered from vendors and has not come."""

    def __init__(self, page: PageService, nav: NavSettings) -> None:
        self.page, self._nav = page, nav

    def read(self, item_nos: Collection[str]) -> Mapping[str, list[Receipt]]:
        """Return the open lines of purchase orders by item."""
        found: dict[str, list[Receipt]] = {item_no: [] for item_no in item_nos}
        for row in rows_by(self.page, "No", item_nos, self._nav):
            place = _place_of(row, "No")
            kind = (option_of(row, "Document_Type"), option_of(row, "Type"))
            if kind == ("Order", "Item") and place.item_no in found:
                found[place.item_no].append(Receipt(place, date_of(row, "Expected_Receipt_Date"), row))
        return found

    def need(self, places: Collection[Place]) -> None:
        """Refuse when the lines cannot be told apart by location or variant, and have to be.

        Raises:
            ContractError: the page does not show what is needed.
        """
        for wanted_for, used in (
            (wants.LOCATIONS, any(place.location for place in places)),
            (wants.VARIANTS, any(place.variant for place in places)),
        ):
            if used:
                self.page.need(wanted_for)


def _place_of(row: Row, item_field: str) -> Place:
    return Place(*(code(row.get(field, "")) for field in (item_field, "Location_Code", "Variant_Code")))
