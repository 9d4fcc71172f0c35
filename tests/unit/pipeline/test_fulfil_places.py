"""Fulfilling: where the goods go, and when."""

from datetime import date
from typing import Any

import pytest

from fakes.documents import a_line, an_order
from fakes.world import World
from orderwire.canonical.party import Party, PartyId, PartyRole
from orderwire.config.profile import ShortagePolicy
from orderwire.ports.erp import ShipTo


def a_place(**facts: Any) -> Party:
    return Party.model_validate({"role": PartyRole.DELIVERY, **facts})


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (None, None),
        (a_place(ids=(PartyId(scheme="gln", value="4099998000020"),)), None),
        (a_place(ids=(PartyId(scheme="supplier", value="SOUTH"),)), None),
        (
            a_place(ids=(PartyId(scheme="gln", value="4099998000037"),), street=("Gate 3",), city="Lyon"),
            ShipTo("SOUTH"),
        ),
        (
            a_place(name="Site 7", street=("Gate 3",), city="Lyon", postal_code="69001", country="FR"),
            ShipTo("", "Site 7", ("Gate 3",), "Lyon", "69001", "FR"),
        ),
        (a_place(name="Site 7", city="Lyon"), None),
    ],
)
def test_where_an_order_goes(world: World, place: Party | None, expected: ShipTo | None) -> None:
    """To our code of the place, else to the address in the order, else where NAV's customer has its goods sent."""
    world.profile(parties={("gln", "4099998000037"): "SOUTH"})

    world.place(an_order(parties=(place,) if place else ()))

    [draft] = world.erp.drafts.values()
    assert draft.ship_to == expected


def test_a_branch_is_a_customer_of_its_own(world: World) -> None:
    """A buyer that codes/parties.csv gives a number is NAV's customer of that number."""
    world.profile(parties={("gln", "4099998000037"): "C20000"})
    branch = Party(role=PartyRole.BUYER, ids=(PartyId(scheme="gln", value="4099998000037"),))

    world.place(an_order(parties=(branch,)))

    assert [order.customer_no for order in world.erp.orders.values()] == ["C20000"]


def test_a_sender_cannot_name_another_customer(world: World) -> None:
    """A number that the sender says is ours counts for nothing: only codes/parties.csv does."""
    other = Party(role=PartyRole.BUYER, ids=(PartyId(scheme="supplier", value="C20000"),))

    world.place(an_order(parties=(other,)))

    assert [order.customer_no for order in world.erp.orders.values()] == ["C10000"]


def test_the_day_of_delivery_is_told(world: World) -> None:
    """NAV's day is that of what is confirmed; of a line that waits for stock it is the day of the rest."""
    world.profile(ShortagePolicy.BACK_ORDER)
    world.erp.planned = date(2026, 12, 1)

    there, later = world.place(an_order(a_line("1001", "1"), a_line("1007", "1"))).lines

    assert (there.promised_on, there.backorder_on) == (date(2026, 12, 1), None)
    assert (later.promised_on, later.backorder_on) == (None, date(2026, 12, 1))
