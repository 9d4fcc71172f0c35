"""Flow `ledger`: what is owed and awaited, and when it is met."""

from datetime import timedelta
from typing import Any

import pytest

from fakes.documents import MORNING, an_order, order_event
from fakes.world import World
from orderwire.canonical.acknowledgement import Acknowledgement, AcknowledgementKind, Fault, Verdict
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel
from orderwire.config.profile import PartnerProfile
from orderwire.pipeline.deliver import Deliver
from orderwire.pipeline.ledger import Bookkeeping, entry_id, owe
from orderwire.pipeline.outgoing import Recipient, dispatch
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.intake import AwaitedReceipt, Delivered, OutboundDocument
from orderwire.ports.ledger import LedgerEntry, LedgerQuery, LedgerSide, LedgerState

AWAITING = {"their_contrl_minutes": 30}


class Outlet:
    """A `Deliverer` that succeeds."""

    def __init__(self, receipt: AwaitedReceipt | None = None) -> None:
        self.receipt = receipt

    def deliver(self, name: str, content: bytes, media_type: str, partner: PartnerProfile) -> Delivered:  # noqa: ARG002  the port
        return Delivered(f"folder:{name}", self.receipt)


def ready(world: World, kind: str = "ORDRSP", parent: str = "d1", ref: str = "17") -> Event:
    """Return the event that has an answer to a document delivered."""
    world.journal(parent)
    outbound = OutboundDocument(kind, kind.encode(), f"{kind}.edi", "application/edifact", ref)
    with world.store.begin() as tx:
        return dispatch(
            tx,
            outbound,
            Recipient("baumarkt", "edi", kind, "PO-1", f"NAV-{kind}"),
            Source(parent, parent, "baumarkt"),
            world.clock(),
        )


def book(world: World, event: Event) -> None:
    world.commit(Bookkeeping(world.clock)(event))


def filed(world: World, event: Event) -> None:
    """Write down what is owed because of an event that a file led to, which came when the test began."""
    with world.store.begin() as tx:
        owe(tx, event, world.partners, since=MORNING)


def deliver(world: World, event: Event, receipt: AwaitedReceipt | None = None) -> None:
    world.commit(Deliver(world.store, {"folder": Outlet(receipt)}, world.partners, world.clock)(event))


def acknowledged(world: World, ref: str | None = "17", **changes: Any) -> Event:
    """Return the event of a partner's acknowledgement."""
    world.journal("ack")
    told = Acknowledgement(
        kind=AcknowledgementKind.SYNTAX, partner="baumarkt", verdict=Verdict.ACCEPTED, control_ref=ref
    ).model_copy(update=changes)
    source = Source("ack", "ack", "baumarkt")
    return next_event(EventType.ACKNOWLEDGEMENT_RECEIVED, told, source, world.clock(), subject=ref)


def entries(world: World) -> list[LedgerEntry]:
    with world.store.begin() as tx:
        return list(tx.ledger.find(LedgerQuery()))


def test_an_order_owes_an_answer_until_it_is_delivered(world: World) -> None:
    """Due as the profile says, from when the order came."""
    world.profile(due={"ordrsp_minutes": 90})
    filed(world, order_event(an_order(), "d1"))

    [entry] = entries(world)
    assert (entry.side, entry.kind, entry.ref, entry.state) == (LedgerSide.OWED, "ORDRSP", "PO-1", LedgerState.OPEN)
    assert entry.due_at == MORNING + timedelta(minutes=90)
    deliver(world, ready(world))
    [entry] = entries(world)
    assert (entry.state, entry.document_id) == (LedgerState.MET, "d1")


def test_an_answer_that_was_faster_than_the_news_is_met(world: World) -> None:
    """Whatever comes first, the entry ends as met."""
    deliver(world, ready(world))
    filed(world, order_event(an_order(), "d1"))

    assert [(entry.kind, entry.state) for entry in entries(world)] == [("ORDRSP", LedgerState.MET)]


@pytest.mark.parametrize("kind", ["ConfirmationRequest", "StatusUpdateRequest"])
def test_a_cxml_order_owes_the_answer_that_its_buyer_takes(world: World, kind: str) -> None:
    """It stands in the ledger like an ORDRSP, becomes late like one, and is met when it is delivered."""
    one = {"domain": "DUNS", "identity": "1"}
    world.profile(due={"ordrsp_minutes": 90}, cxml={"identities": [one], "ours": [one], "send": [kind]})
    filed(world, order_event(an_order(channel=Channel.PUNCHOUT), "d1"))

    [entry] = entries(world)
    assert (entry.side, entry.kind, entry.ref, entry.state) == (LedgerSide.OWED, kind, "PO-1", LedgerState.OPEN)
    assert entry.due_at == MORNING + timedelta(minutes=90)
    deliver(world, ready(world, kind))
    assert [entry.state for entry in entries(world)] == [LedgerState.MET]


def test_a_cxml_buyer_that_takes_no_answer_is_owed_none(world: World) -> None:
    """Nobody waits for what is not sent."""
    one = {"domain": "DUNS", "identity": "1"}
    world.profile(cxml={"identities": [one], "ours": [one], "send": []})

    filed(world, order_event(an_order(channel=Channel.PUNCHOUT), "d1"))

    assert entries(world) == []


@pytest.mark.parametrize("due", [{"ordrsp_minutes": None}, {}])
def test_nothing_is_owed_where_nobody_waits(world: World, due: dict[str, Any]) -> None:
    """A profile without a due time, and orders that are answered where they are asked."""
    world.profile(due=due)
    channel = Channel.EDI if due else Channel.API

    filed(world, order_event(an_order(channel=channel)))

    assert entries(world) == []


