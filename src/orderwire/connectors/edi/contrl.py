"""CONTRL: the answer to an interchange's syntax."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orderwire.config.partners import PartnerProfile
from orderwire.connectors.edi import charset
from orderwire.connectors.edi.envelope import Group
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.writer import MEDIA_TYPE, Header, Row, control_ref_of, interchange
from orderwire.ports.intake import Finding, OutboundDocument, Severity

#: DE 0083.
_REJECTED: Final = "4"
_ACKNOWLEDGED: Final = "7"
#: DE 0085: unspecified error.
_UNSPECIFIED: Final = 18
_SERVICE_TAGS: Final = frozenset({"UNA", "UNB", "UNG", "UNE", "UNH", "UNT", "UNZ"})
_REQUESTED: Final = "1"

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
    def defect(self) -> Finding | None:
        return _first_reject(self.findings)


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
    """Whether UCI and UCM get their mandatory references; if not, ISO 9735-4 wants the sender told another way."""
    rejected = [subject for subject in subjects if subject.defect]
    names = [unb.value(2), unb.value(3), unb.value(5), *(name for each in rejected for name in (each.ref, each.kind))]
    copied = [*_parts(unb, 2), *_parts(unb, 3), unb.value(5)]
    copied += [part for each in rejected for part in (each.ref, *each.identifier)]
    return all(names) and charset.fits_text("".join(copied), charset.codec_of(_syntax_id(unb)))


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
    defect = _first_reject(findings)
    rows: list[Row] = [_uci(unb, defect)]
    if defect is None:
        for subject in subjects:
            rows += _ucm(subject)
    version = "4" if unb.value(1, 2) == "4" else "3"
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


def _ucm(subject: Subject) -> list[Row]:
    """UCM for a rejected message; the others are acknowledged by UCI 7. One error stands in each segment."""
    defect = subject.defect
    if defect is None:
        return []
    row = ("UCM", subject.ref, subject.identifier, _REJECTED)
    if defect.tag in _SERVICE_TAGS or defect.segment_no is None:
        return [(*row, *_cause(defect))]
    rows: list[Row] = [row, ("UCS", str(defect.segment_no), *([] if defect.element_no else [_code(defect)]))]
    if defect.element_no:
        rows.append(("UCD", _code(defect), (str(defect.element_no), str(defect.component_no or ""))))
    return rows


def _cause(defect: Finding) -> tuple[str, ...]:
    """0085 and, where a service segment is at fault, 0013."""
    code = _code(defect)
    return (code, defect.tag) if defect.tag in _SERVICE_TAGS and defect.tag else (code,)


def _code(defect: Finding) -> str:
    return str(defect.syntax_code or _UNSPECIFIED)


def _parts(unb: Segment, element_no: int) -> tuple[str, ...]:
    return tuple(part.strip() for part in unb.components(element_no)[:3])


def _first_reject(findings: Sequence[Finding]) -> Finding | None:
    return next((finding for finding in findings if finding.severity is Severity.REJECT), None)
