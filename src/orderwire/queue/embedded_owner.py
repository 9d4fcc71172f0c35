"""Who holds a lease: a process of this machine, told apart from all others, and known to be dead at once."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Owner:
    """One transport in one process. `machine` is one run of one kernel, and one name space of process ids."""

    machine: str
    pid: int
    started: str
    token: str

    @classmethod
    def new(cls) -> "Owner":
        return cls(_machine(), os.getpid(), _started(os.getpid()) or "", uuid4().hex)

    @classmethod
    def parse(cls, text: str) -> "Owner | None":
        parts = text.split("|")
        if len(parts) != 4 or not parts[1].isdecimal() or len(parts[1]) > 10:
            return None
        return cls(parts[0], int(parts[1]), parts[2], parts[3])

    def __str__(self) -> str:
        return f"{self.machine}|{self.pid}|{self.started}|{self.token}"

    def is_dead(self) -> bool:
        """Whether the process has certainly ended. Where that cannot be told, its lease decides."""
        if not self.machine or self.machine != _machine() or not self.started:
            return False
        return _started(self.pid) != self.started


@cache
def _machine() -> str:
    """Return boot and process id name space: two containers on one file cannot see each other's processes."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}"
    except (OSError, ValueError):
        return ""


def _started(pid: int) -> str | None:
    """Return when the process started, in ticks since boot; None: there is none, or it is a zombie."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold anything
    return None if len(fields) < 20 or fields[0] == "Z" else fields[19]
