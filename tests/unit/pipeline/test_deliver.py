"""Delivering: archived bytes go to the partner, and the journal says where they went."""

from typing import Any

import pytest

from fakes.documents import a_partner
from fakes.world import World
from orderwire.canonical.document import DocumentDelivered
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel
from orderwire.config.profile import FolderProfile, PartnerProfile
from orderwire.errors import DeliveryRefusedError, OrderwireError, UnavailableError
from orderwire.pipeline.deliver import REST, Deliver
from orderwire.pipeline.outgoing import Recipient, dispatch, dispatch_again
from orderwire.pipeline.work import Source
from orderwire.ports.intake import Delivered, OutboundDocument
from orderwire.ports.journal import DocumentQuery, DocumentState

ANSWER = OutboundDocument("ORDRSP", b"answer", "ORDRSP_1.edi", "application/edifact")


class Outbox:
    """A `Deliverer` that keeps what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[str, bytes, str, str]] = []
        self.error: Exception | None = None

    def deliver(self, name: str, content: bytes, media_type: str, partner: PartnerProfile) -> str:
        if self.error:
            raise self.error
        self.given.append((name, content, media_type, partner.key))
        return f"folder:{name}"


@pytest.fixture
def ready(world: World) -> Event:
    """An answer that waits for delivery."""
    world.journal("d1")
    with world.store.begin() as tx:
        to = Recipient("baumarkt", "edi", "answer", "PO-1")
        return dispatch(tx, ANSWER, to, Source("d1", "d1", "baumarkt"), world.clock())


def deliver(world: World, event: Event, outbox: Outbox) -> list[Event]:
    return world.commit(Deliver(world.store, {"folder": outbox}, world.partners, world.clock)(event))


def test_delivered(world: World, ready: Event) -> None:
    """The bytes go out under their name; the document is done, with the place."""
    outbox = Outbox()

    [event] = deliver(world, ready, outbox)

    assert outbox.given == [("ORDRSP_1.edi", b"answer", "application/edifact", "baumarkt")]
    body = DocumentDelivered.model_validate(event.data)
    assert (event.type, body.via) == (EventType.DOCUMENT_DELIVERED, "folder:ORDRSP_1.edi")
    assert world.document(ready.documentid).state is DocumentState.DONE
    assert world.read(lambda tx: tx.journal.steps("d1"))[-1].detail == {"via": "folder:ORDRSP_1.edi"}


def test_delivered_again_on_request(world: World, ready: Event) -> None:
    """A document that is sent once more tells of each delivery."""
    outbox = Outbox()
    [first] = deliver(world, ready, outbox)
    with world.store.begin() as tx:
        again = dispatch_again(tx, ready.documentid, Source("d2", "d2"), world.clock())
    assert again is not None

    [second] = deliver(world, again, outbox)

    assert first.id != second.id
    assert [content for _, content, _, _ in outbox.given] == [b"answer", b"answer"]


@pytest.mark.parametrize("changes", [{"sha256": None}, {"partner": None}])
def test_nothing_to_send_again(world: World, changes: dict[str, None]) -> None:
    """Without bytes or a partner there is nothing to send."""
    known: dict[str, Any] = {"sha256": "00", "partner": "baumarkt"}
    world.journal("d1", **(known | changes))

    with world.store.begin() as tx:
        assert dispatch_again(tx, "d1", Source("d2", "d2"), world.clock()) is None
        assert dispatch_again(tx, "no such", Source("d2", "d2"), world.clock()) is None


def test_partner_that_cannot_be_reached(world: World, ready: Event) -> None:
    """What the deliverer raises is the flow's to decide; the document waits."""
    outbox = Outbox()
    outbox.error = UnavailableError("the folder is full")

    with pytest.raises(UnavailableError):
        deliver(world, ready, outbox)

    assert world.document(ready.documentid).state is DocumentState.RECEIVED


@pytest.mark.parametrize("folder", [None, FolderProfile(inbox="in")])
def test_partner_without_a_place(world: World, ready: Event, folder: FolderProfile | None) -> None:
    """A profile that names no place to deliver to is for a person."""
    world.profile(folder=folder)

    with pytest.raises(DeliveryRefusedError):
        deliver(world, ready, Outbox())


def test_channel_that_was_taken_out(world: World, ready: Event) -> None:
    """A profile that names a channel which no connector offers is for a person."""
    with pytest.raises(DeliveryRefusedError):
        Deliver(world.store, {}, world.partners, world.clock)(ready)


