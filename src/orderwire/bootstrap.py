"""The only place that wires implementations together."""

import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

import structlog

from orderwire import __version__
from orderwire.canonical.order import Channel
from orderwire.config.alerts import AlertFile, AlertKind
from orderwire.config.partners import Partners
from orderwire.config.secrets import Secrets
from orderwire.config.settings import Settings
from orderwire.connectors import connect_all, decoders_of
from orderwire.errors import ConfigurationError, OrderwireError
from orderwire.pipeline.access import Access
from orderwire.pipeline.accounts import Accounts
from orderwire.pipeline.alert_conditions import Conditions, Trouble
from orderwire.pipeline.alerts import AlertWatch
from orderwire.pipeline.chore import Chore
from orderwire.pipeline.decode import Decode
from orderwire.pipeline.deliver import Deliver
from orderwire.pipeline.follow import Follow
from orderwire.pipeline.follow_watch import Watch
from orderwire.pipeline.fulfil import Fulfil
from orderwire.pipeline.heartbeat import BEAT_SECONDS, Heartbeat
from orderwire.pipeline.held import HeldOrders
from orderwire.pipeline.indexing import Indexing
from orderwire.pipeline.lane import Lane, Surroundings
from orderwire.pipeline.ledger import Bookkeeping
from orderwire.pipeline.notices import Notices
from orderwire.pipeline.outbox import Dispatcher
from orderwire.pipeline.overdue import Overdue
from orderwire.pipeline.receive import Receiver
from orderwire.pipeline.record import Record
from orderwire.pipeline.recovery import RetryPolicy
from orderwire.pipeline.replay import Replays
from orderwire.pipeline.replay_runs import ReplayRuns
from orderwire.pipeline.replay_work import TURN_SECONDS, RunWork
from orderwire.pipeline.rereading import Rereading
from orderwire.pipeline.respond import Respond
from orderwire.pipeline.restoration import Restoration
from orderwire.pipeline.retention import Retention
from orderwire.pipeline.trial import Trials
from orderwire.pipeline.worker import Worker
from orderwire.ports.access import Passwords
from orderwire.ports.clock import Checkpoint, Clock, system_clock
from orderwire.ports.erp import Erp
from orderwire.ports.intake import Connector, Decoder, Inlet
from orderwire.ports.overview import WorkerRecord
from orderwire.ports.queue import Transport
from orderwire.ports.store import Store
from orderwire.ports.tracing import NO_TRACER, Tracer
from orderwire.queue.open import open_transport
from orderwire.queue.topology import Topology
from orderwire.simulators.crash import checkpoint_of
from orderwire.store.store import open_store
from orderwire.telemetry.erp import MeteredErp
from orderwire.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from orderwire.ports.alerts import Messenger

log = structlog.get_logger(__name__)

#: Between looks for documents whose words are not known yet.
_INDEX_SECONDS: Final = 2.0
_RETENTION_SECONDS: Final = 600.0
#: Between looks for what is wrong, and for notices that are due.
_ALERT_SECONDS: Final = 15.0
_NOTICE_SECONDS: Final = 5.0
#: Between looks at files that may be wrong, and at certificates.
_TROUBLE_SECONDS: Final = 60.0


#: Settings that hold connections or places: a process keeps those it began with.
KEPT: Final = ("config_dir", "data_dir", "queue", "store", "metrics", "tracing", "chaos")


@dataclass
class Standing:
    """Whether the settings in force are what the files say."""

    problem: str = ""  # why they were not taken; empty: they were


