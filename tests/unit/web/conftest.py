"""The app over a store in a file; broker and ERP are fakes that can be away. Nothing listens: calls go to the app."""

import asyncio
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from orderwire.bootstrap.services import Services
from orderwire.canonical.envelope import Event
from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.config.partners import Partners
from orderwire.config.settings import Settings
from orderwire.connectors.api import connector as api
from orderwire.errors import OrderwireError, OutageError, UnavailableError
from orderwire.pipeline.decode import Decode
from orderwire.pipeline.outbox import Dispatcher
from orderwire.pipeline.receive import Receiver
from orderwire.ports.clock import no_checkpoint, system_clock
from orderwire.ports.erp import ErpItem
from orderwire.ports.intake import Connector
from orderwire.ports.journal import DocumentQuery
from orderwire.ports.queue import QueueDepth
from orderwire.queue.topology import Topology
from orderwire.store.store import open_store
from orderwire.telemetry.metrics import Metrics
from orderwire.web.app import create_app
from records import NOON

KEYS = {"acme": "acme-key", "rival": "rival-key"}


class FakeTransport:
    """Takes events, or is away."""

    def __init__(self) -> None:
        self.away = False
        self.published: list[Event] = []

    def publish(self, events: Sequence[Event]) -> None:
        if self.away:
            raise UnavailableError("the broker did not confirm in time", host="secret-broker")
        self.published += events

    def depths(self) -> list[QueueDepth]:
        if self.away:
            raise UnavailableError("no broker")
        return [QueueDepth("ow.fulfil", 7, 2)]

    def check(self) -> list[str]:
        return ["ow.fulfil: is not there"]


@dataclass
class FakeErp:
    """Knows a few figures, or raises."""

    error: OrderwireError | None = None
    figures: dict[str, StockFigure] = field(default_factory=dict)
    gtins: dict[str, str] = field(default_factory=dict)
    asked: list[set[StockKey]] = field(default_factory=list)
    until: date | None = None

    def ping(self) -> None:
        if self.error:
            raise self.error

    def stock(self, keys: Collection[StockKey], until: date | None = None) -> Mapping[StockKey, StockFigure]:
        self.ping()
        self.asked.append(set(keys))
        self.until = until
        return {key: self.figures[key.item_no] for key in keys if key.item_no in self.figures}

    def items_by_gtin(self, gtins: Collection[str]) -> Mapping[str, ErpItem]:
        self.ping()
        return {code: ErpItem(self.gtins[code], "", "PCS") for code in gtins if code in self.gtins}


class Site:
    """An app, and what it stands on."""

    def __init__(self, services: Services, transport: FakeTransport, erp: FakeErp, app: FastAPI) -> None:
        self.services, self.transport, self.erp, self.app = services, transport, erp, app

    def call(self, method: str, path: str, *, partner: str | None = "acme", **request: Any) -> httpx.Response:
        """Call the app as a partner."""
        headers = {"X-Api-Key": KEYS[partner]} if partner else {}
        request["headers"] = headers | request.get("headers", {})

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://orderwire.test") as client:
                return await client.request(method, path, **request)

        return asyncio.run(send())

    def decode(self) -> None:
        """Run the decode flow over what was taken in."""
        decoders = api.connect(self.services.settings).decoders
        flow = Decode(self.services.store, decoders, decoders, self.services.partners, NOW)
        for event in list(self.transport.published):
            commit = flow(event)
            with self.services.store.begin() as tx:
                commit(tx)

    def documents(self, kind: str) -> list[str]:
        """Return the ids of documents of a kind."""
        with self.services.store.begin() as tx:
            return [document.id for document in tx.journal.find(DocumentQuery(kind=kind))]

    def files(self) -> int:
        """Return how many documents were taken in."""
        return len(self.documents("file"))


def NOW() -> Any:  # noqa: N802  a clock that stands still
    return NOON


def add_partner(config: Path, key: str, api_key: str | None, *, edi: bool = True) -> None:
    folder = config / "partners" / key
    folder.mkdir(parents=True)
    text = f"name: {key}\ncustomer_no: C1\nlocation: EAST\n"
    if api_key is not None:
        text += f"api:\n  key_sha256: {hashlib.sha256(api_key.encode()).hexdigest()}\n"
    if edi:
        text += 'edi:\n  identifiers: [{id: "1"}]\n  ours: {id: "2"}\n'
    (folder / "partner.yaml").write_text(text, encoding="utf-8")


Build = Callable[..., Site]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Make an app with its own settings."""
    closing = []

    def make(**sections: Any) -> Site:
        for key, secret in KEYS.items():
            add_partner(tmp_path / "config", key, secret)
        sections = {"api": {"wait_seconds": 0.05}, **sections}
        url = f"sqlite:///{tmp_path}/orderwire.db"
        settings = Settings(config_dir=tmp_path / "config", data_dir=tmp_path, store={"url": url}, **sections)
        store = open_store(settings)
        closing.append(store)
        store.migrate()
        transport, erp = FakeTransport(), FakeErp()
        queue: Any = transport  # a fake of what is used
        nav: Any = erp  # likewise
        dispatcher = Dispatcher(store, queue, system_clock)
        limit = settings.limits.max_document_bytes
        receiver = Receiver(store, dispatcher.announce, system_clock, limit, no_checkpoint)
        services = Services(
            settings, Partners(settings.config_dir), store, queue, lambda: [Connector("fake", erp=nav)], dispatcher,
            receiver, Metrics(), system_clock, Topology(),
        )  # fmt: skip
        return Site(services, transport, erp, create_app(services))

    yield make
    for store in closing:
        store.close()


@pytest.fixture
def site(build: Build) -> Site:
    return build()


class BrokenStore:
    """A store that cannot be reached."""

    def begin(self) -> Any:
        raise UnavailableError("the database did not answer", database="postgresql", cause="host db.internal")


def without_store(site: Site) -> Site:
    """Return the same site, its store away."""
    store: Any = BrokenStore()
    services = replace(site.services, store=store, receiver=replace(site.services.receiver, store=store))
    return Site(services, site.transport, site.erp, create_app(services))


NAV_AWAY = OutageError("NAV does not answer", url="http://nav.internal:7047")
