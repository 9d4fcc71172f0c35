"""The OpenAPI document, completed with what the routes read by themselves, and a page that shows it."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from orderwire.connectors.api.changes import ApiChange
from orderwire.connectors.api.orders import ApiOrder
from orderwire.connectors.punchout.session import PostedCart
from orderwire.web.problems import MEDIA_TYPE

router = APIRouter(include_in_schema=False)

_SCHEMAS: Final = "#/components/schemas/"
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "pre{background:#f4f4f5;padding:1rem;overflow:auto}h2 code{font-size:1.1rem}dt{font-weight:600}"
    "@media(prefers-color-scheme:dark){body{background:#18181b;color:#e4e4e7}pre{background:#27272a}a{color:#93c5fd}}"
)
#: The page is all in one: no script, nothing from elsewhere.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


class ProblemDetail(BaseModel):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable: programs go by it")
    errors: list[dict[str, str]] = Field(default=[], description="invalid: every defect, with its path")


def describe(app: FastAPI) -> None:
    """Have the app's OpenAPI document made complete, once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes, tags=None
            )
            app.openapi_schema = _completed(made)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's way to extend it
    app.include_router(router)


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for model in (ApiOrder, ApiChange, PostedCart, ProblemDetail):
        schema = model.model_json_schema(ref_template=_SCHEMAS + "{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = {
        "description": "Refused",
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}{ProblemDetail.__name__}"}}},
    }
    for _, _, operation in _operations(document):
        operation["responses"].pop("422", None)
        operation["responses"]["default"] = problem
    return document


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


@router.get("/api/docs")
async def page(request: Request) -> HTMLResponse:
    """Show the reference."""
    document = request.app.openapi()
    parts = [f"<h1>{escape(document['info']['title'])}</h1>"]
    parts.append(
        '<p>For programs: <a href="openapi.json">openapi.json</a>. A key goes into <code>X-Api-Key</code>.</p>'
    )
    parts += [_section(method, path, operation) for method, path, operation in _operations(document)]
    for name, schema in sorted(document["components"]["schemas"].items()):
        text = escape(json.dumps(schema, indent=2, ensure_ascii=False))
        parts.append(f'<h2 id="{escape(name)}">{escape(name)}</h2><pre>{text}</pre>')
    head = f'<meta charset="utf-8"><title>Orderwire API</title><style>{_STYLE}</style>'
    html = f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})


def _section(method: str, path: str, operation: Mapping[str, Any]) -> str:
    rows = [
        f"<dt><code>{escape(one['name'])}</code> {escape(one['in'])}</dt><dd>{escape(one.get('description', ''))}</dd>"
        for one in operation.get("parameters", [])
    ]
    bodies = [("body", operation["requestBody"])] if "requestBody" in operation else []
    bodies += list(operation["responses"].items())
    rows += [
        f"<dt>{escape(name)}</dt><dd>{escape(body.get('description', ''))} {_links(body)}</dd>" for name, body in bodies
    ]
    text = escape(operation.get("description", operation.get("summary", "")))
    return f"<h2><code>{method} {escape(path)}</code></h2><p>{text}</p><dl>{''.join(rows)}</dl>"


def _links(body: Mapping[str, Any]) -> str:
    names = [
        content["schema"]["$ref"].removeprefix(_SCHEMAS)
        for content in body.get("content", {}).values()
        if "$ref" in content.get("schema", {})
    ]
    return " ".join(f'<a href="#{escape(name)}">{escape(name)}</a>' for name in names)
