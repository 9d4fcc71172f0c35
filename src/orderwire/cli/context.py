"""How a command gets at the deployment: settings, and services that are closed again."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orderwire.cli.loading import loading
from orderwire.errors import ConfigurationError

if TYPE_CHECKING:
    from orderwire.bootstrap.services import Services
    from orderwire.config.settings import Settings

#: The option that every command with a deployment has.
ConfigDir = Annotated[
    Path | None,
    typer.Option("--config", help="Configuration folder; ORDERWIRE_CONFIG_DIR, else ./config.", file_okay=False),
]


def read_settings(config: Path | None, **overrides: object) -> "Settings":
    """Read the settings, from the folder that the command line names if it names one."""
    from orderwire.config.settings import load_settings

    if config is not None:
        overrides["config_dir"] = config
    return load_settings(**overrides)


def need_folder(settings: "Settings") -> None:
    """Refuse to check the files of a folder that is not there: none of them would be wrong.

    Raises:
        ConfigurationError: there is none.
    """
    if not settings.config_dir.is_dir():
        raise ConfigurationError("there is no configuration folder", path=str(settings.config_dir))


@contextmanager
def services_of(config: Path | None, *, quiet: bool = True) -> Iterator["Services"]:
    """Open the deployment's services; a one-off command logs warnings only, and to standard error."""
    with loading():
        from orderwire.bootstrap.services import build
        from orderwire.telemetry.logging import set_up_logging

    settings = read_settings(config)
    set_up_logging(level="warning" if quiet else settings.log.level, form=settings.log.format)
    services = build(settings)
    try:
        yield services
    finally:
        services.close()


def who() -> str:
    """Return how the audit names somebody at the command line."""
    return f"cli:{getpass.getuser()}"
