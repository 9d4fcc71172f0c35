"""Copies of a SQLite store."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from orderwire.config.settings import Settings, StoreSettings
from orderwire.errors import ConfigurationError
from orderwire.store.backup import put_back, take
from services.stores import migrate_store, open_at


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    url = f"sqlite:///{tmp_path}/var/orderwire.db"
    migrate_store(url)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "orderwire.yaml").write_text("nav: {}\n")
    return Settings(config_dir=tmp_path / "config", store=StoreSettings(url=SecretStr(url)))


def elsewhere(tmp_path: Path) -> Settings:
    return Settings(store=StoreSettings(url=SecretStr(f"sqlite:///{tmp_path}/new/orderwire.db")))


def test_a_copy_is_of_one_moment(settings: Settings, tmp_path: Path) -> None:
    """What is committed is in it, what is not yet committed is not, and the writer is not held up."""
    store = open_at(settings.store.url.get_secret_value())
    with store.begin() as tx:
        before = tx.archive.put(b"before")
    with store.begin() as tx:
        meanwhile = tx.archive.put(b"meanwhile")
        take(settings, tmp_path / "copy", {"note": "one"})
    store.close()

    told = put_back(elsewhere(tmp_path), tmp_path / "copy")

    assert told["note"] == "one"
    assert (tmp_path / "copy" / "config" / "orderwire.yaml").read_text() == "nav: {}\n"
    restored = open_at(elsewhere(tmp_path).store.url.get_secret_value())
    with restored.begin() as tx:
        assert tx.archive.get(before) == b"before"
        with pytest.raises(KeyError):
            tx.archive.get(meanwhile)
    restored.close()


def test_nothing_is_written_over(settings: Settings, tmp_path: Path) -> None:
    """Neither an earlier backup nor a store."""
    take(settings, tmp_path / "copy", {})

    with pytest.raises(ConfigurationError, match="new folder"):
        take(settings, tmp_path / "copy", {})
    with pytest.raises(ConfigurationError, match="there is a store"):
        put_back(settings, tmp_path / "copy")


def test_a_copy_that_was_touched_is_refused(settings: Settings, tmp_path: Path) -> None:
    """One byte is enough; so is a folder of something else."""
    copy = take(settings, tmp_path / "copy", {}) / "orderwire.db"
    content = bytearray(copy.read_bytes())
    content[-1] ^= 1
    copy.write_bytes(content)

    with pytest.raises(ConfigurationError, match="SHA-256"):
        put_back(elsewhere(tmp_path), tmp_path / "copy")
    (tmp_path / "copy" / "backup.json").write_text(json.dumps("nothing of ours"))
    with pytest.raises(ConfigurationError, match="SHA-256"):
        put_back(elsewhere(tmp_path), tmp_path / "copy")
    with pytest.raises(ConfigurationError, match="no backup of ours"):
        put_back(elsewhere(tmp_path), tmp_path)


def test_a_damaged_store_is_told(settings: Settings, tmp_path: Path) -> None:
    """A backup of what cannot be read is none."""
    file = tmp_path / "var" / "orderwire.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_master WHERE name = 'ix_steps_document_id'")
        connection.commit()

    with pytest.raises(ConfigurationError, match="damaged"):
        take(settings, tmp_path / "copy", {})
    assert not (tmp_path / "copy").exists()


def test_where_there_is_nothing_to_copy(tmp_path: Path) -> None:
    """No store yet; or PostgreSQL, which has tools of its own."""
    with pytest.raises(ConfigurationError, match="no store"):
        take(elsewhere(tmp_path), tmp_path / "copy", {})
    with pytest.raises(ConfigurationError, match="pg_dump"):
        take(Settings(store=StoreSettings(url=SecretStr("postgresql://o:o@db/o"))), tmp_path / "copy", {})
