"""Ports for servers that a test starts, also again after they were killed."""

import random
import socket
from typing import Final

#: Below those that outgoing connections take: a port that is let go for a moment is still free a moment later.
_RANGE: Final = (15_000, 32_000)
_ATTEMPTS: Final = 100
_die: Final = random.SystemRandom()


def free_port() -> int:
    """Return a port of the loopback that nobody listens on.

    Raises:
        OSError: none was found.
    """
    for _ in range(_ATTEMPTS):
        port = _die.randrange(*_RANGE)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free port")
