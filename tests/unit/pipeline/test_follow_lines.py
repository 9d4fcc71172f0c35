"""Posted lines find the ordered ones, by number where NAV shows it, else by item and what is still lacking."""

from dataclasses import replace
from decimal import Decimal

import pytest

from fakes.follower import a_posted_line
from orderwire.pipeline.follow_lines import differ, match
from orderwire.ports.following import FollowedLine


def a_line(line_no: int, item_no: str = "1001", ordered: int = 5, delivered: int = 0) -> FollowedLine:
    return FollowedLine("SO-1", line_no, item_no, "", "PCS", Decimal(ordered), Decimal(delivered))


@pytest.mark.parametrize(
    ("lines", "posted", "expected"),
    [
        ([a_line(10), a_line(20)], [(20, 5)], [20]),
        ([a_line(10), a_line(20)], [(None, 5), (None, 5)], [10, 20]),
        ([a_line(10, ordered=2), a_line(20)], [(None, 4)], [20]),
        ([a_line(10, delivered=5), a_line(20)], [(None, 1)], [20]),
        ([a_line(10), a_line(20)], [(None, 9)], [10]),
        ([a_line(10, "1002"), a_line(20)], [(10, 1)], [20]),
        ([a_line(10, "1002")], [(None, 1)], [None]),
        ([], [(10, 1)], [None]),
    ],
    ids=["by number", "one after the other", "where it fits", "what lacks", "too much", "another item",
         "not ordered", "unknown order"],
)  # fmt: skip
def test_posted_lines_find_their_ordered_ones(
    lines: list[FollowedLine], posted: list[tuple[int | None, int]], expected: list[int | None]
) -> None:
    """A number that names another item is not believed, and nothing is added to a line that cannot be meant."""
    pairs = match([a_posted_line(line_no, str(quantity)) for line_no, quantity in posted], lines)

    assert [found.line_no if found else None for _, found in pairs] == expected


def test_another_unit_is_another_line() -> None:
    """A carton is not a piece, whatever their numbers are."""
    pairs = match([a_posted_line(None, unit="CARTON")], [a_line(10)])

    assert [found for _, found in pairs] == [None]


@pytest.mark.parametrize(
    ("changes", "different"),
    [
        ({}, False),
        ({"delivered": Decimal(3), "invoiced": Decimal(1), "description": "Drill"}, False),
        ({"ordered": Decimal(4)}, True),
        ({"item_no": "1002"}, True),
        ({"unit": "CARTON"}, True),
        ({"unit_price": Decimal(9)}, True),
        ({"unit_price": None}, False),
    ],
)
def test_only_what_is_ordered_makes_a_difference(*, changes: dict[str, object], different: bool) -> None:
    """Deliveries do not, nor a price that the page does not show."""
    line = replace(a_line(10), unit_price=Decimal(10))

    assert differ([line], [replace(line, **changes)]) is different  # type: ignore[arg-type]
    assert differ([line], [line, a_line(20)])
