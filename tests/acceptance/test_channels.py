"""Orders in and answers out over SFTP and over AS2, acknowledged by the buyer, with one acknowledgement lost."""

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest

from acceptance.conftest import Deploy
from orderwire.canonical.envelope import Event, EventType
from orderwire.pipeline.overdue import Overdue
from orderwire.ports.ledger import LedgerEntry, LedgerQuery, LedgerSide, LedgerState
from orderwire.ports.meter import NoMeter
from orderwire.web.app import create_app
from orderwire.web.serve import BackgroundServer
from services.as2 import Entity, Exchange
from services.deployment import Deployment, company
from services.edifact import OUR_GLN, Order, interchange
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


def contrl(reference: str, about: str) -> bytes:
    """Return the buyer's acknowledgement of an interchange of ours."""
    return (
        f"UNB+UNOC:3+{GLN}:14+{OUR_GLN}:14+261121:0900+{reference}'UNH+1+CONTRL:D:3:UN'"
        f"UCI+{about}+{OUR_GLN}:14+{GLN}:14+7'UNT+3+1'UNZ+1+{reference}'"
    ).encode("ascii")


def reference_of(content: bytes) -> str:
    """Return the control reference of an interchange of ours."""
    return content.partition(b"UNB+")[2].partition(b"'")[0].split(b"+")[4].decode("ascii")


def ledger(deployment: Deployment, side: LedgerSide) -> list[LedgerEntry]:
    with deployment.services.store.begin() as tx:
        return list(tx.ledger.find(LedgerQuery(side=side)))


def the_cycle(
    deployment: Deployment, send: Callable[[str, bytes], object], answers: Callable[[], dict[str, bytes]]
) -> None:
    """Two orders come, each gets CONTRL and ORDRSP; the buyer acknowledges the first ORDRSP, the other is lost."""
    for number in ("1", "2"):
        send(f"order-{number}.edi", interchange(GLN, number, [Order(f"PO-{number}")]))
    deployment.wait_for(lambda: len(answers()) == 4, 60, "two CONTRL and two ORDRSP")
    deployment.wait_for(
        lambda: all(entry.state is LedgerState.MET for entry in ledger(deployment, LedgerSide.OWED)), 20, "nothing owed"
    )
    assert sorted(entry.kind for entry in ledger(deployment, LedgerSide.OWED)) == ["CONTRL"] * 2 + ["ORDRSP"] * 2
    assert len(ledger(deployment, LedgerSide.AWAITED)) == 2

    acknowledged, lost = sorted(reference_of(text) for name, text in answers().items() if "ORDRSP" in name)
    send("contrl.edi", contrl("3", acknowledged))

    def met() -> list[str]:
        return [entry.ref for entry in ledger(deployment, LedgerSide.AWAITED) if entry.state is LedgerState.MET]

    deployment.wait_for(lambda: met() == [acknowledged], 30, "the buyer's CONTRL matched")
    told = list[Event]()
    later = datetime.now(UTC) + timedelta(minutes=31)
    Overdue(deployment.services.store, told.extend, NoMeter(), lambda: later).check()
    assert [(event.type, event.subject) for event in told] == [(EventType.ACKNOWLEDGEMENT_LATE, lost)]
    assert [entry.state for entry in ledger(deployment, LedgerSide.AWAITED) if entry.ref == lost] == [LedgerState.LATE]


def test_the_cycle_over_sftp(deploy: Deploy, sshd: Sshd) -> None:
    """Nothing but files on the buyer's server; the answers appear there whole."""
    deployment = deploy(company(i1001=10), ORDERWIRE_PARTNERS__BUYER__SFTP__KEY_FILE=str(sshd.key))
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
            kind = "ORDRSP" if b"ORDRSP" in content else "CONTRL"
            if good:
                answers[f"{kind}-{reference_of(content)}"] = content
            return receipt.headers, receipt.content

        server.reply = reply
        as2 = {
            "ORDERWIRE_AS2__NAME": "NORTHWIND",
            "ORDERWIRE_AS2__KEY_FILE": str(exchange.settings.as2.key_file),
        }
        deployment = deploy(company(i1001=10), **as2)
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
