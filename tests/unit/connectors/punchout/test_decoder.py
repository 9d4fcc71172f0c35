"""A document as one interchange of one message."""

from cxmlwire import BUYER, PAYLOAD_ID, a_buyer, credential, cxml, header, order_request, shared
from fakes.documents import PartnersOf
from orderwire.canonical.acknowledgement import Acknowledgement, Verdict
from orderwire.connectors.punchout.decoder import UNKNOWN, CxmlDecoder
from orderwire.ports.intake import DecodedInterchange, DecodeHint

ORDER = order_request()


def _decode(content: bytes, hint: DecodeHint | None = None, **profile: object) -> DecodedInterchange:
    decoded = CxmlDecoder().decode(content, hint or DecodeHint(), PartnersOf(a_buyer(cxml=dict(profile))))
    assert decoded.findings == ()
    return decoded.interchanges[0]


def test_an_order_is_an_interchange_of_one_message() -> None:
    """Named by its payloadID, from the partner that stands in From."""
    interchange = _decode(cxml(ORDER))

    assert (interchange.partner, interchange.control_ref, interchange.test) == ("procure", PAYLOAD_ID, False)
    assert (interchange.sender, interchange.syntax, interchange.charset) == (
        f"NetworkId:{BUYER}",
        "cXML 1.2.014",
        "UTF-8",
    )
    [message] = interchange.messages
    assert (message.kind, message.ref, message.accepted) == ("OrderRequest", PAYLOAD_ID, True)
    assert interchange.acknowledge is None


def test_sent_again_it_is_the_same() -> None:
    """A new time and a new proof in the envelope make no other document; another quantity does."""
    first = _decode(cxml(ORDER))
    head = header(sender=credential("NetworkID", BUYER, shared("other")))
    again = _decode(cxml(ORDER, head).replace(b"2026-11-21T08", b"2026-11-22T09"))
    other = _decode(cxml(ORDER.replace('quantity="2"', 'quantity="3"')))

    assert (first.duplicate_key, first.sha256) == (again.duplicate_key, again.sha256)
    assert first.duplicate_key == other.duplicate_key
    assert first.sha256 != other.sha256


def test_odd_names_make_no_trouble() -> None:
    """A relative namespace is no good practice, and no reason to fall over."""
    assert _decode(cxml(ORDER.replace("<Request", '<Request xmlns:x="y"'))).messages[0].accepted


def test_without_a_payload_id_the_content_is_the_key() -> None:
    """So that two orders without one are not taken for the same."""
    one, two = _decode(cxml(ORDER, payload_id="")), _decode(cxml(order_request(order_no="PO-2"), payload_id=""))

    assert one.duplicate_key != two.duplicate_key


def test_a_test_is_one_by_the_document_or_by_the_profile() -> None:
    """It travels with the order."""
    by_document = _decode(cxml(order_request(mode="test")))
    by_profile = _decode(cxml(ORDER), deployment_mode="test")

    for interchange in (by_document, by_profile):
        assert interchange.test
        assert interchange.messages[0].order is not None
        assert interchange.messages[0].order.test


def test_who_is_not_known_has_no_order_here() -> None:
    """It can be looked at."""
    interchange = _decode(cxml(ORDER, header(from_=credential("DUNS", "1"))))

    assert interchange.partner is None
    assert interchange.messages[0].order is not None
    assert interchange.messages[0].order.partner == UNKNOWN


def test_bytes_of_one_partner_are_not_taken_for_anothers() -> None:
    """The channel knows who sent them."""
    assert _decode(cxml(ORDER), DecodeHint(partner="procure")).accepted
    interchange = _decode(cxml(ORDER), DecodeHint(partner="baumarkt"))

    assert not interchange.accepted
    assert [finding.code for finding in interchange.findings] == ["sender_not_partner"]


def test_other_documents_are_named_and_not_taken_in() -> None:
    """Requests that nothing here handles, and Messages and Responses."""
    for content in ("<Request><QuoteRequest/></Request>", "<Message><OrderRequest/></Message>"):
        [message] = _decode(cxml(content)).messages
        assert not message.accepted
        assert [finding.code for finding in message.findings] == ["unsupported"]
    [message] = _decode(cxml('<Response><Status code="200" text="OK"/></Response>')).messages
    assert (message.kind, message.accepted) == ("Response", False)


def _update(status: str, rest: str = "") -> Acknowledgement:
    content = f'<DocumentReference payloadID="p@us"/>{status}{rest}'
    [message] = _decode(cxml(f"<Request><StatusUpdateRequest>{content}</StatusUpdateRequest></Request>")).messages
    assert message.notice is not None
    assert isinstance(message.notice.body, Acknowledgement)
    return message.notice.body


def test_a_status_update_tells_how_a_document_was_taken() -> None:
    """By its code, and by what stands beside it; the reason is kept."""
    refused = _update('<Status code="400" text="Bad Request">No such line</Status>')

    assert (refused.control_ref, refused.verdict) == ("p@us", Verdict.REJECTED)
    assert [(fault.code, fault.text) for fault in refused.faults] == [("400", "No such line")]
    assert _update('<Status code="200" text="OK"/>').verdict is Verdict.ACCEPTED
    assert _update('<Status code="201" text="Accepted"/>').verdict is Verdict.RECEIVED
    assert _update('<Status code="200" text="OK"/>', '<InvoiceStatus type="rejected"/>').verdict is Verdict.REJECTED
    assert _update('<Status code="200" text="OK"/>', '<InvoiceStatus type="paid"/>').verdict is Verdict.ACCEPTED


def test_a_status_update_has_a_status() -> None:
    """Without one it says nothing."""
    [message] = _decode(cxml("<Request><StatusUpdateRequest/></Request>")).messages

    assert [finding.code for finding in message.findings] == ["missing"]


def test_bytes_that_are_no_cxml_are_no_interchange() -> None:
    """One finding tells why."""
    decoded = CxmlDecoder().decode(b"hello", DecodeHint(), PartnersOf())

    assert decoded.interchanges == ()
    assert [finding.code for finding in decoded.findings] == ["not_xml"]
