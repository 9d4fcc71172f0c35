"""Filter criteria, as typed into a filter field of NAV: `1001|1003`, `10..20`, `<>x`, `@*lyon*`, `''`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from orderwire.simulators.nav.faults import bad_filter
from orderwire.simulators.nav.values import Field, Kind, Value

_MAX_DEPTH: Final = 20
_OPERATORS: Final = ("<>", ">=", "<=", ">", "<", "=")
_SPECIAL: Final = "|&()<>="
_TRUE: Final = {"yes", "true", "1"}
_FALSE: Final = {"no", "false", "0"}

Predicate = Callable[[Value], bool]


@dataclass(frozen=True, slots=True)
class Filter:
    """A test on one field; `literals` are the only values that can pass, where the criteria name them."""

    matches: Predicate
    literals: frozenset[Value] | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    quoted: bool = False
    operator: bool = False


def compile_filter(field: Field, criteria: str) -> Filter:
    """Read criteria for a field.

    Raises:
        NavFault: they are no filter, or name values that are not of the field's type.
    """
    if not criteria.strip():
        return Filter(lambda _value: True)
    try:
        return _Reader(field, list(_tokens(criteria))).read()
    except (ValueError, ArithmeticError, IndexError):
        raise bad_filter(criteria, field.name) from None


def _tokens(criteria: str) -> Iterator[_Token]:
    at = 0
    while at < len(criteria):
        character = criteria[at]
        if character == "'":
            text, at = _quoted(criteria, at + 1)
            yield _Token(text, quoted=True)
        elif character in _SPECIAL or criteria.startswith("..", at):
            operator = next((two for two in ("<>", ">=", "<=", "..") if criteria.startswith(two, at)), character)
            yield _Token(operator, operator=True)
            at += len(operator)
        else:
            start = at
            while at < len(criteria) and criteria[at] not in _SPECIAL + "'" and not criteria.startswith("..", at):
                at += 1
            if text := criteria[start:at].strip():
                yield _Token(text)


def _quoted(criteria: str, at: int) -> tuple[str, int]:
    """Read up to the closing quote; a doubled quote is one inside the text."""
    text = ""
    while True:
        end = criteria.index("'", at)
        text += criteria[at:end]
        if not criteria.startswith("''", end):
            return text, end + 1
        text += "'"
        at = end + 2


class _Reader:
    """Recursive descent: alternatives of conjunctions of terms."""

    def __init__(self, field: Field, tokens: list[_Token]) -> None:
        self._field = field
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def read(self) -> Filter:
        result = self._alternatives()
        if self._at < len(self._tokens):
            raise ValueError("text after the filter")
        return result

    def _alternatives(self) -> Filter:
        options = [self._conjunction()]
        while self._take("|"):
            options.append(self._conjunction())
        if len(options) == 1:
            return options[0]
        known = [option.literals for option in options]
        literals = frozenset[Value]().union(*(values for values in known if values is not None))
        if None not in known:
            return Filter(literals.__contains__, literals)
        return Filter(lambda value: any(option.matches(value) for option in options))

    def _conjunction(self) -> Filter:
        terms = [self._term()]
        while self._take("&"):
            terms.append(self._term())
        if len(terms) == 1:
            return terms[0]
        return Filter(lambda value: all(term.matches(value) for term in terms))

    def _term(self) -> Filter:
        if self._take("("):
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                raise ValueError("too deep")
            inner = self._alternatives()
            self._expect(")")
            self._depth -= 1
            return inner
        if self._take(".."):
            return Filter(self._compare("<=", self._operand()))
        for operator in _OPERATORS:
            if self._take(operator):
                return self._operation(operator)
        return self._value_or_range()

    def _operation(self, operator: str) -> Filter:
        token = self._operand()
        if operator in {"=", "<>"}:
            equal = self._equal(token)
            return equal if operator == "=" else Filter(lambda value: not equal.matches(value))
        return Filter(self._compare(operator, token))

    def _value_or_range(self) -> Filter:
        first = self._operand()
        if not self._take(".."):
            return self._equal(first)
        lower = self._compare(">=", first)
        if self._at >= len(self._tokens) or self._tokens[self._at].operator:
            return Filter(lower)
        upper = self._compare("<=", self._operand())
        return Filter(lambda value: lower(value) and upper(value))

    def _take(self, operator: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == _Token(operator, operator=True):
            self._at += 1
            return True
        return False

    def _expect(self, operator: str) -> None:
        if not self._take(operator):
            raise ValueError(f"{operator} expected")

    def _operand(self) -> _Token:
        token = self._tokens[self._at]
        if token.operator:
            raise ValueError("value expected")
        self._at += 1
        return token

    def _compare(self, operator: str, token: _Token) -> Predicate:
        bound = _comparable(_typed(self._field, token.text))
        match operator:
            case ">=":
                return lambda value: _comparable(value) >= bound
            case "<=":
                return lambda value: _comparable(value) <= bound
            case ">":
                return lambda value: _comparable(value) > bound
        return lambda value: _comparable(value) < bound

    def _equal(self, token: _Token) -> Filter:
        if self._field.kind in {"code", "text"} and not token.quoted:
            pattern = token.text
            folded = pattern.startswith("@") or self._field.kind == "code"
            pattern = pattern.removeprefix("@")
            if "*" in pattern or "?" in pattern or (folded and self._field.kind == "text"):
                fold = str.casefold if folded else str
                return Filter(lambda value: _like(fold(str(value)), fold(pattern)))
            token = _Token(pattern)
        wanted = _typed(self._field, token.text)
        return Filter(lambda value: value == wanted, frozenset({wanted}))


def _comparable(value: Value) -> tuple[int, str | Decimal | int | date]:
    """Blank sorts first."""
    return (0, 0) if value is None else (1, value)


def _typed(field: Field, text: str) -> Value:
    if field.kind == "option":
        return _option(field, text)
    return _READERS[field.kind](text)


def _decimal(text: str) -> Decimal:
    value = Decimal(text.replace(",", "") or "0")
    if not value.is_finite():
        raise ValueError(text)
    return value


def _boolean(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(text)
    return text.lower() in _TRUE


def _date(text: str) -> date | None:
    """Read a date as en-US types it, 11/21/2026 or 11/21/26, or as ISO 8601."""
    if not text:
        return None
    if "/" not in text:
        return date.fromisoformat(text)
    month, day, year = (int(part) for part in text.split("/"))
    return date(year + 2000 if year < 100 else year, month, day)


_READERS: Final[dict[Kind, Callable[[str], Value]]] = {
    "code": lambda text: text.strip().upper(),
    "text": str,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "int": lambda text: int(text or "0"),
}


def _option(field: Field, text: str) -> str:
    """Read an option by caption, by encoded name or by number."""
    members = field.option.members if field.option else ()
    if text.isdecimal():
        return members[int(text)]
    wanted = text.strip().replace(" ", "_").casefold() or "_blank_"
    folded = [member.casefold() for member in members]
    return members[folded.index(wanted)]


def _like(text: str, pattern: str) -> bool:
    """Match `*` and `?` in time linear in both but for the last star: no pattern can make it explode."""
    at, pattern_at, star, resume = 0, 0, -1, 0
    while at < len(text):
        if pattern_at < len(pattern) and pattern[pattern_at] == "*":
            star, resume, pattern_at = pattern_at, at, pattern_at + 1
        elif pattern_at < len(pattern) and pattern[pattern_at] in {"?", text[at]}:
            at, pattern_at = at + 1, pattern_at + 1
        elif star >= 0:
            resume += 1
            at, pattern_at = resume, star + 1
        else:
            return False
    return not pattern[pattern_at:].strip("*")
