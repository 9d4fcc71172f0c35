"""Interchanges in a file: where each begins and ends, and by which service string."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from orderwire.connectors.edi.finding import reject, warn
from orderwire.connectors.edi.settings import EdiLimits
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
_BOUNDARY: Final = re.compile(rb"U[\r\n]*N[\r\n]*([ABZ])")
_UNA_THEN_UNB: Final = re.compile(rb"UNA(.{3,12}?)\s*UNB", re.DOTALL)
_TAG_NEXT: Final = re.compile(rb"\s*(?:[A-Z][A-Z0-9]{2}[^A-Za-z0-9]|\Z)")
_UNBROKEN_NEXT: Final = re.compile(rb"[\r\n]+(?=UN[AB][^A-Za-z0-9])")
_ORPHAN: Final = re.compile(rb"(?<![A-Za-z0-9])UN[HTZGE][^A-Za-z0-9\s]")
#: For files whose UNA is missing or wrong: what stands after the syntax identifier and before UNH.
_COMPONENT_NEXT: Final = re.compile(rb"[A-Za-z0-9\r\n]*([^A-Za-z0-9\s])")
_TERMINATORS: Final = (
    re.compile(rb"([^A-Za-z0-9\s])\s*UN[HG][^A-Za-z0-9\s]"),
    re.compile(rb"UNB[^'\n]*(\n)UN[HG][^A-Za-z0-9\s]"),
)
#: How far the UNB segment may reach when a service string is tried on it.
_UNB_REACH: Final = 2048


@dataclass(frozen=True, slots=True)
class Span:
    """One interchange: from UNA, or UNB where there is none, to the end of UNZ."""

    start: int
    unb: int
    end: int
    service: ServiceString
    findings: tuple[Finding, ...] = ()


def split(content: bytes, limits: EdiLimits) -> tuple[list[Span], list[Finding]]:
    """Return every interchange, and findings about the bytes outside of them."""
    if len(content) > limits.max_bytes:
        text = f"The file has {len(content)} bytes; {limits.max_bytes} are allowed"
        return [], [reject("limit", text, offset=0)]
    spans: list[Span] = []
    findings: list[Finding] = []
    position = len(_BOM) if content.startswith(_BOM) else 0
    while begin := _START.search(content, position):
        findings += _outside(content, position, begin.start())
        if len(spans) == limits.max_interchanges:
            text = f"More than {limits.max_interchanges} interchanges in one file; the rest was not read"
            return spans, [*findings, reject("limit", text, offset=begin.start())]
        span = _span(content, begin.start(), spans[-1].service if spans else DEFAULT)
        spans.append(span)
        position = span.end
    findings += _outside(content, position, len(content))
    if not spans and not any(finding.code == "missing_unb" for finding in findings):
        findings.append(reject("no_interchange", "No EDIFACT interchange (UNB) was found in the file", offset=0))
    return spans, findings


def _outside(content: bytes, start: int, end: int) -> Iterator[Finding]:
    junk = content[start:end]
    bare = junk.strip(PADDING)
    if not bare or bare == _BOM:
        return
    offset = start + junk.index(bare[:1])
    if orphan := _ORPHAN.search(junk):
        tag = orphan.group()[:3].decode()
        text = f"{tag} stands outside any interchange: the UNB before it is missing or broken"
        yield reject("missing_unb", text, offset=start + orphan.start(), tag=tag, syntax_code=13)
    else:
        yield warn("junk", f"{len(bare)} bytes outside any interchange were ignored", offset=offset)


def _span(content: bytes, start: int, previous: ServiceString) -> Span:
    unb = start
    una = None
    if content.startswith(b"UNA", start) and (advice := _UNA_THEN_UNB.match(content, start)):
        unb = advice.end() - 3
        una = content[start + 3 : unb]
    candidates = list(_candidates(content, unb, una, previous))
    service = next((each for each in candidates if _fits(content, unb, each)), candidates[0])
    findings: tuple[Finding, ...] = ()
    if service != candidates[0]:
        text = "The separators in use are not those announced; they were taken from the UNB segment"
        findings = (warn("service_string", text, offset=start, tag="UNA", syntax_code=22),)
    return Span(start, unb, _end(content, unb, service), service, findings)


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


def _end(content: bytes, unb: int, service: ServiceString) -> int:
    """Return the offset after UNZ, or that of the next interchange where UNZ is missing."""
    for boundary in _BOUNDARY.finditer(content, unb + 3):
        if not _begins_segment(content, boundary.start(), service):
            continue
        after = content[boundary.end() : boundary.end() + 1].decode("latin-1")
        if boundary.group(1) == b"Z" and after in {"", service.element, service.terminator}:
            return _end_of_unz(content, boundary.start(), service)
        if boundary.group(1) != b"Z" and _START.match(content, boundary.start()):
            return boundary.start()
    return len(content)


def _begins_segment(content: bytes, at: int, service: ServiceString) -> bool:
    before = at - 1
    mark = ord(service.terminator)
    while before >= 0 and content[before] != mark and content[before] in b"\r\n\t ":
        before -= 1
    return before >= 0 and content[before] == mark and not released(content, before, service)


def _end_of_unz(content: bytes, unz: int, service: ServiceString) -> int:
    end = next(terminators(content, unz, service), None)
    stop = len(content) if end is None else end + 1
    unterminated = _UNBROKEN_NEXT.search(content, unz, stop)
    return unterminated.start() if unterminated else stop
