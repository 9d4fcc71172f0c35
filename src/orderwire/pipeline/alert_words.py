"""What people are told of an alert: a sentence, what to do, and links. No payload, no secret, no person."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from orderwire.config.alerts import AlertKind, AlertPlan
from orderwire.ports.alerts import Alert

#: Kind → the page of docs/run-books.
RUN_BOOKS: Final[Mapping[AlertKind, str]] = {
    AlertKind.PARKED: "OrderwireParked",
    AlertKind.PAUSED: "OrderwirePaused",
    AlertKind.RETRYING: "OrderwireErpFailing",
    AlertKind.LATE: "OrderwireAcknowledgementLate",
    AlertKind.OUTBOX: "OrderwireOutboxStuck",
    AlertKind.WORKERS: "OrderwireNoWorker",
    AlertKind.CERTIFICATE: "OrderwireCertificate",
    AlertKind.CONFIGURATION: "OrderwireConfiguration",
}
_DO: Final[Mapping[AlertKind, str]] = {
    AlertKind.PARKED: "Open the group in the console, mend the cause, and replay.",
    AlertKind.PAUSED: "Run `orderwire nav check`. Work goes on by itself when the other side answers.",
    AlertKind.RETRYING: "The code says why; docs/reference/errors.md says what it means.",
    AlertKind.LATE: "Run `orderwire ledger list --late`.",
    AlertKind.OUTBOX: "Run `orderwire queue check`. Nothing is lost.",
    AlertKind.WORKERS: "Start `orderwire work` or `up`. What was accepted waits.",
    AlertKind.CERTIFICATE: "Run `orderwire partner check`, and agree on a new one with the partner.",
    AlertKind.CONFIGURATION: "Run `orderwire config check` and mend the file; until then what stood before goes on.",
}


def entry_of(alert: Alert, what: str, plan: AlertPlan) -> dict[str, Any]:
    """Return what is told of an alert, as JSON; `what` is raised, reminder or ended."""
    facts = {name: value for name, value in alert.facts.items() if name != "group"}
    return {
        "what": what,
        "alert": alert.kind.value,
        "cause": alert.cause,
        "episode": alert.episode,
        "severity": alert.severity,
        "summary": _summary(alert),
        "action": "" if what == "ended" else _DO[alert.kind],
        "partner": alert.partner,
        "count": alert.count,
        "facts": facts,
        "since": alert.since.isoformat(),
        "ended": alert.ended_at.isoformat() if alert.ended_at else None,
        "console": _console(alert, plan),
        "run_book": _run_book(alert, plan),
    }


def _summary(alert: Alert) -> str:
    sentence = _SENTENCES[alert.kind](alert)
    return _plain(f"{sentence} (partner {alert.partner})" if alert.partner else sentence)


def _parked(alert: Alert) -> str:
    facts = alert.facts
    place = f" at {facts['segment']}" if "segment" in facts else ""
    return f"{_number(alert, 'message')} parked in flow {facts.get('flow')} with code {facts.get('code')}{place}"


def _late(alert: Alert) -> str:
    return f"{_number(alert, str(alert.facts.get('kind')))} {alert.facts.get('side')} and late"


def _retrying(alert: Alert) -> str:
    return f"{_number(alert, 'document')} tried again and again with code {alert.facts.get('code')}"


def _certificate(alert: Alert) -> str:
    until = alert.facts.get("until")
    return f"A certificate {f'ends on {until}' if until else 'cannot be read'}"


_SENTENCES: Final[Mapping[AlertKind, Callable[[Alert], str]]] = {
    AlertKind.PARKED: _parked,
    AlertKind.PAUSED: lambda alert: f"Flow {alert.facts.get('flow')} is paused, because the other side is down",
    AlertKind.RETRYING: _retrying,
    AlertKind.LATE: _late,
    AlertKind.OUTBOX: lambda _: "Events are committed and not published",
    AlertKind.WORKERS: lambda _: "No worker is alive, so nothing is worked on",
    AlertKind.CERTIFICATE: _certificate,
    AlertKind.CONFIGURATION: lambda alert: f"{alert.facts.get('file')} is wrong; what stood before goes on",
}


def _number(alert: Alert, noun: str) -> str:
    count = alert.count or 1
    return f"1 {noun} is" if count == 1 else f"{count}{'+' if count == 1000 else ''} {noun}s are"


def _console(alert: Alert, plan: AlertPlan) -> str | None:
    if plan.console_url is None:
        return None
    group = alert.facts.get("group")
    place = f"/failures/{group}" if group else f"/partners/{alert.partner}" if alert.partner else ""
    return f"{plan.console_url.rstrip('/')}/console{place}"


def _run_book(alert: Alert, plan: AlertPlan) -> str:
    page = f"{RUN_BOOKS[alert.kind]}.md"
    return f"{plan.run_books_url.rstrip('/')}/{page}" if plan.run_books_url else f"docs/run-books/{page}"


def _plain(text: str) -> str:
    """Return one line of printable characters, not longer than a header takes."""
    return "".join(character if character.isprintable() else " " for character in text)[:300]
