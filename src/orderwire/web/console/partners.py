"""Partners: who they are, how they do, their certificates, and what a document of theirs would become."""

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request, Response

from orderwire.config.profile import PartnerProfile
from orderwire.connectors.channels.as2_parties import RENEW, As2Parties
from orderwire.connectors.channels.names import channel_of
from orderwire.errors import ConfigurationError
from orderwire.ports.access import Principal
from orderwire.ports.intake import DecodeHint
from orderwire.ports.journal import DocumentQuery
from orderwire.ports.ledger import LedgerQuery, LedgerState
from orderwire.ports.store import Transaction
from orderwire.web.console.guard import LookDocument, Looks
from orderwire.web.console.page import HOME, ConsoleRoute, page
from orderwire.web.console.parked import as_trial
from orderwire.web.context import Context, Shared
from orderwire.web.problems import Problem

if TYPE_CHECKING:
    from datetime import datetime

router = APIRouter(prefix=f"{HOME}/partners", route_class=ConsoleRoute)

_LATEST: Final = 20


@router.get("")
def list_partners(request: Request, context: Shared, who: Looks) -> Response:
    """List the partners with their health."""
    services = context.services
    with services.store.read() as tx:
        parked: dict[str | None, int] = {}
        for one in tx.overview.parked(who.partners):
            parked[one.partner] = parked.get(one.partner, 0) + one.count
        keys = [key for key in services.partners.keys() if who.sees(key)]  # noqa: SIM118  no mapping
        rows = [_row(context, tx, key, parked.get(key, 0)) for key in keys]
    return page(request, "partners.html", rows=rows, problems=services.partners.problems() if who.everywhere else [])


@router.get("/{key}")
def show_partner(request: Request, context: Shared, who: Looks, key: str) -> Response:
    """Show one partner."""
    return _show(request, context, who, key)


@router.post("/{key}/test")
def test_document(request: Request, context: Shared, act: LookDocument, key: str) -> Response:
    """Tell what would become of a document of this partner; nothing is kept of it."""
    text = act.form.need("content", "a document")
    _profile(context, act.who, key)
    content = text.replace("\r\n", "\n").encode("utf-8", "replace")
    name = act.form.get("name")[:200] or None
    hint = DecodeHint(partner=key, name=name)
    trial = context.services.trials.of_content(content, _channel(content, name), hint)
    return _show(request, context, act.who, key, trial={"text": text, **as_trial(act.who, trial)})


def _channel(content: bytes, name: str | None) -> str:
    """Return the channel that a document comes by, judged by how it begins, or by its file's name."""
    start = content.lstrip()[:1]
    return channel_of({b"{": "order.json", b"<": "order.xml"}.get(start, name or "order.edi")).value


def _show(
    request: Request, context: Context, who: Principal, key: str, trial: dict[str, Any] | None = None
) -> Response:
    profile, services = _profile(context, who, key), context.services
    with services.store.read() as tx:
        parked = sum(one.count for one in tx.overview.parked((key,)))
        row = _row(context, tx, key, parked)
        latest = tx.journal.find(DocumentQuery(partner=key, limit=_LATEST))
        late = tx.ledger.find(LedgerQuery(states=(LedgerState.LATE,), partner=key))
    return page(
        request, "partner.html", row=row, latest=latest, late=late, text=trial["text"] if trial else "", trial=trial,
        profile=_facts(profile) if isinstance(profile, PartnerProfile) else [],
        certificates=_certificates(context, profile) if isinstance(profile, PartnerProfile) else [],
        codes=_codes(profile) if isinstance(profile, PartnerProfile) else {},
    )  # fmt: skip


def _profile(context: Context, who: Principal, key: str) -> PartnerProfile | None:
    if not who.sees(key) or key not in context.services.partners.keys():  # noqa: SIM118  no mapping
        raise Problem(404, "not_found", "there is no such partner")
    try:
        return context.services.partners.get(key)
    except ConfigurationError:
        return None


def _row(context: Context, tx: Transaction, key: str, parked: int) -> dict[str, Any]:
    problem, name, ways = None, key, []
    try:
        profile = context.services.partners.get(key)
    except ConfigurationError as error:
        problem = str(error)
    else:
        name = profile.name
        ways = [way for way in ("edi", "api", "folder", "sftp", "http", "as2") if getattr(profile, way, None)]
    traffic = tx.overview.last_traffic(key)
    return {
        "key": key, "name": name, "ways": ways, "parked": parked, "problem": problem,
        "last_in": traffic.get("in"), "last_out": traffic.get("out"),
    }  # fmt: skip


def _facts(profile: PartnerProfile) -> list[tuple[str, str]]:
    facts = [
        ("Name", profile.name), ("NAV customer", profile.customer_no), ("Shortage", profile.shortage.value),
        ("Location", profile.location or "the default"), ("Answers go by", profile.outlet or "no way"),
    ]  # fmt: skip
    if profile.edi is not None:
        ids = ", ".join(f"{one.id}:{one.qualifier}" if one.qualifier else one.id for one in profile.edi.identifiers)
        facts += [("EDIFACT identifiers", ids), ("Directory of answers", profile.edi.response_version)]
    return facts


def _codes(profile: PartnerProfile) -> dict[str, int]:
    return {name: len(getattr(profile, name)) for name in ("items", "units", "parties", "substitutes")}


def _certificates(context: Context, profile: PartnerProfile) -> list[dict[str, Any]]:
    if profile.as2 is None:
        return []
    now: datetime = context.services.clock()
    return [
        {
            "whose": one.whose,
            "until": one.until,
            "problem": one.problem,
            "look": "bad" if one.until is None or one.until < now else "warn" if one.until - now < RENEW else "ok",
        }
        for one in As2Parties(context.services.settings).expiries(profile, profile.as2)
    ]
