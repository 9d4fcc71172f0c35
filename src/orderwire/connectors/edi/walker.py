"""The way through a message's structure: what is missing, out of place, out of order or too often."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple

from orderwire.connectors.edi.directory import Part, letters


class Problem(Enum):
    """What can be wrong with a segment's place."""

    MISSING = "missing"  # a mandatory segment or group is not there
    PLACE = "place"  # the segment has no place in the message, or none from here on
    ORDER = "order"  # it stands after what should follow it, but where it belongs is plain
    SEGMENTS = "segments"  # more than the directory allows
    GROUPS = "groups"


class Misplaced(NamedTuple):
    """A problem at a segment: for a missing one that of the last good segment before it."""

    problem: Problem
    segment_no: int
    path: str  # trigger path: LIN/PRI
    most: int = 0


@dataclass(slots=True)
class _Frame:
    """An open group: which of its parts was read last, and how often."""

    group: Part
    path: str
    index: int = 0
    count: int = 1


def follows(structure: Part, skeleton: str) -> bool:
    """Whether segments follow the structure without a single problem; what `walk` finds takes much longer.

    `skeleton` has the letter of each tag.
    """
    return _pattern(structure).fullmatch(skeleton) is not None


def walk(structure: Part, tags: Sequence[str]) -> Iterator[Misplaced]:
    """Yield every problem, UNH to UNT; a segment that fits nowhere is passed over.

    The innermost open group goes first, then the ones around it, each from where it stands; what is found
    only further back is out of order, and so is what comes before a mandatory segment that follows later.
    """
    last = {tag: number for number, tag in enumerate(tags, 1)}
    frames = [_Frame(structure, "")]
    for number, tag in enumerate(tags[1:], 2):
        yield from _step(frames, tag, number, last)
    while frames:
        yield from _close(frames.pop(), len(tags) - 1)


def _step(frames: list[_Frame], tag: str, number: int, last: dict[str, int]) -> Iterator[Misplaced]:
    for depth in range(len(frames) - 1, -1, -1):
        index = _ahead(frames[depth], tag, number, last)
        if index is not None:
            while len(frames) > depth + 1:
                yield from _close(frames.pop(), number - 1)
            yield from _advance(frames, index, number)
            return
    for depth in range(len(frames) - 1, -1, -1):
        index = _find(frames[depth].group.parts, tag, 1, frames[depth].index)
        if index is not None:
            yield from _return(frames, depth, index, number)
            return
    early = next((path for frame in reversed(frames) if (path := _early(frame, tag))), None)
    yield Misplaced(Problem.ORDER, number, early) if early else Misplaced(Problem.PLACE, number, tag)


def _early(frame: _Frame, tag: str) -> str | None:
    """Return the path of a segment that comes before its turn but in its own section, and opens no group."""
    parts = frame.group.parts
    index = _find(parts, tag, frame.index, len(parts))
    if index is None or parts[index].parts or any(part.tag == "UNS" for part in parts[frame.index + 1 : index]):
        return None
    return _below(frame.path, tag)


def _ahead(frame: _Frame, tag: str, number: int, last: dict[str, int]) -> int | None:
    """Return which part of the group comes next, unless a mandatory one that is still to come stands before it."""
    parts = frame.group.parts
    index = _find(parts, tag, max(frame.index, 1), len(parts))
    if index is None or index == frame.index:
        return index
    skipped = parts[frame.index + 1 : index]
    return None if any(part.mandatory and last.get(part.tag, 0) > number for part in skipped) else index


def _find(parts: tuple[Part, ...], tag: str, start: int, end: int) -> int | None:
    return next((index for index in range(start, end) if parts[index].tag == tag), None)


def _advance(frames: list[_Frame], index: int, number: int) -> Iterator[Misplaced]:
    frame = frames[-1]
    part = frame.group.parts[index]
    path = _below(frame.path, part.tag)
    if index == frame.index:
        frame.count += 1
    else:
        for skipped in frame.group.parts[frame.index + 1 : index]:
            if skipped.mandatory:
                yield Misplaced(Problem.MISSING, number - 1, _below(frame.path, skipped.tag))
        frame.index, frame.count = index, 1
    if frame.count == part.most + 1:  # once, not for each that follows
        yield Misplaced(Problem.GROUPS if part.parts else Problem.SEGMENTS, number, path, part.most)
    if part.parts:
        frames.append(_Frame(part, path))


def _return(frames: list[_Frame], depth: int, index: int, number: int) -> Iterator[Misplaced]:
    """Take a segment late. A group is entered, so that what follows finds its way; a segment alone moves nothing."""
    part = frames[depth].group.parts[index]
    yield Misplaced(Problem.ORDER, number, _below(frames[depth].path, part.tag))
    if not part.parts:
        return
    while len(frames) > depth + 1:
        yield from _close(frames.pop(), number - 1)
    frames[-1].index, frames[-1].count = index, 1
    frames.append(_Frame(part, _below(frames[-1].path, part.tag)))


def _close(frame: _Frame, number: int) -> Iterator[Misplaced]:
    for part in frame.group.parts[frame.index + 1 :]:
        if part.mandatory:
            yield Misplaced(Problem.MISSING, number, _below(frame.path, part.tag))


def _below(path: str, tag: str) -> str:
    return f"{path}/{tag}" if path else tag


@lru_cache
def _pattern(structure: Part) -> re.Pattern[str]:
    """The structure as a regular expression; possessive, because no segment is ever taken back."""
    return re.compile(_sequence(structure.parts, letters()))


def _sequence(parts: tuple[Part, ...], known: dict[str, str]) -> str:
    """Parts one after the other; a run of optional ones is passed over whole where none of them is there."""
    if len(parts) < _RUN:
        return "".join(_part(part, known) for part in parts)
    middle = len(parts) // 2
    inner = _sequence(parts[:middle], known) + _sequence(parts[middle:], known)
    if any(part.mandatory for part in parts):
        return inner
    return f"(?>(?=[{''.join(known[part.tag] for part in parts)}]){inner}|)"


def _part(part: Part, known: dict[str, str]) -> str:
    inner = f"(?:{_sequence(part.parts, known)})" if part.parts else known[part.tag]
    return f"{inner}{{{int(part.mandatory)},{part.most}}}+"


#: From how many parts on a run of them is looked ahead for.
_RUN: Final = 4