def test_a_contrl_is_owed_from_when_the_file_came(world: World) -> None:
    """Not from when it was written; and met when it is delivered."""
    event = ready(world, "CONTRL")
    world.clock.sleep(60)
    filed(world, event)

    [entry] = entries(world)
    assert (entry.side, entry.kind, entry.document_id) == (LedgerSide.OWED, "CONTRL", event.documentid)
    assert entry.due_at == MORNING + timedelta(minutes=60)
    deliver(world, event)
    assert [entry.state for entry in entries(world)] == [LedgerState.MET]


def test_other_documents_owe_nothing(world: World) -> None:
    """An ORDRSP on its way is no acknowledgement owed."""
    filed(world, ready(world))

    assert entries(world) == []


def test_the_partners_contrl_is_awaited_from_delivery_and_matched(world: World) -> None:
    """By partner and interchange reference; the document says how it was taken."""
    world.profile(due={**AWAITING, "ordrsp_minutes": None})
    event = ready(world)
    world.clock.sleep(60)
    deliver(world, event)

    [entry] = entries(world)
    assert (entry.side, entry.kind, entry.ref) == (LedgerSide.AWAITED, "CONTRL", "17")
    assert entry.due_at == world.clock() + timedelta(minutes=30)
    book(world, acknowledged(world))
    [entry] = entries(world)
    assert (entry.state, entry.met_by, entry.outcome) == (LedgerState.MET, "ack", "accepted")
    step = world.read(lambda tx: tx.journal.steps("d1"))[-1]
    assert (step.name, step.detail) == ("acknowledged", {"verdict": "accepted", "by": "ack"})


def test_an_acknowledgement_is_not_acknowledged(world: World) -> None:
    """Nobody answers a CONTRL with a CONTRL."""
    world.profile(due={**AWAITING, "contrl_minutes": None})

    deliver(world, ready(world, "CONTRL"))

    assert entries(world) == []


def test_a_refusal_stands_on_the_document(world: World) -> None:
    """What the partner could not read is seen where it was sent, with the partner's reason."""
    event = ready(world)

    book(world, acknowledged(world, verdict=Verdict.REJECTED, faults=(Fault(code="12", text="Invalid value"),)))

    document = world.document(event.documentid)
    assert (document.code, document.reason) == ("refused_by_partner", "Invalid value")
    assert [entry.outcome for entry in entries(world)] == ["rejected"]


@pytest.mark.parametrize("ref", ["18", None])
def test_an_acknowledgement_of_nothing_of_ours_says_so(world: World, ref: str | None) -> None:
    """A reference that we never sent, or none, matches nothing."""
    ready(world)

    book(world, acknowledged(world, ref))

    assert entries(world) == []
    [step] = world.read(lambda tx: tx.journal.steps("ack"))
    assert (step.name, step.detail) == ("acknowledgement_unmatched", {"ref": ref})


def test_another_partners_acknowledgement_matches_nothing(world: World) -> None:
    """References are each partner's own."""
    ready(world)

    book(world, acknowledged(world, partner="toolbox"))

    assert entries(world) == []


def test_an_aperak_names_what_it_is_about_by_reference(world: World) -> None:
    """ACW stands for the interchange where there is no CONTRL's reference."""
    event = ready(world)

    book(world, acknowledged(world, None, kind=AcknowledgementKind.APPLICATION, references={"ACW": "17"}))

    assert [entry.document_id for entry in entries(world)] == [event.documentid]


@pytest.mark.parametrize(
    ("references", "kind"),
    [
        ({"IV": "NAV-INVOIC", "ON": "PO-1"}, "INVOIC"),
        ({"DQ": "NAV-DESADV"}, "DESADV"),
        ({"AAK": "NAV-DESADV"}, "DESADV"),
        ({"DM": "NAV-INVOIC"}, "INVOIC"),
        ({"ON": "PO-1"}, "ORDRSP"),
        ({"IV": "NAV-DESADV"}, None),
    ],
    ids=str,
)
def test_an_aperak_without_our_reference_is_matched_by_number(
    world: World, references: dict[str, str], kind: str | None
) -> None:
    """Invoice, despatch advice or document number lead to that document, the order's number to its answer."""
    sent = {each: ready(world, each, ref=each).documentid for each in ("ORDRSP", "DESADV", "INVOIC")}

    book(world, acknowledged(world, None, kind=AcknowledgementKind.APPLICATION, references=references))

    assert [entry.document_id for entry in entries(world)] == ([sent[kind]] if kind else [])


def test_a_receipt_that_comes_later_is_awaited_with_its_digest(world: World) -> None:
    """As the deliverer says."""
    world.profile(due={"their_mdn_minutes": 10, "ordrsp_minutes": None})
    event = ready(world)

    deliver(world, event, AwaitedReceipt("<1@us>", "digest"))

    [entry] = entries(world)
    assert entry.id == entry_id(event.documentid, LedgerSide.AWAITED, "MDN")
    assert (entry.ref, entry.proof, entry.due_at) == ("<1@us>", "digest", world.clock() + timedelta(minutes=10))


def test_a_partner_that_is_gone_is_no_reason_to_park(world: World) -> None:
    """The due times are then those by default; that the partner is gone is told elsewhere."""
    event = order_event(an_order())
    world.partners.profiles.clear()

    filed(world, event)

    assert len(entries(world)) == 1
