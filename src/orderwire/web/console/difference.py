"""What an edited copy changes, line by line, in bounded time: a hostile document must not keep the console busy."""

import difflib
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

#: Lines beside those that differ.
_CONTEXT: Final = 2
#: Comparing takes the square of the lines that differ, and worse for some.
_MAX_COMPARED: Final = 400
#: Lines shown.
_MAX_SHOWN: Final = 2000
_LOOKS: Final = {"+": "plus", "-": "minus", "@": "at"}


def difference(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield the lines of a difference, each with how it looks."""
    old, new = before.splitlines(), after.replace("\r\n", "\n").splitlines()
    head = max(0, _common(old, new) - _CONTEXT)
    old, new = old[head:], new[head:]
    tail = max(0, _common(old[::-1], new[::-1]) - _CONTEXT)
    old, new = old[: len(old) - tail], new[: len(new) - tail]
    lines = _compared(old, new) if max(len(old), len(new)) <= _MAX_COMPARED else _beside(old, new)
    for number, line in enumerate(lines):
        if number == _MAX_SHOWN:
            yield "at", "@@ there is more @@"
            return
        yield _LOOKS.get(line[:1], ""), line


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    lines = difflib.unified_diff(old, new, lineterm="", n=_CONTEXT)
    return (line for number, line in enumerate(lines) if number > 1)  # the first two name files


def _beside(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Compare each line with the one at its place; where their numbers differ, all of them have changed."""
    if len(old) != len(new):
        yield from (f"-{line}" for line in old[: _MAX_SHOWN // 2])
        yield from (f"+{line}" for line in new)
        return
    for one, other in zip(old, new, strict=True):
        if one != other:
            yield f"-{one}"
            yield f"+{other}"
