"""Work beside the flows, done again and again until the worker stops."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from orderwire.errors import TransientError

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Chore:
    """`turn` does what there is to do, and says whether there is more at once. Safe in any number of workers."""

    name: str
    turn: Callable[[], bool]
    every_seconds: float
    end: Callable[[], None] = lambda: None

    def run(self, stopping: threading.Event) -> None:
        """Take turns until told to stop."""
        more = True
        while not stopping.wait(0 if more else self.every_seconds):
            more = False
            try:
                more = self.turn()
            except TransientError as error:
                log.warning("chore_postponed", chore=self.name, code=error.code)
            except Exception:
                log.exception("chore_failed", chore=self.name)  # the next turn may do better
        try:
            self.end()
        except TransientError as error:
            log.warning("chore_not_ended", chore=self.name, code=error.code)
