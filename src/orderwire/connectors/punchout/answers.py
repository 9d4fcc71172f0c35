"""What a partner's system answers when it is sent a document: a Response, in the same call."""

from typing import Final

from orderwire.connectors.punchout.document import read_document
from orderwire.connectors.punchout.envelope import Status, read_envelope
from orderwire.errors import DeliveryRefusedError, UnavailableError
from orderwire.ports.intake import Finding

_MAX_TEXT_CHARS: Final = 200


def judge(answer: bytes) -> str:
    """Return what a good answer says.

    Raises:
        DeliveryRefusedError: a Status 4xx: the same document again would be refused again.
        UnavailableError: a Status 5xx, or no cXML Response at all, which is an error of transport (User's Guide).
    """
    status = _status(answer)
    if status is None:
        raise UnavailableError("the partner's server gave no cXML answer")
    said = " ".join(part for part in (status.text, status.message) if part)[:_MAX_TEXT_CHARS]
    # Codes that nobody knows mean what the first of their hundred means.
    if status.code.startswith("2"):
        return f"{status.code} {said}"
    if status.code.startswith("5"):
        raise UnavailableError("the partner's system answered: later", status=status.code, said=said)
    raise DeliveryRefusedError("the partner's system refused the document", status=status.code[:10], said=said)


def _status(answer: bytes) -> Status | None:
    document = read_document(answer)
    envelope = document if isinstance(document, Finding) else read_envelope(document)
    return None if isinstance(envelope, Finding) else envelope.status
