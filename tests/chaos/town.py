"""Everything of the run: broker cluster, database, NAV, proxies before each of them, Orderwire's processes."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
import yaml

from chaos.program import Program
from orderwire.simulators.nav.data import CustomerData, ItemData, NavData
from orderwire.simulators.nav.server import NavSimulator
from services.deployment import Deployment
from services.ports import free_port
from services.postgres import PostgresServer
from services.proxy import Proxy
from services.rabbitmq import START_SECONDS
from services.rabbitmq_cluster import Cluster, running_cluster

#: Item → what is in stock at the start. The first three never run out, of the others there is too little for all.
STOCK: Final = {"1001": 10**6, "1002": 10**6, "1003": 10**6, "1004": 300, "1005": 120, "1006": 40}
#: Partners that send EDIFACT into folders, with their GLN and what they want when stock is short.
FOLDERS: Final = {
    "anvil": ("4000000000006", "reject_line"),
    "bolt": ("4000000000013", "part_delivery"),
    "chisel": ("4000000000020", "back_order"),
}
#: Sends EDIFACT over HTTP, and takes its answers from a folder.
POSTS: Final = ("drill", "4000000000037")
#: Orders over REST.
SHOP: Final = "webshop"
KEYS: Final = {SHOP: "demo-webshop-key", "drill": "drill-key"}
WORKERS: Final = 2
#: The share of calls that meet a fault of NAV's own: locks, lost replies, proxies' pages.
WEATHER: Final = 0.03
_SETTINGS: Final = {
    "ORDERWIRE_STORE__CONNECT_TIMEOUT_SECONDS": "3",
    "ORDERWIRE_QUEUE__CONNECT_TIMEOUT_SECONDS": "3",
    "ORDERWIRE_QUEUE__CONFIRM_TIMEOUT_SECONDS": "10",
    "ORDERWIRE_RETRY__MAX_ATTEMPTS": "500",  # nobody's patience is tried here
}


class Town:
    """What the faults are inflicted on. Harness and proxies' targets are reached directly, all others by proxy."""

    def __init__(self, folder: Path, cluster: Cluster, postgres: PostgresServer) -> None:
        self.folder, self.cluster, self.postgres = folder, cluster, postgres
        self.nav_port, self.web_port = free_port(), free_port()
        self.broker_proxies = [Proxy(node.port) for node in cluster.nodes]
        self.database_proxy, self.nav_proxy = Proxy(postgres.port), Proxy(self.nav_port)
        self.store_url = postgres.create_database()
        nodes = ",".join(f"127.0.0.1:{proxy.port}" for proxy in self.broker_proxies)
        # Never started: it only knows its address, at which a program of its own answers.
        nav = NavSimulator(company(), port=self.nav_proxy.port)
        self.deployment = Deployment(
            folder,
            nav,
            queue_url=f"amqp://guest:guest@{nodes}/%2F",
            store_url=self.store_url.replace(str(postgres.port), str(self.database_proxy.port)),
            **_SETTINGS,
        )
        self._partners()
        self.nav = self._nav()
        self.web = self._program("serve", "--port", str(self.web_port), log="serve")
        self.workers = [self._program("work", log=f"work-{number}") for number in range(WORKERS)]
        self.crashes: list[str] = []
        self._watched = threading.Event()
        self._watch = threading.Thread(target=self._raise_the_dead, name="supervisor")

    @property
    def programs(self) -> dict[str, Program]:
        """What a supervisor starts again when it ends."""
        return {"nav": self.nav, "serve": self.web} | {f"work-{n}": one for n, one in enumerate(self.workers)}

    @property
    def proxies(self) -> list[Proxy]:
        return [*self.broker_proxies, self.database_proxy, self.nav_proxy]

    def open(self) -> None:
        """Start Orderwire and NAV, and return when orders are taken."""
        for program in self.programs.values():
            program.start()
        self._watch.start()
        until = time.monotonic() + START_SECONDS
        while not self._ready():
            if time.monotonic() > until:
                raise RuntimeError(f"not ready\n{self.deployment.logs()}")
            self._watched.wait(0.2)

    def close(self) -> None:
        self.stop_supervising()
        for program in self.programs.values():
            program.thaw()
            program.kill9()
        self.deployment.close()
        for proxy in self.proxies:
            proxy.close()

    def stop_supervising(self) -> None:
        """From now on, whoever ends stays so."""
        self._watched.set()
        if self._watch.is_alive():
            self._watch.join()

    def decided(self) -> int:
        """Return how many orders have been decided; -1 while the database is away."""
        try:
            return int(self.ask("SELECT count(*) FROM orders WHERE response IS NOT NULL", 3)[0][0])
        except psycopg.Error:
            return -1

    def ask(self, query: str, seconds: int = 60) -> list[tuple[Any, ...]]:
        """Read from the store, past proxies and Orderwire."""
        options = f"-c statement_timeout={seconds}s"
        with psycopg.connect(self.store_url, autocommit=True, connect_timeout=seconds, options=options) as connection:
            return connection.execute(query.encode()).fetchall()

    def nav_state(self) -> dict[str, Any]:
        """Return what NAV holds, with its commit log."""
        state: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self.nav_port}/simulator/state", timeout=30).json()
        return state

    def _ready(self) -> bool:
        try:
            reply = httpx.get(f"http://127.0.0.1:{self.web_port}/health/ready", timeout=10)
        except httpx.HTTPError:
            return False
        return reply.status_code == 200 and reply.json()["status"] == "ok"

    def _raise_the_dead(self) -> None:
        """Start again what ended, as a service manager does; ends of their own accord are noted."""
        while not self._watched.wait(0.2):
            for name, program in self.programs.items():
                if program.ended is not None:
                    if program.ended != -9:
                        self.crashes.append(f"{name} ended with {program.ended}")
                    program.start()

    def _partners(self) -> None:
        for key, (gln, shortage) in FOLDERS.items():
            self.deployment.partner(key, gln, shortage=shortage)
        key, gln = POSTS
        self.deployment.partner(key, gln, shortage="part_delivery")
        profile = self.deployment.config_dir / "partners" / key / "partner.yaml"
        digest = hashlib.sha256(KEYS[key].encode()).hexdigest()
        profile.write_text(f"{profile.read_text()}api:\n  key_sha256: {digest}\n")

    def _nav(self) -> Program:
        data = self.folder / "company.yaml"
        data.write_text(yaml.safe_dump(json.loads(company().model_dump_json())))
        port, kept = str(self.nav_port), str(self.folder / "company.kept")
        command = ("simulate", "nav", "--port", port, "--data", str(data), "--keep", kept, "--chaos", str(WEATHER))
        return self._program(*command, log="nav")

    def _program(self, *command: str, log: str) -> Program:
        return Program(*command, environment=self.deployment.environment, log=self.folder / f"{log}.log")


def company() -> NavData:
    items = (ItemData(no=no, base_unit="PCS", inventory=Decimal(count)) for no, count in STOCK.items())
    customers = (CustomerData(no=no, name=no) for no in ("C10000", "C40000", "C99999"))
    return NavData(items=tuple(items), customers=tuple(customers))


@contextmanager
def open_town(folder: Path) -> Iterator[Town]:
    """Start everything, and end it."""
    with ExitStack() as stack:
        cluster = stack.enter_context(running_cluster(folder / "cluster"))
        postgres = PostgresServer()
        stack.callback(postgres.close)
        town = Town(folder, cluster, postgres)
        stack.callback(town.close)
        town.open()
        yield town
