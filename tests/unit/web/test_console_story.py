"""Documents as the console shows them: whatever they are, they are shown, bounded, and never run."""

import zlib
from dataclasses import replace
from typing import Any

import pytest

from fakes.browser import Browser
from orderwire.pipeline.indexing import Indexing
from orderwire.ports.access import Role
from orderwire.ports.journal import DocumentState, Step
from orderwire.ports.ledger import LedgerEntry, LedgerSide
from orderwire.web.console.edifact import MAX_SEGMENTS
from orderwire.web.console.page import HOME
from orderwire.web.console.story import facts_of, shown
from records import a_document, an_exchange, later

HURT = "<script>hurt()</script>"


def test_edifact_has_its_meaning_beside_it() -> None:
    """Segments by name, elements by what they are, common codes in words; released signs stay what they are."""
    lines = shown(b"UNB+UNOC:3+1:14+2:14+261121:0800+R?'1'UNH+1+ORDERS:D:96A:UN'BGM+220+PO-1+9'QTY+21:5:PCE'")["lines"]

    assert [line.tag for line in lines] == ["UNB", "UNH", "BGM", "QTY"]
    assert (lines[2].name, lines[2].gist) == ("Beginning of message", "order, original")
    meanings = {piece.text: piece.meaning for line in lines for piece in line.pieces}
    assert meanings["R'1"] == "0020 Interchange reference"
    assert meanings["21"] == "6063 Quantity qualifier: ordered"


def test_a_long_document_is_cut() -> None:
    """Neither a million segments nor megabytes of text make a page that nobody can open."""
    segments = shown(b"UNB+UNOC:3+1+2+261121:0800+R'UNH+1+ORDERS:D:96A:UN'" + b"FTX+A'" * 50_000)
    text = shown(b"x" * 10_000_000)

    assert (len(segments["lines"]), segments["cut"]) == (MAX_SEGMENTS, True)
    assert (len(text["text"]), text["cut"], text["size"]) == (256 * 1024, True, 10_000_000)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"UNB",
        b"UNA:+.? 'UNB+'",
        b"<a",
        b"{" * 100_000,
        b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b"<a>" * 5000,
    ],
)
def test_odd_documents_are_shown(content: bytes) -> None:
    """As their text at the least; no entity is followed."""
    seen = shown(content)

    assert "root:" not in seen["text"]


@pytest.mark.parametrize("padding", [b"", b" " * 300_000])
def test_a_shared_secret_is_not_shown(padding: bytes) -> None:
    """Of a cXML document, however long."""
    document = b"<cXML><Sender><SharedSecret>open sesame</SharedSecret></Sender>" + padding + b"</cXML>"

    assert "open sesame" not in shown(document)["text"]


@pytest.mark.parametrize(
    "content",
    [b"<a>" * 250 + b"<b/>" * 60_000 + b"</a>" * 250, b"[" * 300 + b"1," * 120_000 + b"1" + b"]" * 300],
    ids=["xml", "json"],
)
def test_a_nested_document_does_not_grow(content: bytes) -> None:
    """Set in lines it would be a hundred times as long: it is shown as it came."""
    assert shown(content)["text"] == content.decode()


def test_half_a_character_is_shown() -> None:
    """JSON can hold what no page can: it is written out."""
    assert "\\ud800" in shown(b'{"a": "\\ud800"}')["text"]


def test_facts_are_told_in_words() -> None:
    """A line for what is plain, and one for each entry of a list."""
    detail = {"bytes": 5, "lines": [{"line_no": "1", "wanted": "2.00000", "item": None}], "findings": ["odd"]}

    assert list(facts_of(detail)) == ["bytes 5", "line no 1 · wanted 2", "odd"]


@pytest.mark.parametrize(
    "path", ["messages?q={0}", "messages?kind={0}&state=done", "audit?who={0}", "failures?code={0}"]
)
def test_what_is_asked_for_is_shown_as_text(site: Any, path: str) -> None:
    """HTML in the address is escaped in the page."""
    page = Browser(site.services, site.app).become(Role.ADMIN).get(f"{HOME}/{path.format(HURT)}")

    assert page.status_code == 200
    assert HURT not in page.text


