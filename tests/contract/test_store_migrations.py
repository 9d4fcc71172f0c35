"""The store's contract: migrations. One suite over both databases."""

import os
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from orderwire.errors import ConfigurationError
from orderwire.store import SqlStore
from orderwire.store.tables import metadata
from records import a_document
from services.stores import open_at


def definitions(connection: Connection) -> set[str]:
    """Return every table and index as the database itself writes it down."""
    query = (
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
        if connection.dialect.name == "sqlite"
        else "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL "
        "SELECT conrelid::regclass || ': ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace UNION ALL "
        "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable "
        "|| coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'public' UNION ALL "
        "SELECT 'sequence ' || sequencename || ' ' || cache_size FROM pg_sequences"
    )
    found = connection.execute(text(query)).scalars()
    # A table's constraints may stand in any order.
    return {" ".join(sorted(each.replace(",", " ").split())) for each in found if "alembic_version" not in each}


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Tell whether a table is one of the code's own: SQLite keeps its full-text index in tables of its making."""
    return kind != "table" or not str(name).startswith("text_index")


def test_migrations_make_the_tables_of_the_code(store: SqlStore) -> None:
    """Alembic finds no difference between the migrated schema and the tables."""
    with store._database.begin() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_name": ours}
        context = MigrationContext.configure(connection, opts=opts)

        assert compare_metadata(context, metadata) == []


def test_migrations_make_what_create_all_makes(empty_store_url: str) -> None:
    """To the last partial index and check, migrating makes what the tables would make by themselves."""
    store = open_at(empty_store_url)
    with store._database.begin() as connection:
        metadata.create_all(connection)
        expected = definitions(connection)
        metadata.drop_all(connection)

    store.migrate()

    with store._database.begin() as connection:
        assert definitions(connection) == expected
    store.close()


def test_migrating_again_changes_nothing(store: SqlStore) -> None:
    """Every process may migrate at its start."""
    with store.begin() as tx:
        tx.journal.add(a_document())

    store.migrate()

    with store.begin() as tx:
        assert tx.journal.get("document-1") == a_document()


def test_many_processes_migrate_at_once(empty_store_url: str) -> None:
    """Processes that start together on a new database all find it migrated."""
    script = (
        "import sys\n"
        "from services.stores import migrate_store, open_at\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "migrate_store(sys.argv[1])\n"
        "assert open_at(sys.argv[1]).next_sequence() > 0\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, empty_store_url],
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)

    assert [process.returncode for process in processes] == [0] * 4


def test_a_later_versions_database_is_refused(store: SqlStore) -> None:
    """An older program does not touch a newer database."""
    with store._database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigurationError):
        store.migrate()


def test_a_failed_migration_leaves_nothing(empty_store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration is all or nothing."""
    store = open_at(empty_store_url)

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.get_bind", None)  # asked for at the end of the first version
        with pytest.raises(TypeError):
            store.migrate()

    with store._database.begin() as connection:
        assert definitions(connection) == set()
    store.migrate()
    store.close()
