"""A private PostgreSQL server: a free loopback port, a temporary folder, gone at the end."""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from services.ports import free_port

_USER: Final = "orderwire"
#: Fast: what was committed outlives the server, but not the machine.
_FAST: Final = ("fsync=off", "full_page_writes=off")
_OPTIONS: Final = (
    "shared_buffers=64MB",
    "max_connections=200",
    "autovacuum=off",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
)
_START_ATTEMPTS: Final = 5
_TIMEOUT_SECONDS: Final = 60


class PostgresServer:
    """Starts at once; `stop` and `start` may be used to take the database away and give it back."""

    def __init__(self, *, durable: bool = False) -> None:
        self._settings = _OPTIONS if durable else (*_FAST, *_OPTIONS)
        self._programs = _programs()
        self._account = _account()
        self._folder = Path(tempfile.mkdtemp(prefix="orderwire-postgres-"))
        self._data = self._folder / "data"
        self._names = itertools.count(1)
        self._templates: dict[str, str] = {}
        self.port = 0
        self._started = False
        if self._account:
            shutil.chown(self._folder, self._account)
        self._run("initdb", "-D", str(self._data), "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start the server, on the port it had before, if it had one."""
        for attempt in range(1, _START_ATTEMPTS + 1):
            self.port = self.port or free_port()
            options = " ".join(f"-c {option}" for option in (*self._settings, f"port={self.port}"))
            try:
                self._run(
                    "pg_ctl", "start", "-w", "-D", str(self._data), "-l", str(self._folder / "log"), "-o", options
                )
            except subprocess.CalledProcessError:
                if attempt == _START_ATTEMPTS:
                    raise
                if not self._started:
                    self.port = 0  # somebody else took it meanwhile
            else:
                self._started = True
                return

    def stop(self) -> None:
        """Stop the server as a crash would: connections break, committed work stays."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self._data))

    def kill9(self) -> None:
        """End every process of it without a warning; return when none is left, since a new server looks for the old."""
        ended = self._signal(signal.SIGKILL)
        until = time.monotonic() + _TIMEOUT_SECONDS
        while any(Path(f"/proc/{pid}").exists() for pid in ended):  # also one that nobody has asked for its end yet
            if time.monotonic() > until:
                raise TimeoutError("PostgreSQL's processes did not end")
            time.sleep(0.05)

    def freeze(self) -> None:
        """Stop it where it stands (SIGSTOP): it is there, and does nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> list[int]:
        """Tell all of its processes, each of which is in a session of its own, and return them."""
        postmaster = (self._data / "postmaster.pid").read_text().split()[0]
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", postmaster], capture_output=True, text=True, check=False)
        processes = [int(postmaster), *map(int, found.stdout.split())]
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return processes

    def close(self) -> None:
        """Stop for good, and leave nothing behind."""
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, *, template: str = "template1") -> str:
        """Create a fresh database, as a copy of another, and return its URL."""
        name = f"test_{next(self._names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database, whoever is connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """Return the name of a database to copy from; `prepare` fills it, given its URL, the first time."""
        if name not in self._templates:
            url = self.create_database()
            prepare(url)
            self._templates[name] = url.rpartition("/")[2]
        return self._templates[name]

    def break_connections(self) -> None:
        """End every connection of Orderwire's, as an administrator does, and wait until the last is gone."""
        self.execute(  # given a time in milliseconds, it waits until the process is gone
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE application_name LIKE 'orderwire%'"
        )

    def execute(self, statement: str) -> None:
        """Run a statement as the server's owner, outside any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> None:
        identity: dict[str, Any] = {"user": self._account, "group": _group(self._account)} if self._account else {}
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=True,
            cwd=self._folder,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_SECONDS,
            **identity,
        )


def postgres_or_skip() -> PostgresServer:
    """Start a server; where PostgreSQL is not installed, skip on a laptop and fail in CI."""
    if _installed() is None and os.environ.get("CI") != "true":
        pytest.skip("PostgreSQL is not installed: no initdb in /usr/lib/postgresql/*/bin or on the path")
    return PostgresServer()


def _installed() -> Path | None:
    newest = max(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdecimal() else 0,
        default=None,
    )
    found = newest or shutil.which("initdb")
    return Path(found).parent if found else None


def _programs() -> Path:
    folder = _installed()
    if folder is None:
        raise FileNotFoundError("PostgreSQL is not installed: no initdb in /usr/lib/postgresql/*/bin or on the path")
    return folder


def _account() -> str | None:
    """Return whom to become, since initdb and postgres refuse root; None: we are nobody special."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _group(account: str) -> int:
    return pwd.getpwnam(account).pw_gid
