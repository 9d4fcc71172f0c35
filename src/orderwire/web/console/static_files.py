"""The console's own style, script and mark: a fixed few files, the same for everybody."""

from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Response

from orderwire.web.console.page import HOME, ConsoleRoute
from orderwire.web.problems import Problem

router = APIRouter(prefix=f"{HOME}/static", route_class=ConsoleRoute)

_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FILES: Final = {
    file.name: file.read_bytes() for file in (files("orderwire.web.console") / "static").iterdir() if file.is_file()
}


@router.get("/{name}")
async def static_file(name: str) -> Response:
    """Return a file; its address changes with the version."""
    content = _FILES.get(name)
    if content is None:
        raise Problem(404, "not_found", "there is nothing here")
    kind = _TYPES[name.rpartition(".")[2]]
    return Response(content, headers={"Cache-Control": "public, max-age=86400"}, media_type=kind)