@pytest.mark.parametrize(("role", "sees"), [(Role.VIEWER, False), (Role.OPERATOR, True)])
def test_what_was_said_to_nav_is_shown(site: Any, role: Role, *, sees: bool) -> None:
    """With its time and its fault, as page and as JSON; who only looks sees no person; nobody sees a secret."""
    told = b"<a><Ship_to_Name>Ada Lovelace</Ship_to_Name><Api_Key>open sesame</Api_Key><No>&lt;b&gt;S-1</No></a>"
    with site.services.store.begin() as tx:
        tx.journal.add(a_document(id="d1", correlation_id="d1"))
        kept = an_exchange("1", request_bytes=len(told), answer_bytes=0, status=None, outcome="in_doubt")
        tx.exchanges.add("d1", [replace(kept, packed=zlib.compress(told, wbits=-12), problem="the connection broke")])
    browser = Browser(site.services, site.app).become(role)

    page = browser.get(f"{HOME}/documents/d1").text
    data = browser.get(f"{HOME}/documents/d1", headers={"Accept": "application/json"})

    (call,) = data.json()["calls"]
    assert (call["outcome"], call["problem"], call["milliseconds"]) == ("in_doubt", "the connection broke", 12)
    assert "packed" not in call
    for text in (page, data.text):
        assert ("Ada Lovelace" in text) is sees
        assert "open sesame" not in text
    assert "the connection broke" in page


def a_file_of(site: Any, orders: int) -> None:
    """A file of so many orders, each with a call to NAV, an answer that went out, and a receipt that is awaited."""
    known: dict[str, Any] = {"correlation_id": "file", "partner": "acme", "state": DocumentState.DONE}
    with site.services.store.begin() as tx:
        tx.journal.add(a_document(**{**known, "id": "file", "kind": "file", "partner": None}))
        tx.journal.add(a_document(**known, id="contrl", kind="CONTRL", direction="out", parent_id="file"))
        for number in range(orders):
            at, own = later(1 + number), {**known, "order_no": f"PO-{number}"}
            message, answer = f"m{number:03}", f"a{number:03}"
            tx.journal.add(a_document(**own, id=message, parent_id="file", received_at=at))
            tx.journal.step(Step(message, at, "order_created", None, {"erp_no": f"S-{number}"}))
            tx.exchanges.add(message, [an_exchange(f"{number:03}", service=f"Of{number}")])
            sha256, sent = tx.archive.put(f"answer {number}".encode()), {"kind": "ORDRSP", "direction": "out"}
            tx.journal.add(a_document(**own, **sent, id=answer, parent_id=message, received_at=at, sha256=sha256))
            tx.journal.step(Step(answer, at, "delivered", None, {"via": "folder"}))
            tx.ledger.open(LedgerEntry(answer, answer, "acme", LedgerSide.AWAITED, "CONTRL", message, at))


@pytest.mark.parametrize(("orders", "opened"), [(10, "m002"), (10, "a002"), (260, "m002"), (260, "a002")])
def test_an_order_of_a_file_of_many(site: Any, orders: int, opened: str) -> None:
    """It has its own answers, calls, steps and receipts, and those of no other order, however many there are."""
    a_file_of(site, orders)

    data = (
        Browser(site.services, site.app)
        .become(Role.VIEWER)
        .get(f"{HOME}/documents/{opened}", headers={"Accept": "application/json"})
        .json()
    )

    assert {one[0] for one in data["family"]} == {"file", "contrl", "m002", "a002"}
    assert [one["document"][0] for one in data["answers"]] == ([] if opened == "a002" else ["a002"])
    assert [one["service"] for one in data["calls"]] == ["Of2"]
    assert [one["ref"] for one in data["ledger"]] == ["m002"]
    assert {one["document_id"] for one in data["steps"]} == {"m002", "a002"}
    assert {one["name"]: one["look"] for one in data["chain"]}["Answered"] == "ok"


def test_a_file_of_many_is_shown_in_part(site: Any) -> None:
    """And the page says so."""
    a_file_of(site, 260)

    page = Browser(site.services, site.app).become(Role.VIEWER).get(f"{HOME}/documents/file").text

    for words in ("The newest 201 are shown", "the last 40 calls", "the last 5<"):
        assert words in page


@pytest.mark.parametrize(("asked", "words"), [("drill", "Looked through the newest 2"), ("ICR", "Looked through 2 of")])
def test_a_search_says_what_it_did_not_look_through(
    site: Any, monkeypatch: pytest.MonkeyPatch, asked: str, words: str
) -> None:
    """So that nobody takes nothing found for nothing there."""
    for name in ("texts.MAX_HITS", "search.MAX_HITS", "search._SAME_NUMBER"):
        monkeypatch.setattr(f"orderwire.store.{name}", 2)
    with site.services.store.begin() as tx:
        for number in range(3):
            sha256 = tx.archive.put(b"one drill")
            tx.journal.add(a_document(id=f"d{number}", kind="file", sha256=sha256, control_ref="ICR", partner="acme"))
    Indexing(site.services.store, site.services.clock).turn()
    browser = Browser(site.services, site.app).become(Role.VIEWER)

    assert words in browser.get(f"{HOME}/messages?q={asked}&partner=rival").text
    assert "Looked through" not in browser.get(f"{HOME}/messages?partner=rival").text
