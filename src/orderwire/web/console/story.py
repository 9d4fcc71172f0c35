"""One order: everything that happened to it, on one page; any of its documents leads here."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from lxml import etree

from orderwire.connectors.nav.shown import exchange_shown
from orderwire.mapping.masking import masked
from orderwire.pipeline.family import family_of
from orderwire.ports.access import Permission, Principal
from orderwire.ports.journal import Document, DocumentQuery, Step
from orderwire.ports.ledger import LedgerEntry, LedgerQuery
from orderwire.ports.orders import OrderRecord
from orderwire.ports.parking import Parked
from orderwire.ports.store import Transaction
from orderwire.web.console import edifact
from orderwire.web.console.chain import Told, chain
from orderwire.web.console.guard import Looks
from orderwire.web.console.page import HOME, ConsoleRoute, page
from orderwire.web.context import Shared
from orderwire.web.problems import Problem

router = APIRouter(prefix=f"{HOME}/documents", route_class=ConsoleRoute)

#: The newest of them, and the page says so: a file of thousands of messages is not shown whole.
_MAX_FAMILY: Final = 200
_MAX_STEPS: Final = 500
_MAX_CALLS: Final = 40
_MAX_ANSWERS: Final = 5
_MAX_LEDGER: Final = 100
_MAX_HOLDS: Final = 200
_MAX_SHOWN_BYTES: Final = 256 * 1024
#: Set in lines, a document of nested parts grows a hundredfold: then it is shown as it came.
_MAX_SET_CHARS: Final = 4 * _MAX_SHOWN_BYTES
_MAX_FACTS: Final = 20
_ZEROS: Final = re.compile(r"-?\d+\.\d*0")
_GOOD: Final = frozenset({"order_created", "delivered", "answered", "decoded", "acknowledged", "stock_held"})
_BAD: Final = frozenset({"parked", "rejected", "discarded", "acknowledgement_late"})


@router.get("/{document_id}")
def show_story(request: Request, context: Shared, who: Looks, document_id: str) -> Response:
    """Tell the whole story of a document: where it came from, what became of it, and what was answered."""
    with context.services.store.read() as tx:
        document = find(tx, who, document_id)
        around = family_of(tx, document, _MAX_FAMILY)
        family = [one for one in around.documents if who.sees(one.partner) or one.id == document.id]
        ids = [one.id for one in family]
        record = _record(tx, document, family)
        order = _order(record) if record else None
        steps, parked = tx.journal.steps_of(ids), tx.failures.of_document(ids)
        ledger = tx.ledger.find(LedgerQuery(document_ids=tuple(ids), limit=_MAX_LEDGER + 1))
        answers = [one for one in family if one.direction == "out" and one.sha256 and one.id != document.id]
        calls = tx.exchanges.of(ids, _MAX_CALLS + 1)
        data = {
            "document": document,
            "family": family,
            "whole": around.whole,
            "cut": {
                "family": around.more,
                "steps": len(steps) > _MAX_STEPS,
                "calls": len(calls) > _MAX_CALLS,
                "answers": len(answers) > _MAX_ANSWERS,
                "ledger": len(ledger) > _MAX_LEDGER,
            },
            "raw": shown(_content(tx, document)),
            "chain": chain(document, Told(family, steps, record, ledger, parked)),
            "answers": [{"document": one, "raw": shown(_content(tx, one))} for one in answers[-_MAX_ANSWERS:]],
            "steps": _told(steps[-_MAX_STEPS:], {one.id: one for one in family}),
            "parked": [_entry(entry) for entry in parked],
            "order": order,
            "holds": tx.holds.of(record.id, _MAX_HOLDS) if record else [],
            "ledger": [_ledger(entry) for entry in ledger[:_MAX_LEDGER]],
            "calls": [exchange_shown(one, persons=who.may(Permission.ACT)) for _, one in calls[-_MAX_CALLS:]],
            "related": [one for one in _related(tx, document, order) if one.id not in ids and who.sees(one.partner)],
        }
    return page(request, "story.html", **data)


@router.get("/{document_id}/raw")
def download_raw(
    context: Shared, who: Looks, document_id: str, sha256: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")] = None
) -> Response:
    """Hand out the bytes as they came, but for secrets. They are a download, whatever they look like."""
    with context.services.store.read() as tx:
        document = find(tx, who, document_id)
        if sha256 is not None and sha256 not in {one.sha256 for one in family_of(tx, document, _MAX_FAMILY).documents}:
            raise Problem(404, "not_found", "there is nothing here")
        content = masked(_content(tx, document))
    headers = {"Content-Disposition": 'attachment; filename="document.txt"'}
    return Response(content, headers=headers, media_type="application/octet-stream")


def find(tx: Transaction, who: Principal, document_id: str) -> Document:
    """Return a document.

    Raises:
        Problem: 404, there is none, or none that he may see.
    """
    document = tx.journal.get(document_id)
    if document is None or not who.sees(document.partner):
        raise Problem(404, "not_found", "there is no such document")
    return document


def shown(content: bytes) -> dict[str, Any]:
    """Return a document as it is shown, without secrets: EDIFACT by segments, XML and JSON in lines, else its text."""
    head = masked(content[:_MAX_SHOWN_BYTES])
    about = {"size": len(content), "cut": len(content) > _MAX_SHOWN_BYTES, "lines": [], "text": ""}
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.startswith((b"UNA", b"UNB")):
        lines, more = edifact.pretty(head)
        return {**about, "form": "EDIFACT", "lines": lines, "cut": about["cut"] or more}
    if start.startswith(b"<") and not about["cut"]:
        return {**about, "form": "XML", "text": _xml(head)}
    if start.startswith((b"{", b"[")) and not about["cut"]:
        return {**about, "form": "JSON", "text": _json(head)}
    return {**about, "form": "text", "text": _text(head)}


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _xml(content: bytes) -> str:
    """Set XML in lines; entities, DTDs and the network stay out of it."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=True, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
        text = etree.tostring(root, pretty_print=True, encoding="unicode")
    except (etree.XMLSyntaxError, ValueError):
        return _text(content)
    return text if len(text) <= _MAX_SET_CHARS else _text(content)


