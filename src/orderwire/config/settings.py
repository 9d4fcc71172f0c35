"""Settings: `orderwire.yaml`, overridden by `ORDERWIRE_…` variables (`ORDERWIRE_QUEUE__URL`), complete at start-up."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    YamlConfigSettingsSource,
)

from orderwire.config.cxml import CxmlSettings
from orderwire.config.follow import FollowSettings
from orderwire.config.punchout import PunchoutSettings
from orderwire.config.secrets import is_secret
from orderwire.config.variables import PREFIX, problems_of, settings_of, with_files
from orderwire.errors import ConfigurationError

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class QueueSettings(_Section):
    url: SecretStr = Field(
        default=SecretStr("embedded:"),
        description="amqp(s)://user:password@host:port/vhost, a cluster's nodes as host:port,host:port,host:port; "
        "or embedded: (one machine, beside the SQLite store)",
    )
    prefetch: Count = Field(default=250, description="Messages in hand per pure flow")
    confirm_timeout_seconds: Seconds = Field(default=30, description="How long the broker may take to confirm")
    connect_timeout_seconds: Seconds = Field(default=10, description="To reach the broker")
    heartbeat_seconds: Count = Field(default=20, description="AMQP heartbeat")
    lease_seconds: Seconds = Field(
        default=30, description="Embedded: how long a message may be worked on between renewals"
    )
    rung_seconds: tuple[Seconds, ...] = Field(
        default=(5, 30, 120, 600, 3600), min_length=1, description="The retry ladder; changing it makes new queues"
    )


class StoreSettings(_Section):
    url: SecretStr = Field(
        default=SecretStr("sqlite:///var/orderwire.db"),
        description="sqlite:///path or postgresql://user:password@host/db",
    )
    pool_size: Count = Field(default=10, description="Database connections per process")
    connect_timeout_seconds: Seconds = Field(default=10, description="To reach the database")


class NavServices(_Section):
    """Names under which NAV publishes the pages (Web Services page in NAV)."""

    item: str = Field(default="Item", description="Page 30, item card")
    customer: str = Field(default="Customer", description="Page 21, customer card")
    sales_order: str = Field(default="SalesOrder", description="Page 42, sales order with its lines")
    item_units: str | None = Field(default="ItemUnitsOfMeasure", description="None: only base units can be ordered")
    posted_shipment: str | None = Field(
        default="PostedSalesShipment", description="None: posted orders are not looked up"
    )
    posted_invoice: str | None = Field(
        default="PostedSalesInvoice", description="Page 132; None: invoices are not told of"
    )
    stockkeeping_unit: str | None = Field(
        default=None, description="Page 5700, or another one keyed by location; None: orders cannot name a location"
    )
    gateway: str = Field(default="OrderwireGateway", description="The codeunit of config/nav")
    purchase_lines: str | None = Field(
        default=None, description="Page 518, for receipts that are expected; None: only what is there can be promised"
    )


class NavStockSettings(_Section):
    """What orders may take, and which answers are believed."""

    receipts_within_days: int | None = Field(
        default=None,
        ge=0,
        description="Promise receipts that are expected within so many days; None: none",
    )
    hold_sudden_loss: bool = Field(
        default=True, description="Do not believe an answer that says that nearly all stock is gone at once"
    )
    sudden_loss_percent: int = Field(default=90, ge=1, le=100, description="Of the items that had stock when last seen")
    sudden_loss_sample: Count = Field(default=20, description="Items to judge by; with fewer, every answer is believed")


def _with_no(names: dict[object, object]) -> dict[object, object]:
    return {("No" if ours is False else ours): ("No" if theirs is False else theirs) for ours, theirs in names.items()}


class NavSettings(_Section):
    url: str = Field(default="http://127.0.0.1:7047/DynamicsNAV/WS", description="Up to and with /WS")
    company: str = Field(default="CRONUS International Ltd.", description="As NAV shows it, unescaped")
    auth: Literal["basic", "ntlm", "bearer"] = Field(
        default="basic", description="As NAV's service instance is set up; bearer: OAuth"
    )
    username: str = Field(default="orderwire", description="ntlm: DOMAIN\\user")
    password: SecretStr = Field(
        default=SecretStr(""), description="basic: NAV user password or web service key; bearer: access token"
    )
    token_file: Path | None = Field(
        default=None, description="bearer: file with the access token, read for each call, so that it may be renewed"
    )
    production: bool = Field(default=True, description="Refuse test documents")
    services: NavServices = NavServices()
    follow: FollowSettings = FollowSettings()
    fields: dict[str, dict[str, str]] = Field(
        default={},
        description="Per service of `nav.services`: fields that have another name in this NAV, our name: theirs; those "
        "of lines as SalesLines.Quantity",
    )
    options: dict[str, dict[str, dict[str, str]]] = Field(
        default={}, description="Per service and field: options that have another name, our name: theirs"
    )
    gateway: Literal["auto", "off", "required"] = Field(
        default="auto",
        description="The codeunit of config/nav: NAV checks stock as it makes the order",
    )
    numbering: Literal["ours", "nav"] = Field(
        default="ours", description="ours: No. is deterministic, so NAV itself refuses a double; nav: the number series"
    )
    connect_timeout_seconds: Seconds = Field(default=5, description="To reach NAV")
    read_timeout_seconds: Seconds = Field(default=30, description="How long NAV may take to answer")
    master_data_seconds: float = Field(
        default=60,
        ge=0,
        description="How long items and customers are remembered; stock never is. NAV itself refuses what is blocked",
    )
    max_calls: Count = Field(default=4, description="Calls at once; NAV runs 5 per tenant")
    safety_stock_field: str | None = Field(
        default=None, description="Item page field kept back from orders; None: none"
    )
    stock: NavStockSettings = NavStockSettings()
    local_currency: str | None = Field(
        default=None,
        description="The company's own currency, which NAV leaves blank; None: orders take the customer's currency",
    )
    ca_file: Path | None = Field(default=None, description="Certificates to trust for https; None: the system's")
    max_response_bytes: Count = Field(default=32 * 1024 * 1024, description="Longer answers are refused unread")
    max_filter_chars: Count = Field(default=1000, description="One A|B|C filter; longer ones become several calls")
    page_rows: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Rows asked for in one call, for servers with small message limits; 0: all"
    )
    credentials_pause_seconds: Seconds = Field(
        default=600, description="After a refused password nothing is sent for so long: no account gets locked"
    )

    @field_validator("fields", mode="before")
    @classmethod
    def _no_is_a_name(cls, fields: object) -> object:
        """Take YAML's `No: Nr` for what it says: unquoted, `No` means false there."""
        if not isinstance(fields, dict):
            return fields
        return {service: _with_no(names) if isinstance(names, dict) else names for service, names in fields.items()}

    @field_validator("fields", "options")
    @classmethod
    def _of_services(cls, names: dict[str, Any]) -> dict[str, Any]:
        unknown = names.keys() - NavServices.model_fields.keys()
        if unknown:
            raise ValueError(f"there is no service {', '.join(sorted(unknown))}")
        return names


