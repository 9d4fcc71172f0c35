"""A simulated crash: the process kills itself at a fault point, once."""

import os
import signal
from pathlib import Path

from orderwire.config.settings import ChaosSettings
from orderwire.ports.clock import Checkpoint, no_checkpoint


def checkpoint_of(chaos: ChaosSettings) -> Checkpoint:
    """Return what kills this process at the configured fault point, once."""
    if chaos.kill_at is None:
        return no_checkpoint

    def kill(name: str) -> None:
        if name == chaos.kill_at and _first(chaos.once_file):
            os.kill(os.getpid(), signal.SIGKILL)

    return kill


def _first(once_file: Path | None) -> bool:
    """Whether nobody died before; without a file everybody does."""
    if once_file is None:
        return True
    try:
        os.close(os.open(once_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    return True
