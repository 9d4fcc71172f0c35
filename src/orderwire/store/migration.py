"""Migrations: brings a database's schema to this version."""

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text

from orderwire.errors import ConfigurationError

if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS: Final = Path(__file__).parent / "migrations"
#: PostgreSQL's advisory lock for migrating, held to the end of the transaction.
_LOCK_NO: Final = 0x0A0D1E
_WAIT: Final = "10min"
#: Alembic keeps the migration it is running in a global.
_one_at_a_time: Final = Lock()


def migrate(connection: Connection) -> None:
    """Bring the schema to this version, all or nothing, in the transaction the connection is in.

    Raises:
        ConfigurationError: the database was made by a later version.
    """
    if connection.dialect.name == "postgresql":  # SQLite's transaction is the lock
        connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT}'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NO})
    if _stands(connection):
        return
    from alembic import command  # loads slowly, and a schema seldom changes
    from alembic.util import CommandError

    with _one_at_a_time:
        try:
            command.upgrade(alembic_config(connection), "head")
        except CommandError as error:
            raise ConfigurationError("the database is of another version", cause=str(error)) from error


def _stands(connection: Connection) -> bool:
    """Whether the schema is of this version already: that of the last file in `versions`."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    newest = max(path.name for path in (_SCRIPTS / "versions").glob("v*.py"))
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return [newest[1:5]] == list(revision)


def alembic_config(connection: Connection) -> "Config":
    """Return the configuration for any Alembic command on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
