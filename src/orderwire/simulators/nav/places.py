"""Where an item lies: locations and variants."""

from collections.abc import Iterator

from orderwire.simulators.nav.data import NavData, PlaceData
from orderwire.simulators.nav.tables import StockkeepingUnit

#: Location code and variant code; "": none.
Place = tuple[str, str]


def lies_at(place: Place, location: str, variant: str) -> bool:
    """Whether it is there; blank asks for all locations, or all variants."""
    return place[0] == (location or place[0]) and place[1] == (variant or place[1])


def variants_of(data: NavData) -> Iterator[tuple[str, str]]:
    """Yield item number and code of every variant."""
    for item in data.items:
        for variant in (*item.variants, *(place.variant for place in item.places if place.variant)):
            yield item.no, variant


def stockkeeping_unit(item_no: str, place: PlaceData) -> StockkeepingUnit:
    """Return the row of a place."""
    return StockkeepingUnit(
        location_code=place.location,
        item_no=item_no,
        variant_code=place.variant,
        inventory=place.inventory,
        safety_stock=place.safety_stock,
    )
