"""The messages around an order, through the whole of Orderwire: what comes in is told, what happens goes out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from canonicals import a_shipment, an_invoice
from edibuyer import understood
from orderwire.bootstrap.worker import build_worker
from orderwire.canonical.envelope import EventType
from orderwire.canonical.invoice import Invoice
from orderwire.canonical.shipment import Shipment
from orderwire.connectors import edi
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.journal import DocumentState
from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.server import NavSimulator
from services.deployment import Deployment

SAMPLES = Path(edi.__file__).parent / "samples"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A worker in this process; the partner baumarkt is told of what makes no sense."""
    folder = tmp_path_factory.mktemp("messages")
    with NavSimulator(NavData.demo()) as nav:
        made = Deployment(folder, nav, queue_url="embedded:", store_url=f"sqlite:///{folder}/orderwire.db")
        profile = made.config_dir / "partners" / "baumarkt" / "partner.yaml"
        profile.write_text(profile.read_text("utf-8").replace("edi:\n", "edi:\n  aperak: on_error\n"), "utf-8")
        worker = build_worker(made.services)
        worker.start()
        yield made
        worker.stop()
        made.close()


@pytest.mark.parametrize(
    ("sample", "kind", "told"),
    [
        ("toolbox-contrl-one-message-rejected", "CONTRL", "acknowledgement_unmatched"),
        ("bricolage-aperak-d01b", "APERAK", "acknowledgement_unmatched"),
        ("baumarkt-recadv-d96a", "RECADV", "published receipt.advised"),
        ("bricolage-invrpt-d01b", "INVRPT", "published inventory.reported"),
        ("baumarkt-slsrpt-d96a", "SLSRPT", "published inventory.reported"),
    ],
)
def test_a_notice_is_told_and_done(deployment: Deployment, sample: str, kind: str, told: str) -> None:
    """The message's row ends done, and the event that tells of it came to whoever wants it."""
    deployment.receive((SAMPLES / f"{sample}.edi").read_bytes(), f"{sample}.edi")

    def published() -> bool:
        rows = deployment.documents(kind=kind, direction="in")
        with deployment.services.store.begin() as tx:
            steps = [step.name for row in rows for step in tx.journal.steps(row.correlation_id)]
        return told in steps

    deployment.wait_for(published, 30, f"{kind} told")
    (row,) = deployment.documents(kind=kind, direction="in")
    assert (row.state, row.code) == (DocumentState.DONE, "noted")


def test_the_sender_is_told_of_a_message_without_meaning(deployment: Deployment) -> None:
    """Where the partner wants it, an APERAK says what nobody here could make sense of."""
    deployment.receive((SAMPLES / "broken" / "mapping__recadv-line-without-quantity.edi").read_bytes(), "broken.edi")

    deployment.wait_for(lambda: any("APERAK" in each for each in deployment.replies("baumarkt")), 30, "the APERAK")
    [aperak] = [each for each in deployment.replies("baumarkt") if "+APERAK:" in each]
    assert "the line has no received quantity" in understood(aperak.encode("latin-1")).faults[0].text


@pytest.mark.parametrize(("partner", "version"), [("baumarkt", "D:96A:UN:EAN00"), ("bricolage", "D:01B:UN:EAN0")])
def test_shipments_and_invoices_go_out(deployment: Deployment, partner: str, version: str) -> None:
    """The buyer finds a DESADV and an INVOIC in its own directory, and reads in them what happened."""
    shipment, invoice = a_shipment(partner=partner), an_invoice(partner=partner)
    source = Source(f"posted-{partner}", f"posted-{partner}", partner)
    now = deployment.services.clock()
    events = [
        next_event(EventType.SHIPMENT_POSTED, shipment, source, now),
        next_event(EventType.INVOICE_POSTED, invoice, source, now),
    ]
    with deployment.services.store.begin() as tx:
        for event in events:
            tx.outbox.add(event, cause=None)

    deployment.services.dispatcher.publish(events)

    def found(kind: str) -> list[str]:
        return [each for each in deployment.replies(partner) if f"+{kind}:{version}" in each]

    deployment.wait_for(lambda: bool(found("DESADV") and found("INVOIC")), 30, "both documents delivered")
    sent, billed = understood(found("DESADV")[0].encode("latin-1")), understood(found("INVOIC")[0].encode("latin-1"))
    assert isinstance(sent, Shipment)
    assert isinstance(billed, Invoice)
    assert (sent.shipment_no, sent.packages) == (shipment.shipment_no, shipment.packages)
    assert (billed.invoice_no, billed.totals) == (invoice.invoice_no, invoice.totals)
