"""`orderwire simulate`: stand-ins to try things with."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import httpx
import typer
from pydantic import SecretStr

from orderwire.cli.context import ConfigDir, read_settings
from orderwire.config.settings import Settings
from orderwire.errors import OrderwireError, OutageError, UnavailableError

app = typer.Typer(no_args_is_help=True)


@app.callback()
def simulate() -> None:
    """Stand-ins to try things with."""


@app.command()
def nav(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 7047,
    data: Annotated[Path | None, typer.Option(help="Items, customers, orders; none: the demo's.", exists=True)] = None,
    wsdl: Annotated[
        Path | None,
        typer.Option(help="Folder of real WSDLs: their pages are served as they are.", exists=True, file_okay=False),
    ] = None,
    auth: Annotated[Literal["basic", "ntlm", "both"], typer.Option()] = "both",
    latency_seconds: Annotated[float, typer.Option(min=0, help="Every call takes so much longer.")] = 0.0,
    slots: Annotated[
        int | None, typer.Option(min=1, help="Calls at once; NAV's own default is 5. None: no limit.")
    ] = None,
    queue: Annotated[int, typer.Option(min=0, help="Calls that may wait for a slot; others get 429.")] = 95,
    chaos: Annotated[float, typer.Option(min=0, max=1, help="Share of calls that meet a random fault.")] = 0.0,
) -> None:
    """Serve a simulated Dynamics NAV over SOAP until interrupted; the first line printed is its address."""
    from orderwire.simulators.nav.server import serve

    serve(
        host=host,
        port=port,
        data=data,
        wsdl=wsdl,
        auth=auth,
        latency_seconds=latency_seconds,
        max_concurrent=slots,
        queue_size=queue,
        chaos=chaos,
        announce=_announce,
    )


OrderNo = Annotated[str, typer.Argument(help="NAV's sales order number.")]
Parts = Annotated[
    list[str] | None, typer.Option("--line", help="NAV's line number and a quantity, 10000=5; none: all that is left.")
]


@app.command()
def ship(order_no: OrderNo, line: Parts = None, tracking: str = "", config: ConfigDir = None) -> None:
    """Post a shipment in the simulated NAV of the settings, and print its number."""
    typer.echo(post(read_settings(config), "ship", order_no, _parts(line), tracking_no=tracking))


@app.command()
def invoice(order_no: OrderNo, line: Parts = None, config: ConfigDir = None) -> None:
    """Post an invoice of what was shipped, and print its number; an order invoiced in full is gone from NAV."""
    typer.echo(post(read_settings(config), "invoice", order_no, _parts(line)))


def _parts(lines: list[str] | None) -> dict[str, str] | None:
    if lines is None:
        return None
    parts = {number: quantity for number, sign, quantity in (line.partition("=") for line in lines) if sign}
    if len(parts) != len(lines):
        raise typer.BadParameter("a line's number and a quantity are wanted: 10000=5")
    return parts


def post(settings: Settings, what: str, order_no: str, lines: dict[str, str] | None = None, **more: Any) -> str:
    """Have the simulated NAV post a document, and return its number.

    Raises:
        OutageError: no simulator answers there.
        OrderwireError: it refused.
    """
    parts = urlsplit(settings.nav.url)
    try:
        reply = httpx.post(
            f"{parts.scheme}://{parts.netloc}/simulator/{what}", json={"order_no": order_no, "lines": lines, **more}
        )
        answer = reply.json()
    except (httpx.HTTPError, ValueError) as error:
        raise OutageError("no NAV simulator answers there", url=settings.nav.url) from error
    if not reply.is_success:
        raise OrderwireError(answer["error"], order_no=order_no)
    return str(next(iter(answer.values())))


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
