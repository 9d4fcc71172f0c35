"""StatusUpdateRequest (cXML.dtd): what became of an order that was answered with 201."""

from typing import Final

from lxml import etree

from orderwire.canonical.response import AnsweredOrder, OrderOutcome
from orderwire.connectors.punchout.tongue import Tongue
from orderwire.connectors.punchout.writing import element, status

_CODES: Final = {OrderOutcome.ACCEPTED: 200, OrderOutcome.CHANGED: 200, OrderOutcome.REJECTED: 400}


def to_status_update(answer: AnsweredOrder, tongue: Tongue) -> etree._Element | None:
    """Return the request; None for an outcome that is not answered."""
    response = answer.response
    code = _CODES.get(response.outcome)
    if code is None:
        return None
    changed = [f"line {line.line_no}: {line.reason_text}" for line in response.lines if line.reason_text]
    said = "; ".join(part for part in (response.reason_text, *changed) if part)
    about = element("DocumentReference", payloadID=tongue.refs.get("payload_id", ""))
    return element("StatusUpdateRequest", about, status(code, said, tongue.profile.lang))
