"""The one place that an order goes to, wherever in it that stands."""

from collections.abc import Mapping, Sequence

from lxml import etree

from orderwire.canonical.delivery import same_place
from orderwire.canonical.party import Party, PartyRole
from orderwire.connectors.punchout.lines import Reading
from orderwire.connectors.punchout.parties import to_party

Numbers = Mapping[tuple[str, str], str]


def read_place(
    header: etree._Element, items: Sequence[etree._Element], numbers: Numbers, reading: Reading
) -> Party | None:
    """Return where the heading wants the order to go, or else all of its lines; for two places there is no order."""
    heading = next(iter(_named(header, numbers, "ShipTo/Address")), None)
    goals: list[tuple[int, Party | None]] = []
    for number, item in enumerate(items, start=1):
        named = _named(item, numbers, "ShipTo/Address", "ScheduleLine/ShipTo/Address")
        goals += [(number, party) for party in named] or [(number, heading)]
    place = _fullest([heading, *(party for _, party in goals)])
    known = (heading or place, place)
    astray = next((number for number, party in goals if not all(same_place(party, each) for each in known)), None)
    if astray is not None:
        text = f"Line {astray} goes to another place than the rest; an order is for one place: send one for each"
        reading.reject("unsupported", text, f"ItemOut[{astray}]/ShipTo")
    return place


def _named(element: etree._Element, numbers: Numbers, *paths: str) -> list[Party]:
    return [to_party(PartyRole.DELIVERY, address, numbers) for path in paths for address in element.iterfind(path)]


def _fullest(parties: Sequence[Party | None]) -> Party | None:
    """Return the first that says where it is, else the first that there is."""
    named = [party for party in parties if party is not None]
    return next((party for party in named if party.street and party.city), next(iter(named), None))
