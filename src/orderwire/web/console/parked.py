"""One parked message: try it dry, replay it, edit a copy of it, or discard it."""

import json
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from orderwire.errors import OrderwireError
from orderwire.mapping.masking import masked
from orderwire.pipeline.trial import document_of, raw_of
from orderwire.ports.access import Permission, Principal
from orderwire.ports.parking import Parked
from orderwire.ports.store import Transaction
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
    after = _encoded(text, before)
    if act.form.get("act") != "replay":
        return _show(request, context, act.who, parked_id, text)
    if after == before:
        raise Problem(422, "invalid", "nothing is changed: replay it as it is")
    why = act.form.need("reason", "a reason")[:500]
    _trial(context, act.who, parked_id, after)  # a copy is in nobody else's name
    context.services.replays.replay_edited(parked_id, after, who=act.who.name, why=why)
    return to(f"{HOME}/documents/{entry.document_id}", "replayed")


def _show(request: Request, context: Context, who: Principal, parked_id: str, text: str | None = None) -> Response:
    entry = _entry(context, who, parked_id)
    with context.services.store.read() as tx:
        before = _bytes(tx, entry)
        document = tx.journal.get(entry.document_id) if entry.document_id else None
    editable = who.may(Permission.MEND) and document is not None and document.direction == "in"
    after = _encoded(text, before) if text is not None else before
    return page(
        request, "parked.html", entry={**row_of(entry), "state": entry.state, "note": entry.note}, document=document,
        raw=shown(before), trial=_trial(context, who, parked_id, after if after != before else None),
        text=_lines(before) if text is None else text,
        editable=editable and 0 < len(before) <= MAX_EDIT_BYTES,
        diff=list(difference(_lines(before), text)) if text is not None else None,
    )  # fmt: skip


def _entry(context: Context, who: Principal, parked_id: str) -> Parked:
    with context.services.store.read() as tx:
        entry = tx.parked.get(parked_id)
    if entry is None or not who.sees(entry.partner):
        raise Problem(404, "not_found", "there is no such parked message")
    return entry


def _bytes(tx: Transaction, entry: Parked) -> bytes:
    """Return the document without its secrets: they proved the sender when it came, and are not asked for again."""
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


def _lines(content: bytes) -> str:
    """Return a document as it is edited: EDIFACT without line breaks gets one after each segment."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if text.startswith(("UNA", "UNB")) and "\n" not in text:
        return _broken(text)
    return text


def _broken(text: str) -> str:
    end, release = ("'", "?") if text.startswith("UNB") else (text[8], text[6])
    out, free = [], True
    for sign in text:
        out.append(sign)
        if sign == end and free:
            out.append("\n")
        free = not (sign == release and free)
    return "".join(out)


def _encoded(text: str, before: bytes) -> bytes:
    """Return an edited text as bytes, in the original's character set and without the breaks that were put in."""
    text = text.replace("\r\n", "\n")
    if text.rstrip("\n") == _lines(before).replace("\r\n", "\n").rstrip("\n"):
        return before
    if before[:3] in {b"UNA", b"UNB"} and b"\n" not in before:
        text = text.replace("\n", "")
    elif b"\r\n" in before:
        text = text.replace("\n", "\r\n")
    try:
        before.decode("utf-8")
        return text.encode("utf-8")
    except UnicodeDecodeError:
        return text.encode("latin-1", "replace")
    except UnicodeEncodeError:
        raise Problem(422, "invalid", "the copy holds half a character") from None
