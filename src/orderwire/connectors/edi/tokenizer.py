"""Segments from bytes: by release parity, in chunks, in constant memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Final

from orderwire.connectors.edi.directory import UNREAD, letters
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.segments import Batch
from orderwire.connectors.edi.separators import Separators
from orderwire.connectors.edi.syntax import ServiceString
from orderwire.errors import LimitError

#: Segments that the envelope is made of.
ENVELOPE: Final = frozenset({"UNA", "UNB", "UNG", "UNE", "UNH", "UNT", "UNZ"})
#: The tag of a segment and what follows it.
_head: Final = itemgetter(slice(4))
_PADDING: Final = "\r\n\t \x1a\x00"


@dataclass(slots=True)
class Tokenizer:
    """Yields the segments of one interchange. Read `unterminated` and `wrapped_at` after the last."""

    service: ServiceString
    codec: str = "iso8859-1"
    version: int = 3
    max_segment_bytes: int = 64 * 1024
    unterminated: bool = field(default=False, init=False)
    wrapped_at: int | None = field(default=None, init=False)  # where the first segment with a line break in it begins
    _separators: Separators = field(init=False)

    def __post_init__(self) -> None:
        self._separators = Separators(self.service, self.version)

    def segments(self, chunks: Iterable[bytes | memoryview], offset: int = 0) -> Iterator[Segment]:
        """Yield each segment; `offset` is that of the first byte in the file.

        Bytes are split as Latin-1, so that every character is one byte and offsets are exact; a segment that
        is not ASCII is then read in its codec.

        Raises:
            LimitError: a segment is longer than allowed.
        """
        for batch in self.batches(chunks, offset):
            yield from map(batch.segment, range(len(batch.texts)))

    def batches(self, chunks: Iterable[bytes | memoryview], offset: int = 0) -> Iterator[Batch]:
        """Yield the same by the chunk, unmade.

        Raises:
            LimitError: a segment is longer than allowed.
        """
        known = _heads(self.service.element)
        for raws, broken in self._raw(chunks):
            texts, starts = self._texts(raws, offset) if broken or self.codec != "iso8859-1" else (raws, offset)
            skeleton = "".join(map(known.get, map(_head, texts), repeat(UNREAD)))
            yield Batch(texts, starts, skeleton, self._separators)
            offset += sum(map(len, raws)) + len(raws)

    def _texts(self, raws: list[str], offset: int) -> tuple[list[str], list[int]]:
        """Return the segments without line breaks, and in their codec; and where the tag of each stands."""
        texts, starts = [], []
        for raw in raws:
            text, start = raw, offset
            if "\n" in raw or "\r" in raw:
                text = raw.lstrip("\r\n\t ")
                start += len(raw) - len(text)
                text = self._unwrapped(text, start)
            texts.append(text if text.isascii() else text.encode("latin-1").decode(self.codec, "replace"))
            starts.append(start)
            offset += len(raw) + 1
        return texts, starts

    def _unwrapped(self, text: str, start: int) -> str:
        """Drop line breaks; one at the end is padding, one inside is told of."""
        breaks = self.service.line_breaks
        text = text.rstrip(breaks)
        if not any(mark in text for mark in breaks):
            return text
        self.wrapped_at = start if self.wrapped_at is None else self.wrapped_at
        return text.translate(dict.fromkeys(map(ord, breaks)))

    def _raw(self, chunks: Iterable[bytes | memoryview]) -> Iterator[tuple[list[str], bool]]:
        """Yield the segments of each chunk unparsed, and whether line breaks are among them.

        Raises:
            LimitError: a segment is too long; those before it were yielded.
        """
        terminator, release, breaks = self.service.terminator, self.service.release, self.service.line_breaks
        longest = self.max_segment_bytes
        tail = ""
        for chunk in chunks:
            text = tail + str(chunk, "latin-1")
            parts = text.split(terminator)
            broken = any(mark in text for mark in breaks)
            if release and (release + terminator in text or (broken and release in text)):
                parts = _rejoin(parts, self.service)
            tail = parts.pop()
            if max(len(tail), max(map(len, parts), default=0)) > longest:
                good = next((number for number, part in enumerate(parts) if len(part) > longest), len(parts))
                yield parts[:good], broken
                raise LimitError("a segment is too long", allowed=longest)
            yield parts, broken
        if tail.strip(_PADDING):
            self.unterminated = True
            yield [tail.rstrip(_PADDING)], any(mark in tail for mark in breaks)


@lru_cache
def _heads(element: str) -> dict[str, str]:
    """The letter of each tag of a directory by the first four characters of its segments."""
    return {tag + element: letter for tag, letter in letters().items() if tag not in ENVELOPE}


def _rejoin(parts: list[str], service: ServiceString) -> list[str]:
    """Put together again what was cut at a released terminator."""
    release, breaks = service.release, service.line_breaks
    endings = (release, *breaks)
    suspects = [number for number, part in enumerate(parts) if part.endswith(endings)]
    cuts = [number for number in suspects if number < len(parts) - 1 and _ends_released(parts[number], release, breaks)]
    whole: list[str] = []
    done = 0
    for number, end in _runs(cuts):
        whole += parts[done:number]
        whole.append(service.terminator.join(parts[number : end + 1]))
        done = end + 1
    return whole + parts[done:]


def _ends_released(part: str, release: str, breaks: str) -> bool:
    bare = part.rstrip(breaks)
    return (len(bare) - len(bare.rstrip(release))) % 2 == 1


def _runs(cuts: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last part of each segment that was cut, from the parts that a cut follows."""
    start = None
    for number, cut in enumerate(cuts):
        start = cut if start is None else start
        if number + 1 == len(cuts) or cuts[number + 1] != cut + 1:
            yield start, cut + 1
            start = None