@dataclass(frozen=True)
class Services:
    """Everything a process works with."""

    settings: Settings
    partners: Partners
    store: Store
    transport: Transport
    connect: Callable[[], Sequence[Connector]]  # called once, when a connector is first needed
    dispatcher: Dispatcher
    receiver: Receiver
    metrics: Metrics
    clock: Clock
    topology: Topology
    tracer: Tracer = NO_TRACER
    standing: Standing = field(default_factory=Standing)

    @cached_property
    def connectors(self) -> Sequence[Connector]:
        """Every connector. Commands that only look into the store never load one."""
        return self.connect()

    @property
    def erp(self) -> Erp:
        """The one ERP.

        Raises:
            ConfigurationError: no connector offers one.
        """
        for connector in self.connectors:
            if connector.erp is not None:
                return MeteredErp(connector.erp, self.metrics, self.tracer)
        raise ConfigurationError("no connector offers an ERP")

    @property
    def follow(self) -> Follow | None:
        """What tells of happenings in the ERP; None where no connector can."""
        follower = next((one.follower for one in self.connectors if one.follower is not None), None)
        if follower is None:
            return None
        nav = self.settings.nav
        published = {
            "shipments": nav.follow.shipments and nav.services.posted_shipment is not None,
            "invoices": nav.follow.invoices and nav.services.posted_invoice is not None,
        }
        rules = nav.follow.model_copy(update=published)
        watch = Watch(self.store, follower, self.erp, self.partners, self.clock, _owner(), rules, nav.local_currency)
        return Follow(watch, self.dispatcher.announce, self.metrics)

    @property
    def decoders(self) -> Mapping[Channel, Decoder]:
        """The decoder of each channel."""
        return decoders_of(self.connectors)

    @property
    def replays(self) -> Replays:
        limit = self.settings.limits.max_document_bytes
        return Replays(self.store, self.dispatcher.announce, self.clock, limit)

    @property
    def held_orders(self) -> HeldOrders:
        return HeldOrders(self.store, self.dispatcher.announce, self.clock)

    @property
    def trials(self) -> Trials:
        return Trials(self.store, self.decoders, self.partners)

    @property
    def runs(self) -> ReplayRuns:
        return ReplayRuns(self.store, self.clock)

    @cached_property
    def alert_file(self) -> AlertFile:
        return AlertFile(self.settings.config_dir)

    @property
    def notices(self) -> Notices:
        from orderwire.telemetry.mail import MailMessenger
        from orderwire.telemetry.webhook import WebhookMessenger

        folder, secrets = self.settings.config_dir, Secrets()
        ways: dict[str, Messenger] = {
            "webhook": WebhookMessenger(folder, secrets, self.clock),
            "email": MailMessenger(folder, secrets),
        }
        return Notices(self.store, ways, self.alert_file.plan, self.clock)

    @property
    def restoration(self) -> Restoration:
        queues = [self.topology.work_queue(flow.name) for flow in self.topology.flows]
        consumers = {*(flow.name for flow in self.topology.flows), "unrouted", *(f"dead {queue}" for queue in queues)}
        # What is reopened was committed long ago, and is published at once.
        sweep = replace(self.dispatcher, sweep_after_seconds=0).sweep
        return Restoration(self.store, sweep, consumers, self.clock)

    @property
    def access(self) -> Access:
        console = self.settings.console
        idle, lifetime = timedelta(minutes=console.idle_minutes), timedelta(hours=console.session_hours)
        return Access(self.store, self._passwords, self.clock, idle, lifetime)

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.store, self._passwords, self.partners, self.clock)

    @property
    def _passwords(self) -> Passwords:
        from orderwire.store.passwords import ArgonPasswords  # loaded by those only who need it

        return ArgonPasswords()

    def close(self) -> None:
        """Close what holds connections."""
        for connector in self.__dict__.get("connectors", ()):  # unless none was ever needed
            if connector.close is not None:
                connector.close()
        self.tracer.close()
        self.transport.close()
        self.store.close()


def build(settings: Settings, *, topology: Topology | None = None, clock: Clock = system_clock) -> Services:
    """Assemble the services, and bring the schema up to date.

    Raises:
        TransientError: the store is away.
    """
    services = assemble(settings, topology=topology, clock=clock)
    services.store.migrate()
    return services


def assemble(settings: Settings, *, topology: Topology | None = None, clock: Clock = system_clock) -> Services:
    """Open the store and the queue, prepare the connectors. This waits for nobody: they may all be away."""
    topology = topology or Topology(rung_seconds=settings.queue.rung_seconds)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    store = open_store(settings)
    transport = open_transport(settings, topology)
    dispatcher = Dispatcher(store, transport, clock)
    tracer, limit = _tracer(settings), settings.limits.max_document_bytes
    receiver = Receiver(store, dispatcher.announce, clock, limit, checkpoint_of(settings.chaos), tracer)
    connect = partial(connect_all, settings)
    partners = Partners(settings.config_dir)
    return Services(
        settings, partners, store, transport, connect, dispatcher, receiver, Metrics(), clock, topology, tracer
    )


def renewed(services: Services, settings: Settings) -> Services:
    """Return services by other settings over the same connections; what is in `KEPT` stays as it is.

    Raises:
        ConfigurationError: a connector cannot work by them.
    """
    before = services.settings
    kept = {name: getattr(before, name) for name in KEPT}
    listening = {"host": before.api.host, "port": before.api.port}
    settings = settings.model_copy(update={**kept, "api": settings.api.model_copy(update=listening)})
    receiver = replace(services.receiver, max_bytes=settings.limits.max_document_bytes)
    fresh = replace(services, settings=settings, connect=partial(connect_all, settings), receiver=receiver)
    _ = fresh.connectors  # says now what is wrong
    return fresh


