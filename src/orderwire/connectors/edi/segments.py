"""Segments as they come: texts, of which each is made a segment once somebody asks for it."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, count
from operator import add, itemgetter
from typing import Final, overload

from orderwire.connectors.edi.directory import UNREAD, letters
from orderwire.connectors.edi.segment import Segment, UnreadSegment, tag_of
from orderwire.connectors.edi.separators import Separators

#: Stands behind each segment where a pattern runs over all of them; no sound segment holds it.
END: Final = "\x1c"


class Batch:
    """The segments that one chunk brought. `skeleton` has a letter for each, by its tag: `UNREAD` for the envelope's.

    `starts` is where each began in the file; or where the first did, if they stand side by side as they were.
    """

    __slots__ = ("_separators", "_starts", "skeleton", "texts")

    def __init__(self, texts: list[str], starts: list[int] | int, skeleton: str, separators: Separators) -> None:
        self.texts = texts
        self.skeleton = skeleton
        self._starts = starts
        self._separators = separators

    def segment(self, number: int) -> Segment:
        text = self.texts[number]
        tag = text[:3] if self.skeleton[number] != UNREAD else self._tag(text)
        return UnreadSegment(self._start(number), tag, text, self._separators)

    def _start(self, number: int) -> int:
        if isinstance(self._starts, int):
            self._starts = list(map(add, accumulate(map(len, self.texts), initial=self._starts), count()))
        return self._starts[number]

    def _tag(self, text: str) -> str:
        """Return the tag; it is longer than it should be, or nested, unless the element separator follows."""
        if text[3:] and text[3] != self._separators.element:
            return tag_of(self._separators.elements(text))
        return text[:3]


class Segments(Sequence[Segment]):
    """The segments of a message. `texts` is that of each."""

    __slots__ = ("_made", "_runs", "_skeleton", "_text", "texts")

    def __init__(self, segments: Iterable[Segment] = ()) -> None:
        self.texts: list[str] = []
        self._skeleton: list[str] = []
        self._runs: list[tuple[int, Batch, int]] = []  # from which number on they are of which batch, and from where
        self._made: dict[int, Segment] = {}
        self._text: str | None = None
        for segment in segments:
            self.append(segment)

    def append(self, segment: Segment) -> None:
        self._made[len(self.texts)] = segment
        self._skeleton.append(letters().get(segment.tag, UNREAD))
        self.texts.append(segment.text)
        self._text = None

    def extend(self, batch: Batch, start: int, end: int) -> None:
        """Append some of a batch, all of tags that it knows."""
        self._runs.append((len(self.texts), batch, start))
        self._skeleton.append(batch.skeleton[start:end])
        self.texts += batch.texts[start:end]
        self._text = None

    @property
    def skeleton(self) -> str:
        """A letter for each segment, by its tag; `UNREAD` for a tag that no directory has."""
        if len(self._skeleton) > 1:
            self._skeleton = ["".join(self._skeleton)]
        return "".join(self._skeleton)

    @property
    def text(self) -> str:
        """All texts, `END` behind each."""
        if self._text is None:
            self._text = END.join([*self.texts, ""])
        return self._text

    def reread(self, codec: str) -> None:
        """Read those that are not ASCII, and were read as Latin-1, in another codec."""
        for number, text in enumerate(self.texts):
            if not text.isascii():
                segment = self[number].reread(codec)
                self._made[number], self.texts[number] = segment, segment.text
        self._text = None

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, number: int) -> Segment: ...

    @overload
    def __getitem__(self, number: slice) -> list[Segment]: ...

    def __getitem__(self, number: int | slice) -> Segment | list[Segment]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        segment = self._made.get(number)
        return segment if segment is not None else self._make(range(len(self))[number])

    def _make(self, number: int) -> Segment:
        if number not in self._made:
            first, batch, start = self._runs[bisect_right(self._runs, number, key=itemgetter(0)) - 1]
            self._made[number] = batch.segment(start + number - first)
        return self._made[number]
