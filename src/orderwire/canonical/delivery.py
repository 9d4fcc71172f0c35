"""The one place that an order goes to, whether its heading or its lines name it."""

from collections.abc import Sequence

from orderwire.canonical.party import Party, PartyRole

_ADDRESS = ("name", "street", "city", "postal_code", "country")


def says_where(party: Party) -> bool:
    """Whether a party names a place at all."""
    return bool(party.ids) or any(_address(party))


def same_place(one: Party | None, other: Party | None) -> bool:
    """Tell whether two parties are one place: by a number of both, and by what both say of the address."""
    if one is None or other is None:
        return one is other
    if one.ids and other.ids:
        pairs = zip(_address(one)[1:], _address(other)[1:], strict=True)
        return not _numbers(one).isdisjoint(_numbers(other)) and all(a == b for a, b in pairs if a and b)
    return _address(one) == _address(other)


def together(one: Party, other: Party) -> Party:
    """Return the first with the other's numbers too, and with its address where the first has none."""
    address = {} if one.street else {name: value for name in _ADDRESS if (value := getattr(other, name))}
    return one.model_copy(update={"ids": tuple(dict.fromkeys((*one.ids, *other.ids))), **address})


def stray(parties: Sequence[Party], places: Sequence[Party | None]) -> int | None:
    """Return the first line, from 0, that goes elsewhere than the rest; None: the order is for one place.

    `places` has for each line the place that it names; a line that names none goes where the heading says.
    """
    heading = _heading(parties)
    goals = [place or heading for place in places]
    return next((number for number, goal in enumerate(goals) if not same_place(heading or goals[0], goal)), None)


def delivered(parties: Sequence[Party], places: Sequence[Party | None]) -> tuple[Party, ...]:
    """Return the parties of an order for one place with that place among them: see `stray`."""
    place = _heading(parties)
    for named in places:
        if named is not None:
            place = named if place is None else together(place, named)
    others = [party for party in parties if party.role is not PartyRole.DELIVERY]
    return tuple(parties) if place is None else (*others, place)


def _heading(parties: Sequence[Party]) -> Party | None:
    """Return the place that the heading names."""
    return next((party for party in parties if party.role is PartyRole.DELIVERY and says_where(party)), None)


def _numbers(party: Party) -> set[str]:
    """The numbers of the place; its VAT number is its owner's, of whatever place."""
    return {f"{each.scheme}:{each.value}" for each in party.ids if each.scheme != "vat"}


def _address(party: Party) -> tuple[str, ...]:
    parts = (party.name, " ".join(party.street), party.city, party.postal_code, party.country)
    return tuple(" ".join((part or "").casefold().split()) for part in parts)
