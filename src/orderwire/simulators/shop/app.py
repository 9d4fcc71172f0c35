"""The demo shop's pages. The visit's id stands in every address: it sets no cookie, and so none can be blocked."""

import secrets
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from orderwire.simulators.shop.catalogue import Article, demo_catalogue
from orderwire.simulators.shop.orderwire_client import CallRefusedError, OrderwireClient

#: The demo's key; orderwire.yaml holds its SHA-256.
DEMO_SHOP_KEY: Final = "demo-shop-key"
CURRENCY: Final = "EUR"
_MAX_VISITS: Final = 10_000
_MOST: Final = Decimal(1_000_000)
_PAGES: Final = Environment(
    loader=PackageLoader("orderwire.simulators.shop"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


class Visit:
    """A shopper, and what is in the cart: a quantity and the key of the quote, by item number."""

    def __init__(self, session: dict[str, Any]) -> None:
        self.session = session
        self.lines: dict[str, tuple[Decimal, str]] = {
            line["item_no"]: (Decimal(line["quantity"]), line["auxiliary_id"] or _quote_key())
            for line in session["items"]
            if line["item_no"]
        }

    def put(self, item_no: str, quantity: Decimal) -> None:
        """Set a line's quantity; 0 takes it out. A line keeps the key it came with."""
        key = self.lines.pop(item_no, (quantity, _quote_key()))[1]
        if quantity > 0:
            self.lines[item_no] = (quantity, key)


class Shop:
    def __init__(self, orderwire: OrderwireClient) -> None:
        self._orderwire = orderwire
        self._articles = demo_catalogue()
        self._visits: dict[str, Visit] = {}

    async def enter(self, request: Request) -> Response:
        """Where Orderwire sends browsers."""
        session_id = request.query_params.get("session", "")
        try:
            session = await self._orderwire.session(quote(session_id, safe=""))
        except CallRefusedError as error:
            return _page("sorry", error.status, detail=error.detail)
        while len(self._visits) >= _MAX_VISITS:
            self._visits.pop(next(iter(self._visits)))
        self._visits.setdefault(session_id, Visit(session))
        item_no = session["item_no"]
        place = f"#item-{quote(item_no, safe='')}" if item_no in self._articles else ""
        return _to(session_id, "cart" if session["operation"] in {"edit", "inspect"} else place)

    async def browse(self, request: Request) -> Response:
        visit = self._visit(request)
        if visit is None:
            return _lost()
        return _page("browse", visit=visit, articles=self._articles.values(), currency=CURRENCY)

    async def add(self, request: Request) -> Response:
        visit, form = self._visit(request), await request.form(max_files=0, max_fields=10)
        if visit is None:
            return _lost()
        item_no = str(form.get("item_no", ""))
        quantity = _quantity(str(form.get("quantity", "")))
        if item_no in self._articles and quantity is not None:
            have = visit.lines.get(item_no, (Decimal(0), ""))[0]
            visit.put(item_no, min(have + quantity, _MOST))
        return _to(request.path_params["session"], "cart")

    async def cart(self, request: Request) -> Response:
        visit = self._visit(request)
        return _lost() if visit is None else self._cart(visit)

    async def change(self, request: Request) -> Response:
        visit, form = self._visit(request), await request.form(max_files=0, max_fields=100)
        if visit is None:
            return _lost()
        for item_no in list(visit.lines):
            quantity = _quantity(str(form.get(f"quantity-{item_no}", "")))
            if quantity is not None:
                visit.put(item_no, quantity)
        return _to(request.path_params["session"], "cart")

    async def check_out(self, request: Request) -> Response:
        """Hand the cart to Orderwire, and send the browser where it says."""
        visit = self._visit(request)
        if visit is None:
            return _lost()
        lines = [self._posted(visit, item_no) for item_no in visit.lines]
        try:
            said = await self._orderwire.post_cart(visit.session["id"], {"currency": CURRENCY, "lines": lines})
        except CallRefusedError as error:
            return self._cart(visit, error.status, detail=error.detail)
        if said["state"] == "stopped":
            numbers = list(visit.lines)
            findings = [(_numbered(numbers, one["line_no"]), one["text"]) for one in said["findings"]]
            return self._cart(visit, 409, findings=findings)
        return RedirectResponse(said["return_url"], 303)

    async def cancel(self, request: Request) -> Response:
        try:
            said = await self._orderwire.cancel(quote(request.path_params["session"], safe=""))
        except CallRefusedError as error:
            return _page("sorry", error.status, detail=error.detail)
        return RedirectResponse(said["return_url"], 303)

    def _posted(self, visit: Visit, item_no: str) -> dict[str, Any]:
        quantity, key = visit.lines[item_no]
        article = self._articles.get(item_no)
        if article is not None:
            return article.line(quantity, key)
        old = next(line for line in visit.session["items"] if line["item_no"] == item_no)
        return Article(item_no, old["description"] or item_no, old["unit"] or "", Decimal(0), "").line(quantity, key)

    def _visit(self, request: Request) -> Visit | None:
        return self._visits.get(request.path_params["session"])

    def _cart(
        self, visit: Visit, status: int = 200, *, detail: str = "", findings: list[tuple[str, str]] | None = None
    ) -> Response:
        rows = [
            (item_no, self._articles.get(item_no), quantity, _shown(visit, item_no))
            for item_no, (quantity, _) in visit.lines.items()
        ]
        return _page("cart", status, visit=visit, rows=rows, detail=detail, findings=findings or [], currency=CURRENCY)


def create_shop(orderwire_url: str, api_key: str = DEMO_SHOP_KEY) -> Starlette:
    """Return the shop as an ASGI application; Orderwire sends browsers to its /enter."""
    shop = Shop(OrderwireClient(orderwire_url, api_key))
    visit = "/visit/{session}"
    return Starlette(
        routes=[
            Route("/enter", shop.enter),
            Route(f"{visit}/", shop.browse),
            Route(f"{visit}/add", shop.add, methods=["POST"]),
            Route(f"{visit}/cart", shop.cart),
            Route(f"{visit}/change", shop.change, methods=["POST"]),
            Route(f"{visit}/check-out", shop.check_out, methods=["POST"]),
            Route(f"{visit}/cancel", shop.cancel, methods=["POST"]),
        ]
    )


def _quote_key() -> str:
    return f"Q-{secrets.token_hex(6)}"


def _quantity(text: str) -> Decimal | None:
    """Return a quantity; None: it is none that anybody could want."""
    try:
        quantity = Decimal(text)
    except InvalidOperation:
        return None
    return quantity if quantity.is_finite() and 0 <= quantity <= _MOST else None


def _shown(visit: Visit, item_no: str) -> str:
    old = next((line["description"] for line in visit.session["items"] if line["item_no"] == item_no), None)
    return old or item_no


def _numbered(item_nos: list[str], line_no: str | None) -> str:
    return f"Item {item_nos[int(line_no) - 1]}" if line_no and line_no.isdecimal() else "The cart"


def _to(session_id: str, place: str) -> Response:
    return RedirectResponse(f"/visit/{quote(session_id, safe='')}/{place}", 303)


def _lost() -> Response:
    return _page("sorry", 404, detail="This visit is not known.")


def _page(name: str, status: int = 200, **values: Any) -> Response:
    text = _PAGES.get_template(f"{name}.html").render(**values)
    policy = "default-src 'none'; style-src 'unsafe-inline'; form-action http: https:; base-uri 'none'"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(text, status, headers=headers)
