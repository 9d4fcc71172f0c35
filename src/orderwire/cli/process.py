"""`orderwire up`, `serve`, `work`: the long-running processes."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Annotated

import typer

from orderwire.bootstrap import Intake, Services, build, build_worker
from orderwire.cli.context import ConfigDir, read_settings
from orderwire.cli.output import err
from orderwire.cli.simulate import simulated_nav
from orderwire.cli.waiting import until_told
from orderwire.config.settings import Settings
from orderwire.telemetry.logging import set_up_logging
from orderwire.telemetry.metrics import served

Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Listen here; api.port otherwise.")]


def up(
    config: ConfigDir = None,
    port: Port = None,
    *,
    simulate_nav: Annotated[bool, typer.Option("--simulate-nav", help="Start a simulated NAV beside it.")] = False,
) -> None:
    """Run everything in one process: web, inlets and workers. For one machine, and for trying it."""
    settings = read_settings(config)
    with (
        simulated_nav(settings) if simulate_nav else nullcontext(settings) as chosen,
        _services(chosen) as services,
        _intake(services),
        _workers(services),
        _web(services, port),
    ):
        until_told()


def serve(config: ConfigDir = None, port: Port = None) -> None:
    """Run the web side and the inlets: REST API, health, metrics, partner folders."""
    with _services(read_settings(config)) as services, _intake(services), _web(services, port):
        until_told()


def work(config: ConfigDir = None) -> None:
    """Run the workers. Start as many of these as you like, on any number of machines."""
    with _services(read_settings(config)) as services, _workers(services), _metrics(services):
        err.print("orderwire work: ready")
        until_told()


@contextmanager
def _services(settings: Settings) -> Iterator[Services]:
    set_up_logging(level=settings.log.level, form=settings.log.format)
    services = build(settings)
    services.transport.declare()
    try:
        yield services
    finally:
        services.close()


@contextmanager
def _workers(services: Services) -> Iterator[None]:
    worker = build_worker(services)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


@contextmanager
def _intake(services: Services) -> Iterator[None]:
    intake = Intake(services)
    intake.start()
    try:
        yield
    finally:
        intake.stop()


@contextmanager
def _web(services: Services, port: int | None) -> Iterator[None]:
    from orderwire.web.app import create_app
    from orderwire.web.serve import BackgroundServer

    api = services.settings.api
    server = BackgroundServer(create_app(services), api.host, api.port if port is None else port)
    err.print(f"orderwire listens on {server.start()}", markup=False)
    try:
        yield
    finally:
        server.stop()


@contextmanager
def _metrics(services: Services) -> Iterator[None]:
    settings = services.settings.metrics
    if settings.port is None:
        yield
        return
    with served(services.metrics, settings.host, settings.port):
        yield
