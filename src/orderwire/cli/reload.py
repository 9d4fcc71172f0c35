"""SIGHUP: settings are read again, and the parts of a process that work by them are made anew; or nothing changes."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Self

import structlog

from orderwire.bootstrap.services import KEPT, Services, renewed
from orderwire.config.alerts import read_plan
from orderwire.config.settings import Settings
from orderwire.config.variables import settings_of
from orderwire.errors import ConfigurationError
from orderwire.telemetry.logging import set_up_logging

log = structlog.get_logger(__name__)

#: A part of a process: runs until it is left.
Part = Callable[[Services], AbstractContextManager[None]]


class Parts:
    """The parts that run. Connections, and what listens, stay over a reload; work in hand is finished first."""

    def __init__(self, services: Services, read: Callable[[], Settings]) -> None:
        self.services, self._read = services, read
        self._parts: list[Part] = []
        self._running = ExitStack()
        self._asked = threading.Event()
        if hasattr(signal, "SIGHUP"):  # Windows has none
            signal.signal(signal.SIGHUP, lambda _number, _frame: self._asked.set())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def start(self, part: Part) -> None:
        self._parts.append(part)
        self._running.enter_context(part(self.services))

    def until_told(self, told: threading.Event) -> None:
        """Wait for the end, and reload as often as it is asked for."""
        while not told.wait(0.2):
            if self._asked.is_set():
                self._asked.clear()
                self.reload()

    def reload(self) -> None:
        """Take the settings as they are now, all of them or none."""
        try:
            wanted = self._read()
            read_plan(wanted.config_dir / "alerts.yaml")
            fresh = renewed(self.services, wanted)
        except ConfigurationError as error:
            self.services.standing.problem = error.message
            log.warning("configuration_refused", reason=error.message)
            return
        changed, waiting = _changed(self.services.settings, fresh.settings), _changed(fresh.settings, wanted)
        self._running.close()
        self.services = fresh
        fresh.standing.problem = ""
        set_up_logging(level=fresh.settings.log.level, form=fresh.settings.log.format)
        for part in self._parts:
            self._running.enter_context(part(fresh))
        log.info("configuration_reloaded", changed=changed, needs_restart=waiting)
        for problem in fresh.partners.problems():
            log.warning("partner_wrong", reason=problem)


def needs_restart() -> list[str]:
    """Return the settings that a reload does not change."""
    names = [setting.name for setting in settings_of(Settings)]
    return [name for name in names if name.split(".")[0] in KEPT or name in {"api.host", "api.port"}]


def _changed(one: Settings, other: Settings) -> list[str]:
    return list(_differing(one, other))


def _differing(one: Settings, other: Settings) -> Iterator[str]:
    for setting in settings_of(Settings):
        values: list[object] = [one, other]
        for name in setting.path:
            values = [getattr(value, name) for value in values]
        if values[0] != values[1]:
            yield setting.name
