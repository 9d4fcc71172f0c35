"""The whole cycle of an order over SFTP and over AS2, acknowledged by the buyer, with one acknowledgement lost."""

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest

from acceptance.conftest import Deploy
from canonicals import a_shipment, an_invoice
from edibuyer import understood
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.model import Canonical
from orderwire.canonical.order import Purpose
from orderwire.canonical.response import LineOutcome, OrderOutcome
from orderwire.pipeline.overdue import Overdue
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.ledger import LedgerEntry, LedgerQuery, LedgerSide, LedgerState
from orderwire.ports.meter import NoMeter
from orderwire.web.app import create_app
from orderwire.web.serve import BackgroundServer
from services.as2 import Entity, Exchange
from services.deployment import Deployment, company, sold
from services.edifact import OUR_GLN, Order, acknowledgement, interchange, order_change
from services.partner_server import Got, serving
from services.sshd import Sshd, running

GLN: Final = "4000000000006"
PROFILE: Final = f"""
name: Buyer
customer_no: C10000
edi:
  identifiers: [{{id: "{GLN}", qualifier: "14"}}]
  ours: {{id: "{OUR_GLN}", qualifier: "14"}}
due: {{their_contrl_minutes: 30}}
"""


@pytest.fixture
def sshd() -> Iterator[Sshd]:
    with tempfile.TemporaryDirectory(prefix="orderwire-sshd-") as folder:
        yield from running(Path(folder))


def add_partner(deployment: Deployment, key: str, section: str) -> Path:
    folder = deployment.config_dir / "partners" / key
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "partner.yaml").write_text(PROFILE + section, encoding="utf-8")
    return folder


def reference_of(content: bytes) -> str:
    """Return the control reference of an interchange of ours."""
    return content.partition(b"UNB+")[2].partition(b"'")[0].split(b"+")[4].decode("ascii")


def ledger(deployment: Deployment, side: LedgerSide) -> list[LedgerEntry]:
    with deployment.services.store.begin() as tx:
        return list(tx.ledger.find(LedgerQuery(side=side)))


def kind_of(content: bytes) -> str:
    """Return the kind of the one message in an interchange of ours."""
    return content.partition(b"UNH+")[2].split(b"+", 1)[1].partition(b":")[0].decode("ascii")


class Buyer:
    """The buyer's desk: it sends, finds what came, acknowledges it, and keeps count of its references."""

    def __init__(
        self, deployment: Deployment, send: Callable[[str, bytes], object], answers: Callable[[], dict[str, bytes]]
    ) -> None:
        self._deployment, self._send, self._answers = deployment, send, answers
        self._reference = 0

    def sends(self, message: Callable[[str], bytes]) -> None:
        """Send what `message` makes with the next reference."""
        self._reference += 1
        self._send(f"{self._reference}.edi", message(str(self._reference)))

    def finds(self, kind: str, count: int) -> bytes:
        """Return the latest message of a kind, when so many have come."""

        def found() -> list[bytes]:
            return [content for content in self._answers().values() if kind_of(content) == kind]

        self._deployment.wait_for(lambda: len(found()) == count, 60, f"{count} {kind} at the buyer's")
        return max(found(), key=lambda content: int(reference_of(content)))

    def acknowledges(self, content: bytes) -> str:
        """Send the CONTRL for a message, wait until it is matched, and return what it is about."""
        about = reference_of(content)
        self.sends(lambda reference: acknowledgement(GLN, reference, about))
        self._deployment.wait_for(lambda: about in self.acknowledged(), 30, f"the CONTRL for {about} matched")
        return about

    def acknowledged(self) -> list[str]:
        awaited = ledger(self._deployment, LedgerSide.AWAITED)
        return [entry.ref for entry in awaited if entry.state is LedgerState.MET]


def post(deployment: Deployment, *events: tuple[EventType, Canonical]) -> None:
    """Publish events as another system does that knows what was shipped and invoiced."""
    source, now = Source("posted", "posted", "buyer"), deployment.services.clock()
    made = [next_event(kind, body, source, now) for kind, body in events]
    with deployment.services.store.begin() as tx:
        for event in made:
            tx.outbox.add(event, cause=None)
    deployment.services.dispatcher.publish(made)


