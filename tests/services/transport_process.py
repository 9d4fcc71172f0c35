"""A process of its own on a transport, to be killed: `consume QUEUE COUNT` holds on, `publish` goes on for ever."""

import itertools
import json
import signal
import sys

from orderwire.config.settings import Settings
from orderwire.queue.open import open_transport
from services.transports import LONG_SECONDS, event, take, topology


def main(place: str, action: str, *arguments: str) -> None:
    """Do it, and say so line by line."""
    where = json.loads(place)
    transport = open_transport(Settings.model_validate({"queue": where["queue"]}), topology(where["prefix"]))
    if action == "consume":
        queue, count = arguments
        taken = take(transport, queue, int(count), LONG_SECONDS)
        print(len(taken), flush=True)  # noqa: T201  read by the test
        signal.pause()
    for first in itertools.count(step=20):
        transport.publish([event(number) for number in range(first, first + 20)])
        print(first + 20, flush=True)  # noqa: T201  read by the test


if __name__ == "__main__":
    main(*sys.argv[1:])
