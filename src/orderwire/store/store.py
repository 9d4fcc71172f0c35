"""The store: transactions and the sequence, on SQLite or PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager

from orderwire.config.settings import Settings
from orderwire.ports.clock import Clock, system_clock
from orderwire.store.engine import Database, connect
from orderwire.store.migration import migrate
from orderwire.store.sequence import draw
from orderwire.store.statements import Statements
from orderwire.store.transaction import SqlTransaction


class SqlStore:
    def __init__(self, database: Database, clock: Clock = system_clock) -> None:
        self._database = database
        self._clock = clock

    @contextmanager
    def begin(self, *, lasting: bool = True) -> Iterator[SqlTransaction]:
        """Open a transaction: committed on leaving, rolled back when the block raises; `lasting` waits for the disk."""
        with self._database.begin(lasting=lasting) as connection:
            transaction = SqlTransaction(connection, self._clock)
            yield transaction
            transaction.flush()

    @contextmanager
    def read(self) -> Iterator[SqlTransaction]:
        """Open a transaction that sees one moment, writes nothing, and holds nobody up."""
        with self._database.look() as connection:
            yield SqlTransaction(connection, self._clock)

    def next_sequence(self) -> int:
        """Draw from the database's one sequence, outside any transaction: later draws are larger."""
        with self._database.outside() as connection:
            return draw(Statements(connection))

    def migrate(self) -> None:
        """Bring the schema to this version. Safe to repeat, and from several processes at once.

        Raises:
            ConfigurationError: the database was made by a later version.
        """
        with self._database.begin() as connection:
            migrate(connection)

    def close(self) -> None:
        self._database.close()


def open_store(settings: Settings, clock: Clock = system_clock) -> SqlStore:
    """Open the store of the settings; it connects at the first use.

    Raises:
        ConfigurationError: `store.url` is wrong.
    """
    return SqlStore(connect(settings.store), clock)
