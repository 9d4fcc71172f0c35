"""Column types: the same value comes back from SQLite and PostgreSQL."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, cast

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Numeric, String, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

#: A counting key. SQLite numbers rows only under the plain name INTEGER.
Serial: Final = BigInteger().with_variant(Integer, "sqlite")


def storable(text: str) -> str:
    """Return text as every database takes it: NUL and lone surrogates become U+FFFD."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return str(text).replace("\0", "\ufffd")


def all_storable(texts: Sequence[str | None]) -> Sequence[str | None]:
    """Return texts as `storable` makes each of them, which nearly always changes none; None stays."""
    if set(map(type, texts)) == {str}:
        joined = "".join(cast("Sequence[str]", texts))
        if joined.isascii() and "\0" not in joined:
            return texts
    return [None if text is None else storable(text) for text in texts]


class Words(TypeDecorator[str]):
    """Text from anywhere, made storable."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  the library's signature
        return None if value is None else storable(value)


class Choice(TypeDecorator[StrEnum]):
    """A member of an enumeration, stored as its value."""

    impl = String
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        super().__init__(16)
        self.members = members

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:  # noqa: ARG002  the library's signature
        return None if value is None else str(self.members(value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002  the library's signature
        return None if value is None else self.members(value)


class Instant(TypeDecorator[datetime]):
    """An instant: timestamptz, or on SQLite whole microseconds since 1970."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return (value - _EPOCH) // _MICROSECOND if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant: datetime = _EPOCH + value * _MICROSECOND if dialect.name == "sqlite" else value
        return instant.astimezone(UTC)


class Exact(TypeDecorator[Decimal]):
    """A decimal to the last digit: numeric, or on SQLite its text. Sums are made in Python."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = Text() if dialect.name == "sqlite" else Numeric()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        if value is None:
            return None
        if not value.is_finite():
            raise ValueError("a quantity must be finite")
        return str(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002  the library's signature
        return None if value is None else Decimal(value)


class Names(TypeDecorator[tuple[str, ...]]):
    """Some names, as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002  the library's signature
        return None if value is None else json.dumps(list(value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002  the library's signature
        return None if value is None else tuple(json.loads(value))


class Sizes(TypeDecorator[tuple[int, ...]]):
    """Some whole numbers, as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[int, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002  the library's signature
        return None if value is None else json.dumps(list(value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[int, ...] | None:  # noqa: ARG002  the library's signature
        return None if value is None else tuple(json.loads(value))


class Facts(TypeDecorator[Mapping[str, Any]]):
    """A mapping as JSON text; what JSON does not know becomes its text. Escaped, so that NUL passes PostgreSQL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> str | None:  # noqa: ARG002  the library's signature
        return None if value is None else json.dumps(dict(value), default=str)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Mapping[str, Any] | None:  # noqa: ARG002  the library's signature
        if value is None:
            return None
        facts: Mapping[str, Any] = json.loads(value)
        return facts
