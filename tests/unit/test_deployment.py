"""Dockerfile, compose file and monitoring, held against the code without an engine."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from orderwire.config.settings import Settings
from orderwire.config.variables import PREFIX, settings_of
from orderwire.queue.topology import DEFAULT_TOPOLOGY
from orderwire.telemetry.metrics import Metrics

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ALERTS = yaml.safe_load((ROOT / "config/alerts/orderwire.yml").read_text("utf-8"))
DASHBOARD = json.loads((ROOT / "config/grafana/dashboards/orderwire.json").read_text("utf-8"))
PROMETHEUS = yaml.safe_load((ROOT / "config/prometheus/prometheus.yml").read_text("utf-8"))
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("orderwire:")}

#: What the compose specification knows, as far as it is used here.
SERVICE_KEYS = {
    "build",
    "cap_drop",
    "command",
    "depends_on",
    "environment",
    "healthcheck",
    "hostname",
    "image",
    "init",
    "ports",
    "profiles",
    "read_only",
    "restart",
    "security_opt",
    "shm_size",
    "stop_grace_period",
    "tmpfs",
    "volumes",
}


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def given(name: str) -> list[str]:
    return [rest for instruction, rest in instructions() if instruction == name]


def expressions() -> Iterator[str]:
    for group in ALERTS["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def test_the_services_are_those_of_the_deployment() -> None:
    """Broker, database, two of ours, and what the profiles add."""
    by_profile = {name: service.get("profiles", []) for name, service in SERVICES.items()}

    assert by_profile == {
        "rabbitmq": [],
        "postgres": [],
        "declare": [],
        "serve": [],
        "work": [],
        "nav": ["demo"],
        "prometheus": ["watch"],
        "grafana": ["watch"],
    }
    assert SERVICES["rabbitmq"]["image"].startswith("rabbitmq:4")
    assert SERVICES["rabbitmq"]["image"].endswith("-management")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_uses_keys_of_the_specification(name: str) -> None:
    """A misspelt key would be refused by the engine, or passed over."""
    assert set(SERVICES[name]) <= SERVICE_KEYS
    assert set(COMPOSE) <= {"name", "services", "volumes", "x-orderwire"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_an_image_is_pinned_and_names_no_registry(name: str) -> None:
    """The same deployment tomorrow, from whichever registry the engine is told to use."""
    image, _, tag = SERVICES[name]["image"].partition(":")

    assert re.search(r"\d", tag)
    assert "." not in image.split("/")[0]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_dependency_exists_and_can_become_true(name: str) -> None:
    """`service_healthy` needs a health check, `service_completed_successfully` a service that ends."""
    for other, dependency in SERVICES[name].get("depends_on", {}).items():
        assert not SERVICES[other].get("profiles") or SERVICES[other]["profiles"] == SERVICES[name]["profiles"]
        if dependency["condition"] == "service_healthy":
            assert not SERVICES[other].get("healthcheck", {}).get("disable")
        else:
            assert dependency["condition"] == "service_completed_successfully"
            assert SERVICES[other]["restart"] == "on-failure"


def test_dependencies_have_an_order() -> None:
    """No service waits for itself."""
    waiting = {name: set(service.get("depends_on", {})) for name, service in SERVICES.items()}
    started: set[str] = set()
    while ready := {name for name, others in waiting.items() if name not in started and others <= started}:
        started |= ready

    assert started == set(SERVICES)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_volumes_are_declared_and_mounted_files_exist(name: str) -> None:
    """A folder that is missing would be made, empty and owned by root."""
    for volume in SERVICES[name].get("volumes", []):
        source, target, *_ = volume.split(":")
        assert target.startswith("/")
        assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"]


def test_every_declared_volume_is_used() -> None:
    """No volume is left over."""
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}

    assert set(COMPOSE["volumes"]) == {source for source in used if not source.startswith("./")}


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_variables_are_settings(name: str) -> None:
    """A variable that is no setting would keep Orderwire from starting."""
    known = {setting.variable for setting in settings_of(Settings)}
    variables: Mapping[str, str] = OURS[name]["environment"]

    assert {variable for variable in variables if variable.startswith(PREFIX)} <= known
    assert {line.split("=")[0] for line in given("ENV")[-1].split() if line.startswith(PREFIX)} <= known


def test_no_secret_stands_in_the_compose_file() -> None:
    """A password comes from the environment, without a default that somebody forgets to change."""
    for service in SERVICES.values():
        for variable, text in (service.get("environment") or {}).items():
            if "PASS" in variable:
                assert re.fullmatch(r"\$\{\w+(:\?[^}]*|:-)\}", text)
            assert all(password.startswith("${") for password in re.findall(r"://\w+:([^@]*)@", str(text)))


@pytest.mark.parametrize("name", ["serve", "work"])
def test_ours_run_without_privileges(name: str) -> None:
    """Read-only, without capabilities, restarted, and given time to finish what is in flight."""
    service = SERVICES[name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["restart"] == "unless-stopped"
    assert service["command"] == [name]
    assert "ports" not in service or all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_work_can_be_scaled() -> None:
    """No published port and no fixed name, so that there may be many."""
    assert not {"ports", "container_name", "hostname"} & set(SERVICES["work"])


def test_the_image_is_made_in_two_stages_and_runs_unprivileged() -> None:
    """Build tools stay behind, and whoever runs the image is nobody."""
    stages = given("FROM")
    names = [name for name, _ in instructions()]

    assert len(stages) == 2
    assert all(re.match(r"python:3\.\d+-slim-\w+( AS \w+)?$", stage) for stage in stages)
    assert names[0] == "FROM"
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", given("USER")[-1])
    assert "RUN" not in names[names.index("USER") :]
    assert names.index("HEALTHCHECK") < names.index("ENTRYPOINT") < names.index("CMD")
    assert json.loads(given("ENTRYPOINT")[0]) == ["orderwire"]


def test_libraries_are_installed_before_the_code_and_by_hash() -> None:
    """A change of the code does not install the world again."""
    copied = [index for index, (name, rest) in enumerate(instructions()) if name == "COPY" and "src" in rest.split()]
    installed = [index for index, (name, rest) in enumerate(instructions()) if "--require-hashes" in rest]

    assert installed[0] < copied[0]


def test_what_the_image_copies_exists_and_is_sent_to_the_engine() -> None:
    """.dockerignore lets through exactly what COPY wants."""
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    wanted = {
        source
        for rest in given("COPY")
        if "--from=" not in rest
        for source in [part for part in rest.split() if not part.startswith("--")][:-1]
    }

    assert wanted == allowed
    assert all((ROOT / source).exists() for source in wanted)


def test_every_metric_that_is_watched_exists() -> None:
    """An alert on a metric that nobody writes would never ring."""
    known = {
        name
        for metric in Metrics().registry.collect()
        for name in (metric.name, *(f"{metric.name}{suffix}" for suffix in ("_total", "_bucket", "_sum", "_count")))
    }

    watched = {name for expression in expressions() for name in re.findall(r"\borderwire_\w+", expression)}

    assert watched <= known
    assert len(watched) >= 9


def test_every_metric_is_on_the_dashboard() -> None:
    """What is counted can be seen."""
    shown = " ".join(target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"])

    assert {metric.name for metric in Metrics().registry.collect() if metric.name not in shown} == set()


def test_queues_that_alerts_name_exist() -> None:
    """A queue's name in an alert is one of the topology."""
    names = {queue.name for queue in DEFAULT_TOPOLOGY.queues()}
    patterns = [
        pattern
        for expression in expressions()
        for pattern in re.findall(r'queue!?=~"([^"]+)"', expression.replace("\\\\", "\\"))
    ]

    assert patterns
    assert all(any(re.fullmatch(pattern, name) for name in names) for pattern in patterns)


