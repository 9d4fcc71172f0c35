"""What would be made of a file, without doing it: the report behind `orderwire edi check`."""

from typing import Any, Final

from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi.decoder import decode_content
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.errors import PermanentError
from orderwire.ports.intake import DecodedInterchange, DecodedMessage, DecodeHint, Finding, Notice, Severity

_LIMITS: Final = EdiLimits()


def check_content(content: bytes, name: str, partners: Partners | None, limits: EdiLimits = _LIMITS) -> dict[str, Any]:
    """Return the report on one file as JSON values.

    `accepted` is what the pipeline would say: the message's own syntax and meaning, and its interchange's
    envelope. Senders need not be known; with a profile, its character set and identifiers count too.
    """
    find = partners.by_edi_identifier if partners is not None else _nobody
    decoded = decode_content(content, DecodeHint(name=name), find, limits)
    return {
        "file": name,
        "interchanges": [_interchange(interchange) for interchange in decoded.interchanges],
        "findings": [_finding(finding) for finding in decoded.findings],
    }


def _nobody(_identifier: str, _qualifier: str | None) -> PartnerProfile | None:
    return None


def _interchange(interchange: DecodedInterchange) -> dict[str, Any]:
    return {
        "sender": interchange.sender,
        "recipient": interchange.recipient,
        "control_ref": interchange.control_ref,
        "syntax": interchange.syntax,
        "charset": interchange.charset,
        "test": interchange.test,
        "messages": [_message(message, interchange) for message in interchange.messages],
        "findings": [_finding(finding) for finding in interchange.findings],
    }


def _message(message: DecodedMessage, interchange: DecodedInterchange) -> dict[str, Any]:
    accepted = message.accepted and message.error is None and interchange.accepted
    findings = [_finding(finding) for finding in message.findings]
    if message.error is not None:
        findings.append(_finding(_as_finding(message.error)))
    return {
        "ref": message.ref,
        "type": message.kind,
        "version": message.version,
        "accepted": accepted,
        "findings": findings,
        "order": message.order.model_dump(mode="json") if message.order and accepted else None,
        "notice": _notice(message.notice) if message.notice and accepted else None,
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {"type": notice.type.value, "body": notice.body.model_dump(mode="json", exclude_none=True)}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "segment_no": finding.segment_no,
        "offset": finding.offset,
        "text": finding.text,
        "tag": finding.tag,
        "element_no": finding.element_no,
        "component_no": finding.component_no,
        "syntax_code": finding.syntax_code,
    }


def _as_finding(error: PermanentError) -> Finding:
    """A message whose meaning fails is refused as well; the facts say where."""
    segment_no, tag = error.facts.get("segment_no"), error.facts.get("segment")
    return Finding(
        error.code,
        Severity.REJECT,
        str(error),
        segment_no=segment_no if isinstance(segment_no, int) else None,
        offset=offset if isinstance(offset := error.facts.get("offset"), int) else None,
        tag=tag if isinstance(tag, str) else None,
    )
