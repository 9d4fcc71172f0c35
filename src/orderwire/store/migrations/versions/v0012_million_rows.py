"""What a million rows need: documents by kind, the audit by who and what, dry runs counted without reading them."""

import sqlalchemy as sa
from alembic import op

from orderwire.store.columns import Facts

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_index("ix_documents_kind", "documents", ["kind", "received_at"])
    op.create_index("ix_audit_who", "audit", ["who", "seq"])
    op.create_index("ix_audit_subject", "audit", ["subject"], postgresql_using="hash")
    op.create_index("ix_punchout_sessions_document_id", "punchout_sessions", ["document_id"])
    op.add_column("run_items", sa.Column("trial_result", sa.String(16)))
    _count_trials()
    op.create_index("ix_run_items_trial_result", "run_items", ["run_id", "trial_result", "position"])


def _count_trials() -> None:
    names = ("run_id", "position", "trial_result")
    items = sa.table("run_items", *(sa.column(name) for name in names), sa.column("trial", Facts()))
    connection = op.get_bind()
    tried = connection.execute(
        sa.select(items.c.run_id, items.c.position, items.c.trial).where(items.c.trial.is_not(None))
    )
    results = [{"run": run_id, "no": position, "result": trial.get("result")} for run_id, position, trial in tried]
    mine = (items.c.run_id == sa.bindparam("run"), items.c.position == sa.bindparam("no"))
    if results:
        connection.execute(items.update().where(*mine).values(trial_result=sa.bindparam("result")), results)
