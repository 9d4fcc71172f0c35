"""Items: which NAV number a buyer's line means."""

import pytest

from fakes.documents import a_line, a_partner
from orderwire.canonical.order import ItemId, ItemScheme
from orderwire.mapping.items import gtin, known_item_no

BUYER, SUPPLIER, GTIN = ItemScheme.BUYER, ItemScheme.SUPPLIER, ItemScheme.GTIN


@pytest.mark.parametrize(
    ("item_ids", "item_no", "code"),
    [
        ([(BUYER, "TB-DRILL")], "1001", None),
        ([(GTIN, "4099999001019"), (BUYER, "TB-DRILL")], "1001", "4099999001019"),
        ([(SUPPLIER, "1002"), (BUYER, "TB-DRILL")], "1001", None),
        ([(SUPPLIER, "OLD-1")], "1003", None),
        ([(SUPPLIER, "1002")], "1002", None),
        ([(GTIN, "4099999001019")], None, "4099999001019"),
        ([(BUYER, "unknown")], None, None),
    ],
)
def test_which_item(item_ids: list[tuple[ItemScheme, str]], item_no: str | None, code: str | None) -> None:
    """The cross reference goes first, whichever number it names; then the supplier's number as it is."""
    line = a_line(item_ids=tuple(ItemId(scheme=scheme, value=value) for scheme, value in item_ids))
    partner = a_partner(items={(BUYER, "TB-DRILL"): "1001", (SUPPLIER, "OLD-1"): "1003"})

    assert (known_item_no(line, partner), gtin(line)) == (item_no, code)
