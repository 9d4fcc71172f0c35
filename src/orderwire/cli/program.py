"""The program `orderwire`: its commands, and its exit codes.

0 done · 1 failed, or found what it looked for to be wrong · 2 wrong usage or configuration · 3 something needed did
not answer
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command_from_info, get_group_from_info
from typer.models import CommandInfo, TyperInfo

from orderwire import __version__
from orderwire.cli.output import complain
from orderwire.errors import ConfigurationError, OrderwireError, OutageError, TransientError

#: Exit codes by the kind of failure.
FAILED: Final = 1
WRONG_USAGE: Final = 2
NO_ANSWER: Final = 3
_LOOKS: Final[Mapping[str, Any]] = {"pretty_exceptions_short": True, "rich_markup_mode": None}

#: Command → the module here that has it, as a function of that name.
COMMANDS: Final[Mapping[str, str]] = {
    "demo": "demo",
    "up": "process",
    "serve": "process",
    "work": "process",
    "send": "send",
    "tail": "watch",
    "top": "watch",
    "doctor": "doctor",
}
#: Noun → what its commands are about; they are the `app` of the module of that name here.
NOUNS: Final[Mapping[str, str]] = {
    "orders": "Purchase orders and their answers.",
    "messages": "Every document, in and out.",
    "ledger": "Acknowledgements owed and awaited.",
    "parked": "What a person must decide.",
    "alerts": "What is wrong, and who is told of it.",
    "replay": "Many parked messages again, at a pace.",
    "edi": "EDIFACT files.",
    "cxml": "cXML documents.",
    "nav": "Dynamics NAV.",
    "queue": "The broker's topology.",
    "partner": "Partner profiles.",
    "config": "The configuration's files.",
    "user": "Who may use the console.",
    "backup": "Copies of the store, and going on after a restore.",
    "simulate": "Stand-ins to try things with.",
}


class Commands(TyperGroup):
    """Loads only the command that is called, so that it starts fast."""

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return [*COMMANDS, *NOUNS]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List them by what is known here: the nouns need not be loaded to say what they are about."""
        room = formatter.width - 6 - max(map(len, (*COMMANDS, *NOUNS)))
        commands = {name: self.get_command(ctx, name).get_short_help_str(room) for name in COMMANDS}
        with formatter.section("Commands"):
            formatter.write_dl([*commands.items(), *NOUNS.items()])

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        if cmd_name in NOUNS:
            noun = TyperInfo(_module(cmd_name).app, name=cmd_name, help=NOUNS[cmd_name])
            return get_group_from_info(noun, **_LOOKS, suggest_commands=True)
        if cmd_name in COMMANDS:
            function = getattr(_module(COMMANDS[cmd_name]), cmd_name)
            return get_command_from_info(CommandInfo(name=cmd_name, callback=function), **_LOOKS)
        return None


def _module(name: str) -> Any:
    return import_module(f"orderwire.cli.{name}")


app = typer.Typer(
    name="orderwire",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


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