def test_outlet_of_the_profile(world: World, ready: Event) -> None:
    """Of several ways the one goes that the profile names."""
    place = {"host": "sftp.example.com", "username": "us", "host_keys": ("ssh-ed25519 AAAA",), "outbox": "out"}
    world.profile(sftp=place, deliver="sftp")
    folder, sftp = Outbox(), Outbox()

    world.commit(Deliver(world.store, {"folder": folder, "sftp": sftp}, world.partners, world.clock)(ready))

    assert (len(folder.given), len(sftp.given)) == (0, 1)


def test_partner_that_does_not_answer_keeps_nobody_waiting(world: World, ready: Event) -> None:
    """For a moment it is not even tried, while others get theirs; then it is, and all is forgotten."""
    outbox, tries = Outbox(), 0
    outbox.error = UnavailableError("time-out")
    flow = Deliver(world.store, {"folder": outbox}, world.partners, world.clock)
    world.partners.profiles["toolbox"] = a_partner(key="toolbox")
    for _ in range(2):
        with pytest.raises(UnavailableError) as failed:
            flow(ready)
        tries += failed.value is outbox.error
    assert tries == 1
    outbox.error = None

    flow(ready.model_copy(update={"data": ready.data | {"partner": "toolbox"}}))
    with pytest.raises(UnavailableError):
        flow(ready)
    world.clock.sleep(REST.total_seconds())
    flow(ready)
    flow(ready)

    assert [partner for *_, partner in outbox.given] == ["toolbox", "baumarkt", "baumarkt"]


def test_refusal_is_no_reason_to_rest(world: World, ready: Event) -> None:
    """One document that the partner will not have says nothing about the next."""
    outbox = Outbox()
    outbox.error = DeliveryRefusedError("no")
    flow = Deliver(world.store, {"folder": outbox}, world.partners, world.clock)
    with pytest.raises(DeliveryRefusedError):
        flow(ready)
    outbox.error = None

    flow(ready)

    assert len(outbox.given) == 1


class Talker:
    """A `Deliverer` whose partner answers in the same call."""

    def deliver(self, name: str, content: bytes, media_type: str, partner: PartnerProfile) -> Delivered:  # noqa: ARG002  the port's signature
        return Delivered("http:there", answer=b"well")


def hear(world: World, event: Event, verdict: OrderwireError | None = None) -> list[Event]:
    """Deliver to a partner whose answer means `verdict`; None: yes."""

    def judge(answer: bytes) -> str:
        if verdict is not None:
            raise verdict
        return f"said {answer.decode()}"

    flow = Deliver(world.store, {"folder": Talker()}, world.partners, world.clock, {Channel.EDI: judge})
    return world.commit(flow(event))


def test_a_partners_answer_is_kept(world: World, ready: Event) -> None:
    """As a document of its own below the one it answers, once however often that is told."""
    hear(world, ready)
    hear(world, ready)

    [answer] = world.read(lambda tx: tx.journal.find(DocumentQuery(parent_id=ready.documentid)))
    assert (answer.kind, answer.direction, answer.reason, answer.code) == ("Response", "in", "said well", None)
    assert world.read(lambda tx: tx.archive.get(answer.sha256 or "")) == b"well"
    assert world.document(ready.documentid).state is DocumentState.DONE


@pytest.mark.parametrize("verdict", [DeliveryRefusedError("no"), UnavailableError("later")])
def test_a_partners_no_is_none_the_less_an_answer(world: World, ready: Event, verdict: OrderwireError) -> None:
    """It is kept, and the delivery fails with what it means: for good, or for now."""
    with pytest.raises(type(verdict)):
        hear(world, ready, verdict)

    [answer] = world.read(lambda tx: tx.journal.find(DocumentQuery(parent_id=ready.documentid)))
    assert (answer.code, answer.reason) == (verdict.code, str(verdict))
    assert world.document(ready.documentid).state is DocumentState.RECEIVED


def test_an_answer_that_nobody_judges_is_none(world: World, ready: Event) -> None:
    """Only some channels are answered so."""
    flow = Deliver(world.store, {"folder": Talker()}, world.partners, world.clock)
    world.commit(flow(ready))

    assert world.read(lambda tx: tx.journal.find(DocumentQuery(parent_id=ready.documentid))) == []
    assert world.document(ready.documentid).state is DocumentState.DONE