def _json(content: bytes) -> str:
    pieces, size = [], 0
    try:
        for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(json.loads(content)):
            pieces.append(piece)
            size += len(piece)
            if size > _MAX_SET_CHARS:
                return _text(content)
    except (ValueError, RecursionError):
        return _text(content)
    return "".join(pieces).encode("utf-8", "backslashreplace").decode()  # halves of characters have no bytes


def _content(tx: Transaction, document: Document) -> bytes:
    if document.sha256 is None:
        return b""
    try:
        return tx.archive.get(document.sha256)
    except KeyError:  # its time was over
        return b""


def _record(tx: Transaction, document: Document, family: Sequence[Document]) -> OrderRecord | None:
    """Return the order that the document is about, if it is about one."""
    numbers = {one.order_no for one in family if one.order_no}
    number = document.order_no or (numbers.pop() if len(numbers) == 1 else None)
    partner = document.partner or next((one.partner for one in family if one.partner), None)
    if number is None or partner is None:
        return None
    return next(iter(tx.orders.find(order_no=number, partner=partner, limit=1)), None)


def _order(record: OrderRecord) -> dict[str, Any]:
    response = json.loads(record.response) if record.response else None
    return {
        "id": record.id, "order_no": record.order_no, "partner": record.partner, "state": record.state.value,
        "outcome": record.outcome, "erp_no": record.erp_no, "revision": record.revision,
        "canonical": _json(record.order.encode()), "lines": (response or {}).get("lines", []),
        "response": json.dumps(response, indent=2, ensure_ascii=False) if response else None,
    }  # fmt: skip


def _related(tx: Transaction, document: Document, order: dict[str, Any] | None) -> list[Document]:
    """Return documents of the same order that came by themselves, and what this one was replayed as."""
    related = list(tx.journal.find(DocumentQuery(replay_of=document.id)))
    if order is not None:
        related += tx.journal.find(DocumentQuery(order_no=order["order_no"], partner=order["partner"]))
    return list({one.id: one for one in related}.values())


def _told(steps: Sequence[Step], family: dict[str, Document]) -> list[dict[str, Any]]:
    told = []
    for step in steps:
        document = family.get(step.document_id)
        told.append(
            {
                "at": step.at,
                "name": step.name,
                "kind": document.kind if document else "",
                "document_id": step.document_id,
                "event_id": step.event_id,
                "facts": list(facts_of(step.detail or {})),
                "look": "bad" if step.name in _BAD else "ok" if step.name in _GOOD else _look(step.name),
            }
        )
    return told


def facts_of(detail: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a step tells, a line for each fact, and for each entry of a list."""
    plain = {name: value for name, value in detail.items() if not isinstance(value, list | dict)}
    if plain:
        yield _said(plain)
    for name, value in detail.items():
        if name not in plain:
            for entry in (value if isinstance(value, list) else [value])[:_MAX_FACTS]:
                yield _said(entry) if isinstance(entry, dict) else str(entry)


def _said(facts: Mapping[str, Any]) -> str:
    return " · ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in facts.items() if value is not None)


def _short(value: object) -> str:
    text = str(value)
    return text.rstrip("0").rstrip(".") if _ZEROS.fullmatch(text) else text


def _look(name: str) -> str:
    return "warn" if name in {"retry_scheduled", "sent_again", "replayed", "edited", "held"} else ""


def _entry(entry: Parked) -> dict[str, Any]:
    names = ("id", "flow", "code", "reason", "state", "note", "attempts", "first_at", "last_at", "document_id", "facts")
    return {name: getattr(entry, name) for name in names}


def _ledger(entry: LedgerEntry) -> dict[str, Any]:
    names = ("side", "kind", "ref", "state", "opened_at", "due_at", "met_at", "outcome")
    return {name: getattr(entry, name) for name in names}
