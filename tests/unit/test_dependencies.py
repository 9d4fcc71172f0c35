"""What Orderwire stands on: what is installed is what was locked, and may be passed on."""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
_LOCKED: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
#: Licences under which a library may be used and passed on beside Apache-2.0.
_ALLOWED: Final = re.compile(r"\b(MIT|MIT-0|BSD|Apache|ISC|ISCL|PSF|MPL|LGPL|0BSD|Unlicense)\b")
#: Libraries under terms of their own, and what follows from them; README.md tells of each.
_TOLD: Final = {"pyas2lib": "GPL: whoever passes on an installation with it passes it on under the GPL"}


def locked(name: str) -> dict[str, str]:
    return dict(_LOCKED.findall((ROOT / name).read_text(encoding="utf-8")))


def found(name: str) -> Distribution | None:
    """Return what is installed; None: it is for other platforms."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def licence_of(package: Distribution) -> str:
    meta = package.metadata
    said = [text for name in ("License-Expression", "License") for text in meta.get_all(name) or []]
    classifiers = [one for one in meta.get_all("Classifier") or [] if one.startswith("License ::")]
    return " ".join(text[:100] for text in (*said, *classifiers))


def test_what_is_installed_is_what_was_locked() -> None:
    """Tests and checks run on the versions whose hashes were looked at."""
    wanted = locked("requirements-dev.lock")
    installed = {name: package.version for name in wanted if (package := found(name)) is not None}

    assert len(installed) > 60
    assert {name: version for name, version in installed.items() if version != wanted[name]} == {}


def test_both_locks_name_the_same_versions() -> None:
    """What is tested is what is run."""
    runtime, development = locked("requirements.lock"), locked("requirements-dev.lock")

    assert {name: version for name, version in runtime.items() if development.get(name) != version} == {}


def test_every_library_may_be_passed_on() -> None:
    """By a licence that goes with ours, or else README.md tells what follows."""
    packages = {name: package for name in locked("requirements.lock") if (package := found(name)) is not None}
    odd = {name: licence_of(one) for name, one in packages.items() if not _ALLOWED.search(licence_of(one))}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert set(odd) == set(_TOLD)
    assert [name for name in _TOLD if name not in readme] == []
