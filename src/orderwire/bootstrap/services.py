"""The services that a process works with; what only some processes need is loaded when it is asked for."""

import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from orderwire.canonical.order import Channel
from orderwire.config.alerts import AlertFile
from orderwire.config.partners import Partners
from orderwire.config.secrets import Secrets
from orderwire.config.settings import Settings
from orderwire.connectors import connect_all, decoders_of
from orderwire.errors import ConfigurationError
from orderwire.pipeline.outbox import Dispatcher
from orderwire.pipeline.receive import Receiver
from orderwire.ports.clock import Clock, system_clock
from orderwire.ports.erp import Erp
from orderwire.ports.intake import Connector, Decoder
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
    from orderwire.pipeline.access import Access
    from orderwire.pipeline.accounts import Accounts
    from orderwire.pipeline.follow import Follow
    from orderwire.pipeline.held import HeldOrders
    from orderwire.pipeline.intake import Intake
    from orderwire.pipeline.notices import Notices
    from orderwire.pipeline.replay import Replays
    from orderwire.pipeline.replay_runs import ReplayRuns
    from orderwire.pipeline.respond import Respond
    from orderwire.pipeline.restoration import Restoration
    from orderwire.pipeline.trial import Trials
    from orderwire.ports.access import Passwords
    from orderwire.ports.alerts import Messenger

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
    def follow(self) -> "Follow | None":
        """What tells of happenings in the ERP; None where no connector can."""
        from orderwire.pipeline.follow import Follow
        from orderwire.pipeline.follow_watch import Watch

        follower = next((one.follower for one in self.connectors if one.follower is not None), None)
        if follower is None:
            return None
        nav = self.settings.nav
        published = {
            "shipments": nav.follow.shipments and nav.services.posted_shipment is not None,
            "invoices": nav.follow.invoices and nav.services.posted_invoice is not None,
        }
        rules = nav.follow.model_copy(update=published)
        watch = Watch(self.store, follower, self.erp, self.partners, self.clock, owner(), rules, nav.local_currency)
        return Follow(watch, self.dispatcher.announce, self.metrics)

    @property
    def decoders(self) -> Mapping[Channel, Decoder]:
        """The decoder of each channel."""
        return decoders_of(self.connectors)

    @property
    def intake(self) -> "Intake":
        """What polls the inlets of every connector."""
        from orderwire.pipeline.intake import Intake

        return Intake([inlet for one in self.connectors for inlet in one.inlets], self.receiver)

    @property
    def respond(self) -> "Respond":
        from orderwire.pipeline.respond import Respond

        encoders = {channel: encoder for one in self.connectors for channel, encoder in one.encoders.items()}
        return Respond(encoders, self.partners, self.clock)

    @property
    def replays(self) -> "Replays":
        from orderwire.pipeline.replay import Replays

        limit = self.settings.limits.max_document_bytes
        return Replays(self.store, self.dispatcher.announce, self.clock, limit)

    @property
    def held_orders(self) -> "HeldOrders":
        from orderwire.pipeline.held import HeldOrders

        return HeldOrders(self.store, self.dispatcher.announce, self.clock)

    @property
    def trials(self) -> "Trials":
        from orderwire.pipeline.trial import Trials

        return Trials(self.store, self.decoders, self.partners, self.respond)

    @property
    def runs(self) -> "ReplayRuns":
        from orderwire.pipeline.replay_runs import ReplayRuns

        return ReplayRuns(self.store, self.clock)

    @cached_property
    def alert_file(self) -> AlertFile:
        return AlertFile(self.settings.config_dir)

    @property
    def notices(self) -> "Notices":
        from orderwire.pipeline.notices import Notices
        from orderwire.telemetry.mail import MailMessenger
        from orderwire.telemetry.webhook import WebhookMessenger

        folder, secrets = self.settings.config_dir, Secrets()
        ways: dict[str, Messenger] = {
            "webhook": WebhookMessenger(folder, secrets, self.clock),
            "email": MailMessenger(folder, secrets),
        }
        return Notices(self.store, ways, self.alert_file.plan, self.clock)

    @property
    def restoration(self) -> "Restoration":
        from orderwire.pipeline.restoration import Restoration

        queues = [self.topology.work_queue(flow.name) for flow in self.topology.flows]
        consumers = {*(flow.name for flow in self.topology.flows), "unrouted", *(f"dead {queue}" for queue in queues)}
        # What is reopened was committed long ago, and is published at once.
        sweep = replace(self.dispatcher, sweep_after_seconds=0).sweep
        return Restoration(self.store, sweep, consumers, self.clock)

    @property
    def access(self) -> "Access":
        from orderwire.pipeline.access import Access

        console = self.settings.console
        idle, lifetime = timedelta(minutes=console.idle_minutes), timedelta(hours=console.session_hours)
        return Access(self.store, self._passwords, self.clock, idle, lifetime)

    @property
    def accounts(self) -> "Accounts":
        from orderwire.pipeline.accounts import Accounts

        return Accounts(self.store, self._passwords, self.partners, self.clock)

    @property
    def _passwords(self) -> "Passwords":
        from orderwire.store.passwords import ArgonPasswords

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


def owner() -> str:
    """Return how this thread is named in leases."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"


def _tracer(settings: Settings) -> Tracer:
    if not settings.tracing.on:
        return NO_TRACER
    try:
        from orderwire.telemetry.tracing import tracer_to_collector
    except ImportError as error:
        raise ConfigurationError("tracing.on needs the extra: pip install 'orderwire[otel]'") from error
    return tracer_to_collector()
