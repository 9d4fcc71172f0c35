"""Orderwire, NAV, the demo shop and the virtual buyer's site in this process, each on a port of its own."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from starlette.types import ASGIApp

from orderwire.bootstrap.services import Services, build
from orderwire.bootstrap.worker import build_worker
from orderwire.config.settings import Settings, load_settings
from orderwire.ports.clock import system_clock
from orderwire.simulators.buyer.documents import Pen
from orderwire.simulators.buyer.play import DEMO_SECRET, Buyer
from orderwire.simulators.buyer.site import Mailbox, create_site
from orderwire.simulators.buyer.suite import suites
from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.server import DEMO_PASSWORD, NavSimulator
from orderwire.simulators.shop.app import create_shop
from orderwire.web.app import create_app
from orderwire.web.serve import BackgroundServer
from services.deployment import BRISK, ROOT
from services.ports import free_port

PARTNER: Final = "officeworks"


class MovedClock:
    """A clock that tests put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> Any:
        return system_clock() + self.ahead


@dataclass
class Street:
    """All of it. The buyer is at another site (localhost) than Orderwire and the shop (127.0.0.1)."""

    services: Services
    nav: NavSimulator
    mailbox: Mailbox
    clock: MovedClock
    orderwire: str
    shop: str
    site: str
    config_dir: Path

    def buyer(self, suite: str = "coupa") -> Buyer:
        return Buyer(Pen(suites()[suite], DEMO_SECRET), self.mailbox, self.site, self.orderwire)

    @contextmanager
    def profile(self, texts: Mapping[str, str]) -> Iterator[None]:
        """Change words of the partner's profile for a while."""
        file = self.config_dir / "partners" / PARTNER / "partner.yaml"
        before = file.read_text()
        after = before
        for old, new in texts.items():
            assert old in before
            after = after.replace(old, new)
        _put(file, after)
        try:
            yield
        finally:
            _put(file, before)


@contextmanager
def opened(folder: Path) -> Iterator[Street]:
    """Start it all."""
    with ExitStack() as stack:
        nav = stack.enter_context(NavSimulator(NavData.demo()))
        ports = {"8080": free_port(), "8090": free_port(), "8091": free_port()}
        config_dir = _configured(folder, ports)
        clock = MovedClock()
        services = build(_settings(folder, config_dir, nav, ports["8080"]), clock=clock)
        stack.callback(services.close)
        services.transport.declare()
        worker = build_worker(services)
        mailbox = Mailbox()
        orderwire = _serve(stack, create_app(services), ports["8080"])
        shop = _serve(stack, create_shop(orderwire), ports["8090"])
        _serve(stack, create_site(mailbox), ports["8091"])
        worker.start()
        stack.callback(worker.stop)
        yield Street(services, nav, mailbox, clock, orderwire, shop, f"http://localhost:{ports['8091']}", config_dir)


def _put(file: Path, text: str) -> None:
    """Replace a file whole: nobody reads half of it."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


def _serve(stack: ExitStack, app: ASGIApp, port: int) -> str:
    server = BackgroundServer(app, "127.0.0.1", port)
    url = server.start()
    stack.callback(server.stop)
    return url


def _configured(folder: Path, ports: dict[str, int]) -> Path:
    """Copy the demo's configuration, with free ports; the buyer's site is called localhost."""
    config_dir = folder / "config"
    shutil.copytree(ROOT / "config", config_dir)
    for file in (config_dir / "orderwire.yaml", config_dir / "partners" / PARTNER / "partner.yaml"):
        text = file.read_text().replace("127.0.0.1:8091", "localhost:8091")
        file.write_text(re.sub(r"(127\.0\.0\.1|localhost):(80\d\d)", lambda m: f"{m[1]}:{ports.get(m[2], m[2])}", text))
    return config_dir


def _settings(folder: Path, config_dir: Path, nav: NavSimulator, port: int) -> Settings:
    environment = {
        **BRISK,
        "ORDERWIRE_CONFIG_DIR": str(config_dir),
        "ORDERWIRE_DATA_DIR": str(folder / "var"),
        "ORDERWIRE_STORE__URL": f"sqlite:///{folder}/orderwire.db",
        "ORDERWIRE_NAV__URL": nav.url,
        "ORDERWIRE_NAV__PASSWORD": DEMO_PASSWORD,
        "ORDERWIRE_NAV__CREDENTIALS_PAUSE_SECONDS": "1",
        "ORDERWIRE_API__PORT": str(port),
    }
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        return load_settings()
    finally:
        os.environ.clear()
        os.environ.update(before)
