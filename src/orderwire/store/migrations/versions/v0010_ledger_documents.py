"""Acknowledgements are found by the document that they are about."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index("ix_ledger_document_id", "ledger", ["document_id"])
