"""The database behind `orderwire.ports.store`: SQLAlchemy Core on SQLite and PostgreSQL."""

from orderwire.store.store import SqlStore, open_store

__all__ = ["SqlStore", "open_store"]
