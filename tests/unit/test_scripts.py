"""The Makefile and the scripts behind it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUARD = "#!/bin/sh\nexit 101\n"


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def run(*command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: text for name, text in os.environ.items() if name != "PYTHON"}
    return subprocess.run(
        command, env={**kept, **variables}, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine of its own: programs in bin, packages' places below root."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "root/usr/sbin").mkdir(parents=True)
    for name in ("tr", "ls", "rm", "mv", "tee", "chmod", "mktemp", "tail", "env", "cat", "cp", "grep", "true"):
        (tmp_path / "bin" / name).symlink_to(f"/usr/bin/{name}")
    program(tmp_path / "bin", "id", "echo 0")
    return tmp_path


def services(machine: Path) -> subprocess.CompletedProcess[str]:
    return run("/bin/sh", ROOT / "scripts/services", PATH=str(machine / "bin"), SERVICES_ROOT=str(machine / "root"))


def apt_get(machine: Path, ending: str = "true") -> Path:
    """Let apt-get note its arguments and the guard that stands while it runs."""
    log = machine / "apt.log"
    guard = machine / "root/usr/sbin/policy-rc.d"
    program(machine / "bin", "apt-get", f'echo "$@" >>{log}; cat {guard} >>{log}; echo said; {ending}')
    return log


def test_make_alone_lists_every_target() -> None:
    """Whoever types `make` learns what there is."""
    listed = set(re.findall(r"^  make (\w+) ", run("make", "--no-print-directory").stdout, re.MULTILINE))

    known = "help demo up test coverage check bench chaos soak docs lock clean"
    assert listed == set(known.split())


def test_clean_keeps_data() -> None:
    """Orders and archives are not what make made."""
    assert "var" not in run("make", "--no-print-directory", "--dry-run", "clean").stdout.split()


def test_continuous_integration_runs_the_tests() -> None:
    """One command, the same everywhere."""
    assert "make test" in (ROOT / ".ci/run").read_text("utf-8")
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_find_python_takes_the_one_that_is_named() -> None:
    """PYTHON goes before what is on the path."""
    found = run(ROOT / "scripts/find-python", PYTHON=sys.executable)

    assert (found.returncode, found.stdout.strip()) == (0, sys.executable)


def test_find_python_passes_over_old_ones(machine: Path) -> None:
    """The first that is new enough and can make environments is taken, whatever its name."""
    program(machine / "bin", "python3", "exit 1")
    program(machine / "bin", "python3.12", f'exec {sys.executable} "$@"')

    found = run("/bin/sh", ROOT / "scripts/find-python", PATH=str(machine / "bin"))

    assert found.stdout.strip() == str(machine / "bin/python3.12")


@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        ("exit 1", "Orderwire needs Python 3.11 or later"),
        (f'case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"', "its venv module is missing"),
    ],
)
def test_find_python_says_what_is_missing(machine: Path, python: str, sentence: str) -> None:
    """No Python, or one without venv: a sentence, and what to do."""
    program(machine / "bin", "python3", python)

    found = run("/bin/sh", ROOT / "scripts/find-python", PATH=str(machine / "bin"))

    assert found.returncode == 1
    assert sentence in found.stderr


def test_services_does_nothing_when_all_is_there(machine: Path) -> None:
    """No update, no output."""
    log = apt_get(machine)
    for name in ("rabbitmq-server", "initdb", "sshd", "promtool", "chromium"):
        program(machine / "bin", name, "true")

    done = services(machine)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not log.exists()


def test_services_installs_what_is_missing_and_starts_nothing(machine: Path) -> None:
    """While packages are installed, a policy says that no service is to be started; nothing of it stays."""
    log = apt_get(machine)
    program(machine / "bin", "chromium", "true")

    done = services(machine)

    assert done.returncode == 0
    assert done.stdout == "Installing for the tests: rabbitmq-server postgresql openssh-server prometheus \n"
    text = log.read_text("utf-8")
    assert "install --yes --no-install-recommends rabbitmq-server postgresql openssh-server prometheus\n" in text
    assert text.count(GUARD) == 2
    assert list((machine / "root/usr/sbin").iterdir()) == []


@pytest.mark.parametrize("ending", ["true", "false"])
def test_services_puts_the_policy_back_that_stood_there(machine: Path, ending: str) -> None:
    """Whether it worked or not."""
    apt_get(machine, ending)
    policy = machine / "root/usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 104\n", encoding="utf-8")

    done = services(machine)

    assert done.returncode == 0
    assert policy.read_text("utf-8") == "#!/bin/sh\nexit 104\n"
    assert list(policy.parent.iterdir()) == [policy]
    assert ("Could not be installed" in done.stderr) is (ending == "false")


def test_services_says_plainly_what_it_may_not_install(machine: Path) -> None:
    """Neither root nor sudo without a password: the tests that need the services are skipped."""
    log = apt_get(machine)
    program(machine / "bin", "id", "echo 1000")
    program(machine / "bin", "sudo", "exit 1")

    done = services(machine)

    assert done.returncode == 0
    packages = "rabbitmq-server postgresql openssh-server prometheus chromium"
    assert f"Not installed here, and not mine to install: {packages}" in done.stderr
    assert not log.exists()


def test_services_uses_sudo_when_it_asks_for_no_password(machine: Path) -> None:
    """The guard and the packages are written by root."""
    log = apt_get(machine)
    program(machine / "bin", "id", "echo 1000")
    program(machine / "bin", "sudo", f'shift; echo "sudo $1" >>{machine}/sudo.log; exec "$@"')

    done = services(machine)

    assert done.returncode == 0
    assert log.read_text("utf-8").count(GUARD) == 2
    assert {"sudo tee", "sudo env", "sudo rm"} <= set((machine / "sudo.log").read_text("utf-8").splitlines())
