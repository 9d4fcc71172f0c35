"""The alert rules, evaluated by Prometheus' own tool."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ALERTS = Path(__file__).parents[2] / "config" / "alerts"


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is not installed")
        pytest.skip("promtool is not installed")
    return found


def test_every_alert_fires_when_it_should(promtool: str) -> None:
    """Given the figures of its trouble each alert fires, and given those before it is silent."""
    done = subprocess.run(
        [promtool, "test", "rules", "orderwire_test.yml"], cwd=ALERTS, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_its_trial() -> None:
    """A rule that is added gets figures that make it fire."""
    rules = {rule["alert"] for rule in yaml.safe_load((ALERTS / "orderwire.yml").read_text())["groups"][0]["rules"]}
    trials = yaml.safe_load((ALERTS / "orderwire_test.yml").read_text())["tests"]

    assert {trial["name"].removesuffix(" fires") for trial in trials} == rules
