"""Keys look like NAV's and survive the way there and back."""

import base64

import pytest

from orderwire.simulators.nav import keys
from orderwire.simulators.nav.faults import NavFault
from orderwire.simulators.nav.tables import Item, SalesHeader, SalesLine
from orderwire.simulators.nav.world import World


def test_key_holds_bookmark_and_rowversion_with_lengths(world: World) -> None:
    """A Key is three length-prefixed strings: bookmark, rowversion, nothing."""
    key = keys.encode(world.items, Item(no="PR0001", rowversion=1330011686))
    assert key == "24;GwAAAAJ7/1AAUgAwADAAMAAx10;13300116860;"


def test_bookmark_starts_with_the_table_number(world: World) -> None:
    """A bookmark's first four bytes are the table's number, little endian: 36 is Sales Header."""
    bookmark = keys.encode(world.orders, SalesHeader(no="SO-1")).partition(";")[2][:24]
    assert base64.b64decode(bookmark)[:4] == b"\x24\0\0\0"


@pytest.mark.parametrize("no", ["1001", "Ä", "Ж9", "漢字", "A B", "中"])
def test_key_of_an_order_line_is_read_back(world: World, no: str) -> None:
    """A Key of a three-part primary key names the same row again, whatever the script."""
    line = SalesLine(document_no=no, line_no=2_147_483_647, rowversion=7)
    decoded = keys.decode(keys.encode(world.lines, line))
    assert decoded == keys.Key(37, (no, 2_147_483_647), 7)


@pytest.mark.parametrize("no", ["1001", "Ж", "漢字", "ĀA"])
def test_key_that_ends_in_text_is_read_back(world: World, no: str) -> None:
    """The zero byte that a bookmark leaves out at its end is put back."""
    assert keys.decode(keys.encode(world.items, Item(no=no))).primary_key == (no,)


@pytest.mark.parametrize(
    "text",
    ["", ";", "x", "4;AAAA", "9999999999;AAAA", "-1;A", "4;AA==1;10;", "0;0;0;", "8;GwAAAAB/1;10;", "1;" * 5000,
     "24;GwAAAAJ7/1AAUgAwADAAMAAx3;abc0;", "8;JAAAAACL1;10;"],
)  # fmt: skip
def test_text_that_is_no_key_is_a_fault(text: str) -> None:
    """Whatever comes as Key, the answer is NAV's fault, never a crash."""
    with pytest.raises(NavFault):
        keys.decode(text)


def test_record_id_names_table_and_key(world: World) -> None:
    """A record id is readable, and finds its row again."""
    key = next(iter(world.orders.rows))
    text = keys.record_id(world.orders, key)
    assert text == "Sales Header: Order,SO-000001"
    assert keys.find_record(world.orders, text) == key
    assert keys.find_record(world.items, "Item: 1001") == ("1001",)


@pytest.mark.parametrize("text", ["", "Item", "Item: ", "Customer: 1001", "Sales Header: Quote,SO-000001"])
def test_record_id_of_another_kind_finds_nothing(world: World, text: str) -> None:
    """A record id that is none, or another table's, finds no row."""
    assert keys.find_record(world.items, text) is None
    assert keys.find_record(world.orders, text) is None
