"""The envelope: UNB…UNZ, UNG…UNE, UNH…UNT, with their references and counts."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from orderwire.connectors.edi.directory import UNREAD
from orderwire.connectors.edi.finding import AS_FOUND, Findings, Severities, Where, reject, warn
from orderwire.connectors.edi.message import Group, Message
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.segments import Batch, Segments
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.connectors.edi.tokenizer import ENVELOPE
from orderwire.ports.intake import Finding

_TAG: Final = re.compile(r"[A-Z][A-Z0-9]{2}")
#: Findings about a group: they turn its messages away, and those of no other group.
_OF_GROUP: Final = frozenset({"une_count", "une_reference", "missing_une", "empty_group"})
#: DE 0002. Senders leave it out, and mean 3.
_VERSIONS: Final = frozenset({"", "1", "2", "3", "4"})


@dataclass(slots=True)
class Envelope:
    """Reads one interchange. Messages come as they end; `findings` are complete after the last."""

    limits: EdiLimits
    first_message_no: int = 1
    severities: Severities = field(default_factory=lambda: AS_FOUND)
    unb: Segment | None = field(default=None, init=False)
    findings: Findings = field(init=False)
    _message: Message | None = field(default=None, init=False)
    _group: Group | None = field(default=None, init=False)
    _segment_no: int = field(default=0, init=False)
    _offset: int = field(default=0, init=False)
    _strayed: int = field(default=-1, init=False)
    _messages: int = field(default=0, init=False)
    _ungrouped: int = field(default=0, init=False)
    _groups: int = field(default=0, init=False)
    _ended: bool = field(default=False, init=False)
    _odd: int = field(default=0, init=False)
    _stopped: bool = field(default=False, init=False)
    _refs: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.findings = self._collected()

    def _collected(self) -> Findings:
        return Findings(self.limits.max_findings, self.severities)

    def messages(self, batches: Iterable[Batch]) -> Iterator[Message]:
        """Yield each message when it ends, whether by UNT or for want of it."""
        passed = 0
        for batch in batches:
            yield from self._read(batch, passed)
            if self._stopped:
                break
            passed += len(batch.texts)
        yield from self._close(None)
        self._end_group(None)
        if not self._ended and not self._stopped:
            text = "The interchange does not end: UNZ is missing"
            self._reject("missing_unz", text, None, 13, tag="UNZ", offset=self._offset)

    def _read(self, batch: Batch, passed: int) -> Iterator[Message]:
        """Take the segments of a batch: those of known tags together, every other one by itself."""
        at, size = 0, len(batch.texts)
        while True:
            if self._message:
                odd = batch.skeleton.find(UNREAD, at)
                at += self._take(self._message, batch, at, size if odd < 0 else odd)
            if at == size:
                return
            segment = batch.segment(at)
            at += 1
            if self._message and self._message.dropped and segment.tag not in ENVELOPE:
                self._message.dropped += 1
                continue
            self._segment_no, self._offset = passed + at, segment.offset
            yield from self._step(segment)
            if self._beyond_limits(segment):
                return

    def _take(self, message: Message, batch: Batch, start: int, end: int) -> int:
        """Return how many of the segments the message took: all, or as many as it may have."""
        count = end - start
        if message.dropped:
            message.dropped += count
        else:
            count = min(count, self.limits.max_segments - len(message.segments))
            message.segments.extend(batch, start, start + count)
        return count

    def _beyond_limits(self, segment: Segment) -> bool:
        """Whether to read no further: too many messages, or too much that is no EDIFACT."""
        for count, limit, what in (
            (self._messages, self.limits.max_messages, "messages"),
            (self._odd, self.limits.max_odd_segments, "empty, broken or stray segments"),
        ):
            if count > limit:
                self._stopped = True
                self._reject("limit", f"More than {limit} {what}; the rest was not read", segment, None)
        return self._stopped

    def _step(self, segment: Segment) -> Iterator[Message]:
        """Take a segment of the envelope, a tag seen for the first time, or one out of place."""
        tag = segment.tag
        if tag in ENVELOPE:
            steps = {
                "UNB": self._on_unb,
                "UNG": self._on_ung,
                "UNE": self._on_une,
                "UNH": self._on_unh,
                "UNT": self._on_unt,
                "UNZ": self._on_unz,
            }
            yield from steps.get(tag, self._stray)(segment)
        elif not tag and len(segment) == 1:
            self._odd += 1
            self._note(warn("empty_segment", "An empty segment was skipped", offset=segment.offset))
        elif self._message is None:
            self._stray(segment)
        else:
            self._append(self._message, segment, tag)

    def _append(self, message: Message, segment: Segment, tag: str) -> None:
        if len(message.segments) >= self.limits.max_segments:
            if not message.dropped:
                text = f"The message has more than {self.limits.max_segments} segments; the rest was not kept"
                message.findings.add(reject("limit", text, segment_no=len(message.segments), offset=segment.offset))
            message.dropped += 1
            return
        message.segments.append(segment)
        if _TAG.fullmatch(tag):
            return
        self._odd += 1
        where: Where = {"segment_no": len(message.segments), "offset": segment.offset}
        message.findings.add(reject("bad_tag", f"{tag[:20]!r} is no segment tag", tag=tag[:3], syntax_code=12, **where))

    def _stray(self, segment: Segment) -> Iterator[Message]:
        tag = segment.tag[:3]
        self._odd += 1
        follows, self._strayed = self._strayed == self._segment_no - 1, self._segment_no
        if not follows:  # one finding for a run of them
            self._reject("outside_message", f"{tag} stands outside any message", segment, 33)
        return iter(())

    def _on_unb(self, segment: Segment) -> Iterator[Message]:
        if self.unb is not None:
            yield from self._close(segment)
            self._reject("outside_message", "UNB stands inside an interchange", segment, 33)
            return
        self.unb = segment
        for element_no, name in ((1, "syntax"), (2, "sender"), (3, "recipient"), (4, "date"), (5, "control reference")):
            if not segment.value(element_no):
                self._reject("missing_element", f"UNB has no {name}", segment, 13, element_no=element_no)
        if segment.value(1, 2) not in _VERSIONS:
            text = f"There is no syntax version {_quoted(segment.value(1, 2))}"
            self._reject("syntax_version", text, segment, 2, element_no=1, component_no=2)

    def _on_ung(self, segment: Segment) -> Iterator[Message]:
        yield from self._close(segment)
        self._end_group(segment)
        if self._ungrouped:
            self._reject("mixed_groups", "Groups and messages without group stand side by side", segment, 30)
        self._group = Group(segment, self._collected())
        self._refs = set()  # a message reference is unique in its group
        self._groups += 1

    def _on_une(self, segment: Segment) -> Iterator[Message]:
        yield from self._close(segment)
        group = self._group
        if group is None:
            yield from self._stray(segment)
            return
        self._compare("une_count", "UNE counts", segment, expected=str(group.messages), of="messages")
        self._match("une_reference", "UNE names group", segment, expected=group.ref)
        if not group.messages:
            self._reject("empty_group", f"Group {group.ref} holds no message", segment, 32)
        self._group = None

    def _end_group(self, segment: Segment | None) -> None:
        """End an open group that has no UNE."""
        if self._group is not None:
            text = f"Group {self._group.ref} does not end: UNE is missing"
            self._reject("missing_une", text, segment, 13, tag="UNE")
            self._group = None

    def _on_unh(self, segment: Segment) -> Iterator[Message]:
        yield from self._close(segment)
        self._messages += 1
        if self._messages > self.limits.max_messages:
            return
        if self._group is not None:
            self._group.messages += 1
        else:
            self._ungrouped += 1
            if self._groups:
                self._reject("mixed_groups", "Groups and messages without group stand side by side", segment, 30)
        message_no = self.first_message_no + self._messages - 1
        self._message = Message(message_no, Segments([segment]), self._collected(), self._group)
        self._check_unh(self._message)

    def _check_unh(self, message: Message) -> None:
        where: Where = {"segment_no": 1, "offset": message.segments[0].offset, "tag": "UNH"}
        for element_no, value, name in ((1, message.ref, "message reference"), (2, message.kind, "message type")):
            if not value:
                text = f"UNH has no {name}"
                message.findings.add(
                    reject("missing_element", text, element_no=element_no, component_no=1, syntax_code=13, **where)
                )
        if message.ref and message.ref in self._refs:
            text = f"Message reference {message.ref} occurs more than once"
            message.findings.add(warn("repeated_reference", text, element_no=1, syntax_code=26, **where))
        self._refs.add(message.ref)
        announced = message.group.header.value(1) if message.group else ""
        if announced not in {"", message.kind}:
            text = f"The group is of {announced[:6]} messages; this one is {_quoted(message.kind)}"
            message.findings.add(reject("group_type", text, element_no=2, component_no=1, syntax_code=31, **where))

    def _on_unt(self, segment: Segment) -> Iterator[Message]:
        message, self._message = self._message, None
        if message is None:
            yield from self._stray(segment)
            return
        message.segments.append(segment)
        count = len(message.segments) + message.dropped
        where: Where = {"segment_no": len(message.segments), "offset": segment.offset, "tag": "UNT"}
        if _number(segment.value(1)) != count:
            text = f"UNT counts {_quoted(segment.value(1))} segments; there are {count}"
            message.findings.add(reject("unt_count", text, element_no=1, syntax_code=29, **where))
        if segment.value(2) != message.ref:
            text = f"UNT names message {_quoted(segment.value(2))}; UNH names {_quoted(message.ref)}"
            message.findings.add(reject("unt_reference", text, element_no=2, syntax_code=28, **where))
        yield message

    def _on_unz(self, segment: Segment) -> Iterator[Message]:
        yield from self._close(segment)
        self._end_group(segment)
        self._ended = True
        count, of = (self._groups, "groups") if self._groups else (self._messages, "messages")
        self._compare("unz_count", "UNZ counts", segment, expected=str(count), of=of)
        self._match("unz_reference", "UNZ names interchange", segment, expected=self.unb.value(5) if self.unb else "")
        if not self._messages:
            self._reject("empty_interchange", "The interchange holds no message", segment, 32)

    def _close(self, segment: Segment | None) -> Iterator[Message]:
        """End an open message that has no UNT."""
        message, self._message = self._message, None
        if message is None:
            return
        offset = segment.offset if segment else None
        text = f"Message {message.ref} does not end: UNT is missing"
        number = len(message.segments)
        message.findings.add(reject("missing_unt", text, segment_no=number, offset=offset, tag="UNT", syntax_code=13))
        yield message

    def _compare(self, code: str, says: str, segment: Segment, *, expected: str, of: str) -> None:
        if _number(segment.value(1)) != int(expected):
            text = f"{says} {_quoted(segment.value(1))} {of}; there are {expected}"
            self._reject(code, text, segment, 29, element_no=1)

    def _match(self, code: str, says: str, segment: Segment, *, expected: str) -> None:
        if segment.value(2) != expected:
            text = f"{says} {_quoted(segment.value(2))}; it began as {_quoted(expected)}"
            self._reject(code, text, segment, 28, element_no=2)

    def _reject(
        self, code: str, text: str, segment: Segment | None, syntax_code: int | None, **where: int | str
    ) -> None:
        if segment is not None:
            where = {"offset": segment.offset, "tag": segment.tag[:3], **where}
        group = self._group if code in _OF_GROUP else None
        into = group.findings if group is not None and group.messages else self.findings
        into.add(reject(code, text, segment_no=self._segment_no, syntax_code=syntax_code, **where))

    def _note(self, finding: Finding) -> None:
        (self._message.findings if self._message else self.findings).add(finding)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def _quoted(text: str) -> str:
    return text[:40] if text else "nothing"
