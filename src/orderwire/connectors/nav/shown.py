"""Exchanges with NAV as people read them: SOAP in lines, secrets struck out, the fault in a sentence."""

from typing import Any, Final

from lxml import etree

from orderwire.connectors.nav import soap
from orderwire.mapping.masking import masked_record
from orderwire.ports.exchange import Exchange

#: Shown of one body.
MAX_CHARS: Final = 64 * 1024
_NAMES: Final = (
    "id", "at", "milliseconds", "service", "operation", "outcome", "status", "problem", "request_bytes", "answer_bytes",
)  # fmt: skip


def exchange_shown(exchange: Exchange, *, persons: bool) -> dict[str, Any]:
    """Return an exchange as it is shown; `fault` is NAV's own words where it said no."""
    request, answer = exchange.bodies()
    return {
        **{name: getattr(exchange, name) for name in _NAMES},
        "fault": _fault(answer) if exchange.status == 500 else "",
        "request": _lines(request, persons=persons),
        "answer": _lines(answer, persons=persons),
    }


def _lines(content: bytes, *, persons: bool) -> str:
    """Set a body in lines; what is no XML, or was too long to be kept whole, is the text that it is."""
    told = masked_record(content, persons=persons)
    try:
        root = soap.parse_xml(told)
        etree.indent(root)
        text = etree.tostring(root, encoding="unicode")
    except soap.NotSoapError:
        text = told.decode("utf-8", "replace")
    return text if len(text) <= MAX_CHARS else f"{text[:MAX_CHARS]}\n… {len(text) - MAX_CHARS} characters more"


def _fault(content: bytes) -> str:
    try:
        answer = soap.parse(content)
    except soap.NotSoapError:
        return ""
    return f"{answer.kind}: {answer.text}" if isinstance(answer, soap.Fault) else ""
