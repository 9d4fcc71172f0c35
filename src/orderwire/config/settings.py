"""Settings: `orderwire.yaml`, overridden by `ORDERWIRE_…` variables (`ORDERWIRE_QUEUE__URL`), complete at start-up."""

import os
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    YamlConfigSettingsSource,
)

from orderwire.config.cxml import CxmlSettings
from orderwire.config.nav import NavSettings
from orderwire.config.punchout import PunchoutSettings
from orderwire.config.secrets import is_secret
from orderwire.config.section import Count, Seconds, Section
from orderwire.config.variables import PREFIX, problems_of, settings_of, with_files
from orderwire.errors import ConfigurationError


class QueueSettings(Section):
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


class StoreSettings(Section):
    url: SecretStr = Field(
        default=SecretStr("sqlite:///var/orderwire.db"),
        description="sqlite:///path or postgresql://user:password@host/db",
    )
    pool_size: Count = Field(default=10, description="Database connections per process")
    connect_timeout_seconds: Seconds = Field(default=10, description="To reach the database")


class RetrySettings(Section):
    max_attempts: Count = Field(default=12, description="Then parked")
    first_delay_seconds: Seconds = Field(default=5, description="Before the first retry; then fourfold each time")
    max_delay_seconds: Seconds = Field(default=3600, description="Longest time between retries")
    pause_seconds: Seconds = Field(default=5, description="Breaker: time between probes while a lane is paused")


class FulfilSettings(Section):
    lease_seconds: Seconds = Field(default=90, description="An order's lock; longer than NAV's time-outs together")
    settle_seconds: Seconds = Field(default=5, description="How long to wait for holds in flight before the ladder")
    threads: Count = Field(
        default=24,
        description="Orders at once per worker: more than nav.max_calls, so that stock is asked for together",
    )


class ApiSettings(Section):
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8080, ge=0, le=65535, description="0: any free port")
    wait_seconds: Seconds = Field(default=10, description="How long POST /orders waits for the decision")
    when_away: Literal["accept", "refuse"] = Field(
        default="accept", description="NAV away: accept answers 202 with a link, refuse answers 503 and takes nothing"
    )


class ConsoleSettings(Section):
    idle_minutes: Seconds = Field(default=30, description="A login ends when nothing was asked for so long")
    session_hours: Seconds = Field(default=12, description="A login ends after so long, whatever was asked")
    plain_http: bool = Field(
        default=False, description="Let browsers log in without https; from this machine itself they always can"
    )
    proxies: tuple[str, ...] = Field(
        default=(), description="Addresses of proxies in front, whose X-Forwarded-For says who calls"
    )


class As2Settings(Section):
    name: str | None = Field(default=None, description="AS2 name partners know us by; a profile may name another")
    key_file: Path | None = Field(
        default=None, description="Our private key with its certificate, PEM or PKCS #12; None: no AS2"
    )
    key_password: SecretStr | None = Field(default=None, description="What the key is locked with")
    url: str | None = Field(
        default=None, description="Our /as2 as partners reach it, for receipts that come later (mdn: async)"
    )


class LimitSettings(Section):
    max_document_bytes: Count = Field(default=64 * 1024 * 1024, description="Larger documents are refused")


class RetentionSettings(Section):
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


class LogSettings(Section):
    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least grave entry written")
    format: Literal["json", "console"] = Field(default="json", description="console: for people")


class MetricsSettings(Section):
    """`serve` shows its metrics on its own port; a worker has none unless it is told."""

    host: str = Field(default="127.0.0.1", description="work: address for /metrics")
    port: int | None = Field(default=None, ge=0, le=65535, description="work: port for /metrics; None: none")


class TracingSettings(Section):
    on: bool = Field(
        default=False,
        description="Send OpenTelemetry traces (extra `otel`); where to, and how many, its OTEL_… variables say",
    )


class ChaosSettings(Section):
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
