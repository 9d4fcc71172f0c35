"""CONTRL: the answer to an interchange's syntax."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi import charset
from orderwire.connectors.edi.message import Group
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.writer import MEDIA_TYPE, Header, Row, control_ref_of, interchange
from orderwire.ports.intake import Finding, OutboundDocument, Severity

#: DE 0083.
_REJECTED: Final = "4"
_ACKNOWLEDGED: Final = "7"
#: DE 0085: unspecified error.
_UNSPECIFIED: Final = 18
#: What version 3 has for codes that came with version 4: a character set that is not supported is a syntax that is not.
_OF_VERSION_3: Final = {"46": 2}
_SERVICE_TAGS: Final = frozenset({"UNA", "UNB", "UNG", "UNE", "UNH", "UNT", "UNZ"})
_REQUESTED: Final = "1"
#: How many UCS a message has, and how many UCD a segment.
_MOST_UCS: Final = 999
_MOST_UCD: Final = 99

Acknowledge = Callable[[int, datetime], OutboundDocument]


@dataclass(frozen=True, slots=True)
class Subject:
    """A message of the interchange that is answered: UNH 0062 and S009, and what was found."""

    ref: str
    kind: str
    identifier: tuple[str, ...]
    findings: tuple[Finding, ...]
    group: Group | None = None

    @property
    def defects(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity is Severity.REJECT]


def acknowledgement(
    unb: Segment, subjects: Sequence[Subject], findings: Sequence[Finding], partner: PartnerProfile
) -> Acknowledge | None:
    """Return what makes the CONTRL, or None where the partner gets none, or none can be built."""
    if not _owed(unb, subjects, partner) or not _buildable(unb, subjects):
        return None

    def acknowledge(control_no: int, now: datetime) -> OutboundDocument:
        content = _contrl(unb, subjects, findings, partner=partner, control_no=control_no, now=now)
        control_ref = control_ref_of(control_no)
        name = f"CONTRL_{partner.key}_{control_ref}.edi"
        return OutboundDocument("CONTRL", content, name, MEDIA_TYPE, control_ref)

    return acknowledge


def _owed(unb: Segment, subjects: Sequence[Subject], partner: PartnerProfile) -> bool:
    """Whether the agreement asks for it. A CONTRL is never answered with a CONTRL."""
    if partner.edi is None or any(subject.kind == "CONTRL" for subject in subjects):
        return False
    wish = partner.edi.contrl
    return wish == "always" or (wish == "on_request" and unb.value(9) == _REQUESTED)


def _buildable(unb: Segment, subjects: Sequence[Subject]) -> bool:
    """Whether every reference to copy is there; if not, ISO 9735-4 wants the sender told another way."""
    rejected = [subject for subject in subjects if subject.defects]
    groups = _groups(subjects)
    names = [unb.value(2), unb.value(3), unb.value(5), *(name for each in rejected for name in (each.ref, each.kind))]
    names += [group.header.value(number) for group in groups for number in (2, 3, 5)]
    copied = [*_parts(unb, 2), *_parts(unb, 3), unb.value(5)]
    copied += [part for each in rejected for part in (each.ref, *each.identifier)]
    copied += [part for group in groups for number in (2, 3, 5) for part in _parts(group.header, number)]
    return all(names) and charset.fits_text("".join(copied), charset.codec_of(_syntax_id(unb)))


def _groups(subjects: Sequence[Subject]) -> list[Group]:
    """Return the groups to tell of, in order: those rejected, and those with a rejected message."""
    told = {
        id(subject.group): subject.group
        for subject in subjects
        if subject.group is not None and (subject.defects or subject.group.findings.rejected)
    }
    return list(told.values())


def _syntax_id(unb: Segment) -> str:
    """The subject's own character set, where it is one to write in."""
    syntax_id = unb.value(1, 1).upper()
    return syntax_id if charset.codec_of(syntax_id) in charset.WRITABLE and syntax_id in charset.CODECS else "UNOC"


