"""The web application: every route, with what stands around all of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from fastapi import APIRouter, FastAPI
from fastapi.responses import RedirectResponse

from orderwire import __version__
from orderwire.bootstrap.services import Services
from orderwire.web import as2, changes, cxml, edi, health, oci, orders, problems, punchout, reference, stock
from orderwire.web.access import AccessLog
from orderwire.web.announcer import Announcer
from orderwire.web.console import routes as console
from orderwire.web.context import Context
from orderwire.web.desk import Desk
from orderwire.web.headers import SecurityHeaders
from orderwire.web.limits import HeaderLimit, UnreadBody
from orderwire.web.misses import Misses
from orderwire.web.probes import Probes


def create_app(services: Services) -> FastAPI:
    """Make the app. It uses `services`, and leaves closing them to the caller."""
    announcer = Announcer(services.receiver.announce)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with announcer.running():
            yield

    app = FastAPI(
        title="Orderwire",
        version=__version__,
        description="Orders in, live decisions out: between a supplier's buyers and its Microsoft Dynamics NAV.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # reference.py has its own, which loads nothing from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.announcer = announcer
    renew(app, services)
    _route(app)
    reference.describe(app)
    problems.install(app, services.settings.retry.pause_seconds)
    app.add_middleware(HeaderLimit)
    app.add_middleware(UnreadBody)
    app.add_middleware(AccessLog)
    app.add_middleware(SecurityHeaders)  # outermost
    return app


def renew(app: FastAPI, services: Services) -> None:
    """Have the routes work by these services from the next request on."""
    erp, receiver = services.erp, replace(services.receiver, announce=app.state.announcer)
    probes = Probes(services.store, services.transport, erp, services.metrics)
    app.state.context = Context(services, erp, probes, receiver, Misses(services.settings.punchout), Desk(erp))


def _route(app: FastAPI) -> None:
    home = APIRouter(include_in_schema=False)
    home.add_api_route("/", _home, methods=["GET"])
    modules = (orders, changes, stock, edi, cxml, punchout, oci, as2, health, console)
    for router in (*(module.router for module in modules), home):
        app.include_router(router)


async def _home() -> RedirectResponse:
    return RedirectResponse("/api/docs")
