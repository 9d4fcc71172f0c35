"""Shipments hold a whole packing tree."""

from typing import Any

import pytest
from pydantic import ValidationError

from canonicals import SHIPMENT, a_shipment, shipment_line
from orderwire.canonical.shipment import Package


def test_lines_are_found_wherever_they_are_packed() -> None:
    """Loose lines and packed ones are the shipment's lines."""
    assert {line.line_no for line in SHIPMENT.all_lines} == {"1", "2"}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"packages": (), "lines": ()}, "has lines"),
        ({"lines": (shipment_line("1"),)}, "line number occurs twice"),
        ({"packages": (Package(package_no="2"), Package(package_no="2"))}, "package number occurs twice"),
        (
            {"packages": (Package(package_no="3", parent_no="2"), Package(package_no="2"))},
            "before the one that holds it",
        ),
    ],
)
def test_a_broken_tree_is_refused(wrong: dict[str, Any], why: str) -> None:
    """No shipment is empty, ambiguous, or packed in what is not there."""
    with pytest.raises(ValidationError, match=why):
        a_shipment(**wrong)
