"""HTML and script in every field of every kind of document: in by the real doors, and no page runs any of it."""

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from lxml import etree, html

from cxmlwire import BUYER, SECRET, US, cxml, item, order_request
from ediwire import message
from fakes.browser import Browser
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel
from orderwire.connectors.api import connector as api
from orderwire.connectors.edi import connector as edi
from orderwire.connectors.punchout import connector as punchout
from orderwire.errors import MappingError, PermanentError
from orderwire.pipeline.decode import Decode
from orderwire.pipeline.parking import Failure, park
from orderwire.pipeline.work import Source
from orderwire.ports.access import Role
from orderwire.ports.intake import DecodeHint
from orderwire.ports.journal import DocumentQuery
from orderwire.ports.orders import OrderState
from orderwire.ports.store import Transaction
from orderwire.web.console.page import POLICY
from orderwire.web.console.words import HIDDEN
from records import NOON, an_order
from unit.web.conftest import Build, Site

#: An element, a handler, a template's sum, the end of a field, and what a terminal or a reader is turned around by.
MARK: Final = "\"><mk7 onmk7='x'>{{77777*77777}}</textarea>\x9b"
SHORT: Final = '"><mk7>\x9b'
SUM: Final = "6049261729"
ADDRESS: Final = "javascript:mk7()"
EDIFACT: Final = (
    "BGM+220+PO-{n}+9", "DTM+137:20260302:102", "FTX+AAI+1+ABC:D:E+text:more", "RFF+CT:4711", "NAD+BY+1::9",
    "NAD+DP+2::9++name:second+street:road+city+BW+12345+DE", "CTA+OC+K1:Somebody", "COM+0721:TE", "CUX+2:EUR:9",
    "LIN+1++4099999001019:EN", "PIA+1+B1:IN", "IMD+F++A:B:9:words:more", "QTY+21:10:PCE", "DTM+2:20260305:102",
    "PRI+AAA:12.5:CT:NTP:1:PCE", "FTX+LIN+++note", "UNS+S",
)  # fmt: skip
ORDER: Final[dict[str, Any]] = {
    "order_no": "WS-1", "ordered_on": "2026-11-21", "currency": "EUR",
    "ship_to": {"name": "a", "street": ["b"], "postal_code": "1", "city": "c", "country": "DE"},
    "lines": [{"item_no": "1001", "quantity": "1", "unit": "PCE", "description": "d", "buyer_item_no": "e"}],
}  # fmt: skip


@pytest.fixture
def site(build: Build) -> Site:
    """Return a site with a partner that speaks cXML, besides those that speak REST and EDIFACT."""
    site = build()
    folder = site.services.settings.config_dir / "partners" / "procure"
    folder.mkdir()
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    folder.joinpath("partner.yaml").write_text(
        f"name: Procure\ncustomer_no: C1\ncxml:\n  identities: [{{domain: NetworkID, identity: {BUYER}}}]\n"
        f'  ours: [{{domain: DUNS, identity: "{US}"}}]\n  shared_secret_sha256: {digest}\n'
    )
    return site


def interchanges() -> Iterator[bytes]:
    """Yield an order for each field of it, with a mark in that field."""
    number = 0
    for at, segment in enumerate(EDIFACT):
        for place in re.finditer(r"(?<=[+:])[^+:]+", segment):
            number += 1
            mark = SHORT if place.end() - place.start() < 4 else MARK.replace("'", "?'")
            spoilt = segment[: place.start()] + mark.replace("{", "{{").replace("}", "}}") + segment[place.end() :]
            parts = [one.format(n=number) for one in (*EDIFACT[:at], spoilt, *EDIFACT[at + 1 :])]
            lines = [f"UNB+UNOC:3+1+2+260302:0915+R{number}", *message(*parts), f"UNZ+1+R{number}"]
            yield "".join(f"{line}'" for line in lines).encode("latin-1")


def requests() -> Iterator[bytes]:
    """Yield a cXML order for each text and attribute of it, with a mark or an address in that place."""
    address = (
        '<Address addressID="L1"><Name xml:lang="de">n</Name><PostalAddress name="p"><DeliverTo>d</DeliverTo>'
        '<Street>s</Street><City>c</City><PostalCode>1</PostalCode><Country isoCountryCode="DE">g</Country>'
        '</PostalAddress><Email name="e">a@b.example</Email></Address>'
    )
    heading = (
        f'<ShipTo>{address}</ShipTo><Comments xml:lang="de">c<Attachment><URL>cid:1</URL></Attachment></Comments>'
        '<Extrinsic name="x">y</Extrinsic>'
    )
    line = item(rest='<Comments>lc</Comments><Extrinsic name="lx">ly</Extrinsic>')
    whole = cxml(order_request(line, heading=heading))
    count = sum(2 + len(one.attrib) for one in etree.fromstring(whole).iter(etree.Element))
    for wanted in range(count):
        root, number = etree.fromstring(whole), 0
        root.set("payloadID", f"{wanted}@procure.example.com")
        root.find(".//OrderRequestHeader").set("orderID", f"PO-{wanted}")  # type: ignore[union-attr]
        for element in root.iter(etree.Element):
            for name in [None, "", *map(str, element.attrib)]:
                if number == wanted and name is not None:
                    element.set(name, MARK) if name else setattr(element, "text", ADDRESS)
                elif number == wanted:
                    element.text = MARK
                number += 1
        yield etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def orders() -> Iterator[bytes]:
    """Yield a REST order for each text of it, with a mark in its place."""
    for number, part in enumerate(re.findall(r'"[^"]*"(?=[,\]}])', json.dumps(ORDER))):
        mark = json.dumps((MARK if number else f"PO{MARK}").replace("\x9b", ""))
        yield json.dumps({**ORDER, "order_no": f"WS-{number}"}).replace(part, mark, 1).encode()


