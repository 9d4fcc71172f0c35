"""What the long-running processes do: each part of them is a context, entered when what it needs has arrived."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orderwire.bootstrap.alerts import alert_chores
from orderwire.bootstrap.services import Services, assemble
from orderwire.cli.context import read_settings
from orderwire.cli.loading import loading
from orderwire.cli.output import err
from orderwire.cli.reload import Part, Parts
from orderwire.cli.simulate import simulated_nav
from orderwire.cli.waiting import arrived, to_be_told
from orderwire.config.settings import Settings
from orderwire.telemetry.logging import set_up_logging

if TYPE_CHECKING:
    from fastapi import FastAPI

    from orderwire.web.serve import BackgroundServer

#: For a notice that is on its way when the process ends; it is tried again by another.
_PATIENCE_SECONDS: Final = 5.0


def run_up(config: Path | None, port: int | None, *, simulate_nav: bool) -> None:
    """Run everything in this process."""
    read = partial(read_settings, config)
    settings, told = read(), to_be_told()
    with simulated_nav(settings) if simulate_nav else nullcontext(settings) as chosen:
        # The simulator has an address of its own, which no file knows.
        again = (lambda: read().model_copy(update={"nav": chosen.nav})) if simulate_nav else read
        _served(chosen, port, told, again, _workers)


def run_serve(config: Path | None, port: int | None) -> None:
    """Run the web side and the inlets."""
    read = partial(read_settings, config)
    _served(read(), port, to_be_told(), read)


def run_work(config: Path | None) -> None:
    """Run the workers."""
    read = partial(read_settings, config)
    settings, told = read(), to_be_told()
    with _services(settings) as services, _metrics(services), Parts(services, read) as parts:
        if not arrived("store", services.store.migrate, told):
            return
        parts.start(_alerts)
        if not arrived("broker", services.transport.declare, told):
            return
        parts.start(_workers)
        err.print("orderwire work: ready")
        parts.until_told(told)


def _served(
    settings: Settings, port: int | None, told: threading.Event, read: Callable[[], Settings], *more: Part
) -> None:
    """Run the web side, the inlets and what else there is, in the order in which others arrive."""
    with (
        _services(settings) as services,
        _web(services, port) as (web, routes),
        Parts(services, read) as parts,
        ExitStack() as ending,
    ):
        if arrived("store", services.store.migrate, told):
            parts.start(routes)
            parts.start(_intake)
            parts.start(_alerts)
            err.print(f"orderwire listens on {web.url}", markup=False)
        if arrived("broker", services.transport.declare, told):
            for part in more:
                parts.start(part)
            ending.callback(web.stop)  # requests in hand may wait for what the rest does
        parts.until_told(told)


@contextmanager
def _services(settings: Settings) -> Iterator[Services]:
    set_up_logging(level=settings.log.level, form=settings.log.format)
    with loading():
        services = assemble(settings)
    try:
        yield services
    finally:
        services.close()


@contextmanager
def _workers(services: Services) -> Iterator[None]:
    with loading():
        from orderwire.bootstrap.worker import build_worker

        worker = build_worker(services)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


@contextmanager
def _alerts(services: Services) -> Iterator[None]:
    stopping = threading.Event()
    threads = [
        threading.Thread(target=chore.run, args=(stopping,), name=chore.name, daemon=True)
        for chore in alert_chores(services)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join(_PATIENCE_SECONDS)


@contextmanager
def _intake(services: Services) -> Iterator[None]:
    intake = services.intake
    intake.start()
    try:
        yield
    finally:
        intake.stop()


@contextmanager
def _web(services: Services, port: int | None) -> Iterator[tuple["BackgroundServer", Part]]:
    """Listen at once: whoever asks for health is told what is away, and everybody else to come again."""
    with loading():
        from orderwire.web.app import create_app
        from orderwire.web.serve import BackgroundServer

        app = create_app(services)
    api = services.settings.api
    server = BackgroundServer(app, api.host, api.port if port is None else port)
    server.start()
    try:
        yield server, partial(_routes, app)
    finally:
        server.stop()


@contextmanager
def _routes(app: "FastAPI", services: Services) -> Iterator[None]:
    from orderwire.web.app import renew

    renew(app, services)
    yield


@contextmanager
def _metrics(services: Services) -> Iterator[None]:
    settings = services.settings.metrics
    if settings.port is None:
        yield
        return
    from orderwire.telemetry.metrics import served

    with served(services.metrics, settings.host, settings.port):
        yield
