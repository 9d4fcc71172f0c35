"""What tells people of trouble, and how this process looks for it."""

import time
from collections.abc import Iterator, Sequence
from typing import Final

from orderwire.bootstrap.services import Services
from orderwire.config.alerts import AlertKind
from orderwire.pipeline.alert_conditions import Conditions, Trouble
from orderwire.pipeline.alerts import AlertWatch
from orderwire.pipeline.chore import Chore

#: Between looks for what is wrong, and for notices that are due.
_ALERT_SECONDS: Final = 15.0
_NOTICE_SECONDS: Final = 5.0
#: Between looks at files that may be wrong, and at certificates.
_TROUBLE_SECONDS: Final = 60.0


def alert_chores(services: Services) -> list[Chore]:
    """Return what tells people of trouble. Any number of processes may do it, and one that runs no worker should."""
    store, clock = services.store, services.clock
    conditions = Conditions(store, _Troubles(services), clock())
    keep_days = services.settings.retention.events_days
    watch = AlertWatch(store, conditions, services.alert_file.plan, clock, keep_days)
    return [
        Chore("alerts", watch.turn, _ALERT_SECONDS),
        Chore("notices", services.notices.turn, _NOTICE_SECONDS),
    ]


class _Troubles:
    """What this process knows beside the store, looked at once a minute."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._at: float | None = None
        self._found: list[Trouble] = []

    def __call__(self) -> Sequence[Trouble]:
        now = time.monotonic()
        if self._at is None or now - self._at >= _TROUBLE_SECONDS:
            self._at, self._found = now, [*self._files(), *self._certificates()]
        return self._found

    def _files(self) -> Iterator[Trouble]:
        wrong = {
            "partners": self._services.partners.problems(),
            "alerts.yaml": self._services.alert_file.problem(),
            "orderwire.yaml": self._services.standing.problem,
        }
        for file, problem in wrong.items():
            if problem:
                yield Trouble(AlertKind.CONFIGURATION, file, {"file": file})

    def _certificates(self) -> Iterator[Trouble]:
        from orderwire.connectors.channels.as2_parties import ending

        for partner, expiry in ending(self._services.settings, self._services.partners.all(), self._services.clock()):
            facts = {"until": expiry.until.date().isoformat()} if expiry.until else {}
            yield Trouble(AlertKind.CERTIFICATE, expiry.whose, facts, partner)
