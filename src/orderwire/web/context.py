"""What the routes of one app share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeVar, cast

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from orderwire.bootstrap.services import Services
from orderwire.pipeline.receive import Receiver
from orderwire.ports.erp import Erp
from orderwire.web.desk import Desk
from orderwire.web.misses import Misses
from orderwire.web.probes import Probes

T = TypeVar("T")

#: Where the API stands.
PREFIX: Final = "/api/v1"


class Threads:
    """Where calls that block go: apart by what they wait for, so that a slow ERP starves nobody else."""

    def __init__(self, limit: int) -> None:
        self._limiter = CapacityLimiter(limit)

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread, when one of ours is free."""
        return await to_thread.run_sync(work, limiter=self._limiter)


@dataclass(frozen=True)
class Context:
    services: Services
    erp: Erp
    probes: Probes
    receiver: Receiver  # that does not wait for the broker
    misses: Misses
    desk: Desk
    #: Authentication, reading and writing JSON.
    quick: Threads = field(default_factory=lambda: Threads(4))
    #: Taking documents in.
    intake: Threads = field(default_factory=lambda: Threads(8))
    #: Looking orders up: fewer than the database has connections.
    lookup: Threads = field(default_factory=lambda: Threads(4))
    #: Live reads: many, for most of them wait for a call to NAV that they share.
    live: Threads = field(default_factory=lambda: Threads(64))


async def context_of(request: Request) -> Context:
    """Return the context of the app that handles the request."""
    return cast("Context", request.app.state.context)


#: Parameter type of a route that needs the context.
Shared = Annotated[Context, Depends(context_of)]
