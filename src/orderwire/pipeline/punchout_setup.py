"""The journal's row of a set-up: its bytes are not kept, since secrets stand in them."""

from uuid import uuid4

from orderwire.canonical.cart import Setup
from orderwire.pipeline.punchout import Means
from orderwire.ports.journal import Document, DocumentState, Step


def journal_setup(means: Means, partner: str, kind: str, setup: Setup, control_ref: str | None = None) -> str:
    """Write a set-up down, and return its document id."""
    document_id, now = str(uuid4()), means.clock()
    with means.store.begin() as tx:
        tx.journal.add(
            Document(
                id=document_id,
                direction="in",
                channel="punchout",
                kind=kind,
                state=DocumentState.DONE,
                correlation_id=document_id,
                received_at=now,
                partner=partner,
                control_ref=control_ref,
                test=setup.test,
                finished_at=now,
            )
        )
        tx.journal.step(Step(document_id, now, "set_up", None, {"operation": setup.operation.value}))
    return document_id
