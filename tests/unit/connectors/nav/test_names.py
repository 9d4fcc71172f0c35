"""Our names and an installation's."""

from typing import Any

import pytest
from lxml import etree

from orderwire.connectors.nav.names import Names

NAMES = Names(
    {"No": "Nr", "SalesLines": "Lignes", "SalesLines.Quantity": "Menge", "SalesLines.Amount": "Quantity"},
    {"SalesLines.Type": {"Item": "Artikel"}, "Blocked": {"All": "Alle"}},
)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("No", "Nr"),
        ("Name", "Name"),
        ("SalesLines.Quantity", "Menge"),
        ("SalesLines.No", "No"),
        ("SalesLines", "Lignes"),
    ],
)
def test_a_field_without_another_name_keeps_its_own(ours: str, theirs: str) -> None:
    """A name of the page does not touch the lines, nor the other way round."""
    assert NAMES.field(ours) == theirs


def test_operations_follow_the_part() -> None:
    """NAV calls the deletion of a line after the part."""
    assert [NAMES.operation(name) for name in ("Delete_SalesLines", "Delete", "Read")] == [
        "Delete_Lignes",
        "Delete",
        "Read",
    ]


def test_filters_name_their_fields() -> None:
    """The field that a filter names is translated, its criteria never are."""
    told = NAMES.parameters([("filter", [("Field", "No"), ("Criteria", "No")]), ("No", "No"), ("setSize", "0")])
    assert told == [("filter", [("Field", "Nr"), ("Criteria", "No")]), ("Nr", "No"), ("setSize", "0")]


def test_a_record_goes_out_under_their_names() -> None:
    """Lines go into the row element of their part; options are told as the installation writes them."""
    record: dict[str, Any] = {"No": "1", "Blocked": "All", "SalesLines": [{"Type": "Item", "No": "7", "Quantity": "2"}]}
    assert NAMES.outgoing(record, {"Lignes": "Order_Line"}) == {
        "Nr": "1",
        "Blocked": "Alle",
        "Lignes": {"Order_Line": [{"Type": "Artikel", "No": "7", "Menge": "2"}]},
    }


def test_an_answer_comes_in_under_ours() -> None:
    """Names may be swapped; a foreign field that bears a name of ours is dropped, so that none is taken for another."""
    record = etree.fromstring(
        '<O xmlns="urn:o"><Nr>1</Nr><No>elsewhere</No><Blocked>Alle</Blocked><Lignes><Order_Line><Type>Artikel</Type>'
        "<No>7</No><Menge>2</Menge><Quantity>29.00</Quantity></Order_Line></Lignes></O>"
    )
    NAMES.incoming(record)
    assert etree.tostring(record).decode() == (
        '<O xmlns="urn:o"><No>1</No><Blocked>All</Blocked><SalesLines><Order_Line><Type>Item</Type>'
        "<No>7</No><Quantity>2</Quantity><Amount>29.00</Amount></Order_Line></SalesLines></O>"
    )
