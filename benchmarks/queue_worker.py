"""Our side of the queue benchmark: one process that consumes, transforms, commits, publishes and acks."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orderwire.canonical.envelope import Event, EventType, event_id
from orderwire.cli.loading import loading
from orderwire.config.settings import Settings
from orderwire.pipeline.lane import Lane, Surroundings
from orderwire.pipeline.outbox import Dispatcher
from orderwire.pipeline.recovery import RetryPolicy
from orderwire.pipeline.work import Commit, Source, event_of
from orderwire.pipeline.worker import Worker
from orderwire.ports.clock import no_checkpoint, system_clock
from orderwire.ports.journal import Document, DocumentState
from orderwire.ports.store import Transaction
from orderwire.queue.open import open_transport
from orderwire.queue.topology import Flow, Topology
from orderwire.store.store import open_store
from orderwire.telemetry.metrics import Metrics

TOPOLOGY = Topology(
    prefix="bench.",
    flows=(Flow("in", (EventType.DOCUMENT_RECEIVED,)), Flow("out", (EventType.DOCUMENT_READY,))),
)
BATCH = 500


def settings_of(queue_url: str, store_url: str, folder: Path) -> Settings:
    """Return the settings of both sides."""
    return Settings(
        config_dir=folder, data_dir=folder, queue={"url": queue_url, "prefetch": 8 * BATCH}, store={"url": store_url}
    )


def an_event(number: int, body: dict[str, Any]) -> Event:
    """Return an incoming event; each has its own id."""
    document_id = event_id("bench", 0, str(number))
    return Event(
        id=event_id(document_id, 0, "received"),
        source="orderwire",
        type=EventType.DOCUMENT_RECEIVED,
        subject=f"PO-{number}",
        time=datetime.now(UTC),
        data=body,
        documentid=document_id,
        correlationid=document_id,
        partner="bench",
    )


def transform(event: Event) -> Commit:
    """Do what every peer does with the body, and commit a journal row and the event that follows."""
    body = dict(event.data)
    body["type"] = "order.accepted"
    body["order"] = {**body["order"], "total": "259.14"}
    body["pad"] = body["pad"][:-40]
    now = datetime.now(UTC)
    document = Document(
        event.documentid, "in", "edi", "ORDERS", DocumentState.DONE, event.correlationid, now, finished_at=now
    )
    following = event_of(EventType.DOCUMENT_READY, body, Source.of(event), now, subject=event.subject, step="ready")

    def commit(tx: Transaction) -> list[Event]:
        tx.journal.add(document)
        return [following]

    return commit


def main() -> None:
    """Work until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("queue_url")
    parser.add_argument("store_url")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    with loading():  # as `orderwire work` does
        settings = settings_of(arguments.queue_url, arguments.store_url, arguments.folder)
        store = open_store(settings)
        store.migrate()
        transport = open_transport(settings, TOPOLOGY)
        around = Surroundings(store, transport, RetryPolicy(8, 1.0, 60.0, 1.0), system_clock, Metrics(), no_checkpoint)
        lane = Lane("in", TOPOLOGY.work_queue("in"), transform, batch=BATCH, overlaps=True)
        worker = Worker([lane], around, Dispatcher(store, transport, system_clock))
    worker.start()
    sys.stdin.read()
    worker.stop()
    transport.close()
    store.close()


if __name__ == "__main__":
    main()
