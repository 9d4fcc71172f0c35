"""The queue layer: one of our worker processes, with its effects exactly once, against workers that only pass on.

Every worker consumes 1 KiB events of a quorum queue of a private RabbitMQ, up to 4,000 in hand, changes each, publishes
it persistent and confirmed, and acks. Ours commits inbox, journal and outbox besides. A rate is taken from the depth of
the outgoing queue between a tenth and nine tenths of the messages, so that no start-up counts; the CPU time is the
worker's alone.
"""

import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import pika  # type: ignore[import-untyped]

from benchmarks.measure import Result
from benchmarks.queue_worker import TOPOLOGY, an_event, settings_of
from orderwire.queue.open import open_transport

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

_PEERS: Final = Path(__file__).parent / "peers"
_PACKAGES: Final = ("faststream[rabbit]==0.7.8", "celery==5.7.0", "dramatiq[rabbitmq]==2.2.1", "pika==1.4.4")
_PATIENCE_SECONDS: Final = 180
#: Between two looks at a queue, each of which costs the broker something.
_LOOK_SECONDS: Final = 0.1


def a_body() -> dict[str, Any]:
    """Return a document of 1,024 bytes as JSON."""
    lines = [
        {"line": number, "gtin": f"40999990{number:05d}", "qty": number * 3, "price": "12.34", "uom": "PCE"}
        for number in range(1, 8)
    ]
    body: dict[str, Any] = {"type": "order.received", "order": {"number": "PO-1", "lines": lines}, "pad": ""}
    return body | {"pad": "x" * (1024 - len(_json(body)))}


def _json(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Rate:
    """Messages per second, and the worker's own CPU time for one of them in microseconds."""

    messages: float
    cpu: float


def _watched(depth: Callable[[], int], pid: int, messages: int) -> Rate:
    """Measure from a tenth to nine tenths of the messages, so that no start-up and no end counts."""
    until = time.monotonic() + _PATIENCE_SECONDS
    first: tuple[int, float, float] | None = None
    while True:
        done, now, cpu = depth(), time.monotonic(), _cpu_seconds(pid)
        if first is None and done >= messages // 10:
            first = done, now, cpu
        if first is not None and done >= messages * 9 // 10:
            count = done - first[0]
            return Rate(count / (now - first[1]), (cpu - first[2]) / count * 1e6)
        if now > until:
            raise SystemExit(f"only {done} of {messages} messages were done in {_PATIENCE_SECONDS} s")
        time.sleep(_LOOK_SECONDS)


def _cpu_seconds(pid: int) -> float:
    """Return what a process has used, all its threads; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Contender:
    """A worker: how its queue is filled, how it is started, and how many messages it gets."""

    name: str
    messages: int
    fill: Callable[[int], None]
    command: list[str]
    incoming: str = "peer.in"
    outgoing: str = "peer.out"


class Bench:
    """A private broker, and what is measured on it."""

    def __init__(self, broker: Any, folder: Path) -> None:
        self._url: str = broker.url
        self._folder = folder
        connection = pika.BlockingConnection(pika.URLParameters(self._url))
        self._channel = connection.channel()

    def rate(self, contender: Contender) -> Rate:
        """Let the contender work, and return how fast it did."""
        self._reset()
        contender.fill(contender.messages)
        self._wait_for(contender.incoming, contender.messages)
        os.sync()  # nobody is to wait for what those before have left to be written
        silent = subprocess.DEVNULL
        worker = subprocess.Popen(contender.command, stdin=subprocess.PIPE, stdout=silent, stderr=silent)
        try:
            return self._watch(worker, contender)
        finally:
            worker.kill()
            worker.communicate()

    def fill_plain(self, count: int) -> None:
        """Put plain messages into the peers' queue: without confirms, and again what a queue that is young has lost."""
        persistent = pika.BasicProperties(content_type="application/json", delivery_mode=2)
        content = _json(a_body())
        while (missing := count - self._settled("peer.in", count)) > 0:
            connection = pika.BlockingConnection(pika.URLParameters(self._url))
            channel = connection.channel()
            for _ in range(missing):
                channel.basic_publish("", "peer.in", content, persistent)
            connection.close()

    def fill_by(self, command: list[str]) -> Callable[[int], None]:
        """Return a filler that lets the peer's own client send, because the messages are of its own form."""

        def fill(count: int) -> None:
            subprocess.run([*command, "fill", str(count)], input=_json(a_body()), check=True)

        return fill

    def fill_ours(self, count: int) -> None:
        """Put events into our incoming queue."""
        transport = open_transport(
            settings_of(self._url, f"sqlite:///{self._folder}/filler.db", self._folder), TOPOLOGY
        )
        transport.declare()
        body = a_body()
        for first in range(0, count, 1000):
            transport.publish([an_event(number, body) for number in range(first, min(first + 1000, count))])
        transport.close()

    def _reset(self) -> None:
        for queue in ("peer.in", "peer.out", "dramatiq.in", "dramatiq.out", *(each.name for each in TOPOLOGY.queues())):
            for name in (queue, f"{queue}.DQ", f"{queue}.XQ"):
                self._channel.queue_delete(name)
        for queue in ("peer.in", "peer.out"):
            self._channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})

    def _depth(self, queue: str) -> int:
        return int(self._channel.queue_declare(queue, passive=True).method.message_count)

    def _settled(self, queue: str, count: int) -> int:
        """Return how many messages are in a queue when they are so many, or become no more."""
        before, depth = -1, self._depth(queue)
        while before < depth < count:
            time.sleep(1)
            before, depth = depth, self._depth(queue)
        return depth

    def _wait_for(self, queue: str, count: int) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while self._depth(queue) < count:
            if time.monotonic() > until:
                raise SystemExit(f"{queue} has not got its {count} messages")
            time.sleep(0.05)

    def _watch(self, worker: "subprocess.Popen[bytes]", contender: Contender) -> Rate:
        def look() -> int:
            if worker.poll() is not None:
                raise SystemExit(f"{contender.name} did not do its work")
            return self._depth(contender.outgoing)

        return _watched(look, worker.pid, contender.messages)


