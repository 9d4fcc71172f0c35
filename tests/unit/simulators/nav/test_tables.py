"""Rows, rowversions, indexes, and transactions that undo themselves."""

from dataclasses import replace

import pytest

from orderwire.simulators.nav.tables import Database, Item, Table


@pytest.fixture
def items() -> Table[Item]:
    return Table[Item]("Item", 27, {"no": "No."}, indexed=("gtin",))


def having_gtin(items: Table[Item], gtin: str) -> list[str]:
    return [row.no for row in items.having("gtin", [gtin]) or ()]


def test_each_save_has_a_greater_rowversion(items: Table[Item]) -> None:
    """Rowversions only grow, over all tables."""
    database = Database()
    with database.transaction():
        versions = [database.put(items, Item(no=no)).rowversion for no in ("1", "2", "1")]
    assert versions == sorted(set(versions))


def test_index_follows_every_change(items: Table[Item]) -> None:
    """An index finds what a scan would, after insert, change, delete and undo."""
    database = Database()
    with database.transaction():
        row = database.put(items, Item(no="1", gtin="A"))
    assert having_gtin(items, "A") == ["1"]

    def change_and_fail() -> None:
        with database.transaction():
            database.put(items, replace(row, gtin="B"))
            database.put(items, Item(no="2", gtin="A"))
            assert having_gtin(items, "B") == ["1"]
            database.remove(items, row)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert (having_gtin(items, "A"), having_gtin(items, "B")) == (["1"], [])
    assert items.rows == {("1",): row}


def test_only_indexed_columns_are_found_without_a_scan(items: Table[Item]) -> None:
    """The primary key is an index, other columns are one if declared."""
    Database().put(items, Item(no="1", description="Drill"))
    assert items.having("description", ["Drill"]) is None
    assert items.having("no", ["1", "2"]) == [items.rows["1",]]


def test_inner_transaction_is_undone_with_the_outer(items: Table[Item]) -> None:
    """A transaction within a transaction commits with the outer one, or not at all."""
    database = Database()

    def put_and_fail() -> None:
        with database.transaction():
            with database.transaction():
                database.put(items, Item(no="1"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put_and_fail()
    assert not items.rows
