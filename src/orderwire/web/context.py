"""What the routes of one app share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeVar, cast

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from orderwire.bootstrap import Services
from orderwire.ports.erp import Erp
from orderwire.web.probes import Probes

T = TypeVar("T")


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
    #: Authentication, validation.
    quick: Threads = field(default_factory=lambda: Threads(8))
    #: Taking documents in. Publishing is part of it, and a broker that is away takes its time.
    intake: Threads = field(default_factory=lambda: Threads(32))
    #: Looking orders up: fewer than the database has connections.
    lookup: Threads = field(default_factory=lambda: Threads(4))
    #: Live reads.
    live: Threads = field(default_factory=lambda: Threads(16))


async def context_of(request: Request) -> Context:
    """Return the context of the app that handles the request."""
    return cast("Context", request.app.state.context)


#: Parameter type of a route that needs the context.
Shared = Annotated[Context, Depends(context_of)]
