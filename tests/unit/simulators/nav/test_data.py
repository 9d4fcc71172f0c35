"""The company's data, read from YAML."""

from decimal import Decimal
from pathlib import Path

import pytest

from orderwire.errors import ConfigurationError
from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.users import OtherUsers
from orderwire.simulators.nav.world import World


def test_demo_company_has_what_the_demo_sells() -> None:
    """The packaged company opens with the stock and the orders of the demo."""
    data = NavData.demo()
    world = World(data)
    OtherUsers(world).open_company(data)
    available = {item.no: world.available(item.no) for item in data.items}
    assert available == {
        "1001": 100, "1002": 300, "1003": 5, "1004": 850, "1005": 75, "1006": 40, "1007": 0, "1008": 10,
    }  # fmt: skip
    assert world.items.rows["1008",].blocked
    assert world.items.rows["1001",].unit_price == Decimal("89.90")
    assert world.units.rows["1004", "CARTON"].qty_per == 10
    assert world.customers.rows["C10000",].name == "Baumarkt Süd GmbH"


def test_scalars_are_text(tmp_path: Path) -> None:
    """`no` is a key and not False, numbers keep their leading zeros, prices are exact."""
    file = tmp_path / "nav.yaml"
    file.write_text("items:\n  - {no: 0010, unit_price: 0.10, blocked: no}\n", encoding="utf-8")
    item = NavData.load(file).items[0]
    assert (item.no, item.unit_price, item.blocked) == ("0010", Decimal("0.10"), False)


@pytest.mark.parametrize(
    "text",
    [
        "items: [{colour: red}]",
        "items: {",
        "- 1",
        "items: [{no: 1, inventory: 1e99}]",
        "items: [{no: 1, unit_price: x}]",
    ],
)
def test_all_problems_are_told_at_once(tmp_path: Path, text: str) -> None:
    """Data that cannot be read is a configuration error which names the file."""
    file = tmp_path / "nav.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"nav\.yaml"):
        NavData.load(file)


def test_missing_file_is_a_configuration_error(tmp_path: Path) -> None:
    """A file that is not there is told as such."""
    with pytest.raises(ConfigurationError, match="No such file"):
        NavData.load(tmp_path / "none.yaml")
