"""The examination of a deployment: everything it needs is looked at, and what to do about what is wrong is said."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from orderwire.config.alerts import read_plan
from orderwire.config.partners import Partners
from orderwire.config.secrets import SMTP_PASSWORD, Secrets, missing, signing_variable
from orderwire.config.settings import Settings
from orderwire.errors import ConfigurationError, OrderwireError
from orderwire.ports.ledger import LedgerQuery, LedgerState

if TYPE_CHECKING:
    from orderwire.bootstrap.services import Services

_GIGABYTE: Final = 1024**3
_FULL_BYTES: Final = _GIGABYTE // 10
#: A worker says that it lives every few seconds; one that has been silent for so long is gone.
_SILENT: Final = timedelta(minutes=1)
#: Events that were committed so long ago should have been published.
_UNSENT: Final = timedelta(minutes=1)


class State(StrEnum):
    """How a thing stands."""

    OK = "ok"
    WARN = "warn"  # it runs, and somebody should look
    FAIL = "fail"  # orders wait, or would


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at."""

    what: str
    state: State
    text: str
    do: str = ""


def examined(settings: Settings) -> list[Found]:
    """Look at everything; what cannot be looked at is found wrong."""
    return [*_configuration(settings), *_alerts(settings), *_disk(settings), *_services(settings), *_nav(settings)]


def _configuration(settings: Settings) -> Iterator[Found]:
    partners, secrets = Partners(settings.config_dir), Secrets()
    keys, problems = partners.keys(), partners.problems()
    for problem in problems:
        yield Found("partners", State.FAIL, problem, "Mend the file; nothing needs a restart.")
    for profile in partners.all():
        for way, variables in missing(profile, secrets):
            text = f"{profile.key}: {way} has no secret"
            yield Found("partners", State.FAIL, text, f"Set {' or '.join(variables)}, or the same name with _FILE.")
    if not keys:
        yield Found("partners", State.WARN, "there are none", "Run `orderwire partner new`.")
    elif not problems:
        yield Found("partners", State.OK, f"{len(keys)} can be read", "`orderwire partner check` tries their samples.")


def _alerts(settings: Settings) -> Iterator[Found]:
    try:
        plan = read_plan(settings.config_dir / "alerts.yaml")
    except ConfigurationError as error:
        yield Found("alerts", State.FAIL, error.message, "Mend the file; nothing needs a restart.")
        return
    if not plan.receivers:
        yield Found("alerts", State.WARN, "nobody is told of trouble", "Name a receiver in alerts.yaml.")
        return
    secrets = Secrets()
    wanted = [signing_variable(name) for name, receiver in plan.receivers.items() if receiver.way == "webhook"]
    wanted += [SMTP_PASSWORD] if plan.smtp is not None and plan.smtp.username is not None else []
    lacking = [variable for variable in wanted if secrets.named(variable) is None]
    for variable in lacking:
        yield Found("alerts", State.FAIL, "a receiver has no secret", f"Set {variable}, or the same name with _FILE.")
    if not lacking:
        yield Found("alerts", State.OK, f"{len(plan.receivers)} receivers", "`orderwire alerts test` tries them.")


def _disk(settings: Settings) -> Iterator[Found]:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        probe = settings.data_dir / ".doctor"
        probe.write_bytes(b"")
        probe.unlink()
        free = shutil.disk_usage(settings.data_dir).free
    except OSError as error:
        yield Found(
            "disk", State.FAIL, f"data_dir: {error.strerror}", "Give Orderwire's user the right to write there."
        )
        return
    state = State.FAIL if free < _FULL_BYTES else State.WARN if free < _GIGABYTE else State.OK
    do = "" if state is State.OK else "Make room, or shorten the retention."
    yield Found("disk", state, f"{free / _GIGABYTE:.1f} GB free in data_dir", do)


def _services(settings: Settings) -> Iterator[Found]:
    """Look at the database and the broker, and at what waits in them."""
    from orderwire.bootstrap.services import build

    try:
        services = build(settings)
    except OrderwireError as error:
        yield Found("database", State.FAIL, str(error), "Check store.url, and that the server takes connections.")
        return
    try:
        yield Found("database", State.OK, _kind(settings.store.url.get_secret_value()))
        for look in (_broker, _workers, _outbox, _backlog, _notices, _users):
            yield from _looked(look, services)
    finally:
        services.close()


