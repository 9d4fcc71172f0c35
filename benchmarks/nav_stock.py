"""Stock questions: how few calls many askers cost, and what the REST answer adds to the bare call."""

import hashlib
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.measure import Result
from benchmarks.nav_company import CUSTOMER, ITEMS, LATENCY, Company
from benchmarks.nav_orders import bare_session, post, stock_question
from orderwire.canonical.stock import StockKey
from orderwire.connectors.nav.client import NavErp

ASKERS = 200
CALLS = 400
KEY = "benchmark-key"


def put_together(company: Company, folder: Path) -> list[Result]:
    """Have 200 ask for one item each at once: of the connector, and of the REST API."""
    erp = NavErp(company.settings)
    erp.stock([StockKey(item_no=ITEMS[0])])  # the contract is read
    direct, direct_seconds = _asked(company, lambda no: len(erp.stock([StockKey(item_no=no)])))
    erp.close()
    with _serving(company, folder / "together") as port:
        served, served_seconds = _asked(company, lambda no: _over_http(port, no))
    print(f"  {ASKERS} questions for one item each, asked at once:")
    print(f"    of the connector: {direct} SOAP calls, all answered in {direct_seconds * 1000:.0f} ms")
    print(f"    of the REST API:  {served} SOAP calls, all answered in {served_seconds * 1000:.0f} ms\n")
    return [
        Result("nav", f"{name} for {ASKERS} questions at once", "calls", calls, "one each", ASKERS, ASKERS / calls)
        for name, calls in (("SOAP calls", direct), ("SOAP calls behind REST", served))
    ]


def _asked(company: Company, ask: Callable[[str], int]) -> tuple[int, float]:
    before = company.calls().get("Item.ReadMultiple", 0)
    start = threading.Barrier(ASKERS + 1)

    def work(no: str) -> int:
        start.wait()
        return ask(no)

    with ThreadPoolExecutor(ASKERS) as pool:
        answers = [pool.submit(work, no) for no in ITEMS[:ASKERS]]
        start.wait()
        begin = time.perf_counter()
        if sum(answer.result() for answer in answers) != ASKERS:
            raise SystemExit("a question was not answered")
        seconds = time.perf_counter() - begin
    return company.calls()["Item.ReadMultiple"] - before, seconds


def added_latency(company: Company, folder: Path) -> list[Result]:
    """Ask for one item, bare SOAP and REST in turn, and compare the middle and the slow end."""
    session = bare_session(company)
    with _serving(company, folder / "latency") as port:
        connection = HTTPConnection("127.0.0.1", port)
        work: dict[str, Callable[[], int]] = {
            "soap": lambda: len(post(session, company, "Item", "ReadMultiple", stock_question(ITEMS[:1]))),
            "rest": lambda: _ask(connection, ITEMS[0]),
        }
        took: dict[str, list[float]] = {name: [] for name in work}
        for _ in range(CALLS):
            for name, ask in work.items():
                begin = time.perf_counter()
                ask()
                took[name].append((time.perf_counter() - begin) * 1000)
    results = []
    print(f"  one item, {CALLS} times in turn, of which NAV takes {LATENCY * 1000:.0f} ms each:")
    for label, at in (("p50", 49), ("p99", 98)):
        soap, rest = (statistics.quantiles(took[name], n=100)[at] for name in ("soap", "rest"))
        print(f"    {label}: bare SOAP call {soap:.2f} ms, REST answer {rest:.2f} ms: {rest - soap:.2f} ms more")
        results.append(Result("nav", f"REST stock answer, {label}", "ms", rest, "bare SOAP call", soap, soap / rest))
    print()
    return results


def _over_http(port: int, no: str) -> int:
    return _ask(HTTPConnection("127.0.0.1", port, timeout=60), no)


def _ask(connection: HTTPConnection, no: str) -> int:
    connection.request("GET", f"/api/v1/stock?item={no}", headers={"X-Api-Key": KEY})
    with connection.getresponse() as response:
        items: list[object] = json.load(response)["items"]
        return len(items)


@contextmanager
def _serving(company: Company, folder: Path) -> Iterator[int]:
    """Run the API in a process of its own, against the simulator."""
    place = folder / "config/partners/bench"
    place.mkdir(parents=True)
    program = [sys.executable, "-m", "orderwire"]
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    (place / "partner.yaml").write_text(f"name: Bench\ncustomer_no: {CUSTOMER}\napi: {{key_sha256: {digest}}}\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    settings = {
        "CONFIG_DIR": str(folder / "config"), "DATA_DIR": str(folder / "var"), "API__PORT": str(port),
        "STORE__URL": f"sqlite:///{folder}/var/orderwire.db", "NAV__URL": company.url, "LOG__LEVEL": "error",
        "NAV__COMPANY": "Northwind Tools Ltd.", "NAV__PASSWORD": "demo", "NAV__PRODUCTION": "false",
    }  # fmt: skip
    environment = {**os.environ, **{f"ORDERWIRE_{name}": text for name, text in settings.items()}}
    process = subprocess.Popen([*program, "serve"], env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        _over_http(port, ITEMS[0])
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live"):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
