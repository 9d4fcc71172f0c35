"""The commands of a page, run as a reader would type them."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Final

from services.deployment import ROOT
from services.ports import free_port

_BLOCK: Final = re.compile(r"^( *)```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
#: Commands that run until they are stopped, and what they print when they are ready.
_LASTING: Final = {
    "orderwire up": "listens on",
    "simulate nav": "http",
    "simulate shop": "http",
    "orderwire serve": "listens on",
    "orderwire work": "ready",
}
#: What `make test` hands to everything below it: a `make` of the reader's own would take it for its own.
_OF_MAKE: Final = frozenset({"MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "ARGS"})


def blocks(page: Path) -> list[str]:
    """Return the page's shell blocks, without the indentation of a list."""
    return [
        "\n".join(line.removeprefix(indent) for line in text.splitlines())
        for indent, text in _BLOCK.findall(page.read_text("utf-8"))
    ]


class Reader:
    """Somebody with a fresh clone and some terminals."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for name in tracked.split("\0"):
            if name and (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        self._ports = {port: str(free_port()) for port in ("7047", "7048", "8080", "8090", "8091")}
        self._environment = {
            **{name: value for name, value in os.environ.items() if name not in _OF_MAKE},
            "ORDERWIRE_API__PORT": self._ports["8080"],
            "ORDERWIRE_NAV__URL": f"http://127.0.0.1:{self._ports['7047']}/DynamicsNAV/WS",
        }
        self._lasting: list[subprocess.Popen[str]] = []

    def own(self, text: str) -> str:
        """Put the reader's own ports in place of the usual ones."""
        for port, ours in self._ports.items():
            text = text.replace(f"--port {port}", f"--port {ours}").replace(f"127.0.0.1:{port}", f"127.0.0.1:{ours}")
        return text

    def type(self, block: str) -> str:
        """Run a block to its end, or until it is ready when it is one that lasts; return what it printed."""
        block = self.own(block)
        for words, ready in _LASTING.items():
            if words in block:
                return self._start(block, ready)
        done = subprocess.run(
            ["sh", "-eu"],
            input=block,
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _start(self, block: str, ready: str) -> str:
        log = self.folder / f"terminal-{len(self._lasting)}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                ["sh", "-euc", block],
                cwd=self.folder,
                env=self._environment,
                stdout=output,
                stderr=output,
                text=True,
                start_new_session=True,
            )
        self._lasting.append(process)
        deadline = time.monotonic() + 60
        pause = threading.Event()
        while ready not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"{block} was not ready\n{log.read_text()}"
            pause.wait(0.1)
        return log.read_text()

    def pull_the_plug(self) -> None:
        """Kill what runs in the last terminal."""
        process = self._lasting.pop()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        """Close every terminal."""
        for process in reversed(self._lasting):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(40)
