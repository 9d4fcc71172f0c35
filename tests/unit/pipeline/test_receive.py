"""The door for bytes: committed before anyone gets a positive answer, and each thing once."""

from collections.abc import Sequence

import pytest

from fakes.world import Crash, World, crash_at
from orderwire.canonical.document import DocumentReceived
from orderwire.canonical.envelope import Event
from orderwire.canonical.order import Channel
from orderwire.errors import DuplicateConflictError, LimitError, UnavailableError
from orderwire.pipeline.receive import Receiver
from orderwire.ports.intake import DecodeHint
from orderwire.ports.journal import DocumentQuery, DocumentState

HINT = DecodeHint(partner="baumarkt", name="order.edi")


class Hall:
    """A receiver, and what it announced."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.announced: list[Event] = []

    @property
    def receive(self) -> Receiver:
        return Receiver(self.world.store, self._announce, self.world.clock, 10, self.world.checkpoint)

    def _announce(self, events: Sequence[Event]) -> None:
        self.announced.extend(events)


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def test_bytes_are_kept_and_announced(world: World, hall: Hall) -> None:
    """Raw bytes, journal row and event stand together before the id is returned."""
    document_id = hall.receive(b"UNB+...", Channel.EDI, HINT)

    document = world.document(document_id)
    assert (document.state, document.partner, document.name, document.kind) == (
        DocumentState.RECEIVED,
        "baumarkt",
        "order.edi",
        "file",
    )
    assert world.read(lambda tx: tx.archive.get(document.sha256 or "")) == b"UNB+..."
    [event] = world.read(lambda tx: tx.outbox.unsent())
    assert hall.announced == [event]
    body = DocumentReceived.model_validate(event.data)
    assert (body.document_id, body.sha256, body.size, body.epoch, body.replays) == (
        document_id,
        document.sha256,
        7,
        0,
        None,
    )


def test_limit(world: World, hall: Hall) -> None:
    """What is larger than the limit is not taken; what is as large is."""
    hall.receive(b"x" * 10, Channel.EDI, HINT)

    with pytest.raises(LimitError):
        hall.receive(b"x" * 11, Channel.EDI, HINT)

    assert len(world.read(lambda tx: tx.journal.find(DocumentQuery()))) == 1


def test_same_key_same_content(world: World, hall: Hall) -> None:
    """A repeated Idempotency-Key gives the first document's id, and nothing happens again."""
    keyed = DecodeHint(partner="webshop", control_ref="key-1")

    first = hall.receive(b"{}", Channel.API, keyed)
    second = hall.receive(b"{}", Channel.API, keyed)

    assert first == second
    assert len(hall.announced) == 1
    assert len(world.read(lambda tx: tx.journal.find(DocumentQuery()))) == 1


def test_same_key_other_content(world: World, hall: Hall) -> None:
    """The key of another content is refused, and nothing is taken."""
    keyed = DecodeHint(partner="webshop", control_ref="key-1")
    hall.receive(b"{}", Channel.API, keyed)

    with pytest.raises(DuplicateConflictError):
        hall.receive(b"{ }", Channel.API, keyed)

    assert len(world.read(lambda tx: tx.journal.find(DocumentQuery()))) == 1


def test_key_is_the_partners_own(hall: Hall) -> None:
    """Two partners may use the same key."""
    first = hall.receive(b"{}", Channel.API, DecodeHint(partner="webshop", control_ref="key-1"))
    second = hall.receive(b"[]", Channel.API, DecodeHint(partner="toolbox", control_ref="key-1"))

    assert first != second


def test_crash_before_the_answer(world: World, hall: Hall) -> None:
    """Dying after the commit: the same bytes under the same id are the same document, journalled once."""
    named = DecodeHint(partner="baumarkt", document_id="d1")
    world.checkpoint = crash_at("after_archive")
    with pytest.raises(Crash):
        hall.receive(b"UNB", Channel.EDI, named)

    assert hall.receive(b"UNB", Channel.EDI, named) == "d1"

    assert [step.name for step in world.read(lambda tx: tx.journal.steps("d1"))] == ["received"]
    assert len(world.read(lambda tx: tx.outbox.unsent())) == 1


def test_store_away(world: World, hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the database nothing is taken, and nothing announced."""

    def away(_self: object, content: bytes) -> str:
        raise UnavailableError("the database did not answer", size=len(content))

    monkeypatch.setattr("orderwire.store.archive.SqlArchive.put", away)

    with pytest.raises(UnavailableError):
        hall.receive(b"UNB", Channel.EDI, HINT)

    assert hall.announced == []
    assert world.read(lambda tx: tx.journal.find(DocumentQuery())) == []
