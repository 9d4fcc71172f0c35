"""Health and metrics, for machines that watch."""

import asyncio
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from orderwire.telemetry.metrics import MEDIA_TYPE
from orderwire.web.context import Shared

router = APIRouter(tags=["health"])


class Live(BaseModel):
    status: Literal["ok"] = "ok"


class Component(BaseModel):
    status: Literal["ok", "away"]
    code: str | None = Field(default=None, description="Why: an error code, or timeout")


class Ready(BaseModel):
    status: Literal["ok", "degraded", "away"] = Field(
        description="degraded: the ERP is away, and intake goes on; away: nothing can be taken in or passed on"
    )
    components: dict[str, Component]
    configuration: Literal["ok", "stale"] = Field(
        default="ok", description="stale: a file was changed to something wrong, and what stood before goes on"
    )


@router.get("/health/live", summary="The process runs")
async def live() -> Live:
    return Live()


@router.get("/health/ready", summary="Store, broker and ERP", responses={503: {"model": Ready}})
async def ready(context: Shared, response: Response) -> Ready:
    """Answer 503 while store or broker is away. The ERP may be: orders are taken and wait for it."""
    probes = {"store": context.probes.store, "broker": context.probes.broker, "erp": context.probes.erp}
    troubles = await asyncio.gather(*(probe.trouble() for probe in probes.values()))
    components = {
        name: Component(status="away" if code else "ok", code=code) for name, code in zip(probes, troubles, strict=True)
    }
    services = context.services
    wrong = services.standing.problem or await context.quick.run(services.alert_file.problem)
    configuration: Literal["ok", "stale"] = "stale" if wrong else "ok"
    away = {name for name, component in components.items() if component.status == "away"}
    if away - {"erp"}:
        response.status_code = 503
        return Ready(status="away", components=components, configuration=configuration)
    return Ready(status="degraded" if away else "ok", components=components, configuration=configuration)


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(context: Shared) -> Response:
    """Return every figure, the depths of the queues as they are now. Without the broker those are its last ones."""
    await asyncio.gather(context.probes.store.trouble(), context.probes.broker.trouble())
    return Response(context.services.metrics.exposition(), media_type=MEDIA_TYPE)
