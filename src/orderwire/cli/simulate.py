"""`orderwire simulate`: stand-ins to try things with."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import SecretStr

from orderwire.config.settings import Settings
from orderwire.errors import UnavailableError

app = typer.Typer(no_args_is_help=True)


@app.callback()
def simulate() -> None:
    """Stand-ins to try things with."""


@app.command()
def nav(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 7047,
    data: Annotated[Path | None, typer.Option(help="Items, customers, orders; none: the demo's.", exists=True)] = None,
    auth: Annotated[Literal["basic", "ntlm", "both"], typer.Option()] = "both",
    latency_seconds: Annotated[float, typer.Option(min=0, help="Every call takes so much longer.")] = 0.0,
) -> None:
    """Serve a simulated Dynamics NAV over SOAP until interrupted; the first line printed is its address."""
    from orderwire.simulators.nav.server import serve

    serve(host=host, port=port, data=data, auth=auth, latency_seconds=latency_seconds, announce=_announce)


def _announce(url: str) -> None:
    typer.echo(url)
    sys.stdout.flush()


@contextmanager
def simulated_nav(settings: Settings) -> Iterator[Settings]:
    """Start the simulator as a process of its own, and give settings that point to it.

    Raises:
        UnavailableError: it did not start.
    """
    from orderwire.simulators.nav.server import DEMO_COMPANY, DEMO_PASSWORD, DEMO_USER

    command = [sys.executable, "-m", "orderwire", "simulate", "nav", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603  ourselves
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            if not url:
                raise UnavailableError("the NAV simulator did not start")
            demo = {"url": url, "company": DEMO_COMPANY, "username": DEMO_USER, "password": SecretStr(DEMO_PASSWORD)}
            yield settings.model_copy(update={"nav": settings.nav.model_copy(update={**demo, "auth": "ntlm"})})
        finally:
            process.terminate()
