"""The console on a million journal rows: every page's server time at p95, with the plain SQL time beside it."""

import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import httpx
from pydantic import SecretStr

from benchmarks.console_rows import PARTNERS, fill
from benchmarks.measure import Result
from orderwire.bootstrap.services import Services, build
from orderwire.config.settings import QueueSettings, Settings, StoreSettings
from orderwire.pipeline.access import digest_of
from orderwire.ports.access import Role, Session, User
from orderwire.ports.clock import system_clock
from orderwire.ports.journal import DocumentQuery, DocumentState
from orderwire.ports.ledger import LedgerQuery, LedgerState
from orderwire.ports.overview import ParkedFilter
from orderwire.ports.search import Wanted
from orderwire.ports.store import Transaction
from orderwire.store.parked import group_id
from orderwire.telemetry.logging import set_up_logging
from orderwire.web.app import create_app
from orderwire.web.serve import BackgroundServer

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

ROWS: Final = 1_000_000
#: Calls of each page for each repetition that is asked for.
CALLS: Final = 8
BAR_MS: Final = 200

Look = Callable[[Transaction], object]


def run(repetitions: int) -> list[Result]:
    """Fill a store of each kind, call every page, and print what each took."""
    from services.postgres import PostgresServer

    set_up_logging(level="error", form="console")
    with tempfile.TemporaryDirectory(prefix="orderwire-bench-") as name:
        results = _on("SQLite", f"sqlite:///{name}/orderwire.db", Path(name), repetitions * CALLS)
    server = PostgresServer(durable=True)
    try:
        with tempfile.TemporaryDirectory(prefix="orderwire-bench-") as name:
            results += _on("PostgreSQL", server.create_database(), Path(name), repetitions * CALLS)
    finally:
        server.close()
    return results


def _on(database: str, url: str, folder: Path, calls: int) -> list[Result]:
    settings = Settings(
        config_dir=Path("config"), data_dir=folder, store=StoreSettings(url=SecretStr(url)),
        queue=QueueSettings(url=SecretStr(f"embedded:///{folder}/queue.db")),
    )  # fmt: skip
    began, services = time.perf_counter(), build(settings)
    services.transport.declare()
    try:
        fill(url, ROWS, system_clock())
        print(f"\nconsole: {ROWS:,} journal rows on {database}, made in {time.perf_counter() - began:.0f} s")
        return measure(services, database, calls)
    finally:
        services.close()


def measure(services: Services, database: str, calls: int) -> list[Result]:
    """Call every page so many times; the database's name goes into the results."""
    server = BackgroundServer(create_app(services))
    cookies = {"ow_session": _session(services)}
    with httpx.Client(base_url=server.start(), cookies=cookies, timeout=60) as client:
        results = []
        print(f"{'page':34} {'p50 ms':>8} {'p95 ms':>8} {'sql p95':>8}")
        for name, (path, look) in _pages(services).items():
            page = _times(partial(_open, client, path), calls)
            sql = _times(partial(_look, services, look), calls)
            print(f"{name:34} {statistics.median(page):8.1f} {_p95(page):8.1f} {_p95(sql):8.1f}")
            ratio = BAR_MS / _p95(page)
            results.append(
                Result("console", f"{name}, {database}", "ms at p95", _p95(page), "plain SQL", _p95(sql), ratio)
            )
    server.stop()
    worst = max(results, key=lambda one: one.ours)
    print(f"slowest on {database}: {worst.name}, {worst.ours:.0f} ms at p95; the bar is {BAR_MS} ms")
    return results


