"""Who is told of what is wrong, how, and when: `alerts.yaml`, read again whenever it changes. No secrets."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from orderwire.config.channels import PathBelow, WebAddress, is_loopback
from orderwire.config.section import Section
from orderwire.errors import ConfigurationError

#: Larger files are none that people write.
_MAX_BYTES: Final = 1024 * 1024

Severity = Literal["page", "ticket"]
#: An address as it stands in a header, without a name: nothing in it can start another header.
Mailbox = Annotated[str, Field(max_length=254, pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+$")]
ReceiverName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Minutes = Annotated[float, Field(ge=0)]


class AlertKind(StrEnum):
    """What may be wrong."""

    PARKED = "parked"  # messages failed for good; one alert for each cause
    PAUSED = "paused"  # a flow stands still, because the other side is down
    RETRYING = "retrying"  # documents are tried again and again, for one reason
    LATE = "late"  # acknowledgements or answers are late; one alert for each partner, side and kind
    OUTBOX = "outbox"  # events are committed and not published
    WORKERS = "workers"  # nothing works on orders
    CERTIFICATE = "certificate"  # a certificate ends soon, or cannot be read
    CONFIGURATION = "configuration"  # a file is wrong; what stood before goes on


class Rule(Section):
    severity: Severity = Field(description="How urgent: page wakes people, ticket waits for the morning")
    after_minutes: Minutes = Field(description="Told when it has lasted so long")
    tell: bool = Field(default=True, description="false: nobody is told")


def _rule(severity: Severity, after_minutes: float) -> Any:
    return Field(default=Rule(severity=severity, after_minutes=after_minutes), description="")


class Rules(Section):
    """By kind; what is not named has these defaults."""

    parked: Rule = _rule("ticket", 0)
    paused: Rule = _rule("page", 5)
    retrying: Rule = _rule("ticket", 15)
    late: Rule = _rule("ticket", 0)
    outbox: Rule = _rule("page", 5)
    workers: Rule = _rule("page", 2)
    certificate: Rule = _rule("ticket", 0)
    configuration: Rule = _rule("ticket", 0)

    @model_validator(mode="before")
    @classmethod
    def _over_defaults(cls, given: Any) -> Any:
        """Let a file name only what differs."""
        if not isinstance(given, dict):
            return given
        defaults = {name: field.default.model_dump() for name, field in cls.model_fields.items()}
        return {
            name: {**defaults[name], **rule} if name in defaults and isinstance(rule, dict) else rule
            for name, rule in given.items()
        }

    def of(self, kind: AlertKind) -> Rule:
        """Return the rule of a kind."""
        rule: Rule = getattr(self, kind.value)
        return rule


class Smtp(Section):
    """The server that takes our mail. Its password: a variable, see below."""

    host: str = Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:-]+$", description="Name or address")
    port: int = Field(default=587, ge=1, le=65535, description="587 for starttls, 465 for tls")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="none: only for a server on this machine"
    )
    username: str | None = Field(default=None, min_length=1, description="None: the server asks for no login")
    sender: Mailbox = Field(description="From whom the mail is")
    ca_file: PathBelow | None = Field(
        default=None, description="Certificates to trust, in the configuration folder; None: the system's"
    )
    timeout_seconds: float = Field(default=15, gt=0, le=60, description="To connect, and for each answer")

    @model_validator(mode="after")
    def _in_the_open_only_here(self) -> "Smtp":
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError("security: none is for a server on this machine alone")
        return self


class Receiver(Section):
    """Gets the alerts that all its filters let through; an empty filter lets everything through."""

    webhook: WebAddress | None = Field(default=None, description="Alerts are posted there as JSON")
    email: tuple[Mailbox, ...] = Field(default=(), max_length=50, description="Alerts are mailed there")
    ca_file: PathBelow | None = Field(
        default=None, description="webhook: certificates to trust, in the configuration folder; None: the system's"
    )
    timeout_seconds: float = Field(default=10, gt=0, le=60, description="webhook: to connect, and for the answer")
    severities: tuple[Severity, ...] = Field(default=(), description="Only these")
    alerts: tuple[AlertKind, ...] = Field(default=(), description="Only these kinds")
    partners: tuple[str, ...] = Field(default=(), description="Only what is about these partners")

    @property
    def way(self) -> Literal["webhook", "email"]:
        return "email" if self.webhook is None else "webhook"

    @model_validator(mode="after")
    def _one_way(self) -> "Receiver":
        if (self.webhook is None) is not bool(self.email):
            raise ValueError("say either webhook or email")
        return self

    def wants(self, kind: AlertKind, severity: str, partner: str | None) -> bool:
        """Tell whether its filters let an alert through."""
        return (
            (not self.alerts or kind in self.alerts)
            and (not self.severities or severity in self.severities)
            and (not self.partners or partner in self.partners)
        )


class AlertPlan(Section):
    """All of `alerts.yaml`."""

    name: str = Field(
        default="Orderwire",
        pattern=r"^[ -~]{1,60}$",
        description="What this installation is called, e.g. Orderwire test",
    )
    console_url: WebAddress | None = Field(
        default=None, description="Where people reach the console, e.g. https://orderwire.example.com; None: no links"
    )
    run_books_url: WebAddress | None = Field(
        default=None, description="Where the pages of docs/run-books stand; None: their names are told"
    )
    remind_hours: float = Field(default=4, gt=0, description="Between reminders of what lasts")
    clear_minutes: float = Field(
        default=2, ge=1, description="All clear is given when it has been over for so long: what flickers is one alert"
    )
    give_up_hours: float = Field(default=24, gt=0, description="So long a receiver that does not answer is tried again")
    rules: Rules = Field(default=Rules(), description="By kind of alert")
    smtp: Smtp | None = Field(default=None, description="None: no mail")
    receivers: Mapping[ReceiverName, Receiver] = Field(
        default_factory=dict, max_length=100, description="By name; none: nobody is told"
    )

    @model_validator(mode="after")
    def _mail_needs_a_server(self) -> "AlertPlan":
        if self.smtp is None and any(receiver.way == "email" for receiver in self.receivers.values()):
            raise ValueError("smtp: is needed for receivers with email")
        return self


def read_plan(file: Path) -> AlertPlan:
    """Read the file; one that is not there is a plan without receivers.

    Raises:
        ConfigurationError: with every problem, one a line.
    """
    try:
        if not file.exists():
            return AlertPlan()
        if file.stat().st_size > _MAX_BYTES:
            raise ConfigurationError("alerts.yaml: larger than 1 MiB")
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
        return AlertPlan.model_validate({} if raw is None else raw)
    except ValidationError as error:
        problems = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
    except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
        problems = [f"cannot be read: {error}"]
    raise ConfigurationError("alerts.yaml:\n  " + "\n  ".join(problems))


class AlertFile:
    """The plan as the file has it now; while the file is wrong, as it had it last."""

    def __init__(self, config_dir: Path) -> None:
        self._file = config_dir / "alerts.yaml"
        self._stamp: tuple[int, int] | None = None
        self._plan, self._problem = AlertPlan(), ""

    def plan(self) -> AlertPlan:
        self._look()
        return self._plan

    def problem(self) -> str:
        """Return what is wrong with the file; empty: nothing."""
        self._look()
        return self._problem

    def _look(self) -> None:
        try:
            stat = self._file.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            stamp = (0, 0)
        if stamp == self._stamp:
            return
        try:
            self._plan, self._problem = read_plan(self._file), ""
        except ConfigurationError as error:
            self._problem = error.message
        self._stamp = stamp
