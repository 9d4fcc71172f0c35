"""cXML orders from the buyer's call to NAV's sales order and back, over real HTTP, with processes of their own."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from lxml import etree

from cxmlwire import PAYLOAD_ID, credential, cxml, header, item, order_request, shared
from orderwire.ports.journal import DocumentState
from orderwire.ports.parking import Parked
from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.server import NavSimulator
from services.deployment import UNDER_WAY, Deployment, sold
from services.partner_server import Got, PartnerServer, serving
from services.ports import free_port

SECRET: Final = "demo-procure-secret"
OURS: Final = "our-own-secret"
HEAD: Final = header(
    credential("NetworkID", "AN09999000050"),
    credential("NetworkID", "AN09999000013"),
    credential("NetworkID", "AN09999000050", shared(SECRET)),
)
DTDS: Final = Path(__file__).parents[3] / "shared/corpus/cxml-dtd"


@dataclass
class Buyer:
    """A procurement system: sends orders, and takes documents of ours, answering with the codes it is told to."""

    deployment: Deployment
    http: httpx.Client
    server: PartnerServer
    codes: list[str]

    def order(self, order_no: str, *items: str, attributes: str = "", payload_id: str = "") -> bytes:
        content = order_request(*items, attributes=attributes, order_no=order_no)
        return cxml(content, HEAD, payload_id=payload_id or f"{order_no}.{PAYLOAD_ID}")

    def post(self, content: bytes) -> httpx.Response:
        return self.http.post("/cxml", content=content, headers={"Content-Type": "text/xml; charset=UTF-8"})

    def got(self, order_no: str) -> list[etree._Element]:
        """Return what came about an order, in the order it came."""
        roots = [etree.fromstring(got.content) for got in self.server.got]
        return [root for root in roots if root.find(f"Request/*/OrderReference[@orderID='{order_no}']") is not None]

    def told(self, kind: str, order_no: str) -> list[etree._Element]:
        """Return what came of a kind about an order, wherever that names it."""
        roots = [etree.fromstring(got.content) for got in self.server.got]
        named = f".//OrderReference[@orderID='{order_no}']"
        return [root for root in roots if root.find(f"Request/{kind}") is not None and root.find(named) is not None]

    def follows(self, what: str) -> bool:
        """Whether NAV's list has been looked at once: what was posted before is not told."""
        with self.deployment.services.store.begin() as tx:
            return tx.following.cursor(what) is not None

    def parked(self, order_no: str) -> list[Parked]:
        return [one for one in self.deployment.parked() if one.order_no == order_no]

    def wait(self, what: str, condition: Callable[[], bool]) -> None:
        self.deployment.wait_for(condition, 60, what)

    def sales_orders(self, order_no: str) -> list[dict[str, Any]]:
        return sold(self.deployment.nav, [order_no]).get(order_no, [])


def status_of(reply: httpx.Response) -> str:
    assert reply.status_code == 200
    return str(etree.fromstring(reply.content)[0][0].get("code"))


@pytest.fixture(scope="module")
def buyer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buyer]:
    """Everything started once: the simulator, `orderwire up`, and the buyer's own server."""
    folder, codes = tmp_path_factory.mktemp("cxml"), ["200"]

    def answer(_got: Got) -> tuple[dict[str, str], bytes]:
        code = codes.pop(0) if len(codes) > 1 else codes[0]
        return {"Content-Type": "text/xml"}, cxml(
            f'<Response><Status code="{code}" text="Text">why</Status></Response>', ""
        )

    with ExitStack() as stack:
        server = stack.enter_context(serving())
        server.statuses, server.reply = [200], answer
        nav, port = stack.enter_context(NavSimulator(NavData.demo())), free_port()
        deployment = Deployment(
            folder, nav, queue_url="embedded:", store_url=f"sqlite:///{folder}/orderwire.db",
            ORDERWIRE_API__PORT=str(port), ORDERWIRE_PARTNERS__PROCURE__CXML__OUR_SECRET=OURS,
            ORDERWIRE_NAV__PRODUCTION="false", ORDERWIRE_LOG__LEVEL="debug", ORDERWIRE_NAV__FOLLOW__POLL_SECONDS="0.3",
        )  # fmt: skip
        stack.callback(deployment.close)
        profile = deployment.config_dir / "partners/procure/partner.yaml"
        text = profile.read_text().split("folder:")[0]
        profile.write_text(f"{text}http:\n  url: {server.url}\n  auth: none\n")
        deployment.run("up")
        http = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30))
        deployment.wait_for(lambda: _is_up(http), 30, "the server")
        yield Buyer(deployment, http, server, codes)


