"""How a command that runs for long learns that it is to end."""

import signal
import threading


def until_told() -> None:
    """Wait for SIGTERM or SIGINT."""
    told = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda _number, _frame: told.set())
    while not told.wait(0.2):
        pass
