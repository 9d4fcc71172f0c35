"""Interchanges in a file: where each begins and ends, and by which service string."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from orderwire.connectors.edi.charset import fits
from orderwire.connectors.edi.finding import reject, warn
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.connectors.edi.source import Source, chunks
from orderwire.connectors.edi.syntax import (
    DEFAULT,
    INFORMATION_SEPARATORS,
    PADDING,
    ServiceString,
    from_una,
    released,
    terminators,
)
from orderwire.ports.intake import Finding

_BOM: Final = b"\xef\xbb\xbf"
#: The beginning of an interchange outside any other. UNB wants a separator after it, and no word before it
#: unless a syntax identifier follows.
_START: Final = re.compile(
    rb"UNA(?=[^A-Za-z0-9][^UN]{3,10}UNB)|(?<![A-Za-z0-9])UNB(?=[^A-Za-z0-9\s])|UNB(?=[^A-Za-z0-9\s][A-Z]{3}[A-Z0-9]\W)"
)
#: A possible boundary inside an interchange; a wrapped line may cut the tag.
_BOUNDARY: Final = re.compile(rb"U[\r\n]{0,4}N[\r\n]{0,4}([ABZ])")
_UNA_THEN_UNB: Final = re.compile(rb"UNA(.{3,12}?)\s*UNB", re.DOTALL)
_TAG_NEXT: Final = re.compile(rb"\s*(?:[A-Z][A-Z0-9]{2}[^A-Za-z0-9]|\Z)")
_UNBROKEN_NEXT: Final = re.compile(rb"[\r\n]+(?=UN[AB][^A-Za-z0-9])")
_ORPHAN: Final = re.compile(rb"(?<![A-Za-z0-9])(?:UN[HTZGE]|UIB)[^A-Za-z0-9\s]")
#: For files whose UNA is missing or wrong: what stands after the syntax identifier and before UNH.
_COMPONENT_NEXT: Final = re.compile(rb"[A-Za-z0-9\r\n]*([^A-Za-z0-9\s])")
_TERMINATORS: Final = (
    re.compile(rb"([^A-Za-z0-9\s])\s*UN[HG][^A-Za-z0-9\s]"),
    re.compile(rb"UNB[^'\n]*(\n)UN[HG][^A-Za-z0-9\s]"),
)
#: What says why a file holds no interchange.
_WHY_NONE: Final = frozenset({"missing_unb", "interactive", "limit"})
#: How far the UNB segment may reach when a service string is tried on it.
_UNB_REACH: Final = 2048
#: How much of the file a beginning needs to be told: UNA, UNB and what follows.
_HEAD: Final = 4096
#: How far a pattern looks ahead of where it begins.
_AHEAD: Final = 64
#: How much of junk is seen again, so that a segment cut in two is found: its five bytes, and the one before.
_TAIL: Final = 6
#: How much of what was read stays in the window, to look back over releases and line breaks.
_BEHIND: Final = 4096


@dataclass(frozen=True, slots=True)
class Span:
    """One interchange: from UNA, or UNB where there is none, to the end of UNZ."""

    start: int
    unb: int
    end: int
    service: ServiceString
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Opening:
    """An interchange that begins. Its bytes from UNB on are read once, by `pieces`."""

    start: int
    unb: int
    una: bytes  # all that stands before UNB
    head: bytes  # the first bytes from UNB on
    service: ServiceString
    findings: tuple[Finding, ...]
    pieces: Iterator[bytes]


@dataclass(slots=True)
class Splitter:
    """Finds interchanges. `findings` are about the bytes outside of them, and complete at the end."""

    source: Source
    limits: EdiLimits
    findings: list[Finding] = field(default_factory=list, init=False)

    def openings(self) -> Iterator[Opening]:
        """Yield each interchange; what of one was not read is passed over when the next is asked for."""
        source, service, count = self.source, DEFAULT, 0
        source.fill(len(_BOM))
        if source.window.startswith(_BOM):
            source.take(len(_BOM))
        while self._outside():
            if count == self.limits.max_interchanges:
                text = f"More than {count} interchanges in one file; the rest was not read"
                self.findings.append(reject("limit", text, offset=source.offset))
                return
            opening = self._opening(service)
            yield opening
            for _unread in opening.pieces:
                pass
            service, count = opening.service, count + 1
        if source.over:
            text = f"The file has more than {self.limits.max_bytes} bytes; the rest was not read"
            self.findings.append(reject("limit", text, offset=source.offset))
        if not count and not any(finding.code in _WHY_NONE for finding in self.findings):
            text = "No EDIFACT interchange (UNB) was found in the file"
            self.findings.append(reject("no_interchange", text, offset=0))

    def _outside(self) -> bool:
        """Move to where the next interchange begins; False: there is none."""
        source, junk, begins, seen = self.source, _Junk(), False, 0
        while not begins:
            begin = _START.search(source.window, seen)
            begins = begin is not None and (source.ended or begin.start() + _AHEAD <= len(source.window))
            if begin is not None and begins:
                junk.take(source.window[seen : begin.start()], source.offset + seen)
                source.take(begin.start())
            elif source.ended:
                junk.take(source.window[seen:], source.offset + seen)
                source.take(len(source.window))
                break
            else:
                safe = max(len(source.window) - _AHEAD, seen)
                junk.take(source.window[seen:safe], source.offset + seen)
                source.take(max(safe - 1, 0))  # one byte stays: a beginning looks at what is before it
                seen = min(safe, 1)
                source.more()
        self.findings += junk.findings()
        return begins

    def _opening(self, previous: ServiceString) -> Opening:
        source = self.source
        source.fill(_HEAD)
        content, unb, una = source.window[:_HEAD], 0, None
        if content.startswith(b"UNA") and (advice := _UNA_THEN_UNB.match(content)):
            unb = advice.end() - 3
            una = content[3:unb]
        candidates = list(_candidates(content, unb, una, previous))
        service = next((each for each in candidates if _fits(content, unb, each)), candidates[0])
        findings: tuple[Finding, ...] = ()
        if service != candidates[0]:
            text = "The separators in use are not those announced; they were taken from the UNB segment"
            findings = (warn("service_string", text, offset=source.offset, tag="UNA", syntax_code=22),)
        if _is_wide(content[unb:], service):
            text = "The segment terminator is a character of more than one byte; ISO 9735 wants one, as is ' or 0x92"
            findings = (reject("service_string", text, offset=source.offset, tag="UNA", syntax_code=20),)
        start = source.offset
        before = source.take(unb)
        return Opening(start, start + unb, before, content[unb:], service, findings, self._pieces(service))

    def _pieces(self, service: ServiceString) -> Iterator[bytes]:
        """Yield the bytes from UNB to the end of UNZ, or to the next interchange where UNZ is missing."""
        source, scan = self.source, 3
        while True:
            end = self._end(scan, service)
            if end is not None or source.ended:
                yield source.take(len(source.window) if end is None else end)
                return
            scan = max(len(source.window) - _AHEAD, scan)
            passed = max(scan - _BEHIND, 0)
            if passed:
                yield source.take(passed)
                scan -= passed
            source.more()

    def _end(self, scan: int, service: ServiceString) -> int | None:
        """Return where the interchange ends in the window; None: not in what was read so far."""
        source = self.source
        content = source.window
        for boundary in _BOUNDARY.finditer(content, scan):
            if boundary.start() + _AHEAD > len(content) and not source.ended:
                return None
            if not _begins_segment(content, boundary.start(), service):
                continue
            after = content[boundary.end() : boundary.end() + 1].decode("latin-1")
            if boundary.group(1) == b"Z" and after in {"", service.element, service.terminator}:
                return self._end_of_unz(boundary.start(), service)
            if boundary.group(1) != b"Z" and _START.match(content, boundary.start()):
                return boundary.start()
        return None

    def _end_of_unz(self, unz: int, service: ServiceString) -> int:
        source, longest = self.source, unz + self.limits.max_segment_bytes + 1
        end = next(terminators(source.window[:longest], unz, service), None)
        while end is None and len(source.window) < longest and not source.ended:
            source.more()
            end = next(terminators(source.window[:longest], unz, service), None)
        stop = min(len(source.window), longest) if end is None else end + 1
        unterminated = _UNBROKEN_NEXT.search(source.window, unz, stop)
        return unterminated.start() if unterminated else stop


@dataclass(slots=True)
class _Junk:
    """Bytes outside any interchange, as they pass."""

    first: int = -1
    last: int = -1
    head: bytes = b""
    tail: bytes = b""
    orphan: tuple[int, str] | None = None

    def take(self, content: bytes, offset: int) -> None:
        bare = content.strip(PADDING)
        if bare and self.first < 0:
            self.first = offset + content.index(bare[:1])
        if self.first >= 0 and len(self.head) <= len(_BOM):
            self.head += content[max(self.first - offset, 0) :][: len(_BOM) + 1]
        if bare:
            self.last = offset + len(content.rstrip(PADDING))
        seen = self.tail + content
        if self.orphan is None and (found := _ORPHAN.search(seen, 1 if len(self.tail) == _TAIL else 0)):
            self.orphan = (offset - len(self.tail) + found.start(), found.group()[:3].decode())
        self.tail = seen[-_TAIL:]

    def findings(self) -> Iterator[Finding]:
        if self.orphan is not None:
            offset, tag = self.orphan
            if tag == "UIB":
                text = "UIB begins an interactive interchange (ISO 9735-3); only batch interchanges (UNB) are read"
                yield reject("interactive", text, offset=offset, tag=tag, syntax_code=2)
                return
            text = f"{tag} stands outside any interchange: the UNB before it is missing or broken"
            yield reject("missing_unb", text, offset=offset, tag=tag, syntax_code=13)
        elif self.first >= 0 and not (self.last - self.first == len(_BOM) and self.head.startswith(_BOM)):
            count = self.last - self.first
            yield warn("junk", f"{count} bytes outside any interchange were ignored", offset=self.first)


def split(content: bytes, limits: EdiLimits) -> tuple[list[Span], list[Finding]]:
    """Return every interchange, and findings about the bytes outside of them."""
    splitter = Splitter(Source(chunks(content, 0, len(content), limits.chunk_bytes), limits.max_bytes), limits)
    spans = []
    for each in splitter.openings():
        end = each.unb + sum(map(len, each.pieces))
        spans.append(Span(each.start, each.unb, end, each.service, each.findings))
    return spans, splitter.findings


def _candidates(content: bytes, unb: int, una: bytes | None, previous: ServiceString) -> Iterator[ServiceString]:
    if una is not None:
        announced = [from_una(una[:length]) for length in (6, 5) if len(una) >= length]
        usable = [service for service in announced if service.usable()]
        yield from usable
    yield DEFAULT
    if una is None:
        yield from (previous, INFORMATION_SEPARATORS)
    element = content[unb + 3 : unb + 4].decode("latin-1")
    component = _COMPONENT_NEXT.match(content, unb + 4)
    for pattern in _TERMINATORS:
        terminator = pattern.search(content, unb, unb + _UNB_REACH)
        if component and terminator:
            marks = (component.group(1).decode("latin-1"), element, terminator.group(1).decode("latin-1"))
            guess = ServiceString(marks[0], marks[1], ".", "" if "?" in marks else "?", "", marks[2])
            if guess.usable():
                yield guess


def _fits(content: bytes, unb: int, service: ServiceString) -> bool:
    """Whether the UNB segment, read by `service`, ends where another segment or the file's end follows."""
    head = content[unb : unb + _UNB_REACH]
    if head[3:4] != service.element.encode("latin-1"):
        return False
    end = next(terminators(head, 0, service), None)
    if end is None:
        return False
    mark = service.terminator.encode("latin-1")
    while head.startswith(mark, end):
        end += 1
    return _TAG_NEXT.match(head, end) is not None


def _is_wide(head: bytes, service: ServiceString) -> bool:
    """Whether the terminator is the last byte of a longer character of UTF-8, such as a typographic apostrophe."""
    end = next(terminators(head, 0, service), None)
    return end is not None and not service.terminator.isascii() and fits(head[: end + 1], "utf-8")


def _begins_segment(content: bytes, at: int, service: ServiceString) -> bool:
    before = at - 1
    mark = ord(service.terminator)
    while before >= 0 and content[before] != mark and content[before] in b"\r\n\t ":
        before -= 1
    return before >= 0 and content[before] == mark and not released(content, before, service)
