"""Change requests."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from fakes.documents import a_line, an_order
from orderwire.canonical.change import LineAction, LineChange, OrderChange, change_of
from orderwire.canonical.order import Channel, Purpose

REQUEST: dict[str, Any] = {"order_no": "PO-1", "partner": "baumarkt", "channel": Channel.EDI}


def test_an_order_document_that_replaces_another_brings_all_its_lines() -> None:
    """Every line of it is a changed one, with its new quantity."""
    change = change_of(an_order(a_line(quantity="7"), purpose=Purpose.REPLACE))

    assert (change.order_no, change.purpose) == ("PO-1", Purpose.REPLACE)
    assert [(line.line_no, line.action, line.quantity) for line in change.lines] == [
        ("1", LineAction.CHANGED, Decimal(7))
    ]


def test_a_cancellation_needs_no_lines() -> None:
    """All of the order is meant."""
    assert change_of(an_order(purpose=Purpose.CANCEL)).lines == ()


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, "changes nothing"),
        ({"purpose": Purpose.ORIGINAL, "requested_on": date(2026, 12, 1)}, "original order"),
        ({"purpose": Purpose.REPLACE}, "has lines"),
    ],
)
def test_a_request_changes_something(facts: dict[str, Any], why: str) -> None:
    """A request without anything to do is refused."""
    with pytest.raises(ValidationError, match=why):
        OrderChange.model_validate(REQUEST | facts)


def test_an_added_line_says_what_and_how_much() -> None:
    """Without item or quantity nothing can be added."""
    with pytest.raises(ValidationError, match="names its item"):
        LineChange(line_no="9", action=LineAction.ADDED, quantity=Decimal(1))