def _contrl(
    unb: Segment,
    subjects: Sequence[Subject],
    findings: Sequence[Finding],
    *,
    partner: PartnerProfile,
    control_no: int,
    now: datetime,
) -> bytes:
    version = "4" if unb.value(1, 2) == "4" else "3"
    defect = _first_reject(findings)
    if defect is not None and version == "3":
        defect = replace(defect, syntax_code=_OF_VERSION_3.get(_code(defect), defect.syntax_code))
    rows: list[Row] = [_uci(unb, defect)]
    if defect is None:
        for group in _groups(subjects):
            rows += _ucf(group, subjects)
        for subject in subjects:
            if subject.group is None:
                rows += _ucm(subject)
    header = Header(
        sender=_parts(unb, 3),  # with qualifier and internal routing, which answers the other's reverse routing
        recipient=_parts(unb, 2),
        control_no=control_no,
        now=now,
        syntax_id=_syntax_id(unb),
        version=version,
        test=unb.value(11) not in {"", "0"},
        una=partner.edi.una if partner.edi else True,
    )
    kind = ("CONTRL", "4", "1", "UN") if version == "4" else ("CONTRL", "D", "3", "UN")
    return interchange(header, kind, rows)


def _uci(unb: Segment, defect: Finding | None) -> Row:
    """UCI copies the subject's sender and recipient as they stood."""
    verdict = ("UCI", unb.value(5), _parts(unb, 2), _parts(unb, 3), _REJECTED if defect else _ACKNOWLEDGED)
    return (*verdict, *_cause(defect)) if defect else verdict


def _ucf(group: Group, subjects: Sequence[Subject]) -> list[Row]:
    """UCF for a rejected group, or for one that holds rejected messages, which then follow."""
    row = ("UCF", group.ref, _parts(group.header, 2), _parts(group.header, 3))
    defect = _first_reject(group.findings.close())
    if defect is not None:
        return [(*row, _REJECTED, *_cause(defect))]
    rows: list[Row] = [(*row, _ACKNOWLEDGED)]
    for subject in subjects:
        if subject.group is group:
            rows += _ucm(subject)
    return rows


def _ucm(subject: Subject) -> list[Row]:
    """UCM for a rejected message; the others are acknowledged with what they stand in. Then every error in it."""
    if not subject.defects:
        return []
    whole = [each for each in subject.defects if each.tag in _SERVICE_TAGS or each.segment_no is None]
    row = ("UCM", subject.ref, subject.identifier, _REJECTED)
    rows: list[Row] = [(*row, *_cause(whole[0])) if whole else row]
    placed = [each for each in subject.defects if each not in whole]
    by_segment: dict[int, list[Finding]] = {}
    for each in sorted(placed, key=lambda finding: finding.segment_no or 0):
        by_segment.setdefault(each.segment_no or 0, []).append(each)
    for segment_no, defects in islice(by_segment.items(), _MOST_UCS):
        rows += _ucs(segment_no, defects)
    return rows


def _ucs(segment_no: int, defects: list[Finding]) -> list[Row]:
    """UCS for a segment, with the error where it is at fault as a whole; UCD for each element of it at fault."""
    rows: list[Row] = [("UCS", str(segment_no), _code(each)) for each in defects if not each.element_no]
    elements = [each for each in defects if each.element_no][:_MOST_UCD]
    if not rows:
        rows.append(("UCS", str(segment_no)))
    rows += [("UCD", _code(each), _position(each)) for each in elements]
    return rows


def _cause(defect: Finding) -> tuple[str | tuple[str, ...], ...]:
    """0085 and, where a service segment is at fault, 0013 and the position in it."""
    code = _code(defect)
    if defect.tag not in _SERVICE_TAGS or defect.tag is None:
        return (code,)
    return (code, defect.tag, _position(defect)) if defect.element_no else (code, defect.tag)


def _position(defect: Finding) -> tuple[str, ...]:
    """S011. 0098 counts the tag as 1, and so the first element as 2; 0104 counts components from 1."""
    return (str((defect.element_no or 0) + 1), str(defect.component_no or ""))


def _code(defect: Finding) -> str:
    return str(defect.syntax_code or _UNSPECIFIED)


def _parts(unb: Segment, element_no: int) -> tuple[str, ...]:
    return tuple(part.strip() for part in unb.components(element_no)[:3])


def _first_reject(findings: Sequence[Finding]) -> Finding | None:
    return next((finding for finding in findings if finding.severity is Severity.REJECT), None)
