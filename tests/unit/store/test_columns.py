"""Column types."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect, TypeDecorator, make_url

from orderwire.ports.journal import DocumentState
from orderwire.store.columns import Choice, Exact, Facts, Instant, Words, all_storable, storable

SQLITE: Dialect = make_url("sqlite://").get_dialect()()
POSTGRESQL: Dialect = make_url("postgresql+psycopg://").get_dialect()()
DIALECTS = pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])


class Colour(StrEnum):
    RED = "red"


def there_and_back(kind: TypeDecorator[Any], value: object, dialect: Dialect) -> object:
    return kind.process_result_value(kind.process_bind_param(value, dialect), dialect)


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_keep_their_microseconds(instant: datetime) -> None:
    """Any instant comes back equal from whole microseconds."""
    assert there_and_back(Instant(), instant, SQLITE) == instant


@DIALECTS
def test_instants_come_back_in_utc(dialect: Dialect) -> None:
    """Whatever zone an instant was given in, it comes back in UTC."""
    given_in_india = datetime(2026, 3, 9, 17, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))

    found = there_and_back(Instant(), given_in_india, dialect)

    assert isinstance(found, datetime)
    assert found == given_in_india
    assert found.tzinfo is UTC


@DIALECTS
def test_naive_instants_are_refused(dialect: Dialect) -> None:
    """A time without a zone is a bug."""
    with pytest.raises(ValueError, match="time zone"):
        Instant().process_bind_param(datetime(2026, 3, 9), dialect)  # noqa: DTZ001  the point of the test


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_keep_every_digit(number: Decimal) -> None:
    """Any decimal comes back with every digit."""
    assert there_and_back(Exact(), number, SQLITE) == number


@DIALECTS
@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_no_quantity_is_infinite(dialect: Dialect, number: str) -> None:
    """What is no number is refused before it is stored."""
    with pytest.raises(ValueError, match="finite"):
        Exact().process_bind_param(Decimal(number), dialect)


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_is_storable(text: str) -> None:
    """Any text, lone surrogates and NUL included, becomes UTF-8 without NUL; good text stays as it is."""
    stored = storable(text)

    assert "\0" not in stored
    assert stored.encode() == stored.encode("utf-8", "strict")
    assert storable(stored) == stored


@pytest.mark.parametrize(
    ("text", "stored"), [("größe 💥", "größe 💥"), ("a\0b", "a\ufffdb"), ("\ud83d", "\ufffd"), ("\ud83d\udca5", "💥")]
)
def test_only_what_cannot_be_stored_is_replaced(text: str, stored: str) -> None:
    """NUL and lone surrogates become U+FFFD, pairs their character, and all else stays."""
    assert storable(text) == stored


@given(st.lists(st.none() | st.sampled_from(Colour) | st.text(alphabet=st.characters(codec=None) | st.just("\0"))))
def test_many_texts_are_as_storable_as_each(texts: list[str | None]) -> None:
    """Of whatever kinds they are, and whichever stand beside each other; an enumeration's member is plain text."""
    stored = all_storable(texts)

    assert list(stored) == [None if text is None else storable(text) for text in texts]
    assert {type(text) for text in stored} <= {str, type(None)}


def test_enumerations_are_stored_as_plain_text() -> None:
    """Drivers write an enumeration's member in ways of their own, so they get its value."""
    assert type(Words().process_bind_param(Colour.RED, SQLITE)) is str
    assert type(Choice(DocumentState).process_bind_param(DocumentState.DONE, SQLITE)) is str


def test_only_members_of_an_enumeration_are_stored() -> None:
    """A state that is none is refused before it is stored."""
    with pytest.raises(ValueError, match="finished"):
        Choice(DocumentState).process_bind_param("finished", SQLITE)  # type: ignore[arg-type]  # the point of the test


def test_facts_of_any_kind_are_stored() -> None:
    """What JSON does not know is kept as its text."""
    facts = {"quantity": Decimal("1.50"), "text": "a\0b", "nested": {"n": [1, None, True]}}

    assert there_and_back(Facts(), facts, SQLITE) == {**facts, "quantity": "1.50"}


@DIALECTS
@pytest.mark.parametrize("kind", [Choice(DocumentState), Instant(), Exact(), Facts()], ids=repr)
def test_nothing_stays_nothing(kind: TypeDecorator[Any], dialect: Dialect) -> None:
    """NULL is None both ways."""
    assert kind.process_bind_param(None, dialect) is None
    assert kind.process_result_value(None, dialect) is None
    assert Words().process_bind_param(None, dialect) is None
