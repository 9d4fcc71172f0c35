"""`orderwire user`: who may use the console, and the tokens of programs."""

import getpass
import sys
from typing import Annotated

import typer

from orderwire.cli.context import ConfigDir, services_of, who
from orderwire.cli.output import Json, emit, out
from orderwire.errors import ConfigurationError
from orderwire.pipeline.access import scope_of
from orderwire.ports.access import Permission, Role

app = typer.Typer(no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The user's name.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking.")
]


@app.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="viewer looks; operator replays; editor mends; admin manages users.")],
    partner: Annotated[list[str] | None, typer.Option(help="Only these partners; repeatable. None: all.")] = None,
    config: ConfigDir = None,
    *,
    password_stdin: FromStdin = False,
) -> None:
    """Add a user of the console."""
    password = _password(from_stdin=password_stdin)
    with services_of(config) as services:
        services.accounts.add(name, password, role, partner or [], who=who())
    out.print(f"{name} may log in.", markup=False)


@app.command("list")
def list_(config: ConfigDir = None, *, as_json: Json = False) -> None:
    """List the users."""
    with services_of(config) as services, services.store.read() as tx:
        rows = [
            {"name": user.name, "role": user.role.value, "partners": scope_of(user), "disabled": user.disabled}
            for user in tx.users.all()
        ]
    emit(rows, ("name", "role", "partners", "disabled"), as_json=as_json, empty="No users: `orderwire user add`.")


@app.command()
def disable(name: Name, config: ConfigDir = None) -> None:
    """Log a user out everywhere, end its tokens, and let it in no more."""
    with services_of(config) as services:
        with services.store.read() as tx:
            user = tx.users.get(name)
        if user is None:
            raise ConfigurationError("no such user", name=name)
        services.accounts.change(name, role=user.role, partners=user.partners, disabled=True, who=who())
    out.print(f"{name} is disabled.", markup=False)


@app.command()
def password(name: Name, config: ConfigDir = None, *, password_stdin: FromStdin = False) -> None:
    """Set a user's password, and log the user out everywhere."""
    new = _password(from_stdin=password_stdin)
    with services_of(config) as services:
        services.accounts.set_password(name, new, who=who())
    out.print(f"{name} has a new password.", markup=False)


@app.command()
def token(
    name: Name,
    scope: Annotated[list[Permission], typer.Option(help="What it is for; repeatable.")],
    label: Annotated[str, typer.Option(help="What stands in the audit beside the user.")] = "token",
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it holds.")] = 365,
    config: ConfigDir = None,
) -> None:
    """Print a new API token for a user; it is shown this once."""
    with services_of(config) as services:
        secret = services.accounts.add_token(name, label, scope, days, who=who())
    typer.echo(secret)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Again: "):
        raise ConfigurationError("these were two different passwords")
    return first