def the_cycle(
    deployment: Deployment, send: Callable[[str, bytes], object], answers: Callable[[], dict[str, bytes]]
) -> None:
    """ORDERS, ORDCHG, DESADV, INVOIC: each answered and acknowledged, but for the second ORDRSP, which is lost."""
    buyer = Buyer(deployment, send, answers)
    buyer.sends(lambda reference: interchange(GLN, reference, [Order("PO-1", [("1001", 4), ("1002", 2)])]))
    buyer.finds("CONTRL", 1)
    first = buyer.finds("ORDRSP", 1)
    assert (understood(first).outcome, understood(first).answers) == (OrderOutcome.ACCEPTED, Purpose.ORIGINAL)
    acknowledged = [buyer.acknowledges(first)]

    more, gone, new = ("LIN+1+3'QTY+21:7:PCE'", "LIN+2+2'", "LIN+3+1+1003:SA'QTY+21:5:PCE'")
    buyer.sends(lambda reference: order_change(GLN, reference, "PO-1", [more, gone, new]))
    buyer.finds("CONTRL", 2)
    lost = buyer.finds("ORDRSP", 2)
    changed = understood(lost)
    assert [(line.line_no, line.outcome, line.confirmed) for line in changed.lines] == [
        ("1", LineOutcome.ACCEPTED, 7),
        ("2", LineOutcome.DELETED, 0),
        ("3", LineOutcome.REJECTED, 0),
    ]
    [order] = sold(deployment.nav, ["PO-1"])["PO-1"]
    assert [(line["item_no"], line["quantity"]) for line in order["lines"]] == [("1001", "7")]

    shipped = a_shipment(partner="buyer", order_no="PO-1", erp_no=order["no"])
    billed = an_invoice(partner="buyer", order_no="PO-1", erp_no=order["no"])
    post(deployment, (EventType.SHIPMENT_POSTED, shipped), (EventType.INVOICE_POSTED, billed))
    advice, invoice = buyer.finds("DESADV", 1), buyer.finds("INVOIC", 1)
    assert understood(advice).order_no == understood(invoice).order_no == "PO-1"
    acknowledged += [buyer.acknowledges(advice), buyer.acknowledges(invoice)]

    assert sorted(buyer.acknowledged()) == sorted(acknowledged)
    owed = ledger(deployment, LedgerSide.OWED)
    assert sorted(entry.kind for entry in owed) == ["CONTRL"] * 2 + ["ORDRSP"] * 2
    assert {entry.state for entry in owed} == {LedgerState.MET}
    told = list[Event]()
    later = datetime.now(UTC) + timedelta(minutes=31)
    Overdue(deployment.services.store, told.extend, NoMeter(), lambda: later).check()
    assert [(event.type, event.subject) for event in told] == [(EventType.ACKNOWLEDGEMENT_LATE, reference_of(lost))]
    assert deployment.parked() == []


def test_the_cycle_over_sftp(deploy: Deploy, sshd: Sshd) -> None:
    """Nothing but files on the buyer's server; the answers appear there whole."""
    deployment = deploy(company(i1001=10, i1002=10, i1003=3), ORDERWIRE_PARTNERS__BUYER__SFTP__KEY_FILE=str(sshd.key))
    add_partner(
        deployment,
        "buyer",
        f"sftp: {{host: 127.0.0.1, port: {sshd.port}, username: {sshd.username}, host_keys: [{sshd.host_key}], "
        f"inbox: {sshd.inbox}, outbox: {sshd.outbox}, poll_seconds: 0.5, settle_seconds: 0.2}}\n",
    )
    deployment.run("up", "--port", "0")

    the_cycle(
        deployment,
        send=sshd.put,
        answers=lambda: {path.name: path.read_bytes() for path in sshd.outbox.glob("[!.]*")},
    )


def test_the_cycle_over_as2(deploy: Deploy, tmp_path: Path) -> None:
    """Each message is signed, encrypted, and receipted on the spot, by an independent party on the other side."""
    exchange = Exchange.made(tmp_path / "as2")
    answers: dict[str, bytes] = {}
    with serving() as server:
        server.statuses = [200]

        def reply(got: Got) -> tuple[dict[str, str], bytes]:
            headers = {name: text for name, text in got.headers.items() if name != "host"}
            good, content, receipt = exchange.peer.open(Entity(headers, got.content))
            if good:
                answers[reference_of(content)] = content
            return receipt.headers, receipt.content

        server.reply = reply
        as2 = {
            "ORDERWIRE_AS2__NAME": "NORTHWIND",
            "ORDERWIRE_AS2__KEY_FILE": str(exchange.settings.as2.key_file),
        }
        deployment = deploy(company(i1001=10, i1002=10, i1003=3), **as2)
        folder = add_partner(
            deployment, "buyer", f"as2: {{name: BAUMARKT, certificate: theirs.pem, url: {server.url}}}\n"
        )
        (folder / "theirs.pem").write_bytes(exchange.peer.certificate.read_bytes())
        deployment.run("work")
        web = BackgroundServer(create_app(deployment.services), "127.0.0.1", 0)
        url = web.start()

        def send(name: str, content: bytes) -> None:
            message = exchange.peer.compose(content, name, f"{name}@buyer")
            answer = httpx.post(f"{url}/as2", headers=message.headers, content=message.content, timeout=30)
            assert exchange.peer.receipt(Entity(dict(answer.headers), answer.content))["processed"], answer.text

        try:
            the_cycle(deployment, send, lambda: dict(answers))
        finally:
            web.stop()