def _is_up(http: httpx.Client) -> bool:
    try:
        return http.get("/health/live").status_code == 200
    except httpx.HTTPError:
        return False


def test_an_order_comes_back_as_a_confirmation(buyer: Buyer) -> None:
    """200 at once, a sales order in NAV, and a valid ConfirmationRequest that names the buyer's document."""
    reply = buyer.post(
        buyer.order(
            "PO-1", item("5"), item("9", attributes='lineNumber="2"', item_id="<SupplierPartID>1003</SupplierPartID>")
        )
    )

    assert status_of(reply) == "200"
    buyer.wait("the confirmation", lambda: bool(buyer.got("PO-1")))
    [order] = buyer.sales_orders("PO-1")
    assert [(line["item_no"], line["quantity"]) for line in order["lines"]] == [("1001", "5"), ("1003", "5")]
    [confirmation] = buyer.got("PO-1")
    header_ = confirmation.find("Request/ConfirmationRequest/ConfirmationHeader")
    assert header_ is not None
    assert header_.get("type") == "detail"
    assert confirmation.find(f".//DocumentReference[@payloadID='PO-1.{PAYLOAD_ID}']") is not None
    statuses = [(each.get("type"), each.get("quantity")) for each in confirmation.iter("ConfirmationStatus")]
    assert statuses == [("accept", "5"), ("accept", "5"), ("reject", "4")]
    assert confirmation.findtext("Header/Sender/Credential/SharedSecret") == OURS
    if DTDS.is_dir():
        assert etree.DTD(file=str(DTDS / "Fulfill.dtd")).validate(confirmation)
    buyer.wait("its answer", lambda: bool(buyer.deployment.documents(kind="Response", order_no="PO-1")))
    [answer] = buyer.deployment.documents(kind="Response", order_no="PO-1")
    assert answer.reason == "200 Text why"


def test_what_nav_posts_reaches_the_buyer(buyer: Buyer) -> None:
    """A shipment and an invoice that are posted in NAV arrive as valid documents that name the buyer's order."""
    buyer.post(buyer.order("PO-6", item("2")))
    buyer.wait("the confirmation", lambda: len(buyer.got("PO-6")) == 1)
    [order] = buyer.sales_orders("PO-6")
    posting = buyer.deployment.nav.users.posting
    buyer.wait("NAV followed", lambda: buyer.follows("shipment") and buyer.follows("invoice"))

    posting.ship(order["no"])
    posting.invoice(order["no"])

    kinds = ("ShipNoticeRequest", "InvoiceDetailRequest")
    buyer.wait("both", lambda: {kind for kind in kinds if buyer.told(kind, "PO-6")} == set(kinds))
    notice, invoice = (buyer.told(kind, "PO-6") for kind in kinds)
    assert [each.get("quantity") for root in notice for each in root.iter("ShipNoticeItem")] == ["2"]
    assert [each.get("quantity") for root in invoice for each in root.iter("InvoiceDetailItem")] == ["2"]
    if DTDS.is_dir():
        assert etree.DTD(file=str(DTDS / "Fulfill.dtd")).validate(notice[0])
        assert etree.DTD(file=str(DTDS / "InvoiceDetail.dtd")).validate(invoice[0])


def test_an_update_replaces_and_a_deletion_cancels(buyer: Buyer) -> None:
    """The sales order has the new quantity, and then is gone; each is answered for its own payloadID."""
    first = buyer.post(buyer.order("PO-2", item("2")))
    buyer.wait("the first confirmation", lambda: len(buyer.got("PO-2")) == 1)
    update = buyer.post(buyer.order("PO-2", item("3"), attributes='type="update" orderVersion="2"', payload_id="two@x"))
    assert status_of(update) == "200"
    buyer.wait("the second confirmation", lambda: len(buyer.got("PO-2")) == 2)
    [order] = buyer.sales_orders("PO-2")
    assert [line["quantity"] for line in order["lines"]] == ["3"]

    buyer.post(buyer.order("PO-2", item("3"), attributes='type="delete" orderVersion="3"', payload_id="three@x"))
    buyer.wait("the third confirmation", lambda: len(buyer.got("PO-2")) == 3)

    assert not any(line["quantity"] != "0" for order in buyer.sales_orders("PO-2") for line in order["lines"])
    named = [each.get("payloadID") for root in buyer.got("PO-2") for each in root.iter("DocumentReference")]
    assert named == [f"PO-2.{PAYLOAD_ID}", "two@x", "three@x"]
    assert buyer.post(buyer.order("PO-2", item("2"))).content == first.content  # however much later it comes again
    types = [each.get("type") for root in buyer.got("PO-2") for each in root.iter("ConfirmationHeader")]
    assert types == ["accept"] * 3


