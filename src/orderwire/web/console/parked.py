"""One parked message: try it dry, replay it, edit a copy of it, or discard it."""

import json
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from orderwire.errors import OrderwireError
from orderwire.mapping.masking import masked
from orderwire.pipeline.parking import follow_up_of
from orderwire.pipeline.trial import document_of, raw_of
from orderwire.ports.access import Permission, Principal
from orderwire.ports.parking import Parked
from orderwire.ports.store import Transaction
from orderwire.web.console.copies import LostCharacterError, copy_of, text_of
from orderwire.web.console.difference import difference
from orderwire.web.console.failures import row_of
from orderwire.web.console.guard import EditorDocument, Looks, OperatorAct
from orderwire.web.console.page import HOME, ConsoleRoute, page, to
from orderwire.web.console.story import shown
from orderwire.web.context import Context, Shared
from orderwire.web.problems import Problem

router = APIRouter(prefix=f"{HOME}/parked", route_class=ConsoleRoute)

#: A document that is larger is edited elsewhere and sent anew.
MAX_EDIT_BYTES: Final = 1024 * 1024


@dataclass(frozen=True)
class Copy:
    """An edited text with its bytes, or what stands in the way of them."""

    text: str
    content: bytes | None = None
    lost: str | None = None


@router.get("/{parked_id}")
def show_parked(request: Request, context: Shared, who: Looks, parked_id: str) -> Response:
    """Show a parked message with what would become of it now."""
    return _show(request, context, who, parked_id)


@router.post("/{parked_id}/replay")
def replay_one(context: Shared, act: OperatorAct, parked_id: str) -> Response:
    """Send it through again from its raw bytes."""
    why, entry = act.form.need("reason", "a reason")[:500], _entry(context, act.who, parked_id)
    context.services.replays.replay(parked_id, who=act.who.name, why=why)
    return to(f"{HOME}/documents/{entry.document_id}", "replayed")


@router.post("/{parked_id}/discard")
def discard_one(context: Shared, act: OperatorAct, parked_id: str) -> Response:
    """End it without doing it."""
    why = act.form.need("reason", "a reason")[:500]
    _entry(context, act.who, parked_id)
    context.services.replays.discard(parked_id, who=act.who.name, why=why)
    return to(f"{HOME}/failures", "discarded")


@router.post("/{parked_id}/edit")
def edit_copy(request: Request, context: Shared, act: EditorDocument, parked_id: str) -> Response:
    """Show what an edited copy changes and what would become of it, or send it through in place of the original."""
    entry = _entry(context, act.who, parked_id)
    with context.services.store.read() as tx:
        before = _bytes(tx, entry)
    text = act.form.get("content")
    try:
        after = copy_of(text, before, _agreed(context, entry))
    except LostCharacterError as error:
        return _show(request, context, act.who, parked_id, Copy(text, lost=str(error)))
    if act.form.get("act") != "replay":
        return _show(request, context, act.who, parked_id, Copy(text, after))
    if after == before:
        raise Problem(422, "invalid", "nothing is changed: replay it as it is")
    why = act.form.need("reason", "a reason")[:500]
    _trial(context, act.who, parked_id, after)  # a copy is in nobody else's name
    context.services.replays.replay_edited(parked_id, after, who=act.who.name, why=why)
    return to(f"{HOME}/documents/{entry.document_id}", "replayed")


def _show(request: Request, context: Context, who: Principal, parked_id: str, copy: Copy | None = None) -> Response:
    entry = _entry(context, who, parked_id)
    with context.services.store.read() as tx:
        before = _bytes(tx, entry)
        document = tx.journal.get(entry.document_id) if entry.document_id else None
    editable = who.may(Permission.MEND) and document is not None and document.direction == "in"
    editable = editable and follow_up_of(entry) is None and 0 < len(before) <= MAX_EDIT_BYTES
    text = text_of(before, _agreed(context, entry)) if editable or copy else ""
    after = copy.content if copy and copy.content != before else None
    return page(
        request, "parked.html", 422 if copy and copy.lost else 200,
        entry={**row_of(entry), "state": entry.state, "note": entry.note}, document=document,
        raw=shown(before), trial=_trial(context, who, parked_id, after),
        text=copy.text if copy else text, editable=editable, lost=copy.lost if copy else None,
        diff=list(difference(text, copy.text)) if copy else None,
    )  # fmt: skip


def _agreed(context: Context, entry: Parked) -> str | None:
    """Return the codec that the partner's profile names for its interchanges."""
    try:
        profile = context.services.partners.get(entry.partner or "")
    except OrderwireError:
        return None
    return profile.edi.charset if profile.edi else None


def _entry(context: Context, who: Principal, parked_id: str) -> Parked:
    with context.services.store.read() as tx:
        entry = tx.parked.get(parked_id)
    if entry is None or not who.sees(entry.partner):
        raise Problem(404, "not_found", "there is no such parked message")
    return entry


def _bytes(tx: Transaction, entry: Parked) -> bytes:
    """Return the document without its secrets: they proved the sender when it came, and are not asked for again.

    Of a follow-up there is no document yet: it is shown as the event that it is.
    """
    if follow_up_of(entry) is not None:
        return entry.body
    try:
        return masked(raw_of(tx, document_of(tx, entry)))
    except OrderwireError:
        return b""


def _trial(context: Context, who: Principal, parked_id: str, content: bytes | None) -> dict[str, Any]:
    try:
        trial = context.services.trials.of_parked(parked_id, content)
    except OrderwireError as error:
        return {"result": "fails", "error": str(error), "messages": [], "findings": []}
    return as_trial(who, trial)


def as_trial(who: Principal, trial: dict[str, Any]) -> dict[str, Any]:
    """Return a dry run as it is shown.

    Raises:
        Problem: 403, the document is in the name of a partner that he may not see.
    """
    if not all(message["partner"] is None or who.sees(message["partner"]) for message in trial["messages"]):
        raise Problem(403, "forbidden", "this document is in the name of another partner, and you see some of them")
    orders = [message["order"] for message in trial["messages"]]
    texts = [json.dumps(order, indent=2, ensure_ascii=False) if order else None for order in orders]
    messages = [{**message, "canonical": text} for message, text in zip(trial["messages"], texts, strict=True)]
    result = "fails" if not messages or any(message["error"] for message in messages) else "passes"
    return {"error": None, "findings": [], "result": result, **trial, "messages": messages}
