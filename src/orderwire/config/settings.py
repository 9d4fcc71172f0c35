"""Settings: `orderwire.yaml`, overridden by `ORDERWIRE_…` variables (`ORDERWIRE_QUEUE__URL`), complete at start-up."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

from orderwire.errors import ConfigurationError

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class QueueSettings(_Section):
    url: SecretStr = Field(
        default=SecretStr("embedded:"),
        description="amqp(s)://user:password@host:port/vhost, or embedded: (one machine, beside the SQLite store)",
    )
    prefetch: Count = Field(default=250, description="Messages in hand per pure flow")
    confirm_timeout_seconds: Seconds = 30
    connect_timeout_seconds: Seconds = 10
    heartbeat_seconds: Count = 20
    lease_seconds: Seconds = Field(
        default=30, description="Embedded: how long a message may be worked on between renewals"
    )


class StoreSettings(_Section):
    url: SecretStr = Field(
        default=SecretStr("sqlite:///var/orderwire.db"),
        description="sqlite:///path or postgresql://user:password@host/db",
    )
    pool_size: Count = 10
    connect_timeout_seconds: Seconds = 10


class NavServices(_Section):
    """Names under which NAV publishes the pages (Web Services page in NAV)."""

    item: str = "Item"
    customer: str = "Customer"
    sales_order: str = "SalesOrder"
    item_units: str | None = Field(default="ItemUnitsOfMeasure", description="None: only base units can be ordered")
    posted_shipment: str | None = Field(
        default="PostedSalesShipment", description="None: posted orders are not looked up"
    )


class NavSettings(_Section):
    url: str = Field(default="http://127.0.0.1:7047/DynamicsNAV/WS", description="Up to and with /WS")
    company: str = Field(default="CRONUS International Ltd.", description="As NAV shows it, unescaped")
    auth: Literal["basic", "ntlm"] = "basic"
    username: str = "orderwire"
    password: SecretStr = SecretStr("")
    production: bool = Field(default=True, description="Refuse test documents")
    services: NavServices = NavServices()
    numbering: Literal["ours", "nav"] = Field(
        default="ours", description="ours: No. is deterministic, so NAV itself refuses a double; nav: the number series"
    )
    connect_timeout_seconds: Seconds = 5
    read_timeout_seconds: Seconds = 30
    max_calls: Count = Field(default=4, description="Calls at once; NAV runs 5 per tenant")
    safety_stock_field: str | None = Field(
        default=None, description="Item page field kept back from orders; None: none"
    )


class RetrySettings(_Section):
    max_attempts: Count = Field(default=12, description="Then parked")
    first_delay_seconds: Seconds = 5
    max_delay_seconds: Seconds = 3600
    pause_seconds: Seconds = Field(default=5, description="Breaker: time between probes while a lane is paused")


class FulfilSettings(_Section):
    lease_seconds: Seconds = Field(default=90, description="An order's lock; longer than NAV's time-outs together")
    settle_seconds: Seconds = Field(default=5, description="How long to wait for holds in flight before the ladder")
    threads: Count = Field(default=4, description="Orders at once per worker")


class ApiSettings(_Section):
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    wait_seconds: Seconds = Field(default=10, description="How long POST /orders waits for the decision")
    when_away: Literal["accept", "refuse"] = Field(
        default="accept", description="NAV away: accept answers 202 with a link, refuse answers 503 and takes nothing"
    )


class LimitSettings(_Section):
    max_document_bytes: Count = 64 * 1024 * 1024
    max_inline_event_bytes: Count = Field(default=256 * 1024, description="Larger event bodies go to the archive")


class LogSettings(_Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


class ChaosSettings(_Section):
    """For tests only: die at a fault point."""

    kill_at: str | None = Field(default=None, description="Name of the fault point at which the process kills itself")
    once_file: Path | None = Field(default=None, description="Created at the kill; while it exists nobody else dies")


class Settings(BaseSettings):
    """Everything Orderwire can be told, with defaults that one would run with."""

    model_config = SettingsConfigDict(
        env_prefix="ORDERWIRE_",
        env_nested_delimiter="__",
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
    limits: LimitSettings = LimitSettings()
    log: LogSettings = LogSettings()
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
        """Read, in order of precedence: arguments, environment, the YAML file."""
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls, yaml_file=_yaml_file(env_settings))


def _yaml_file(env_settings: PydanticBaseSettingsSource) -> Path:
    return Path(str(env_settings().get("config_dir", "config"))) / "orderwire.yaml"


def load_settings(**overrides: object) -> Settings:
    """Read the settings.

    Raises:
        ConfigurationError: with every problem, one a line.
    """
    try:
        return Settings.model_validate(overrides)
    except ValidationError as error:
        problems = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        raise ConfigurationError("settings:\n  " + "\n  ".join(problems)) from None