def _pages(services: Services) -> dict[str, tuple[str, Look]]:
    now, cause = services.clock(), group_id("mapping|no unit|7")
    middle = ROWS // 8
    midnight, hours = now.replace(hour=0, minute=0, second=0), now - timedelta(hours=3)

    def find(**wanted: object) -> Look:
        return lambda tx: tx.search.documents(Wanted(limit=51, **wanted))  # type: ignore[arg-type]

    def stand(tx: Transaction) -> object:
        counts = (tx.overview.under_way(()), tx.overview.ended(midnight, ()), tx.overview.parked(()))
        return counts, tx.overview.pulse(hours, 300, ()), tx.ledger.find(LedgerQuery(states=(LedgerState.LATE,)))

    def story(tx: Transaction) -> object:
        family = tx.journal.find(DocumentQuery(correlation_id=f"file-{middle:07}"))
        return family, tx.journal.steps(f"file-{middle:07}")

    state = DocumentState.PARKED
    return {
        "now": ("/console", stand),
        "now, the part that renews itself": ("/console/now", stand),
        "messages, newest": ("/console/messages", find()),
        "by order number": (f"/console/messages?q=PO-{middle:07}", find(number=f"PO-{middle:07}")),
        "by NAV number": (f"/console/messages?q=OW{middle + 1:014}", find(number=f"OW{middle + 1:014}")),
        "by reference": (f"/console/messages?q=ICR{middle:08}", find(number=f"ICR{middle:08}")),
        "by document id": (f"/console/messages?q=message-{middle:07}", find(number=f"message-{middle:07}")),
        "by partner and state": (
            f"/console/messages?partner={PARTNERS[3]}&state=parked", find(partner=PARTNERS[3], state=state)),
        "by state": ("/console/messages?state=parked", find(state=state)),
        "by kind": ("/console/messages?kind=CONTRL", find(kind="CONTRL")),
        "by day": ("/console/messages?until=2026-10-15", find(until=now - timedelta(days=40))),
        "by text, rare": ("/console/messages?q=4000000123", find(words=("4000000123",))),
        "by text, in every document": ("/console/messages?q=orders", find(words=("orders",))),
        "by text and state": ("/console/messages?q=hammer&state=parked", find(words=("hammer",), state=state)),
        "by what nobody has": ("/console/messages?q=no-such-thing", find(number="no-such-thing")),
        "orders": ("/console/orders", lambda tx: tx.search.orders(Wanted(limit=51))),
        "one order": (f"/console/documents/message-{middle:07}", story),
        "failures": ("/console/failures", lambda tx: tx.failures.groups((), now)),
        "one cause": (f"/console/failures/{cause}", lambda tx: tx.failures.group(cause, (), now)),
        "one parked message": ("/console/parked/parked-0000050", lambda tx: tx.parked.get("parked-0000050")),
        "replays": ("/console/replays", lambda tx: tx.runs.all()),
        "partners": ("/console/partners", lambda tx: tx.overview.last_traffic(PARTNERS[0])),
        "queues": ("/console/queues", lambda tx: tx.failures.ids(ParkedFilter(limit=1))),
        "audit": ("/console/audit", lambda tx: tx.audit.find()),
        "audit of somebody": ("/console/audit?who=nobody", lambda tx: tx.audit.find(who="nobody")),
        "audit of something": (
            f"/console/audit?subject=parked-{middle:07}", lambda tx: tx.audit.find(subject=f"parked-{middle:07}")),
    }  # fmt: skip


def _open(client: httpx.Client, path: str) -> None:
    client.get(path).raise_for_status()


def _look(services: Services, look: Look) -> None:
    with services.store.read() as tx:
        look(tx)


def _times(call: Callable[[], object], count: int) -> list[float]:
    call()
    times = []
    for _ in range(count):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1000)
    return times


def _p95(times: list[float]) -> float:
    return sorted(times)[round(0.95 * (len(times) - 1))]


def _session(services: Services) -> str:
    now, secret = services.clock(), secrets.token_urlsafe()
    with services.store.begin() as tx:
        tx.users.add(User("bench", Role.ADMIN, "no hash", now))
        tx.sessions.add(Session(digest_of(secret), "bench", "csrf", now, now, "bench"))
    return secret