@contextmanager
def _broker(folder: Path) -> Iterator[Any]:
    from services.rabbitmq import Member, running

    yield from running(folder / "broker", Member(size=""))  # as large as RabbitMQ is by itself


def _installed(folder: Path) -> Path:
    """Install the peers into a place of their own, and return its Python."""
    place = folder / "peers"
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    python = place / "bin" / "python"
    quiet = ["-qq", "--disable-pip-version-check", "--no-input"]
    subprocess.run([python, "-m", "pip", "install", *quiet, *_PACKAGES], check=True, stderr=subprocess.DEVNULL)
    return python


def _compiled(folder: Path) -> Path | None:
    """Compile the C worker; librabbitmq comes from the system, or from Debian's packages unpacked beside it."""
    program, place = folder / "librabbitmq_worker", folder / "librabbitmq"
    compiler = shutil.which("gcc")
    if compiler is None:
        return None
    place.mkdir()
    if shutil.which("apt-get"):
        packages = ["librabbitmq-dev", "librabbitmq4"]
        subprocess.run(["apt-get", "download", "-qq", *packages], cwd=place, check=False, stderr=subprocess.DEVNULL)
        for package in place.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, place], check=True)
    library = place / "usr" / "lib" / f"{platform.machine()}-linux-gnu"
    command: list[str | Path] = [
        compiler,
        "-O2",
        "-o",
        program,
        _PEERS / "librabbitmq_worker.c",
        "-I",
        place / "usr" / "include",
    ]
    command += ["-L", library, f"-Wl,-rpath,{library}", "-lrabbitmq"]
    return program if subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0 else None


def _ours(bench: Bench, broker: Any, name: str, store_url: Callable[[], str], folder: Path) -> Contender:
    module = [sys.executable, "-m", "benchmarks.queue_worker", broker.url]
    return Contender(
        name,
        20_000,
        bench.fill_ours,
        [*module, store_url(), str(folder)],
        TOPOLOGY.work_queue("in"),
        TOPOLOGY.work_queue("out"),
    )


