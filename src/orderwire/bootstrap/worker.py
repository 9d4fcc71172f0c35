"""The worker: its lanes, and its chores beside them."""

import os
import socket
import time
from collections.abc import Collection, Mapping
from typing import Final

from orderwire import __version__
from orderwire.bootstrap.services import Services, owner
from orderwire.canonical.order import Channel
from orderwire.pipeline.chore import Chore
from orderwire.pipeline.decode import Decode
from orderwire.pipeline.deliver import Deliver
from orderwire.pipeline.fulfil import Fulfil
from orderwire.pipeline.heartbeat import BEAT_SECONDS, Heartbeat
from orderwire.pipeline.indexing import Indexing
from orderwire.pipeline.lane import Lane, Surroundings
from orderwire.pipeline.late_retries import LateRetries
from orderwire.pipeline.ledger import Bookkeeping
from orderwire.pipeline.overdue import Overdue
from orderwire.pipeline.record import Record
from orderwire.pipeline.recovery import RetryPolicy
from orderwire.pipeline.replay_work import TURN_SECONDS, RunWork
from orderwire.pipeline.rereading import Rereading
from orderwire.pipeline.retention import Retention
from orderwire.pipeline.trial import Trials
from orderwire.pipeline.worker import Worker
from orderwire.ports.clock import Checkpoint
from orderwire.ports.intake import Decoder
from orderwire.ports.overview import WorkerRecord
from orderwire.simulators.crash import checkpoint_of

#: Between looks for documents whose words are not known yet.
_INDEX_SECONDS: Final = 2.0
_LATE_SECONDS: Final = 15.0
_RETENTION_SECONDS: Final = 600.0


def build_worker(services: Services, flows: Collection[str] | None = None) -> Worker:
    """Make the worker that runs every flow, or those named."""
    settings = services.settings
    policy = RetryPolicy(
        settings.retry.max_attempts,
        settings.retry.first_delay_seconds,
        settings.retry.max_delay_seconds,
        settings.retry.pause_seconds,
    )
    checkpoint = checkpoint_of(settings.chaos)
    around = Surroundings(
        services.store, services.transport, policy, services.clock, services.metrics, checkpoint, tracer=services.tracer
    )
    overdue = Overdue(services.store, services.dispatcher.announce, services.metrics, services.clock)
    chores = {chore.name: chore.run for chore in _chores(services, around)}
    if (follow := services.follow) is not None and (flows is None or "fulfil" in flows):
        chores["follow"] = follow.run
    lanes = [lane for lane in _lanes(services, checkpoint) if flows is None or lane.flow in flows]
    return Worker(lanes, around, services.dispatcher, overdue, chores)


def _chores(services: Services, around: Surroundings) -> list[Chore]:
    store, clock, started = services.store, services.clock, services.clock()
    host, pid = socket.gethostname(), os.getpid()
    record = WorkerRecord(f"{host}:{pid}:{started.timestamp():.0f}", host, pid, __version__, started, started)
    heartbeat = Heartbeat(store, record, around.pauses, clock, around.pulse)
    announce = services.dispatcher.announce
    keep = services.settings.retention
    retention = Retention(store, clock, keep.events_days, keep.exchanges_days, keep.done_days, keep.failed_days)
    trials = Trials(store, _rereaders(services), services.partners, services.respond)
    topology = services.topology
    queues = {flow.name: topology.work_queue(flow.name) for flow in topology.flows}
    late = LateRetries(store, services.transport, queues, clock)
    runs = RunWork(store, services.replays, trials, announce, record.id, clock)
    return [
        Chore("heartbeat", heartbeat.beat, BEAT_SECONDS, heartbeat.stop),
        Chore("late retries", late.turn, _LATE_SECONDS),
        Chore("replays", runs.turn, TURN_SECONDS),
        Chore("texts", Indexing(store, clock).turn, _INDEX_SECONDS),
        Chore("retention", retention.turn, _RETENTION_SECONDS),
    ]


def _lanes(services: Services, checkpoint: Checkpoint) -> list[Lane]:
    settings, partners, clock, store = services.settings, services.partners, services.clock, services.store
    decoders = services.decoders
    deliverers = {scheme: deliverer for one in services.connectors for scheme, deliverer in one.deliverers.items()}
    judges = {channel: judge for one in services.connectors for channel, judge in one.judges.items()}
    fulfil = Fulfil(
        store=store,
        erp=services.erp,
        partners=partners,
        clock=clock,
        checkpoint=checkpoint,
        sleep=time.sleep,
        owner=owner,
        lease_seconds=settings.fulfil.lease_seconds,
        settle_seconds=settings.fulfil.settle_seconds,
        own_number=settings.nav.numbering == "ours",
    )
    record = Record(clock)
    topology = services.topology
    queue = topology.work_queue
    return [
        Lane(
            "decode",
            queue("decode"),
            Decode(store, decoders, _rereaders(services), partners, clock),
            batch=50,
            overlaps=True,
        ),
        Lane("fulfil", queue("fulfil"), fulfil, settings.fulfil.threads, 1, services.erp.ping),
        Lane("respond", queue("respond"), services.respond, batch=100, overlaps=True),
        Lane("deliver", queue("deliver"), Deliver(store, deliverers, partners, clock, judges), batch=20),
        Lane("ledger", queue("ledger"), Bookkeeping(clock)),
        Lane("record", queue("record"), record),
        Lane("dead", topology.dead, record),
        Lane("unrouted", topology.unrouted, record),
    ]


def _rereaders(services: Services) -> Mapping[Channel, Decoder]:
    return {channel: Rereading(decoder) for channel, decoder in services.decoders.items()}
