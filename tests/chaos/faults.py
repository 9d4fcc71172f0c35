"""The faults: each is inflicted, holds for a while, and is mended."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

from chaos.town import WORKERS, Town
from fault_points import IN_THE_WORKER
from services.proxy import Proxy
from services.rabbitmq import RabbitMQ

Inflict = Callable[[Town, Random], Iterator[None]]

_ATTEMPTS: Final = 10


@dataclass(frozen=True)
class Fault:
    """One kind: what it hits, which only one fault at a time may do, and how."""

    name: str
    hits: str
    inflict: Inflict

    def run(self, town: Town, die: Random) -> None:
        """Inflict it, hold it, mend it."""
        with contextmanager(self.inflict)(town, die):
            time.sleep(die.uniform(0.5, 5.0))


def _broker_killed(town: Town, die: Random) -> Iterator[None]:
    node = die.choice(town.cluster.nodes)
    node.kill9()
    yield
    node.start()


def _most_brokers_killed(town: Town, die: Random) -> Iterator[None]:
    """Leave no majority: the cluster takes nothing until one is back."""
    nodes = die.sample(town.cluster.nodes, 2)
    for node in nodes:
        node.kill9()
    yield
    for node in nodes:
        node.launch()
    for node in nodes:
        node.wait()


def _broker_frozen(town: Town, die: Random) -> Iterator[None]:
    node = die.choice(town.cluster.nodes)
    node.freeze()
    yield
    node.thaw()


def _memory_alarm(town: Town, die: Random) -> Iterator[None]:
    node = die.choice(town.cluster.nodes)
    _control(node, "set_vm_memory_high_watermark", "0.00001")
    yield
    _control(node, "set_vm_memory_high_watermark", "absolute", "1GB")


def _full_queue(town: Town, die: Random) -> Iterator[None]:
    """Let two queues take no more than two messages: what comes then is refused (reject-publish)."""
    node = die.choice(town.cluster.nodes)
    queues = die.sample(("decode", "fulfil", "respond", "deliver", "record"), 2)
    pattern = rf"^ow\.({'|'.join(queues)})$"
    _control(node, "set_policy", "full", pattern, '{"max-length": 2}', "--apply-to", "queues")
    yield
    _control(node, "clear_policy", "full")


def _control(node: RabbitMQ, *command: str) -> None:
    """Tell a node, which may be busy coming back."""
    for left in reversed(range(_ATTEMPTS)):
        try:
            node.control(*command)
        except subprocess.SubprocessError:
            if not left:
                raise
            time.sleep(1)
        else:
            return


def _database_killed(town: Town, _die: Random) -> Iterator[None]:
    town.postgres.kill9()
    yield
    town.postgres.start()


def _database_frozen(town: Town, _die: Random) -> Iterator[None]:
    town.postgres.freeze()
    yield
    town.postgres.thaw()


def _nav_killed(town: Town, _die: Random) -> Iterator[None]:
    town.nav.kill9()  # the supervisor starts it again
    yield


def _nav_frozen(town: Town, _die: Random) -> Iterator[None]:
    town.nav.freeze()
    yield
    town.nav.thaw()


def _worker_killed(town: Town, die: Random) -> Iterator[None]:
    """Kill one; the one in its place may die at a fault point of its own."""
    number = die.randrange(WORKERS)
    once = str(town.folder / f"dead-{time.monotonic_ns()}")
    town.workers[number].kill9(ORDERWIRE_CHAOS__KILL_AT=die.choice(IN_THE_WORKER), ORDERWIRE_CHAOS__ONCE_FILE=once)
    yield


def _worker_frozen(town: Town, die: Random) -> Iterator[None]:
    worker = die.choice(town.workers)
    worker.freeze()
    yield
    worker.thaw()


def _web_killed(town: Town, _die: Random) -> Iterator[None]:
    town.web.kill9()
    yield


def _web_frozen(town: Town, _die: Random) -> Iterator[None]:
    town.web.freeze()
    yield
    town.web.thaw()


def _proxy_to(hits: str, town: Town, die: Random) -> Proxy:
    proxies: Mapping[str, Proxy] = {"database": town.database_proxy, "nav": town.nav_proxy}
    return proxies.get(hits) or die.choice(town.broker_proxies)


def _cut(hits: str) -> Fault:
    def inflict(town: Town, die: Random) -> Iterator[None]:
        _proxy_to(hits, town, die).cut()
        yield

    return Fault(f"{hits}_connections_cut", hits, inflict)


def _stalled(hits: str) -> Fault:
    def inflict(town: Town, die: Random) -> Iterator[None]:
        proxy = _proxy_to(hits, town, die)
        proxy.stall()
        yield
        proxy.heal()

    return Fault(f"{hits}_network_stalled", hits, inflict)


def _refused(hits: str) -> Fault:
    def inflict(town: Town, die: Random) -> Iterator[None]:
        proxy = _proxy_to(hits, town, die)
        proxy.refuse()
        yield
        proxy.heal()

    return Fault(f"{hits}_refused", hits, inflict)


def _half_open(hits: str, *, reset: bool) -> Fault:
    """`reset`: the other machine comes back and says so; else only a heartbeat or a time-out can tell."""

    def inflict(town: Town, die: Random) -> Iterator[None]:
        proxy = _proxy_to(hits, town, die)
        proxy.leave_half_open()
        yield
        if reset:
            proxy.cut()

    return Fault(f"{hits}_half_open", hits, inflict)


FAULTS: Final = (
    Fault("broker_killed", "broker", _broker_killed),
    Fault("most_brokers_killed", "broker", _most_brokers_killed),
    Fault("broker_frozen", "broker", _broker_frozen),
    Fault("memory_alarm", "broker", _memory_alarm),
    Fault("full_queue", "broker", _full_queue),
    _cut("broker"),
    _stalled("broker"),
    _half_open("broker", reset=False),
    Fault("database_killed", "database", _database_killed),
    Fault("database_frozen", "database", _database_frozen),
    _cut("database"),
    _stalled("database"),
    _half_open("database", reset=True),
    Fault("nav_killed", "nav", _nav_killed),
    Fault("nav_frozen", "nav", _nav_frozen),
    _cut("nav"),
    _stalled("nav"),
    _refused("nav"),
    _half_open("nav", reset=False),
    Fault("worker_killed", "worker", _worker_killed),
    Fault("worker_frozen", "worker", _worker_frozen),
    Fault("web_killed", "web", _web_killed),
    Fault("web_frozen", "web", _web_frozen),
)
