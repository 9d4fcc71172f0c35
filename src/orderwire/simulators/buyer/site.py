"""The buyer's web site: where browsers bring carts, where we send documents, and the shop in a frame."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Final

from lxml import etree
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from orderwire.simulators.buyer.documents import ReturnedCart, read_cart, read_oci, read_xml, write_status

_KEPT: Final = 1000
_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{margin:2rem auto;max-width:60rem;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}"
    "iframe{width:100%;height:34rem;border:1px solid #8b949e}"
    "table{border-collapse:collapse}td,th{padding:.25rem .75rem;text-align:left}"
)


@dataclass
class Mailbox:
    """What came, and how the site behaves. Thread-safe: `arrived` is notified of everything."""

    forms: list[dict[str, str]] = field(default_factory=list)
    carts: list[ReturnedCart] = field(default_factory=list)
    documents: list[etree._Element] = field(default_factory=list)
    #: Of the next carts that are brought: (seconds to wait, status, body); empty: as it should be.
    faults: list[tuple[float, int, str]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until what came meets a condition."""
        with self.arrived:
            return self.arrived.wait_for(condition, seconds)


def create_site(mailbox: Mailbox) -> Starlette:
    """Return the site as an ASGI application."""

    async def bring_cart(request: Request) -> Response:
        form = _plain(await request.form(max_files=0, max_fields=10_000))
        fault = mailbox.faults.pop(0) if mailbox.faults else None
        try:
            cart = read_oci(form) if _is_oci(form) else read_cart(form)
        except ValueError as error:
            return _page("The cart cannot be read", f"<p>{escape(str(error))}</p>", 400)
        with mailbox.arrived:
            mailbox.forms.append(form)
            mailbox.carts.append(cart)
            del mailbox.forms[:-_KEPT], mailbox.carts[:-_KEPT]
            mailbox.arrived.notify_all()
        if fault is not None:
            seconds, status, text = fault
            await asyncio.sleep(seconds)
            if status != 200 or text:
                return HTMLResponse(text, status)
        return _page(*_told(cart))

    async def take_document(request: Request) -> Response:
        now = datetime.now(UTC)
        try:
            root = read_xml(await request.body())
        except ValueError as error:
            return Response(
                write_status("bad@officeworks.example", "406", str(error)[:200], now), media_type="text/xml"
            )
        with mailbox.arrived:
            mailbox.documents.append(root)
            del mailbox.documents[:-_KEPT]
            mailbox.arrived.notify_all()
        payload_id = f"{int(now.timestamp())}.{len(mailbox.documents)}@officeworks.example"
        return Response(write_status(payload_id, "200", "OK", now), media_type="text/xml")

    async def frame(request: Request) -> Response:
        url = escape(request.query_params.get("start", ""), quote=True)
        return _page("Officeworks procurement", f'<iframe src="{url}" title="Supplier\'s shop"></iframe>')

    return Starlette(
        routes=[
            Route("/cart", bring_cart, methods=["POST"]),
            Route("/cxml", take_document, methods=["POST"]),
            Route("/frame", frame),
        ]
    )


def _plain(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _is_oci(form: dict[str, str]) -> bool:
    return not any(name.lower().startswith("cxml-") for name in form)


def _told(cart: ReturnedCart) -> tuple[str, str]:
    if not cart.items:
        return "Nothing changed", f"<p>The shop ended the visit without a cart (status {escape(cart.status)}).</p>"
    rows = "".join(
        f"<tr><td>{escape(item.item_no)}</td><td>{item.quantity:f} {escape(item.unit)}</td><td>{item.price:f}</td></tr>"
        for item in cart.items
    )
    return "Cart received", f"<table><tr><th>Item</th><th>Quantity</th><th>Price</th></tr>{rows}</table>"


def _page(title: str, content: str, status: int = 200) -> HTMLResponse:
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head>{head}</head><body><h1>{title}</h1>{content}</body></html>', status
    )
