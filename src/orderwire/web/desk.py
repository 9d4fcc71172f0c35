"""Small stock questions of many requests, put to the ERP together in the event loop: no thread waits for its turn."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Final

from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.errors import OrderwireError, OutageError
from orderwire.pipeline.retrying import patiently
from orderwire.ports.erp import Erp

#: A question for more items goes by itself, so that nobody waits for it.
MOST_KEYS: Final = 10
#: Between two calls that serve several askers.
_APART_SECONDS: Final = 0.04

Figures = Mapping[StockKey, StockFigure]


class Desk:
    """Few calls for many requests. A question never joins a call that has left, so no figure is older than it."""

    def __init__(self, erp: Erp, apart_seconds: float = _APART_SECONDS) -> None:
        self._erp, self._apart_seconds = erp, apart_seconds
        self._turn = asyncio.Lock()
        self._left_at = float("-inf")
        self._next = _Round()

    async def read(self, keys: Collection[StockKey]) -> Figures:
        """Return live figures. Raises as `StockSource.stock`."""
        joined = self._next
        joined.keys |= set(keys)
        joined.askers += 1
        if joined.task is None:
            joined.task = asyncio.create_task(self._carry_out(joined))
        await asyncio.shield(joined.task)  # the others go on when one asker has gone
        if joined.error is None:
            return {key: joined.figures[key] for key in keys if key in joined.figures}
        if joined.askers == 1 or isinstance(joined.error, OutageError):
            raise joined.error
        return await asyncio.to_thread(self._asking(keys))  # whose fault it was is seen when each asks alone

    async def _carry_out(self, joined: "_Round") -> None:
        async with self._turn:
            clock = asyncio.get_running_loop().time
            left_seconds = self._left_at + self._apart_seconds - clock()
            if joined.askers > 1 and left_seconds > 0:
                await asyncio.sleep(left_seconds)
            self._left_at = clock()
            self._next = _Round()  # from here on nobody joins
            try:
                joined.figures = await asyncio.to_thread(self._asking(tuple(joined.keys)))
            except OrderwireError as error:
                joined.error = error

    def _asking(self, keys: Collection[StockKey]) -> Callable[[], Figures]:
        return lambda: patiently(lambda: self._erp.stock(keys))


class _Round:
    """One call, its askers, and what came of it."""

    def __init__(self) -> None:
        self.keys: set[StockKey] = set()
        self.askers = 0
        self.task: asyncio.Task[None] | None = None
        self.figures: Figures = {}
        self.error: OrderwireError | None = None
