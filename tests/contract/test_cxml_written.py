"""Every cXML document that Orderwire writes is valid by the DTDs, which are read where they lie."""

from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree

from canonicals import a_shipment, an_invoice, shipment_line
from cxmlwire import REFS, a_buyer, an_answer, secrets
from fakes.documents import MORNING
from orderwire.canonical.invoice import InvoiceKind
from orderwire.canonical.model import Canonical
from orderwire.canonical.party import Party, PartyRole
from orderwire.connectors.punchout.encoder import CxmlEncoder
from orderwire.connectors.punchout.writing import element, status, write_response

DTDS: Final = Path(__file__).parents[3] / "shared/corpus/cxml-dtd"
pytestmark = pytest.mark.skipif(not DTDS.is_dir(), reason="the cXML DTDs are not beside the repository")

PLACE: Final = Party(role=PartyRole.DELIVERY, name="Works", street=("Lagerstr. 7",), city="Nürnberg", country="DE")
BODIES: Final[dict[str, tuple[Canonical, str]]] = {
    "accepted": (an_answer({}, {"promised_on": "2026-11-27", "reason_text": "soon"}), "ConfirmationRequest"),
    "changed": (
        an_answer(
            {"outcome": "changed", "confirmed": "6", "reason_text": "part"},
            {"outcome": "backordered", "confirmed": "2", "backordered": "8", "backorder_on": "2026-12-24"},
            {"outcome": "changed", "reason": "price_differs", "unit_price": "95", "reason_text": "another price"},
            {"outcome": "substituted", "substitute_no": "1002", "reason_text": "replaced"},
            {"deliveries": ({"quantity": "4", "promised_on": "2026-12-01"}, {"quantity": "6"})},
            outcome="changed",
        ),
        "ConfirmationRequest",
    ),
    "rejected": (
        an_answer({"outcome": "rejected", "confirmed": "0"}, outcome="rejected", erp_no=None, reason_text="no"),
        "ConfirmationRequest",
    ),
    "status": (an_answer({"reason_text": "no"}, outcome="rejected"), "StatusUpdateRequest"),
    "shipment": (a_shipment(channel_refs=REFS, parties=(PLACE,)), "ShipNoticeRequest"),
    "bare shipment": (a_shipment(packages=(), lines=(shipment_line(),), parties=()), "ShipNoticeRequest"),
    "invoice": (an_invoice(channel_refs=REFS, parties=(PLACE,)), "InvoiceDetailRequest"),
    "invoice without order": (an_invoice(order_no=None, erp_no=None), "InvoiceDetailRequest"),
    "credit note": (an_invoice(kind=InvoiceKind.CREDIT_NOTE, corrects_no="1"), "InvoiceDetailRequest"),
}


def _problems(content: bytes) -> list[str]:
    """Return what the DTD that a document names has against it."""
    root = etree.fromstring(content)
    info: Any = root.getroottree().docinfo
    dtd: Any = etree.DTD(file=str(DTDS / info.system_url.rsplit("/", 1)[-1]))
    dtd.validate(root)
    return [error.message for error in dtd.error_log]


@pytest.mark.parametrize("name", BODIES)
def test_a_document_is_valid(name: str) -> None:
    """By the DTD that it names, with and without a secret."""
    body, kind = BODIES[name]
    partner = a_buyer(cxml={"send": [kind]})

    document = CxmlEncoder(secrets()).encode(body, partner, 7, MORNING)

    assert document is not None
    assert document.kind == kind
    assert document.content.isascii()
    assert _problems(document.content) == []


def test_a_response_is_valid() -> None:
    """With a document in it, and without."""
    transaction = element("Transaction", element("URL", "https://x/cxml"), requestName="OrderRequest")
    profile = element("ProfileResponse", transaction, effectiveDate="2026-11-21T08:00:00+00:00")

    for content in (
        write_response(status(200), "1@x", MORNING, profile),
        write_response(status(400, "no", "en"), "1@x", MORNING),
    ):
        assert _problems(content) == []


def test_a_spoilt_document_is_not() -> None:
    """The check can tell."""
    document = CxmlEncoder(secrets()).encode(an_answer(), a_buyer(), 7, MORNING)

    assert document is not None
    assert _problems(document.content.replace(b"noticeDate", b"noteDate"))
