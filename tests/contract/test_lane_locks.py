"""Batches of two workers that draw from the same partners' number series."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from fakes.documents import MORNING, WoundClock
from fakes.transport import FakeTransport, a_delivery
from fakes.world import POLICY
from orderwire.canonical.document import DocumentReceived
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel
from orderwire.errors import MappingError
from orderwire.pipeline.lane import Batch, Lane, Surroundings
from orderwire.pipeline.outbox import Sent
from orderwire.pipeline.work import Commit, Source, next_event
from orderwire.ports.clock import no_checkpoint
from orderwire.ports.meter import NoMeter
from orderwire.ports.store import Transaction
from orderwire.store import SqlStore

PATIENCE_SECONDS = 0.3
BROKEN = "anvil"


class Flow:
    """Draws a number of the partner's; after its first, a batch waits a while for the other to have drawn as well."""

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self._both_drew = Barrier(2)

    def __call__(self, event: Event) -> Commit:
        def commit(tx: Transaction) -> Sequence[Event]:
            if event.partner == BROKEN:
                raise MappingError("no unit")
            tx.journal.next_number(f"respond:{event.partner}")
            self.drawn.append(event.partner or "")
            with suppress(BrokenBarrierError):
                self._both_drew.wait(PATIENCE_SECONDS)
            return []

        return commit


def a_message(document_id: str, partner: str) -> Event:
    body = DocumentReceived(document_id=document_id, channel=Channel.EDI, sha256="00", size=1)
    return next_event(EventType.DOCUMENT_RECEIVED, body, Source(document_id, document_id, partner), MORNING)


@pytest.mark.parametrize("broken", [(), (BROKEN,)], ids=["in one go", "one by one"])
def test_batches_with_partners_crosswise_do_not_wait_for_each_other(store: SqlStore, broken: tuple[str, ...]) -> None:
    """What came in opposite orders is drawn for in one order: no deadlock, and nothing is tried again for it."""
    flow, transport = Flow(), FakeTransport()
    lane = Lane("respond", "q", flow)
    around = Surroundings(store, transport, POLICY, WoundClock(), NoMeter(), no_checkpoint)

    def work(order: tuple[str, ...]) -> None:
        messages = [a_message(f"{partner}-{order[-1]}", partner) for partner in order]
        Batch(lane, around, [a_delivery(message) for message in messages], Sent()).run()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [(*broken, "bolt", "chisel"), (*broken, "chisel", "bolt")]))

    assert transport.retried == []
    assert len(transport.acked) == 4 + 2 * len(broken)
    assert sorted(flow.drawn) == ["bolt", "bolt", "chisel", "chisel"]
