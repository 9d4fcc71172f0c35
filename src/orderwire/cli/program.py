"""The program `orderwire`: its commands, and its exit codes.

0 done · 1 failed, or found what it looked for to be wrong · 2 wrong usage or configuration · 3 something needed did
not answer
"""

import sys
from typing import Annotated, Final

import typer

from orderwire import __version__
from orderwire.cli import demo, edi, ledger, messages, nav, orders, parked, partner, process, queue, send, simulate
from orderwire.cli.output import complain
from orderwire.errors import ConfigurationError, OrderwireError, OutageError, TransientError

#: Exit codes by the kind of failure.
FAILED: Final = 1
WRONG_USAGE: Final = 2
NO_ANSWER: Final = 3

app = typer.Typer(
    name="orderwire",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("up")(process.up)
app.command("serve")(process.serve)
app.command("work")(process.work)
app.command("send")(send.send)
app.add_typer(orders.app, name="orders", help="Purchase orders and their answers.")
app.add_typer(messages.app, name="messages", help="Every document, in and out.")
app.add_typer(ledger.app, name="ledger", help="Acknowledgements owed and awaited.")
app.add_typer(parked.app, name="parked", help="What a person must decide.")
app.add_typer(edi.app, name="edi", help="EDIFACT files.")
app.add_typer(nav.app, name="nav", help="Dynamics NAV.")
app.add_typer(queue.app, name="queue", help="The broker's topology.")
app.add_typer(partner.app, name="partner", help="Partner profiles.")
app.add_typer(simulate.app, name="simulate", help="Stand-ins to try things with.")


def _version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"orderwire {__version__}")
        raise typer.Exit


@app.callback()
def program(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=lambda asked: _version(asked=asked), is_eager=True)
    ] = False,
) -> None:
    """Between a supplier's buyers (EDIFACT, cXML, REST) and its Microsoft Dynamics NAV."""


def main() -> None:
    """Run the program; an error of ours ends in a sentence and an exit code, not in a stack trace."""
    try:
        app()
    except ConfigurationError as error:
        complain(error)
        sys.exit(WRONG_USAGE)
    except (TransientError, OutageError) as error:
        complain(error)
        sys.exit(NO_ANSWER)
    except OrderwireError as error:
        complain(error)
        sys.exit(FAILED)
