"""No command tells a secret, whatever is wrong: with the database, the broker, NAV, or the settings themselves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CLOSED = "127.0.0.1:9"


@pytest.mark.parametrize(
    ("store", "command"),
    [
        (f"postgresql+psycopg://ow:mk7-1@{CLOSED}/ow", ("doctor", "--json")),
        ("postgresql://ow:mk7-1%zz@[::1/ow", ("doctor",)),
        ("sqlite:///{folder}/o.db", ("queue", "check")),
        ("sqlite:///{folder}/o.db", ("nav", "check")),
    ],
    ids=["database", "address", "broker", "nav"],
)
def test_what_fails_names_no_password(tmp_path: Path, store: str, command: tuple[str, ...]) -> None:
    """Neither on standard output nor in the log; it ends red, so something was tried."""
    secrets = {
        "STORE__URL": store.format(folder=tmp_path),
        "QUEUE__URL": f"amqp://guest:mk7-2@{CLOSED}/",
        "NAV__URL": f"http://nav:mk7-3@{CLOSED}/WS",
        "NAV__PASSWORD": "mk7-4",
        "AS2__KEY_PASSWORD": "mk7-5",
        "CONFIG_DIR": str(tmp_path),
        "DATA_DIR": str(tmp_path),
        "LOG__LEVEL": "debug",
    }
    variables = {**os.environ, **{f"ORDERWIRE_{name}": text for name, text in secrets.items()}}

    done = subprocess.run(
        [sys.executable, "-m", "orderwire", *command], env=variables, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip

    assert done.returncode in {1, 3}, done.stderr
    assert done.stdout + done.stderr
    assert "mk7" not in done.stdout + done.stderr