@pytest.mark.parametrize("rule", ALERTS["groups"][0]["rules"], ids=lambda rule: rule["alert"])
def test_an_alert_says_what_to_do(rule: Mapping[str, Any]) -> None:
    """Whoever is woken up reads what happened and what to do."""
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "action", "runbook"}
    assert rule["annotations"]["runbook"] == f"docs/run-books/{rule['alert']}.md"
    assert {"## Look", "## Do"} <= set((ROOT / rule["annotations"]["runbook"]).read_text("utf-8").splitlines())


def test_prometheus_and_grafana_find_what_they_read() -> None:
    """Paths inside the containers are those that the compose file mounts."""
    mounts = {volume.split(":")[1] for name in ("prometheus", "grafana") for volume in SERVICES[name]["volumes"]}
    provider = yaml.safe_load((ROOT / "config/grafana/provisioning/dashboards/orderwire.yml").read_text("utf-8"))
    source = yaml.safe_load((ROOT / "config/grafana/provisioning/datasources/prometheus.yml").read_text("utf-8"))
    uids = {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]}

    assert {path.rpartition("/")[0] for path in PROMETHEUS["rule_files"]} <= mounts
    assert provider["providers"][0]["options"]["path"] in mounts
    assert uids == {source["datasources"][0]["uid"]}


def test_prometheus_reads_both_of_ours_on_the_ports_they_have() -> None:
    """The server shows metrics on the API's port, each worker on its own."""
    (job,) = PROMETHEUS["scrape_configs"]
    ports = {name: found["port"] for found in job["dns_sd_configs"] for name in found["names"]}

    assert ports == {"serve": Settings.model_fields["api"].get_default().port, "work": 9464}
    assert SERVICES["work"]["environment"]["ORDERWIRE_METRICS__PORT"] == str(ports["work"])
