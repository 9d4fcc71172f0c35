"""Alembic's entry: runs on the connection it is handed, within that connection's transaction."""

from typing import Any, Literal

from alembic import context

from orderwire.store.columns import Choice
from orderwire.store.tables import metadata


def _render(kind: str, value: Any, _autogen: Any) -> str | Literal[False]:
    """Write our column types into new versions by their name; an enumeration is plain text there."""
    if kind == "type" and isinstance(value, Choice):
        return "sa.String(16)"
    if kind == "type" and type(value).__module__ == "orderwire.store.columns":
        return f"columns.{type(value).__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
    transactional_ddl=True,
    compare_type=True,
    render_as_batch=True,
    render_item=_render,
    user_module_prefix="columns.",
)
context.run_migrations()
