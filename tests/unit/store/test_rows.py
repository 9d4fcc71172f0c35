"""Rows and records."""

import pytest

from orderwire.ports.journal import Document
from orderwire.ports.orders import OrderRecord
from orderwire.store.rows import checked, columns_of, portions, values_of
from orderwire.store.tables import documents, orders
from records import a_document, an_order


def test_records_and_columns_agree() -> None:
    """A record's fields are its table's columns, in the record's order."""
    assert [column.name for column in columns_of(Document, documents)] == list(values_of(a_document()))
    assert {column.name for column in orders.c} - set(values_of(an_order())) == {"lease_owner", "lease_until"}


def test_changes_are_checked() -> None:
    """Known columns pass; every unknown and every fixed one is named."""
    assert checked(OrderRecord, {"revision": 1}, fixed=["id"]) == {"revision": 1}
    with pytest.raises(TypeError, match="OrderRecord takes no change of colour, id"):
        checked(OrderRecord, {"id": "x", "colour": "red", "revision": 1}, fixed=["id"])


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (500, [500]), (1001, [500, 500, 1])])
def test_portions(count: int, sizes: list[int]) -> None:
    """Values are dealt out in order, in lists of at most 500."""
    dealt = list(portions(range(count)))

    assert [len(portion) for portion in dealt] == sizes
    assert [value for portion in dealt for value in portion] == list(range(count))
