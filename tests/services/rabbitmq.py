"""A private RabbitMQ broker: free loopback ports, everything in one folder, its own port mapper."""

import contextlib
import logging
import os
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pika  # type: ignore[import-untyped]
import pytest

from services.ports import free_port

#: Debian's /usr/sbin/rabbitmq-server changes the user; the one behind it runs as whoever starts it.
PLACES = ("/usr/lib/rabbitmq/bin", "/usr/local/lib/rabbitmq/bin", "/opt/rabbitmq/sbin")
#: What a broker in production is advised to have.
ADVANCED = Path(__file__).parents[2] / "config/rabbitmq/advanced.config"
START_SECONDS = 240
STOP_SECONDS = 30

CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{port}
distribution.listener.interface = 127.0.0.1
disk_free_limit.absolute = 50MB
log.console = true
log.console.level = warning
log.file = false
"""
#: For tests: many brokers beside each other, and logs that begin anew while a test looks on.
SMALL = """\
vm_memory_high_watermark.absolute = 1GB
raft.wal_max_size_bytes = 67108864
"""


def installation() -> Path | None:
    """Return the folder of rabbitmq-server and rabbitmqctl, if there is one."""
    on_path = shutil.which("rabbitmq-server")
    places = [Path(place) for place in PLACES] + ([Path(on_path).parent] if on_path else [])
    return next((place for place in places if (place / "rabbitmq-server").is_file()), None)


def require() -> Path:
    """Return the installation, or skip; in CI, fail."""
    found = installation()
    if found is None or shutil.which("epmd") is None:
        reason = "rabbitmq-server is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@dataclass(frozen=True)
class Member:
    """What a node is among others: a name, what they share, and what its configuration says of them."""

    name: str = field(default_factory=lambda: f"orderwire-{secrets.token_hex(4)}@localhost")
    cookie: str = field(default_factory=lambda: secrets.token_hex(16))
    mapper_port: int = field(default_factory=free_port)
    maps: bool = True  # starts the port mapper of all
    configuration: str = ""
    size: str = SMALL


class RabbitMQ:
    """One broker, or one node of a cluster. Its messages outlive `kill9` and `stop`, until the folder goes."""

    def __init__(self, folder: Path, binaries: Path, member: Member | None = None) -> None:
        self._folder = folder
        self._binaries = binaries
        logging.getLogger("pika").setLevel(logging.CRITICAL)  # it logs every refused attempt to connect
        self.port = free_port()
        self._member = member or Member()
        self._environment = self._prepare()
        self._server: subprocess.Popen[bytes] | None = None
        self._mapper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    def start(self) -> None:
        """Start, and return when it takes connections."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        if self._mapper is None and self._member.maps:
            self._mapper = self._run("epmd", "-address", "127.0.0.1")
        self._server = self._run(str(self._binaries / "rabbitmq-server"))

    def wait(self) -> None:
        """Return when it takes connections.

        Raises:
            RuntimeError: it does not; with what it said.
        """
        deadline = time.monotonic() + START_SECONDS
        pause = threading.Event()
        while not self._answers():
            if self._server is None or self._server.poll() is not None or time.monotonic() > deadline:
                self.kill9()
                raise RuntimeError(f"rabbitmq-server did not start:\n{self._log().read_text()[-4000:]}")
            pause.wait(0.1)

    def stop(self) -> None:
        """End it in good order, and its port mapper too."""
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill9()
            self._server = None
        if self._mapper is not None:
            self._mapper.kill()
            self._mapper.wait()
            self._mapper = None

    def kill9(self) -> None:
        """End it without a warning."""
        if self._server is not None:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
            self._server = None

    def freeze(self) -> None:
        """Stop it where it stands (SIGSTOP): it is there, and does nothing."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGCONT)

    def restart(self) -> None:
        """Start again what was killed, or what runs after ending it in good order."""
        self.stop()
        self.start()

    def control(self, *arguments: str) -> str:
        """Run rabbitmqctl, and return what it said."""
        command = [str(self._binaries / "rabbitmqctl"), "--quiet", "--node", self._member.name, *arguments]
        done = subprocess.run(
            command, env=self._environment, cwd=self._folder, capture_output=True, text=True, timeout=180, check=True
        )
        return done.stdout

    def add_virtual_host(self, name: str) -> str:
        """Make one, and return its URL: with one command, each of which starts an Erlang machine of its own."""
        host, user, all_three = f'<<"{name}">>', '<<"guest">>', ", ".join(['<<".*">>'] * 3)
        self.control(
            "eval",
            f"rabbit_vhost:add({host}, {user}), "
            f"rabbit_auth_backend_internal:set_permissions({user}, {host}, {all_three}, {user}).",
        )
        return self.url.replace("%2F", name)

    def _prepare(self) -> dict[str, str]:
        """Write the files, and return the environment that keeps the node to this folder."""
        home = self._folder / "home"
        home.mkdir(parents=True)
        cookie = home / ".erlang.cookie"
        cookie.write_text(self._member.cookie)
        cookie.chmod(0o400)
        configuration = CONFIGURATION.format(port=self.port) + self._member.size + self._member.configuration
        (self._folder / "rabbitmq.conf").write_text(configuration)
        (self._folder / "enabled_plugins").write_text("[].\n")
        (self._folder / "env.conf").touch()
        return {
            "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "ERL_EPMD_PORT": str(self._member.mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self._member.name,
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(ADVANCED),
            "RABBITMQ_CONF_ENV_FILE": str(self._folder / "env.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "enabled_plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
        }

    def _log(self) -> Path:
        return self._folder / "output.log"

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        with self._log().open("ab") as log:
            return subprocess.Popen(
                command,
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        try:
            pika.BlockingConnection(pika.URLParameters(self.url)).close()
        except (pika.exceptions.AMQPError, OSError):
            return False
        return True


def running(folder: Path, member: Member | None = None) -> Iterator[RabbitMQ]:
    """Yield a started broker, and end it."""
    broker = RabbitMQ(folder, require(), member)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