def _tracer(settings: Settings) -> Tracer:
    if not settings.tracing.on:
        return NO_TRACER
    try:
        from orderwire.telemetry.tracing import tracer_to_collector
    except ImportError as error:
        raise ConfigurationError("tracing.on needs the extra: pip install 'orderwire[otel]'") from error
    return tracer_to_collector()


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
    trials = Trials(store, _rereaders(services), services.partners)
    runs = RunWork(store, services.replays, trials, announce, record.id, clock)
    return [
        Chore("heartbeat", heartbeat.beat, BEAT_SECONDS, heartbeat.stop),
        Chore("replays", runs.turn, TURN_SECONDS),
        Chore("texts", Indexing(store, clock).turn, _INDEX_SECONDS),
        Chore("retention", retention.turn, _RETENTION_SECONDS),
    ]


def alert_chores(services: Services) -> list[Chore]:
    """Return what tells people of trouble. Any number of processes may do it, and one that runs no worker should."""
    store, clock = services.store, services.clock
    conditions = Conditions(store, _Troubles(services), clock())
    keep_days = services.settings.retention.events_days
    watch = AlertWatch(store, conditions, services.alert_file.plan, clock, keep_days)
    return [
        Chore("alerts", watch.turn, _ALERT_SECONDS),
        Chore("notices", services.notices.turn, _NOTICE_SECONDS),
    ]


class _Troubles:
    """What this process knows beside the store, looked at once a minute."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._at: float | None = None
        self._found: list[Trouble] = []

    def __call__(self) -> Sequence[Trouble]:
        now = time.monotonic()
        if self._at is None or now - self._at >= _TROUBLE_SECONDS:
            self._at, self._found = now, [*self._files(), *self._certificates()]
        return self._found

    def _files(self) -> Iterator[Trouble]:
        wrong = {
            "partners": self._services.partners.problems(),
            "alerts.yaml": self._services.alert_file.problem(),
            "orderwire.yaml": self._services.standing.problem,
        }
        for file, problem in wrong.items():
            if problem:
                yield Trouble(AlertKind.CONFIGURATION, file, {"file": file})

    def _certificates(self) -> Iterator[Trouble]:
        from orderwire.connectors.channels.as2_parties import ending

        for partner, expiry in ending(self._services.settings, self._services.partners.all(), self._services.clock()):
            facts = {"until": expiry.until.date().isoformat()} if expiry.until else {}
            yield Trouble(AlertKind.CERTIFICATE, expiry.whose, facts, partner)


def _lanes(services: Services, checkpoint: Checkpoint) -> list[Lane]:
    settings, partners, clock, store = services.settings, services.partners, services.clock, services.store
    decoders = services.decoders
    encoders = {channel: encoder for one in services.connectors for channel, encoder in one.encoders.items()}
    deliverers = {scheme: deliverer for one in services.connectors for scheme, deliverer in one.deliverers.items()}
    judges = {channel: judge for one in services.connectors for channel, judge in one.judges.items()}
    fulfil = Fulfil(
        store=store,
        erp=services.erp,
        partners=partners,
        clock=clock,
        checkpoint=checkpoint,
        sleep=time.sleep,
        owner=_owner,
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
        Lane("respond", queue("respond"), Respond(encoders, partners, clock), batch=100, overlaps=True),
        Lane("deliver", queue("deliver"), Deliver(store, deliverers, partners, clock, judges), batch=20),
        Lane("ledger", queue("ledger"), Bookkeeping(clock)),
        Lane("record", queue("record"), record),
        Lane("dead", topology.dead, record),
        Lane("unrouted", topology.unrouted, record),
    ]


class Intake:
    """Polls the inlets of every connector until stopped: each in its own thread, so that a slow one keeps none back."""

    def __init__(self, services: Services, poll_seconds: float = 0.5) -> None:
        self._services, self._poll_seconds = services, poll_seconds
        self._stopping = threading.Event()
        inlets = [inlet for connector in services.connectors for inlet in connector.inlets]
        self._threads = [
            threading.Thread(target=self._run, args=(inlet,), name=f"intake-{type(inlet).__name__}", daemon=True)
            for inlet in inlets
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        deadline = time.monotonic() + 10
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, inlet: Inlet) -> None:
        told: str | None = None  # the code of the trouble that has been told: an outage is one line
        while not self._stopping.wait(self._poll_seconds):
            try:
                inlet.poll(self._services.receiver)
            except OrderwireError as error:
                if error.code != told:
                    log.warning("inlet_disturbed", inlet=type(inlet).__name__, code=error.code, reason=str(error))
                told = error.code
            except Exception:
                log.exception("inlet_failed", inlet=type(inlet).__name__)
            else:
                told = None


def _rereaders(services: Services) -> Mapping[Channel, Decoder]:
    return {channel: Rereading(decoder) for channel, decoder in services.decoders.items()}


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
