"""What every canonical model shares."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orderwire.canonical.model import (
    Amount,
    Canonical,
    Currency,
    Instant,
    Quantity,
    QuantityOrZero,
    SignedQuantity,
    iso_of,
)


class Sample(Canonical):
    quantity: Quantity = Decimal(1)
    left: QuantityOrZero = Decimal(0)
    stock: SignedQuantity = Decimal(0)
    price: Amount = Decimal(0)
    at: Instant = datetime(2026, 1, 1, tzinfo=UTC)
    currency: Currency = "EUR"
    text: str = ""


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("10", "10"),
        ("10.0", "10"),
        ("1E+1", "10"),
        ("010.00", "10"),
        ("2.50", "2.5"),
        ("0.0000001", "0.0000001"),
        ("100000000000000000", "100000000000000000"),
    ],
)
def test_equal_numbers_have_one_text(given_text: str, kept: str) -> None:
    """10, 10.0 and 1E+1 are one value, and JSON never shows an exponent."""
    sample = Sample(quantity=Decimal(given_text), price=Decimal(given_text))

    assert f'"quantity":"{kept}"' in sample.model_dump_json()
    assert f'"price":"{kept}"' in sample.model_dump_json()


def test_there_is_one_zero() -> None:
    """-0 and 0.00 are 0, so that equal content has an equal hash."""
    assert Sample(left=Decimal("-0"), price=Decimal("-0.00")).model_dump_json() == Sample().model_dump_json()


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+99999", "1E-99999", "9" * 40])
def test_numbers_without_bounds_are_refused(value: str) -> None:
    """Nothing that a hostile document can write makes a number that we cannot print."""
    with pytest.raises(ValidationError):
        Sample(price=Decimal(value))


@pytest.mark.parametrize(("field", "value"), [("quantity", "0"), ("quantity", "-1"), ("left", "-0.1")])
def test_the_sign_is_part_of_the_type(field: str, value: str) -> None:
    """A quantity is above zero, what is left is never below."""
    with pytest.raises(ValidationError):
        Sample.model_validate({field: value})


def test_more_than_18_digits_are_no_quantity() -> None:
    """QTY 6060 has 18 places at most; a longer number is an error in the document."""
    with pytest.raises(ValidationError):
        Sample(quantity=Decimal(1234567890123456789))


def test_instants_are_kept_in_utc() -> None:
    """An offset is turned to UTC, so that instants compare as they read."""
    noon_in_berlin = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))

    assert Sample(at=noon_in_berlin).model_dump(mode="json")["at"] == "2026-07-01T10:00:00Z"


def test_an_instant_without_a_zone_is_refused() -> None:
    """Nobody guesses which noon was meant."""
    with pytest.raises(ValidationError, match="timezone"):
        Sample(at=datetime(2026, 7, 1, 12))  # noqa: DTZ001  what the test is about


@pytest.mark.parametrize("value", ["eur", "EURO", "", "€"])
def test_a_currency_is_three_capitals(value: str) -> None:
    """ISO 4217, alphabetic."""
    with pytest.raises(ValidationError):
        Sample(currency=value)


def test_models_are_frozen_and_closed() -> None:
    """A value never changes, and carries nothing that nobody reads."""
    with pytest.raises(ValidationError, match="frozen"):
        Sample().text = "x"  # type: ignore[misc]  # what the test is about
    with pytest.raises(ValidationError, match="Extra inputs"):
        Sample.model_validate({"colour": "red"})


def test_text_has_no_spaces_around_it() -> None:
    """Fixed-width senders pad; a padded number is the same number."""
    assert Sample(text="  4711 ").text == "4711"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value="-1e15", max_value="1e15"))
def test_json_gives_the_same_number_back(value: Decimal) -> None:
    """Whatever the number, its JSON is plain digits and reads as itself."""
    sample = Sample(price=value)

    assert Sample.model_validate_json(sample.model_dump_json()) == sample
    assert sample.price == value
    assert "E" not in sample.model_dump(mode="json")["price"]


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_are_written_as_python_writes_them(instant: datetime) -> None:
    """Of any year, with and without microseconds."""
    assert iso_of(instant) == instant.isoformat()
