"""Segments with the group they stand in, for messages whose order is told by a few triggers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from orderwire.connectors.edi.segment import Segment

#: Group to the triggers that open a group inside it; the heading is the empty name.
Triggers = Mapping[str, frozenset[str]]


def triggers(table: Mapping[str, str]) -> Triggers:
    """Return a table of groups from words."""
    return {group: frozenset(tags.split()) for group, tags in table.items()}


def walk(segments: Iterable[Segment], table: Triggers) -> Iterator[tuple[str, Segment]]:
    """Yield each segment with its path, e.g. `LIN/TAX/MOA`: what opens no group belongs to the one last opened."""
    group = _HEADING
    for segment in segments:
        opened = _opened(group, segment.tag, table)
        group = group if opened is None else opened
        yield (group if opened is not None else f"{group}/{segment.tag}" if group else segment.tag), segment


_HEADING: Final = ""


def _opened(group: str, tag: str, table: Triggers) -> str | None:
    """Return the group that a segment opens, from the innermost outwards; None: it opens none."""
    while True:
        if tag in table.get(group, ()):
            return f"{group}/{tag}" if group else tag
        if not group:
            return None
        group = group.rpartition("/")[0]
