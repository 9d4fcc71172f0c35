"""A small company without network."""

from datetime import date
from decimal import Decimal

import pytest

from orderwire.simulators.nav.data import CustomerData, ItemData, LineData, NavData, OrderData
from orderwire.simulators.nav.sales import SalesOrders
from orderwire.simulators.nav.users import OtherUsers
from orderwire.simulators.nav.world import World

TODAY = date(2026, 3, 2)


@pytest.fixture
def data() -> NavData:
    return NavData(
        items=(
            ItemData(no="1001", description="Drill", units={"CARTON": Decimal(6)}, gtin="4099999001019",
                     inventory=Decimal(120), unit_price=Decimal("89.90")),
            ItemData(no="1002", description="Hammer", inventory=Decimal(8), unit_price=Decimal("14.5")),
            ItemData(no="1008", description="Plane", inventory=Decimal(10), blocked=True),
        ),
        customers=(
            CustomerData(no="C1", name="Toolbox"),
            CustomerData(no="C2", name="Bricolage", blocked="Ship"),
            CustomerData(no="C99999", name="Walk-in customer"),
        ),
        locations=("EAST",),
        sales_orders=(
            OrderData(customer_no="C99999", lines=(LineData(item_no="1001", quantity=Decimal(20)),)),
        ),
    )  # fmt: skip


@pytest.fixture
def world(data: NavData) -> World:
    opened = World(data, today=lambda: TODAY)
    OtherUsers(opened).open_company(data)
    return opened


@pytest.fixture
def sales(world: World) -> SalesOrders:
    return SalesOrders(world)


@pytest.fixture
def users(world: World) -> OtherUsers:
    return OtherUsers(world)