class RetrySettings(_Section):
    max_attempts: Count = Field(default=12, description="Then parked")
    first_delay_seconds: Seconds = Field(default=5, description="Before the first retry; then fourfold each time")
    max_delay_seconds: Seconds = Field(default=3600, description="Longest time between retries")
    pause_seconds: Seconds = Field(default=5, description="Breaker: time between probes while a lane is paused")


class FulfilSettings(_Section):
    lease_seconds: Seconds = Field(default=90, description="An order's lock; longer than NAV's time-outs together")
    settle_seconds: Seconds = Field(default=5, description="How long to wait for holds in flight before the ladder")
    threads: Count = Field(
        default=24,
        description="Orders at once per worker: more than nav.max_calls, so that stock is asked for together",
    )


class ApiSettings(_Section):
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8080, ge=0, le=65535, description="0: any free port")
    wait_seconds: Seconds = Field(default=10, description="How long POST /orders waits for the decision")
    when_away: Literal["accept", "refuse"] = Field(
        default="accept", description="NAV away: accept answers 202 with a link, refuse answers 503 and takes nothing"
    )


class ConsoleSettings(_Section):
    idle_minutes: Seconds = Field(default=30, description="A login ends when nothing was asked for so long")
    session_hours: Seconds = Field(default=12, description="A login ends after so long, whatever was asked")
    plain_http: bool = Field(
        default=False, description="Let browsers log in without https; from this machine itself they always can"
    )
    proxies: tuple[str, ...] = Field(
        default=(), description="Addresses of proxies in front, whose X-Forwarded-For says who calls"
    )


