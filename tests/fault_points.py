"""Fault points: where a process can be told to kill itself (ORDERWIRE_CHAOS__KILL_AT)."""

from typing import Final

#: Where a worker may die, in the order in which an order passes.
IN_THE_WORKER: Final = (
    "after_commit.decode",
    "after_publish.decode",
    "after_intent",
    "after_reply",
    "after_commit.fulfil",
    "after_publish.fulfil",
    "after_commit.respond",
    "after_publish.respond",
    "after_commit.deliver",
    "after_publish.deliver",
)
