"""A whole Orderwire in a folder: configuration, processes, and a view into its store; NAV is the simulator."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from orderwire.bootstrap.services import Services, build
from orderwire.canonical.order import Channel
from orderwire.canonical.response import OrderResponse
from orderwire.config.settings import Settings, load_settings
from orderwire.ports.intake import DecodeHint
from orderwire.ports.journal import Document, DocumentQuery, DocumentState
from orderwire.ports.orders import OrderRecord
from orderwire.ports.parking import Parked
from orderwire.simulators.nav.data import CustomerData, ItemData, NavData
from orderwire.simulators.nav.server import DEMO_COMPANY, DEMO_PASSWORD, DEMO_USER, NavSimulator

ROOT: Final = Path(__file__).parents[2]
UNDER_WAY: Final = frozenset({DocumentState.RECEIVED, DocumentState.WAITING, DocumentState.RETRYING})
#: Short ladders and leases, so that a test of a crash takes seconds.
BRISK: Final[Mapping[str, str]] = {
    "ORDERWIRE_QUEUE__RUNG_SECONDS": "[0.3, 1.0, 3.0]",
    "ORDERWIRE_QUEUE__HEARTBEAT_SECONDS": "5",
    "ORDERWIRE_RETRY__FIRST_DELAY_SECONDS": "0.2",
    "ORDERWIRE_RETRY__MAX_DELAY_SECONDS": "2",
    "ORDERWIRE_RETRY__MAX_ATTEMPTS": "60",
    "ORDERWIRE_RETRY__PAUSE_SECONDS": "0.5",
    "ORDERWIRE_FULFIL__LEASE_SECONDS": "4",
    "ORDERWIRE_FULFIL__SETTLE_SECONDS": "2",
    "ORDERWIRE_NAV__READ_TIMEOUT_SECONDS": "3",
}


def company(**inventory: int) -> NavData:
    """Return a company with items i1001=100 … and one customer."""
    items = tuple(ItemData(no=name.lstrip("i"), base_unit="PCS", inventory=Decimal(n)) for name, n in inventory.items())
    customers = (CustomerData(no="C10000", name="Buyer"), CustomerData(no="C99999", name="Walk-in customer"))
    return NavData(items=items, customers=customers)


class Deployment:
    """Settings by environment only, as in production."""

    def __init__(self, folder: Path, nav: NavSimulator, *, queue_url: str, store_url: str, **more: str) -> None:
        self.folder, self.nav = folder, nav
        self.config_dir = folder / "config"
        shutil.copytree(ROOT / "config", self.config_dir)
        self.environment = {
            "ORDERWIRE_CONFIG_DIR": str(self.config_dir),
            "ORDERWIRE_DATA_DIR": str(folder / "var"),
            "ORDERWIRE_QUEUE__URL": queue_url,
            "ORDERWIRE_STORE__URL": store_url,
            "ORDERWIRE_NAV__URL": nav.url,
            "ORDERWIRE_NAV__COMPANY": DEMO_COMPANY,
            "ORDERWIRE_NAV__USERNAME": DEMO_USER,
            "ORDERWIRE_NAV__PASSWORD": DEMO_PASSWORD,
            **BRISK,
            **more,
        }
        self._processes: list[subprocess.Popen[str]] = []
        self._services: Services | None = None

    def partner(self, key: str, gln: str, *, shortage: str = "reject_line") -> None:
        """Add a partner that sends EDIFACT and gets its answers in a folder."""
        folder = self.config_dir / "partners" / key
        folder.mkdir(parents=True)
        (folder / "partner.yaml").write_text(
            f"name: {key}\ncustomer_no: C10000\nshortage: {shortage}\n"
            f'edi:\n  identifiers:\n    - id: "{gln}"\n  ours:\n    id: "4099998000013"\n  contrl: never\n'
            f"folder:\n  inbox: partners/{key}/in\n  outbox: partners/{key}/out\n"
        )

    @property
    def services(self) -> Services:
        """This test's own view: it takes documents in, and reads the store."""
        if self._services is None:
            self._services = build(self._settings())
            self._services.transport.declare()
        return self._services

    def _settings(self) -> Settings:
        before = dict(os.environ)
        os.environ.update(self.environment)
        try:
            return load_settings()
        finally:
            os.environ.clear()
            os.environ.update(before)

    def run(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        """Start `orderwire …` as a process of its own."""
        with (self.folder / f"{command[0]}-{len(self._processes)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "orderwire", *command],
                env={**os.environ, **self.environment, **environment},
                cwd=self.folder,
                stdout=subprocess.DEVNULL,
                stderr=log,
                text=True,
            )
        self._processes.append(process)
        return process

    def command(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run `orderwire …` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "orderwire", *command],
            env={**os.environ, **self.environment},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def receive(self, content: bytes, name: str = "orders.edi", partner: str | None = None) -> str:
        return self.services.receiver(content, Channel.EDI, DecodeHint(partner=partner, name=name))

    def documents(self, **query: Any) -> list[Document]:
        with self.services.store.begin() as tx:
            return tx.journal.find(DocumentQuery(limit=10000, **query))

    def orders(self) -> list[OrderRecord]:
        with self.services.store.begin() as tx:
            return tx.orders.find(limit=10000)

    def answers(self) -> dict[str, OrderResponse]:
        """Return the answer of every decided order, by order number."""
        return {
            record.order_no: OrderResponse.model_validate_json(record.response)
            for record in self.orders()
            if record.response
        }

    def parked(self) -> list[Parked]:
        with self.services.store.begin() as tx:
            return tx.parked.find()

    def wait_for(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until the condition holds; fail with what the processes logged."""
        deadline = time.monotonic() + seconds
        pause = threading.Event()
        while not condition():
            died = [process.args for process in self._processes if process.poll() not in {None, 0, -signal.SIGKILL}]
            if died or time.monotonic() > deadline:
                raise AssertionError(f"{what}: not within {seconds} s; died: {died}\n{self.state()}\n{self.logs()}")
            pause.wait(0.2)

    def settle(self, orders: int, seconds: float) -> None:
        """Wait until so many orders are answered and no document is under way."""

        def settled() -> bool:
            documents = self.documents()
            done = sum(one.kind == "ORDERS" and one.state not in UNDER_WAY for one in documents)
            return done >= orders and not any(one.state in UNDER_WAY for one in documents)

        self.wait_for(settled, seconds, f"{orders} orders at their end")

    def replies(self, partner: str) -> list[str]:
        """Return the documents in a partner's outbox."""
        outbox = self.folder / "var" / "partners" / partner / "out"
        return [file.read_text("latin-1") for file in sorted(outbox.glob("[!.]*"))] if outbox.is_dir() else []

    def state(self) -> str:
        rows = [
            f"{one.direction} {one.kind} {one.order_no} {one.state} {one.code} {one.reason}" for one in self.documents()
        ]
        return "\n".join([*rows, *(str(depth) for depth in self.services.transport.depths())])

    def logs(self) -> str:
        return "\n".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in sorted(self.folder.glob("*.log")))

    def kill(self, process: subprocess.Popen[str]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
        for process in self._processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill(process)
        if self._services is not None:
            self._services.close()


def sold(nav: NavSimulator, external_nos: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the simulator's sales orders, by the buyer's order number."""
    wanted = set(external_nos)
    found: dict[str, list[dict[str, Any]]] = {}
    for order in nav.state()["orders"]:
        if order["external_document_no"] in wanted:
            found.setdefault(order["external_document_no"], []).append(order)
    return found