def test_a_storm_of_retries_makes_one_sales_order(buyer: Buyer) -> None:
    """Twenty connections with one order, NAV away: all get the same answer, and NAV has one order when it is back."""
    buyer.deployment.nav.away(3)
    content = buyer.order("PO-3", item("1"))

    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(buyer.post, [content] * 20))

    assert {status_of(reply) for reply in replies} == {"200"}
    assert len({reply.content for reply in replies}) == 1
    buyer.wait("the confirmation", lambda: bool(buyer.got("PO-3")))
    assert len(buyer.sales_orders("PO-3")) == 1
    assert len(buyer.deployment.documents(kind="OrderRequest", order_no="PO-3")) == 1
    # The same order under another payloadID is known by its number, with other content it is refused.
    assert status_of(buyer.post(buyer.order("PO-3", item("1"), payload_id="other@x"))) == "200"
    assert status_of(buyer.post(buyer.order("PO-3", item("2"), payload_id="third@x"))) == "409"
    buyer.wait("the second answer", lambda: len(buyer.got("PO-3")) == 2)
    assert len(buyer.sales_orders("PO-3")) == 1


def test_later_is_tried_again_and_no_is_for_a_person(buyer: Buyer) -> None:
    """A Status 5xx comes again until it is taken; a 4xx parks the document with the buyer's reason."""
    buyer.codes[:] = ["500", "200"]
    buyer.post(buyer.order("PO-4", item("1")))
    buyer.wait("the second try", lambda: len(buyer.got("PO-4")) == 2)

    buyer.codes[:] = ["409", "200"]
    buyer.post(buyer.order("PO-5", item("1")))
    buyer.wait("the parked document", lambda: bool(buyer.parked("PO-5")))

    [parked] = buyer.parked("PO-5")
    assert (parked.code, parked.facts["said"]) == ("delivery_refused", "Text why")
    answers = buyer.deployment.documents(kind="Response")
    assert {one.code for one in answers if one.order_no == "PO-4"} == {"unavailable", None}
    assert {one.code for one in answers if one.order_no == "PO-5"} == {"delivery_refused"}


def test_a_unit_that_no_table_knows_waits_for_a_person(buyer: Buyer) -> None:
    """It is never taken for pieces: the order is parked, and nothing of it stands in NAV."""
    assert status_of(buyer.post(buyer.order("PO-U", item("1", unit="ZZ9")))) == "200"
    buyer.wait("the parked order", lambda: bool(buyer.parked("PO-U")))

    [parked] = buyer.parked("PO-U")
    assert (parked.code, parked.facts["unit"]) == ("mapping", "ZZ9")
    assert not buyer.sales_orders("PO-U")


def test_secrets_are_in_no_log_and_no_journal(buyer: Buyer) -> None:
    """After good calls, wrong secrets, broken XML and conflicts: only the archived bytes themselves have them."""
    wrong = HEAD.replace(SECRET, "wrong-secret-4711")
    for content in (
        cxml(order_request(order_no="PO-6"), wrong),
        cxml(order_request(order_no="PO-7"), HEAD)[:-30],
        cxml(order_request(item("-1"), order_no="PO-8"), HEAD, payload_id="eight@x"),
        buyer.order("PO-9", item("1"), payload_id="nine@x"),
        buyer.order("PO-9", item("2"), payload_id="nine@x"),
    ):
        buyer.post(content)
    buyer.wait("rest", lambda: not any(one.state in UNDER_WAY for one in buyer.deployment.documents()))
    [first] = buyer.deployment.documents(kind="OrderRequest", order_no="PO-1")
    shown = [
        buyer.deployment.command(*words).stdout for words in (("messages", "list"), ("messages", "show", first.id))
    ]
    assert "SharedSecret" in shown[1]
    shown += [log.read_text() for log in buyer.deployment.folder.glob("*.log")]

    refused = buyer.deployment.documents(order_no="PO-8")
    assert {one.state for one in refused} <= {DocumentState.REJECTED}
    with closing(sqlite3.connect(buyer.deployment.folder / "orderwire.db")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: str(database.execute(f'SELECT * FROM "{name}"').fetchall()) for name in tables}  # noqa: S608  names of our own
    holding = {name for name, text in rows.items() if SECRET in text or OURS in text}
    assert not holding  # the archive packs its bytes
    files = buyer.deployment.documents(kind="file")
    with buyer.deployment.services.store.begin() as tx:
        raw = [tx.archive.get(one.sha256) for one in files if one.sha256]
    assert any(SECRET.encode() in content for content in raw)
    assert not any(word in text for word in (SECRET, OURS, "wrong-secret-4711") for text in shown)
