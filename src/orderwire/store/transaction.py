"""One transaction, and the tables in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from orderwire.ports.clock import Clock
from orderwire.store.access import SqlAttempts, SqlSessions, SqlTokens, SqlUsers
from orderwire.store.alerts import SqlAlerts
from orderwire.store.archive import SqlArchive
from orderwire.store.audit import SqlAudit
from orderwire.store.care import SqlCare
from orderwire.store.changes import SqlChanges
from orderwire.store.exchanges import SqlExchanges
from orderwire.store.failure_groups import SqlFailures
from orderwire.store.failures import translated
from orderwire.store.following import SqlFollowing
from orderwire.store.holds import SqlHolds
from orderwire.store.inbox import SqlInbox
from orderwire.store.journal import SqlJournal
from orderwire.store.ledger import SqlLedger
from orderwire.store.orders import SqlOrders
from orderwire.store.outbox import SqlOutbox
from orderwire.store.overview import SqlOverview, SqlWorkers
from orderwire.store.parked import SqlParkingLot
from orderwire.store.punchouts import SqlPunchouts
from orderwire.store.runs import SqlRuns
from orderwire.store.search import SqlSearch
from orderwire.store.sequence import draw
from orderwire.store.statements import Statements
from orderwire.store.texts import SqlTextIndex


class SqlTransaction:
    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._statements = statements = Statements(connection)
        self._depth = 0
        self.archive = SqlArchive(statements, clock)
        self.journal = SqlJournal(statements, clock)
        self.inbox = SqlInbox(statements)
        self.outbox = SqlOutbox(statements)
        self.orders = SqlOrders(statements)
        self.changes = SqlChanges(statements)
        self.holds = SqlHolds(statements, clock)
        self.parked = SqlParkingLot(statements)
        self.audit = SqlAudit(statements)
        self.ledger = SqlLedger(statements)
        self.following = SqlFollowing(statements)
        self.punchouts = SqlPunchouts(statements)
        self.users = SqlUsers(statements)
        self.sessions = SqlSessions(statements)
        self.tokens = SqlTokens(statements)
        self.attempts = SqlAttempts(statements)
        self.search = SqlSearch(statements)
        self.texts = SqlTextIndex(statements)
        self.overview = SqlOverview(statements)
        self.failures = SqlFailures(statements)
        self.workers = SqlWorkers(statements)
        self.care = SqlCare(statements)
        self.exchanges = SqlExchanges(statements)
        self.runs = SqlRuns(statements)
        self.alerts = SqlAlerts(statements)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what was done inside when it raises; the transaction goes on."""
        # Of SQLAlchemy's own savepoints each is compiled anew, which costs more than all the rest of a short message.
        name = f"savepoint_{self._depth}"
        with translated():
            self._statements.flush()
            self._statements.plain(f"SAVEPOINT {name}")
            self._depth += 1
            try:
                yield
                self._statements.flush()
            except BaseException:
                self._statements.forget()
                if not self._connection.invalidated:  # else everything is undone anyway
                    self._statements.plain(f"ROLLBACK TO SAVEPOINT {name}")
                    self._statements.plain(f"RELEASE SAVEPOINT {name}")
                raise
            else:
                self._statements.plain(f"RELEASE SAVEPOINT {name}")
            finally:
                self._depth -= 1

    def next_sequence(self) -> int:
        """Draw from the database's one sequence."""
        return draw(self._statements)

    def flush(self) -> None:
        """Send what waits to the database, so that what is wrong with it is raised here."""
        self._statements.flush()
