"""`orderwire up`, `serve`, `work`: the long-running processes."""

from typing import Annotated

import typer

from orderwire.cli.context import ConfigDir
from orderwire.cli.loading import loading

Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Listen here; api.port otherwise.")]


def up(
    config: ConfigDir = None,
    port: Port = None,
    *,
    simulate_nav: Annotated[bool, typer.Option("--simulate-nav", help="Start a simulated NAV beside it.")] = False,
) -> None:
    """Run everything in one process: web, inlets and workers. For one machine, and for trying it."""
    with loading():
        from orderwire.cli.running import run_up

    run_up(config, port, simulate_nav=simulate_nav)


def serve(config: ConfigDir = None, port: Port = None) -> None:
    """Run the web side and the inlets: REST API, health, metrics, partner folders. Waits for a store that is away."""
    with loading():
        from orderwire.cli.running import run_serve

    run_serve(config, port)


def work(config: ConfigDir = None) -> None:
    """Run the workers, as many as you like, on any number of machines. Waits for a store or a broker that is away."""
    with loading():
        from orderwire.cli.running import run_work

    run_work(config)