class As2Settings(_Section):
    name: str | None = Field(default=None, description="AS2 name partners know us by; a profile may name another")
    key_file: Path | None = Field(
        default=None, description="Our private key with its certificate, PEM or PKCS #12; None: no AS2"
    )
    key_password: SecretStr | None = Field(default=None, description="What the key is locked with")
    url: str | None = Field(
        default=None, description="Our /as2 as partners reach it, for receipts that come later (mdn: async)"
    )


class LimitSettings(_Section):
    max_document_bytes: Count = Field(default=64 * 1024 * 1024, description="Larger documents are refused")


class RetentionSettings(_Section):
    """How long what has ended is kept; `messages hold` keeps a conversation whatever its age."""

    events_days: Annotated[float, Field(gt=0)] = Field(
        default=30, description="Published events and inbox marks; longer than any message may be on its way"
    )
    exchanges_days: Annotated[float, Field(gt=0)] | None = Field(
        default=90, description="What was sent to NAV for orders and what it answered, word by word; None: for ever"
    )
    done_days: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Documents of conversations that ended well, with raw bytes and story; None: for ever"
    )
    failed_days: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="The same where one was parked, rejected or discarded; None: for ever"
    )


class LogSettings(_Section):
    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least grave entry written")
    format: Literal["json", "console"] = Field(default="json", description="console: for people")


class MetricsSettings(_Section):
    """`serve` shows its metrics on its own port; a worker has none unless it is told."""

    host: str = Field(default="127.0.0.1", description="work: address for /metrics")
    port: int | None = Field(default=None, ge=0, le=65535, description="work: port for /metrics; None: none")


class TracingSettings(_Section):
    on: bool = Field(
        default=False,
        description="Send OpenTelemetry traces (extra `otel`); where to, and how many, its OTEL_… variables say",
    )


class ChaosSettings(_Section):
    """For tests only: die at a fault point."""

    kill_at: str | None = Field(default=None, description="Name of the fault point at which the process kills itself")
    once_file: Path | None = Field(default=None, description="Created at the kill; while it exists nobody else dies")


class Settings(BaseSettings):
    """Everything Orderwire can be told, with defaults that one would run with."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,  # a compose file hands on ${UNSET:-} as empty
        frozen=True,
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    config_dir: Path = Field(default=Path("config"), description="Holds orderwire.yaml, partners/ and codes/")
    data_dir: Path = Field(default=Path("var"), description="Partner folders and the embedded store")
    queue: QueueSettings = QueueSettings()
    store: StoreSettings = StoreSettings()
    nav: NavSettings = NavSettings()
    retry: RetrySettings = RetrySettings()
    fulfil: FulfilSettings = FulfilSettings()
    api: ApiSettings = ApiSettings()
    console: ConsoleSettings = ConsoleSettings()
    as2: As2Settings = As2Settings()
    cxml: CxmlSettings = CxmlSettings()
    punchout: PunchoutSettings = PunchoutSettings()
    limits: LimitSettings = LimitSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()
    tracing: TracingSettings = TracingSettings()
    chaos: ChaosSettings = ChaosSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the library's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the library's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read, in order of precedence: arguments, environment and the files it names, the YAML file."""
        if isinstance(env_settings, EnvSettingsSource):
            env_settings.env_vars = with_files(env_settings.env_vars, settings_of(settings_cls))
        folder = {**env_settings(), **init_settings()}.get("config_dir", "config")
        yaml_file = Path(str(folder)) / "orderwire.yaml"
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls, yaml_file=yaml_file)


def load_settings(**overrides: object) -> Settings:
    """Read the settings.

    Raises:
        ConfigurationError: with every problem, one a line.
    """
    ours = {name: text for name, text in os.environ.items() if not is_secret(name)}
    problems = problems_of(ours, settings_of(Settings))
    try:
        settings = Settings.model_validate(overrides)
    except ValidationError as error:
        problems += [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
    except (SettingsError, yaml.YAMLError, OSError, ValueError, TypeError, AttributeError) as error:
        # The last two: the YAML file holds something else than a mapping.
        problems.append(f"orderwire.yaml or a variable cannot be read: {error}")
    else:
        if not problems:
            return settings
    raise ConfigurationError("settings:\n  " + "\n  ".join(problems))
