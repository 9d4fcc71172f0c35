"""`orderwire replay`: what it refuses before anything is done."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orderwire.cli.replay import app
from orderwire.errors import ConfigurationError


def refused(config: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["start", *arguments, "--config", str(config)])
    assert isinstance(result.exception, ConfigurationError), result.output
    return str(result.exception)


@pytest.mark.parametrize(
    "other", [("--rate", "1"), ("--ramp", "1"), ("--stop-on", "0"), ("--reason", "x"), ("--filter", "code=mapping")]
)
def test_a_run_goes_on_as_it_was_frozen(tmp_path: Path, other: tuple[str, str]) -> None:
    """Another list, pace or reason would be taken in silence and not be done."""
    assert f"leave out {other[0]}," in refused(tmp_path, "--resume", "one", *other)


@pytest.mark.parametrize(
    "pace", [("--stop-on", "9" * 30), ("--rate", "1e-12"), ("--rate", "nan"), ("--ramp", "9" * 30), ("--ramp", "x")]
)
def test_a_pace_has_bounds(tmp_path: Path, pace: tuple[str, str]) -> None:
    """It ends in a sentence, not in a stack trace of the store."""
    assert refused(tmp_path, "--filter", "code=mapping", *pace).startswith(("the rate", "the ramp", "failures that"))
