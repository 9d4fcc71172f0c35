"""A program that is killed, frozen and started again, always the same way."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

#: How long a program may take to end in good order.
_END_SECONDS: Final = 40


class Program:
    """`orderwire …` as a process of its own."""

    def __init__(self, *command: str, environment: Mapping[str, str], log: Path) -> None:
        self._command, self._environment, self._log = command, environment, log
        self._process: subprocess.Popen[bytes] | None = None
        self._next: dict[str, str] = {}

    def start(self) -> None:
        environment, self._next = self._next, {}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "orderwire", *self._command],
                env={**os.environ, **self._environment, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def ended(self) -> int | None:
        """How it ended; None: it runs, or never did."""
        return self._process.poll() if self._process else None

    def kill9(self, **environment: str) -> None:
        """End it without a warning; the one that is started in its place has these variables too."""
        self._next = environment
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """Stop it where it stands (SIGSTOP)."""
        self._tell(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._tell(signal.SIGCONT)

    def stop(self) -> int | None:
        """End it in good order; return how it ended."""
        if self._process is None:
            return None
        self._tell(signal.SIGTERM)
        try:
            return self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill9()
            return None

    def _tell(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
