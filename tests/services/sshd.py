"""A private OpenSSH server for SFTP: a free loopback port, one folder, an account without privileges."""

import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PLACES = ("/usr/sbin/sshd", "/usr/local/sbin/sshd")
START_SECONDS = 20

CONFIGURATION = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding no
X11Forwarding no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
LogLevel ERROR
"""


def installation() -> Path | None:
    """Return the server's program, if there is one; it must be started by its full path."""
    on_path = shutil.which("sshd")
    return next((Path(place) for place in (*PLACES, on_path or "") if place and Path(place).is_file()), None)


def require() -> Path:
    """Return the program, or skip; in CI, fail."""
    found = installation()
    if found is None:
        reason = "openssh-server is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def account() -> str:
    """Return who the server runs as, and who logs in: us, unless we are root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Sshd:
    """One server. `inbox` and `outbox` are folders that it shows, from the partner's side of things."""

    def __init__(self, folder: Path, program: Path) -> None:
        self._folder, self._program, self.username = folder, program, account()
        self.port = free_port()
        self.inbox, self.outbox = folder / "for-us", folder / "for-them"
        self.key = folder / "client_key"
        self._server: subprocess.Popen[bytes] | None = None
        self._prepare()

    @property
    def host_key(self) -> str:
        """Return the server's public key, as a profile names it."""
        return " ".join((self._folder / "host_key.pub").read_text("ascii").split()[:2])

    def start(self) -> None:
        """Start, and return when it takes connections."""
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._program, "-D", "-e", "-f", self._folder / "sshd_config"],
                cwd=self._folder,
                env={"PATH": os.defpath},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._identity(),
            )
        deadline, pause = time.monotonic() + START_SECONDS, threading.Event()
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"sshd did not start:\n{(self._folder / 'log').read_text()[-2000:]}")
            pause.wait(0.05)

    def stop(self) -> None:
        """End it; sessions that stand end with their own processes."""
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(10)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
            self._server = None

    def put(self, name: str, content: bytes) -> Path:
        """Put a file where we look for it, as the partner would."""
        path = self.inbox / name
        path.write_bytes(content)
        path.chmod(0o644)
        return path

    def _prepare(self) -> None:
        for one in (self.inbox, self.outbox):
            one.mkdir(parents=True)
        self._folder.chmod(0o755)
        for name in ("host_key", "client_key"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self._folder / name], check=True, timeout=30
            )
        shutil.copyfile(self._folder / "client_key.pub", self._folder / "authorized_keys")
        (self._folder / "sshd_config").write_text(CONFIGURATION.format(port=self.port, folder=self._folder))
        if os.geteuid() == 0:
            for path in (self._folder, *self._folder.iterdir()):
                shutil.chown(path, self.username)

    def _identity(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        return {"user": self.username, "group": pwd.getpwnam(self.username).pw_gid, "extra_groups": []}

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False


def running(folder: Path) -> Iterator[Sshd]:
    """Yield a started server, and end it."""
    server = Sshd(folder, require())
    try:
        server.start()
        yield server
    finally:
        server.stop()
