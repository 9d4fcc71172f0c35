"""`orderwire backup`: a copy of the store taken in full flight, put back, and made fit to go on."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderwire import __version__
from orderwire.cli.context import ConfigDir, read_settings, services_of, who
from orderwire.cli.output import out
from orderwire.errors import ConfigurationError

if TYPE_CHECKING:
    from orderwire.bootstrap.services import Services

app = typer.Typer(no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="The backup's folder.", file_okay=False)]
Days = Annotated[
    float | None, typer.Option(min=0, help="Look at events of so many days; else of all that the inbox still knows.")
]


@app.command()
def take(folder: Folder, config: ConfigDir = None) -> None:
    """Copy the SQLite store and the configuration into a new folder, while everything runs."""
    from orderwire.store import backup

    with services_of(config) as services:
        backup.take(services.settings, folder, _about(services))
    out.print(f"Backed up to {folder}", markup=False)


@app.command()
def restore(folder: Folder, config: ConfigDir = None) -> None:
    """Put the copy where no store is, and send what was on its way when it was taken on its way again."""
    from orderwire.store import backup

    about = backup.put_back(read_settings(config), folder)
    with services_of(config) as services:
        with services.store.read() as tx:
            last = next(iter(tx.audit.find(limit=1)), None)
        if about.get("audit") != (last.digest if last else None):
            raise ConfigurationError("the audit does not end as the backup says it does")
        _settle(services, None, f"backup of {about.get('taken_at')} put back")


@app.command()
def settle(days: Days = None, config: ConfigDir = None) -> None:
    """Send what was published and done by nobody on its way again: after pg_restore, or when a broker lost its data."""
    with services_of(config) as services:
        _settle(services, days, "settled from the command line")


def _settle(services: "Services", days: float | None, why: str) -> None:
    services.transport.declare()
    # A mark is kept as long as the event that it is of, and a day less is certain.
    kept = max(services.settings.retention.events_days - 1, 0)
    since = services.clock() - timedelta(days=kept if days is None else min(days, kept))
    sent = services.restoration.settle(since, who=who(), why=why)
    out.print(f"The audit is whole. On their way again: {sent} events.")


def _about(services: "Services") -> dict[str, Any]:
    with services.store.read() as tx:
        last = next(iter(tx.audit.find(limit=1)), None)
    return {"orderwire": __version__, "taken_at": services.clock().isoformat(), "audit": last.digest if last else None}
