"""Findings of cXML documents, and the Status code that each is to the sender."""

from collections.abc import Iterable
from typing import Final

from orderwire.ports.intake import Finding, Severity

#: Longest sentence; what the sender wrote may stand in it.
_MAX_TEXT_CHARS: Final = 300
#: Finding to Status code (cXML 1.2, User's Guide 3.1.7); every other is 400.
_CODES: Final = {
    "not_xml": 406,
    "entities": 406,
    "not_cxml": 406,
    "too_deep": 406,
    "limit": 499,
    "unsupported": 450,
    "credentials": 401,
    "not_authorised": 403,
}


def reject(code: str, text: str, path: str | None = None) -> Finding:
    """Return a finding that the document stops at."""
    return Finding(code, Severity.REJECT, text[:_MAX_TEXT_CHARS], tag=path)


def warn(code: str, text: str, path: str | None = None) -> Finding:
    """Return a finding that the document goes on with."""
    return Finding(code, Severity.WARN, text[:_MAX_TEXT_CHARS], tag=path)


def first_refusal(findings: Iterable[Finding]) -> Finding | None:
    """Return the first finding that the document stops at."""
    return next((finding for finding in findings if finding.severity is Severity.REJECT), None)


def status_code(finding: Finding) -> int:
    """Return the Status code that tells the sender of it."""
    return _CODES.get(finding.code, 400)
