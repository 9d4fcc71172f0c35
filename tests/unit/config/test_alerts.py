"""The plan of who is told: what is refused, and what stands while the file is wrong."""

import os
from pathlib import Path

import pytest

from orderwire.config.alerts import AlertFile, AlertKind, AlertPlan, read_plan
from orderwire.config.secrets import is_secret, signing_variable
from orderwire.errors import ConfigurationError

GOOD = "receivers:\n  ops:\n    webhook: https://hooks.example.com/x\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "alerts.yaml"


def refused(file: Path, text: str) -> str:
    file.write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        read_plan(file)
    return raised.value.message


def test_no_file_is_a_plan_without_receivers(file: Path) -> None:
    """Nobody is told, and nothing is wrong."""
    assert read_plan(file) == AlertPlan()


def test_a_rule_names_only_what_differs(file: Path) -> None:
    """The rest is as by default."""
    file.write_text("rules:\n  paused:\n    after_minutes: 1\n")

    rule = read_plan(file).rules.of(AlertKind.PAUSED)

    assert (rule.severity, rule.after_minutes, rule.tell) == ("page", 1, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("https", "http"), "receivers.ops.webhook"),
        (GOOD.replace("hooks.", "me:secret@hooks."), "must not hold a user name"),
        (GOOD + "    email: [a@example.com]\n", "either webhook or email"),
        ("receivers:\n  ops: {}\n", "either webhook or email"),
        ("receivers:\n  ops:\n    email: [a@example.com]\n", "smtp: is needed"),
        (GOOD + "smtp:\n  host: mail.example.com\n  security: none\n  sender: a@example.com\n", "this machine alone"),
        (GOOD + 'smtp:\n  host: localhost\n  sender: "a@example.com\\r\\nBcc: b@example.com"\n', "smtp.sender"),
        ('receivers:\n  ops:\n    email: ["a@example.com\\n"]\n', "receivers.ops.email.0"),
        (GOOD + 'name: "Test\\nX-Other: 1"\n', "name:"),
        (GOOD + "    alerts: [everything]\n", "receivers.ops.alerts.0"),
        (GOOD + "rules:\n  parked:\n    severity: urgent\n", "rules.parked.severity"),
        (GOOD + "colour: red\n", "colour"),
        ("- a\n", "alerts.yaml"),
        ("a: [\n", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(file: Path, text: str, words: str) -> None:
    """Every problem by its place; a header cannot be forged from here either."""
    assert words in refused(file, text)


def test_a_file_that_becomes_wrong_leaves_what_stood(file: Path) -> None:
    """It is seen without a restart, when it is wrong and when it is mended."""
    file.write_text(GOOD)
    alerts = AlertFile(file.parent)
    before = alerts.plan()
    file.write_text("receivers: [\n")
    assert (alerts.plan(), "cannot be read" in alerts.problem()) == (before, True)

    file.write_text(GOOD.replace("ops", "night"))
    os.utime(file, ns=(1, 1))

    assert (list(alerts.plan().receivers), alerts.problem()) == (["night"], "")


def test_secrets_of_receivers_are_no_unknown_settings() -> None:
    """Neither the variable nor the one that names a file."""
    assert signing_variable("on-call") == "ORDERWIRE_ALERTS__RECEIVERS__ON_CALL__SECRET"
    names = [signing_variable("on-call"), "ORDERWIRE_ALERTS__SMTP__PASSWORD_FILE", "ORDERWIRE_ALERTS__SMTP__HOST"]

    assert [is_secret(name) for name in names] == [True, True, False]
