"""The failure tree: drawn as it is, with codes that are stable and documented."""

import inspect
import re
from pathlib import Path

import pytest

from orderwire import errors
from orderwire.errors import MappingError, OrderwireError, OutageError, PermanentError, TransientError

ROOT = Path(__file__).resolve().parents[2]
CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, OrderwireError)]


def drawn() -> dict[str, str | None]:
    """Return each class of the tree in the docstring with the class above it."""
    parents: dict[str, str | None] = {}
    above: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^ {4}(?P<branch>[│├└─ ]*)(?P<name>\w+Error)\b", line)
        if match:
            depth = len(match["branch"]) // 4
            above[depth] = match["name"]
            parents[match["name"]] = above.get(depth - 1)
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    """Whoever reads the first page of the module has read the failure model."""
    real = {kind.__name__: None if kind is OrderwireError else kind.__bases__[0].__name__ for kind in CLASSES}

    assert drawn() == real


def test_codes_are_unique_and_in_one_form() -> None:
    """An operator who filters by a code gets one kind of failure."""
    codes = [kind.code for kind in CLASSES]

    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z][a-z_]*", code) for code in codes)
    assert all("code" in vars(kind) for kind in CLASSES)


def test_every_code_is_documented() -> None:
    """docs/reference/errors.md says what each means and what the machine does."""
    page = (ROOT / "docs/reference/errors.md").read_text("utf-8")

    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == {kind.code for kind in CLASSES}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_a_retry_can_help_or_it_cannot(kind: type[OrderwireError]) -> None:
    """No error is of two kinds."""
    assert sum(issubclass(kind, known) for known in (TransientError, OutageError, PermanentError)) <= 1


def test_facts_are_kept_out_of_the_sentence() -> None:
    """Equal causes have an equal message; what differs is in the facts, and None is no fact."""
    error = MappingError("no unit of that code", segment="QTY", line_no=3, partner=None)

    assert error.message == "no unit of that code"
    assert error.facts == {"segment": "QTY", "line_no": 3}
    assert str(error) == "no unit of that code (segment=QTY, line_no=3)"
    assert str(MappingError("no unit of that code")) == "no unit of that code"


def test_a_fact_may_have_any_name() -> None:
    """The sentence is positional only, so that `message` can be a fact as well."""
    assert MappingError("wrong", message="UNH 1").facts == {"message": "UNH 1"}
