"""`orderwire simulate`: stand-ins to try things with."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

import typer

from orderwire.cli.context import ConfigDir, read_settings
from orderwire.cli.output import Json, emit
from orderwire.cli.waiting import until_told
from orderwire.errors import OrderwireError, OutageError, UnavailableError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from orderwire.config.settings import Settings

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
    auth: Annotated[Literal["basic", "ntlm", "both", "bearer"], typer.Option()] = "both",
    latency_seconds: Annotated[float, typer.Option(min=0, help="Every call takes so much longer.")] = 0.0,
    slots: Annotated[
        int | None, typer.Option(min=1, help="Calls at once; NAV's own default is 5. None: no limit.")
    ] = None,
    queue: Annotated[int, typer.Option(min=0, help="Calls that may wait for a slot; others get 429.")] = 95,
    chaos: Annotated[float, typer.Option(min=0, max=1, help="Share of calls that meet a random fault.")] = 0.0,
    keep: Annotated[
        Path | None,
        typer.Option(help="Keep here what is committed, over a restart and a kill.", dir_okay=False),
    ] = None,
    *,
    gateway: Annotated[bool, typer.Option("--gateway", help="Publish the gateway codeunit of config/nav.")] = False,
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
        gateway_codeunit=gateway,
        kept=keep,
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


def post(settings: "Settings", what: str, order_no: str, lines: dict[str, str] | None = None, **more: Any) -> str:
    """Have the simulated NAV post a document, and return its number.

    Raises:
        OutageError: no simulator answers there.
        OrderwireError: it refused.
    """
    import httpx

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


@app.command()
def shop(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8090,
    orderwire: Annotated[str, typer.Option(help="Orderwire's address.")] = "http://127.0.0.1:8080",
    key: Annotated[str | None, typer.Option(help="The shop's API key; none: the demo's.")] = None,
) -> None:
    """Serve a demo webshop behind punch-out until interrupted; the first line printed is its address."""
    from orderwire.simulators.shop.app import DEMO_SHOP_KEY, create_shop

    with _served(create_shop(orderwire.rstrip("/"), key or DEMO_SHOP_KEY), host, port) as url:
        _announce(url)
        until_told()


@app.command()
def buyer(
    *,
    suite: Annotated[str, typer.Option(help="coupa, ariba, jaggaer, oracle or sap; all: one after the other.")] = "all",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The partner's return_origins name it.")] = 8091,
    orderwire: Annotated[str, typer.Option(help="Orderwire's address.")] = "http://127.0.0.1:8080",
    wait_seconds: Annotated[float, typer.Option(min=0, help="For the confirmation of an order.")] = 30,
    json: Json = False,
) -> None:
    """Play a buyer with the habits of a procurement system: shop, edit, look, cancel, order, change. Exit 1: it failed.

    Needs Orderwire, its worker, NAV and the demo shop running.
    """
    from orderwire.simulators.buyer.documents import Pen
    from orderwire.simulators.buyer.play import DEMO_SECRET, Buyer
    from orderwire.simulators.buyer.site import Mailbox, create_site
    from orderwire.simulators.buyer.suite import suites

    known = suites()
    chosen = list(known) if suite == "all" else [suite]
    if not set(chosen) <= set(known):
        raise typer.BadParameter(f"there are {', '.join(known)}", param_hint="--suite")
    mailbox, rows = Mailbox(), []
    with _served(create_site(mailbox), host, port) as url:
        for name in chosen:
            one = Buyer(Pen(known[name], DEMO_SECRET), mailbox, url, orderwire.rstrip("/"), wait_seconds=wait_seconds)
            rows += [{"suite": name, **asdict(seen)} for seen in one.play()]
    emit(rows, ("suite", "step", "passed", "detail"), as_json=json)
    if not all(row["passed"] for row in rows):
        raise typer.Exit(1)


@contextmanager
def _served(app: "ASGIApp", host: str, port: int) -> Iterator[str]:
    from orderwire.web.serve import BackgroundServer

    server = BackgroundServer(app, host, port)
    url = server.start()
    try:
        yield url
    finally:
        server.stop()


def _announce(url: str) -> None:
    typer.echo(url)
    sys.stdout.flush()


@contextmanager
def simulated_nav(settings: "Settings") -> Iterator["Settings"]:
    """Start the simulator as a process of its own, and give settings that point to it.

    Raises:
        UnavailableError: it did not start.
    """
    from pydantic import SecretStr

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