def _looked(look: Callable[["Services"], Iterator[Found]], services: "Services") -> Sequence[Found]:
    """Do not let one thing that cannot be looked at hide the others."""
    name = look.__name__.lstrip("_")
    try:
        return list(look(services))
    except OrderwireError as error:
        return [Found(name, State.FAIL, str(error), "Check queue.url and store.url, and that the servers answer.")]


def _broker(services: "Services") -> Iterator[Found]:
    kind = _kind(services.settings.queue.url.get_secret_value())
    problems = services.transport.check()
    for problem in problems:
        yield Found("broker", State.FAIL, problem, "Run `orderwire queue declare`.")
    if not problems:
        alone = "For one machine: every process must run here." if kind == "embedded" else ""
        yield Found("broker", State.OK, f"{kind}; the topology stands", alone)


def _workers(services: "Services") -> Iterator[Found]:
    now = services.clock()
    with services.store.begin() as tx:
        workers = tx.workers.all()
    alive = [worker for worker in workers if now - worker.seen_at < _SILENT]
    for worker in alive:
        for flow, why in worker.paused.items():
            yield Found(
                "workers", State.WARN, f"{flow} is paused on {worker.host}: {_reason(why)}", "It goes on by itself."
            )
    if alive:
        yield Found("workers", State.OK, f"{len(alive)} alive")
    else:
        yield Found("workers", State.FAIL, "none is alive, so nothing is worked on", "Start `orderwire work` or `up`.")


def _reason(why: Any) -> str:
    return str(why.get("reason", why)) if isinstance(why, dict) else str(why)


def _outbox(services: "Services") -> Iterator[Found]:
    with services.store.begin() as tx:
        late = tx.outbox.unsent(before=services.clock() - _UNSENT, limit=100)
    if late:
        oldest = _age(services.clock(), late[0].time)
        text = f"{len(late)}{'+' if len(late) == 100 else ''} events wait for the broker, the oldest for {oldest}"
        yield Found("outbox", State.FAIL, text, "Nothing is lost; see that the broker confirms and a worker runs.")
    else:
        yield Found("outbox", State.OK, "everything committed is published")


def _backlog(services: "Services") -> Iterator[Found]:
    with services.store.begin() as tx:
        parked = tx.parked.find(limit=1000)
        late = tx.ledger.find(LedgerQuery(states=(LedgerState.LATE,), limit=1000))
    if parked:
        codes = ", ".join(sorted({entry.code for entry in parked}))
        yield Found("parked", State.WARN, f"{len(parked)} messages: {codes}", "Run `orderwire parked list`.")
    else:
        yield Found("parked", State.OK, "none")
    if late:
        yield Found(
            "ledger", State.WARN, f"{len(late)} acknowledgements are late", "Run `orderwire ledger list --late`."
        )
    else:
        yield Found("ledger", State.OK, "no acknowledgement is late")


def _notices(services: "Services") -> Iterator[Found]:
    with services.store.read() as tx:
        lasting, late = tx.alerts.all(), tx.alerts.due(services.clock() - _UNSENT, 100)
    if lasting:
        text = ", ".join(sorted({alert.kind.value for alert in lasting}))
        yield Found("alerts", State.WARN, f"{len(lasting)} last: {text}", "Run `orderwire alerts list`.")
    if late:
        yield Found("alerts", State.WARN, f"{len(late)} notices wait", "Run `orderwire alerts notices`.")


def _users(services: "Services") -> Iterator[Found]:
    with services.store.begin() as tx:
        users = tx.users.all()
    if users:
        yield Found("console", State.OK, f"{len(users)} users")
    else:
        yield Found("console", State.WARN, "nobody can log in yet", "Run `orderwire user add NAME --role admin`.")


def _nav(settings: Settings) -> Iterator[Found]:
    from orderwire.connectors.nav.connector import check

    try:
        report = check(settings, ())
    except OrderwireError as error:
        yield Found("nav", State.FAIL, str(error), "Run `orderwire nav check`.")
        return
    if report.away:
        yield Found("nav", State.FAIL, "does not answer", "Run `orderwire nav check`; intake goes on meanwhile.")
    elif not report.complete:
        yield Found("nav", State.FAIL, "lacks something that is needed", "Run `orderwire nav check`.")
    else:
        yield Found("nav", State.OK, "offers what is needed")


def _kind(url: str) -> str:
    return url.partition(":")[0].partition("+")[0]


def _age(now: datetime, then: datetime) -> str:
    minutes = int((now - then).total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
