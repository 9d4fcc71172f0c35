"""The report of `cxml check`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cxmlwire import BUYER, SECRET, a_buyer, credential, cxml, header, item, order_request, secrets, shared
from fakes.documents import PartnersOf
from orderwire.connectors.punchout.check import Checker
from orderwire.connectors.punchout.dtd import Dtds

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
DTD = "<!ELEMENT cXML (Header, Request)><!ATTLIST cXML payloadID CDATA #REQUIRED>"


def _check(content: bytes, dtds: Dtds | None = None) -> dict[str, Any]:
    checker = Checker(PartnersOf(a_buyer()), secrets(), dtds or Dtds())
    report: dict[str, Any] = json.loads(json.dumps(checker.check(content, "a.xml", NOW)))
    return report


def test_an_order_is_shown_with_its_sender() -> None:
    """Who sends, whether it would be let in, and the canonical order; the secret is not shown."""
    report = _check(cxml(order_request(mode="test")))

    assert (report["type"], report["accepted"], report["test"]) == ("OrderRequest", True, True)
    assert (report["partner"], report["authenticated"], report["why_not"]) == ("procure", True, None)
    assert report["from"] == [f"NetworkId:{BUYER}"]
    assert report["order"]["lines"][0]["quantity"] == "2"
    assert report["findings"] == []
    assert SECRET not in str(report)


def test_who_would_not_be_let_in_is_told_why() -> None:
    """The document is shown all the same."""
    report = _check(cxml(order_request(), header(sender=credential("NetworkID", BUYER, shared("wrong")))))

    assert (report["accepted"], report["authenticated"]) == (True, False)
    assert "credentials" in report["why_not"]
    assert "wrong" not in str(report)


def test_a_cancellation_is_shown_as_the_notice_it_is() -> None:
    """With the order it is about."""
    report = _check(cxml(order_request(attributes='type="delete"')))

    assert (report["order"], report["notice"]["purpose"]) == (None, "cancel")


def test_a_cart_is_shown_with_its_lines() -> None:
    """Of a cart that is returned, and of a set-up that begins with one."""
    cart = (
        '<Message><PunchOutOrderMessage><BuyerCookie/><PunchOutOrderMessageHeader operationAllowed="edit"/>'
        f"{item(tag='ItemIn')}</PunchOutOrderMessage></Message>"
    )
    setup = (
        '<Request><PunchOutSetupRequest operation="edit"><BuyerCookie>c</BuyerCookie>'
        f"<BrowserFormPost><URL>https://x/return</URL></BrowserFormPost>{item()}</PunchOutSetupRequest></Request>"
    )

    returned, begun = _check(cxml(cart)), _check(cxml(setup))

    for report in (returned, begun):
        assert report["accepted"]
        assert report["cart"]["operation"] == "edit"
        assert [line["item_ids"][0]["value"] for line in report["cart"]["lines"]] == ["1001"]
    assert begun["cart"]["returns_to"] == "https://x/return"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<a", "not_xml"),
        (cxml("<Request><QuoteRequest/></Request>"), "unsupported"),
        (cxml(order_request(item("-1"))), "quantity"),
    ],
)
def test_what_would_be_refused_is_told(content: bytes, code: str) -> None:
    """By its code and a sentence."""
    report = _check(content)

    assert not report["accepted"]
    assert [finding["code"] for finding in report["findings"]] == [code]


def test_responses_and_pings_are_read() -> None:
    """A Response has a Status, and nobody to be let in."""
    response = _check(cxml('<Response><Status code="400" text="Bad Request"/></Response>', ""))

    assert (response["accepted"], response["status"], response["authenticated"]) == (True, "400 Bad Request", None)
    assert _check(cxml())["accepted"]


def test_a_dtd_is_an_adviser(tmp_path: Path) -> None:
    """What it has against a document is told, and decides nothing; a DTD that is none is left alone."""
    (tmp_path / "cXML.dtd").write_text(DTD)
    (tmp_path / "Quote.dtd").write_text("<!ELEMENT")
    dtds = Dtds(tmp_path)

    report = _check(cxml(order_request()), dtds)

    assert report["accepted"]
    assert {(finding["code"], finding["severity"]) for finding in report["findings"]} == {("dtd", "warn")}
    assert [finding["code"] for finding in _check(cxml("<Request><QuoteRequest/></Request>"), dtds)["findings"]] == [
        "unsupported"
    ]
    assert _check(cxml("<Request><ConfirmationRequest/></Request>"), dtds)["findings"][0]["code"] == "unsupported"
