"""Segments from bytes: by release parity, in chunks, in constant memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from orderwire.connectors.edi.segment import Element, Repeats, Segment, Single
from orderwire.connectors.edi.syntax import ServiceString
from orderwire.errors import LimitError

#: Stand-ins for released characters while a segment is split. Lone surrogates: no codec yields them.
_RELEASE, _COMPONENT, _ELEMENT, _REPETITION = "\udc00", "\udc01", "\udc02", "\udc03"
#: Segments of the syntax version 4 service directory that repeat an element; the batch directories repeat none,
#: and there the repetition character is text.
_REPEATING: Final = frozenset({"USA", "USC", "USH", "USR"})
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

    def segments(self, chunks: Iterable[bytes | memoryview], offset: int = 0) -> Iterator[Segment]:
        """Yield each segment; `offset` is that of the first byte in the file.

        Bytes are split as Latin-1, so that every character is one byte and offsets are exact; a segment that
        is not ASCII is then read in its codec.

        Raises:
            LimitError: a segment is longer than allowed.
        """
        component, element = self.service.component, self.service.element
        release, repetition = (*self._special(), _RELEASE, _RELEASE)[:2]  # no text holds the stand-in
        single = self.codec == "iso8859-1"
        make = tuple.__new__  # half the cost of Segment(...)
        for raws, broken, careful in self._raw(chunks):
            for raw in raws:
                start = offset
                offset += len(raw) + 1
                text = raw
                if broken and ("\n" in raw or "\r" in raw):
                    text = raw.lstrip("\r\n\t ")
                    start += len(raw) - len(text)
                    text = self._unwrapped(text, start)
                if not (single or text.isascii()):
                    text = text.encode("latin-1").decode(self.codec, "replace")
                if careful and (release in text or repetition in text):
                    yield Segment(start, self._careful(text), text)
                else:
                    elements = [each.split(component) if component in each else each for each in text.split(element)]
                    yield make(Segment, (start, elements, text))

    def reread(self, segment: Segment, codec: str) -> Segment:
        """Return a segment that was read as Latin-1 as it reads in another codec."""
        text = segment.text.encode("latin-1").decode(codec, "replace")
        return Segment(segment.offset, self._careful(text), text)

    def _special(self) -> tuple[str, ...]:
        """Characters that make a segment one to be read with care."""
        repetition = self.service.repetition if self.version > 3 else ""
        return tuple(mark for mark in (self.service.release, repetition) if mark)

    def _unwrapped(self, text: str, start: int) -> str:
        """Drop line breaks; one at the end is padding, one inside is told of."""
        breaks = self.service.line_breaks
        text = text.rstrip(breaks)
        if not any(mark in text for mark in breaks):
            return text
        self.wrapped_at = start if self.wrapped_at is None else self.wrapped_at
        return text.translate(dict.fromkeys(map(ord, breaks)))

    def _raw(self, chunks: Iterable[bytes | memoryview]) -> Iterator[tuple[list[str], bool, bool]]:
        """Yield the segments of each chunk unparsed, whether line breaks are among them, and what needs care.

        Raises:
            LimitError: a segment is too long; those before it were yielded.
        """
        terminator, release, breaks = self.service.terminator, self.service.release, self.service.line_breaks
        special, longest = self._special(), self.max_segment_bytes
        tail = ""
        for chunk in chunks:
            text = tail + str(chunk, "latin-1")
            parts = text.split(terminator)
            if release and release in text:
                parts = _rejoin(parts, self.service)
            tail = parts.pop()
            broken, careful = any(mark in text for mark in breaks), any(mark in text for mark in special)
            if max(len(tail), max(map(len, parts), default=0)) > longest:
                good = next((number for number, part in enumerate(parts) if len(part) > longest), len(parts))
                yield parts[:good], broken, careful
                raise LimitError("a segment is too long", allowed=longest)
            yield parts, broken, careful
        if tail.strip(_PADDING):
            self.unterminated = True
            yield [tail.rstrip(_PADDING)], any(mark in tail for mark in breaks), True

    def _careful(self, text: str) -> list[Element]:
        """Split a segment that holds release characters or may hold repetitions."""
        service = self.service
        if service.release and service.release in text:
            text = text.replace(service.release * 2, _RELEASE)
            for mark, stand_in in (
                (service.component, _COMPONENT),
                (service.element, _ELEMENT),
                (service.repetition, _REPETITION),
            ):
                if mark:
                    text = text.replace(service.release + mark, stand_in)
            # what is left is released without need (`?.`), or is the terminator: the character stands for itself
            text = text.replace(service.release, "")
        elements = text.split(service.element)
        repeating = self.version > 3 and service.repetition and elements[0][:3] in _REPEATING
        return [self._element(each, repeating=bool(repeating)) for each in elements]

    def _element(self, text: str, *, repeating: bool) -> Element:
        if repeating and self.service.repetition in text:
            return Repeats(self._single(each) for each in text.split(self.service.repetition))
        return self._single(text)

    def _single(self, text: str) -> Single:
        if self.service.component in text:
            return [self._literal(each) for each in text.split(self.service.component)]
        return self._literal(text)

    def _literal(self, text: str) -> str:
        if text.isascii():
            return text
        service = self.service
        return (
            text.replace(_RELEASE, service.release)
            .replace(_COMPONENT, service.component)
            .replace(_ELEMENT, service.element)
            .replace(_REPETITION, service.repetition)
        )


def _rejoin(parts: list[str], service: ServiceString) -> list[str]:
    """Put together again what was cut at a released terminator."""
    release, breaks = service.release, service.line_breaks
    whole: list[str] = []
    held: list[str] = []
    last = len(parts) - 1
    for number, part in enumerate(parts):
        bare = part.rstrip(breaks)
        released = number < last and bare.endswith(release) and (len(bare) - len(bare.rstrip(release))) % 2 == 1
        if released or held:
            held.append(part)
        if not released:
            whole.append(service.terminator.join(held) if held else part)
            held = []
    return whole