def _peers(bench: Bench, url: str, folder: Path) -> list[Contender]:
    python = str(_installed(folder))
    limit = _compiled(folder)
    celery = [python, str(_PEERS / "celery_worker.py"), url]
    dramatiq = [python, str(_PEERS / "dramatiq_worker.py"), url]
    peers = [
        Contender("FastStream", 6_000, bench.fill_plain, [python, str(_PEERS / "faststream_worker.py"), url]),
        Contender("Celery, confirming", 3_000, bench.fill_by(celery), [*celery, "work"]),
        Contender(
            "dramatiq, confirming", 5_000, bench.fill_by(dramatiq), [*dramatiq, "work"], "dramatiq.in", "dramatiq.out"
        ),
        Contender("pika BlockingConnection", 4_000, bench.fill_plain, [python, str(_PEERS / "pika_worker.py"), url]),
    ]
    if limit is None:
        print("  C librabbitmq: not measured, because there is no gcc or no librabbitmq")
        return peers
    return [*peers, Contender("C librabbitmq, no JSON", 30_000, bench.fill_plain, [str(limit), url])]


def run(repetitions: int) -> list[Result]:
    """Measure, print, and return the results."""
    from services.postgres import PostgresServer

    repetitions = min(repetitions, 5)
    print(f"Queue: 1 KiB events, quorum queues, persistent and confirmed; medians of {repetitions}")
    server = PostgresServer(durable=True)
    with tempfile.TemporaryDirectory() as name, _broker(Path(name)) as broker:
        folder, numbers = Path(name), itertools.count()
        bench = Bench(broker, folder)
        peers = _peers(bench, broker.url, folder)
        rates: dict[str, list[Rate]] = {}
        for _ in range(repetitions):
            sqlite = _ours(bench, broker, "ours on SQLite", lambda: f"sqlite:///{folder}/{next(numbers)}.db", folder)
            postgresql = _ours(bench, broker, "ours on PostgreSQL", server.create_database, folder)
            for contender in (sqlite, postgresql, *peers):
                rates.setdefault(contender.name, []).append(bench.rate(contender))
        rates["ours, embedded transport"] = [_embedded(folder / f"embedded{n}") for n in range(repetitions)]
    server.close()
    return _table(rates)


def _embedded(folder: Path, messages: int = 10_000) -> Rate:
    """Measure the same worker on the embedded transport, queue and store in SQLite files."""
    folder.mkdir()
    store_url = f"sqlite:///{folder}/orderwire.db"
    transport = open_transport(settings_of("embedded:", store_url, folder), TOPOLOGY)
    transport.declare()
    body = a_body()
    for first in range(0, messages, 1000):
        transport.publish([an_event(number, body) for number in range(first, first + 1000)])
    worker = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.queue_worker", "embedded:", store_url, str(folder)], stdin=subprocess.PIPE
    )

    def depth() -> int:
        return next(each.ready for each in transport.depths() if each.queue == TOPOLOGY.work_queue("out"))

    try:
        return _watched(depth, worker.pid, messages)
    finally:
        worker.kill()
        worker.communicate()
        transport.close()


def _table(rates: dict[str, list[Rate]]) -> list[Result]:
    """Print; a ratio's spread is that of the repetitions side by side."""
    speeds = {name: [each.messages for each in repetitions] for name, repetitions in rates.items()}
    peer = speeds["FastStream"]
    heads = f"{'messages/s':>12}{'least … greatest':>20}{'to FastStream':>15}{'least … greatest':>20}{'CPU µs':>9}"
    print(f"\n  {'worker':<28}{heads}")
    for name, each in speeds.items():
        pairs = [mine / theirs for mine, theirs in zip(each, peer, strict=True)]
        spread, between = f"{min(each):,.0f} … {max(each):,.0f}", f"{min(pairs):.2f} … {max(pairs):.2f}"
        cpu = median(repetition.cpu for repetition in rates[name])
        ratio = f"{median(each) / median(peer):.2f}"
        print(f"  {name:<28}{median(each):>12,.0f}{spread:>20}{ratio:>15}{between:>20}{cpu:>9,.0f}")
    return [
        Result("queue", name, "messages/s", median(each), "FastStream 0.7.8", median(peer), median(each) / median(peer))
        for name, each in speeds.items()
        if name.startswith("ours")
    ]
