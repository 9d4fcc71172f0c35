"""Copies of a SQLite store, taken while others write, and put back where there is none."""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import make_url

from orderwire.config.settings import Settings
from orderwire.errors import ConfigurationError

_STORE: Final = "orderwire.db"
_ABOUT: Final = "backup.json"
_CONFIG: Final = "config"
_PIECE: Final = 1024 * 1024


def store_file(settings: Settings) -> Path:
    """Return the file of the SQLite store.

    Raises:
        ConfigurationError: the store is no file; PostgreSQL has tools of its own.
    """
    url = make_url(settings.store.url.get_secret_value())
    if not url.drivername.startswith("sqlite") or not url.database:
        raise ConfigurationError("PostgreSQL is backed up by pg_dump and restored by pg_restore; then: backup settle")
    return Path(url.database)


def take(settings: Settings, folder: Path, about: Mapping[str, Any]) -> Path:
    """Copy store and configuration into a new folder, and return it; who writes meanwhile goes on.

    `about` goes into `backup.json`, beside the copy's SHA-256.

    Raises:
        ConfigurationError: the folder is there already, or there is no store.
    """
    source = store_file(settings)
    if not source.is_file():
        raise ConfigurationError("there is no store to back up", path=str(source))
    if folder.exists():
        raise ConfigurationError("a backup goes into a new folder", path=str(folder))
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    copy = partial / _STORE
    _copy(source, copy)
    if settings.config_dir.is_dir():
        shutil.copytree(settings.config_dir, partial / _CONFIG)
    told = {**about, "sha256": _sha256(copy), "bytes": copy.stat().st_size}
    (partial / _ABOUT).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    _sync(partial / _ABOUT, partial)
    partial.rename(folder)  # what bears the name is whole
    _sync(folder.parent)
    return folder


def put_back(settings: Settings, folder: Path) -> Mapping[str, Any]:
    """Put the copy where the settings have the store, and return what was written about it.

    Raises:
        ConfigurationError: there is a store already, or the copy is not what was taken.
    """
    target, about = store_file(settings), folder / _ABOUT
    if any(target.with_name(target.name + more).exists() for more in ("", "-wal")):
        raise ConfigurationError("there is a store already; move it away first", path=str(target))
    try:
        told = json.loads(about.read_text("utf-8"))
        digest = _sha256(folder / _STORE)
    except (OSError, ValueError) as error:
        raise ConfigurationError("this is no backup of ours", path=str(folder), cause=str(error)) from None
    if not isinstance(told, dict) or digest != told.get("sha256"):
        raise ConfigurationError("the copy is not what was taken: its SHA-256 differs", path=str(folder / _STORE))
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    shutil.copyfile(folder / _STORE, partial)
    _sync(partial)
    partial.rename(target)
    _sync(target.parent)
    return told


def _copy(source: Path, target: Path) -> None:
    """Copy one moment of the database: SQLite's online backup, in one go, so that no writer makes it begin anew."""
    with closing(sqlite3.connect(f"file:{source}?mode=rw", uri=True)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        problems = [row[0] for row in copy.execute("PRAGMA quick_check(5)")]
    if problems != ["ok"]:
        raise ConfigurationError("the database is damaged", path=str(source), found="; ".join(problems))
    _sync(target)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _sync(*paths: Path) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