def work_off(site: Site) -> None:
    """Do what workers do, as far as documents go; each order is held and was refused by NAV, in its own words."""
    services = site.services
    connectors = [one.connect(services.settings) for one in (edi, punchout, api)]
    decoders = {channel: decoder for one in connectors for channel, decoder in one.decoders.items()}
    flow = Decode(services.store, decoders, decoders, services.partners, services.clock)
    for event in [one for one in site.transport.published if one.type is EventType.DOCUMENT_RECEIVED]:
        try:
            commit = flow(event)
            with services.store.begin() as tx:
                for order in (one for one in commit(tx) if one.type is EventType.ORDER_RECEIVED):
                    stop(tx, order)
        except PermanentError as error:
            with services.store.begin() as tx:
                park(tx, Source.of(event), Failure(error, "decode"), NOON)


def stop(tx: Transaction, order: Event) -> None:
    """Have an order held, and parked in words of NAV's."""
    error = MappingError(f"no unit {MARK!r}", unit=MARK, segment=ADDRESS)
    park(tx, Source.of(order), Failure(error, "fulfil"), NOON)
    line = {
        "line_no": MARK,
        "item_no": MARK,
        "unit": MARK,
        "ordered": "1",
        "confirmed": "0",
        "outcome": MARK,
        "reason_text": MARK,
    }
    tx.orders.open(
        an_order(
            id=order.documentid, partner=order.partner, order_no=order.data["order_no"],
            state=OrderState.HELD, document_id=order.documentid, content_hash=order.documentid, erp_no=MARK,
            order=json.dumps(order.data), response=json.dumps({"lines": [line]}),
        )
    )  # fmt: skip


def look(browser: Browser, path: str) -> str:
    """Open a page, and return its text when nothing of a document has become a part of it."""
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["content-security-policy"]) == (200, POLICY), path
    for element in html.document_fromstring(answer.text).iter(etree.Element):
        assert "mk7" not in str(element.tag), path
        for name, value in element.attrib.items():
            assert not str(name).startswith("on"), (path, name)
            assert "mk7" not in str(name), path
            assert str(name) not in {"href", "src", "action", "formaction"} or str(value).startswith(("/", "#")), path
            assert str(name) not in {"href", "src", "action", "formaction"} or not str(value).startswith("//"), path
        assert element.tag != "script" or str(element.get("src")).startswith("/console/static/"), path
        assert element.tag not in {"style", "iframe", "object", "embed"}, path
    assert SUM not in answer.text, path
    shown = re.sub(r"<textarea.*?</textarea>", "", answer.text, flags=re.DOTALL)
    assert not HIDDEN.search(shown), path
    return answer.text


def test_no_field_of_any_document_gets_into_a_page(site: Site) -> None:
    """Every field, in by REST, cXML over HTTP and files with odd names; then every page is looked at."""
    for content in orders():
        answer = site.call("POST", "/api/v1/orders", content=content, headers={"Content-Type": "application/json"})
        assert "json" in answer.headers["content-type"]
    for content in requests():
        reply = site.call("POST", "/cxml", content=content, partner=None, headers={"Content-Type": "text/xml"})
        assert not [one for one in etree.fromstring(reply.content).iter(etree.Element) if "mk7" in str(one.tag)]
    for content in interchanges():
        site.services.receiver(content, Channel.EDI, DecodeHint(partner="acme", name=f"a{MARK}/../b.edi"))
    work_off(site)
    browser = Browser(site.services, site.app).become(Role.ADMIN)
    with site.services.store.read() as tx:
        documents = tx.journal.find(DocumentQuery(limit=10_000))
        parked = tx.parked.find()
        groups = tx.failures.groups((), NOON)

    paths = [f"/console{path}" for path in ("", "/now", "/messages", "/orders", "/failures", "/partners", "/audit")]
    paths += [f"/console/documents/{one.id}" for one in documents if one.kind != "file"]
    paths += [f"/console/parked/{one.id}" for one in parked[::4]]
    paths += [f"/console/failures/{one.id}" for one in groups]
    texts = [look(browser, path) for path in paths]

    assert len(texts) > 150
    assert sum("&lt;mk7" in text for text in texts) > len(texts) / 2


@pytest.mark.parametrize("mark", [MARK, ADDRESS])
def test_nothing_of_an_address_gets_into_a_page(site: Site, mark: str) -> None:
    """Whatever is asked for, in whichever parameter, by whoever makes others follow a link."""
    browser = Browser(site.services, site.app).become(Role.ADMIN)
    names = ("q", "state", "partner", "kind", "since", "outcome", "after", "who", "subject", "before", "flow", "code")
    for page in ("messages", "orders", "failures", "audit", "login", "replays", "partners", mark, f"documents/{mark}"):
        answer = browser.send("GET", f"/console/{page}", params=dict.fromkeys((*names, "said", "next"), mark))
        for one in (browser.send("GET", f"/console/{page}", params={name: mark}) for name in (*names, "said", "next")):
            assert one.status_code in {200, 404, 422}
            if "html" in one.headers["content-type"]:
                tree = html.document_fromstring(one.text)
                for element in tree.iter(etree.Element):
                    places = [str(element.get(name, "")) for name in ("href", "src", "action", "formaction")]
                    assert element.tag != "mk7"
                    assert element.get("onmk7") is None
                    assert not any(place.startswith(("javascript", "//")) for place in places)
                    assert element.get("name") != "next" or "mk7" not in str(element.get("value"))
        assert urlsplit(answer.headers.get("location", "")).netloc == ""
