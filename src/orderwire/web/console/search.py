"""Messages and orders: found by number, partner, state, or text inside; a search is its own address."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response

from orderwire.canonical.response import OrderOutcome
from orderwire.pipeline.indexing import words_in
from orderwire.ports.access import Principal
from orderwire.ports.journal import DocumentState
from orderwire.ports.search import Found, Place, SavedSearch, Wanted
from orderwire.web.console.guard import LookAct, Looks
from orderwire.web.console.page import HOME, ConsoleRoute, page, to
from orderwire.web.context import Context, Shared
from orderwire.web.problems import Problem

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)

#: Rows on a page.
ROWS: Final = 50
_FIELDS: Final = ("q", "state", "partner", "kind", "direction", "since", "until", "outcome")
_KINDS: Final = (
    "file", "interchange", "ORDERS", "ORDCHG", "order", "OrderRequest", "ORDRSP", "CONTRL", "APERAK", "DESADV",
    "INVOIC",
)  # fmt: skip
_MAX_CHARS: Final = 200
_MAX_SAVED: Final = 50
_MAX_QUERY_CHARS: Final = 2000


@router.get("/messages")
def show_messages(request: Request, context: Shared, who: Looks) -> Response:
    """Find documents, in and out, the newest first."""
    asked = _asked(request)
    wanted = _wanted(context, who, asked)
    with context.services.store.read() as tx:
        found, written = _by_number_or_words(tx.search.documents, wanted)
        saved = tx.search.saved(who.name)
    shown = found.documents[:ROWS]
    after = _after(shown[-1].received_at, shown[-1].id) if len(found.documents) > ROWS else None
    choices = {
        "states": [state.value for state in DocumentState],
        "kinds": _KINDS,
        "partners": [key for key in context.services.partners.keys() if who.sees(key)],  # noqa: SIM118  no mapping
    }
    return page(
        request, "messages.html", asked=asked, rows=shown, saved=saved,
        looked_through=found.looked_through, written=written,
        next=_link(asked, after) if after else None, first=_link(asked, None), choices=choices,
        paging=request.query_params.get("after"),
    )  # fmt: skip


@router.get("/orders")
def show_orders(request: Request, context: Shared, who: Looks) -> Response:
    """Find purchase orders with what was decided."""
    asked = _asked(request)
    wanted = _wanted(context, who, {**asked, "state": "", "kind": "", "direction": "", "since": "", "until": ""})
    with context.services.store.read() as tx:
        rows = tx.search.orders(wanted, asked["outcome"] or None)
    shown = rows[:ROWS]
    after = _after(shown[-1].created_at, shown[-1].id) if len(rows) > ROWS else None
    listed = [
        {"order_no": row.order_no, "partner": row.partner, "state": row.state.value, "outcome": row.outcome,
         "erp_no": row.erp_no, "document_id": row.document_id, "created_at": row.created_at}
        for row in shown
    ]  # fmt: skip
    partners = [key for key in context.services.partners.keys() if who.sees(key)]  # noqa: SIM118  no mapping
    outcomes = [outcome.value for outcome in OrderOutcome]
    return page(
        request, "orders.html", asked=asked, rows=listed, partners=partners, outcomes=outcomes,
        next=_link(asked, after) if after else None, first=_link(asked, None), paging=request.query_params.get("after"),
    )  # fmt: skip


@router.post("/searches")
def save_search(context: Shared, act: LookAct) -> Response:
    """Keep a search under a name, as a link."""
    name = act.form.need("name", "a name")[:60]
    given = dict(parse_qsl(act.form.get("query")[:_MAX_QUERY_CHARS]))
    query = urlencode({field: given[field][:_MAX_CHARS] for field in _FIELDS if given.get(field)})
    with context.services.store.begin() as tx:
        if len(tx.search.saved(act.who.name)) >= _MAX_SAVED:
            raise Problem(422, "invalid", f"{_MAX_SAVED} saved searches are enough: delete one")
        tx.search.save(SavedSearch(act.who.name, name, query))
    return to(f"{HOME}/messages?{query}", "saved")


@router.post("/searches/forget")
def forget_search(context: Shared, act: LookAct) -> Response:
    """Delete a saved search."""
    with context.services.store.begin() as tx:
        tx.search.forget(act.who.name, act.form.get("name"))
    return to(f"{HOME}/messages", "ended")


def _asked(request: Request) -> dict[str, str]:
    return {name: request.query_params.get(name, "").strip()[:_MAX_CHARS] for name in _FIELDS} | {
        "after": request.query_params.get("after", "")[:_MAX_CHARS]
    }


def _wanted(context: Context, who: Principal, asked: Mapping[str, str]) -> Wanted:
    partner = asked["partner"] or None
    if partner is not None and not who.sees(partner):
        raise Problem(404, "not_found", "there is nothing here")
    state = asked["state"]
    if state and state not in set(DocumentState):
        raise Problem(422, "invalid", "there is no such state")
    number, by_gln = asked["q"] or None, _partner_of(context, asked["q"])
    if by_gln is not None and partner is None and who.sees(by_gln):
        number, partner = None, by_gln
    return Wanted(
        number=number,
        state=DocumentState(state) if state else None,
        partner=partner,
        kind=asked["kind"] or None,
        direction=asked["direction"] or None,
        since=_day(asked["since"], 0),
        until=_day(asked["until"], 1),
        partners=who.partners,
        after=_place(asked["after"]),
        limit=ROWS + 1,
    )


def _by_number_or_words(find: Callable[[Wanted], Found], wanted: Wanted) -> tuple[Found, bool]:
    """Take what is asked for as a number; else as words in documents; else as beginnings of words. Words: True."""
    found = find(wanted)
    words = words_in(wanted.number or "")
    if found.documents or found.looked_through or not words:
        return found, False
    written = replace(wanted, number=None, words=words)
    whole = find(written)
    return (whole if whole.documents else find(replace(written, beginnings=True))), True


def _partner_of(context: Context, number: str) -> str | None:
    """Return the partner that sends under this identifier, e.g. its GLN."""
    for profile in context.services.partners.all() if number else ():
        names = [one.id for one in profile.edi.identifiers] if profile.edi else []
        if number in names or number == profile.key:
            return profile.key
    return None


def _day(text: str, days: int) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=days) if text else None
    except (ValueError, OverflowError):
        raise Problem(422, "invalid", "a day is written 2026-11-21") from None


def _after(at: datetime, key: str) -> str:
    return f"{at.astimezone(UTC).isoformat()}~{key}"


def _place(text: str) -> Place | None:
    at, _, key = text.partition("~")
    try:
        return Place(datetime.fromisoformat(at).astimezone(UTC), key) if text else None
    except (ValueError, OverflowError):
        raise Problem(422, "invalid", "this page of results does not exist") from None


def _link(asked: Mapping[str, str], after: str | None) -> str:
    query = {name: value for name, value in asked.items() if value and name != "after"}
    return urlencode({**query, **({"after": after} if after else {})})
