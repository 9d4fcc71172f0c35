"""Leases and fences: whose message it is, when a clock and a dead process decide."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orderwire.canonical.envelope import Event, EventType
from orderwire.errors import UnavailableError
from orderwire.ports.queue import Delivery
from orderwire.queue import embedded, embedded_file
from orderwire.queue.embedded import EmbeddedTransport
from orderwire.queue.embedded_owner import Owner

QUEUE = "ow.fulfil"
LEASE_SECONDS = 600.0  # no renewal happens during a test
Opener = Callable[[], EmbeddedTransport]


class StillClock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue.db"


@pytest.fixture
def open_transport(path: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    """Opens transports on one file; lost owners are looked for at every `receive`."""
    monkeypatch.setattr(embedded, "RECLAIM_SECONDS", 0)
    opened: list[EmbeddedTransport] = []

    def open_one() -> EmbeddedTransport:
        opened.append(EmbeddedTransport(path, lease_seconds=LEASE_SECONDS, busy_seconds=0.1, clock=clock))
        opened[-1].declare()
        return opened[-1]

    yield open_one
    for transport in opened:
        transport.close()


def event(number: int) -> Event:
    return Event(
        id=str(number),
        source="orderwire/test",
        type=EventType.ORDER_RECEIVED,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        data={},
        documentid="d",
        correlationid="c",
    )


def take(transport: EmbeddedTransport, limit: int = 10) -> list[Delivery]:
    return transport.receive(QUEUE, limit, 0)


def ids(deliveries: list[Delivery]) -> list[str]:
    return [delivery.event.id for delivery in deliveries if delivery.event]


def test_a_lease_that_ended_gives_the_message_to_another(open_transport: Opener, clock: StillClock) -> None:
    """A holder that does not renew in time loses its messages, and not a moment earlier."""
    late, other = open_transport(), open_transport()
    late.publish([event(1)])
    take(late)

    clock.now += LEASE_SECONDS
    assert take(other) == []
    clock.now += 1

    assert ids(take(other)) == ["1"]


@pytest.mark.parametrize("answer", ["ack", "retry", "release"])
def test_the_fence_stops_the_one_who_came_late(open_transport: Opener, clock: StillClock, answer: str) -> None:
    """Once another has it, whatever the late holder says about a message changes nothing."""
    late, other = open_transport(), open_transport()
    late.publish([event(1)])
    (stale,) = take(late)
    clock.now += LEASE_SECONDS + 1
    (current,) = take(other)

    if answer == "retry":
        late.retry(stale, 0)
    else:
        getattr(late, answer)([stale])

    assert take(late) == []
    other.release([current])
    assert ids(take(other)) == ["1"]


def test_renewing_keeps_the_message(open_transport: Opener, clock: StillClock) -> None:
    """A long piece of work is not taken away while its holder lives."""
    working, other = open_transport(), open_transport()
    working.publish([event(1)])
    (delivery,) = take(working)

    clock.now += LEASE_SECONDS - 1
    working._renew_once()
    clock.now += LEASE_SECONDS - 1

    assert take(other) == []
    working.ack([delivery])
    assert [depth for depth in other.depths() if depth.ready or depth.unacked] == []


def test_a_dead_process_is_not_waited_for(open_transport: Opener, path: Path) -> None:
    """The messages of a process that is gone come back without waiting for its lease."""
    transport = open_transport()
    transport.publish([event(1)])
    take(transport)
    ours = Owner.new()
    gone = Owner(ours.machine, ours.pid, str(int(ours.started) - 1), "token")  # an earlier process of that number
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE transport_owner SET owner = ?", (str(gone),))
        connection.execute("UPDATE transport_message SET owner = ?", (str(gone),))
    connection.close()

    assert ids(take(open_transport())) == ["1"]


def test_a_message_that_kills_its_holders_is_buried_after_the_limit(open_transport: Opener, clock: StillClock) -> None:
    """It is given 101 times, and then lies among the dead with the name of its queue."""
    holders = open_transport(), open_transport()
    holders[0].publish([event(1)])
    for turn in range(101):
        assert ids(take(holders[turn % 2])) == ["1"]
        clock.now += LEASE_SECONDS + 1

    assert take(holders[1]) == []
    (dead,) = holders[1].receive("ow.dead", 1, 0)
    assert (ids([dead]), dead.dead_from) == (["1"], QUEUE)


def test_a_retry_waits_for_exactly_its_delay(open_transport: Opener, clock: StillClock) -> None:
    """Without rungs a delay is what was asked for; the wait is shown at the nearest rung."""
    transport = open_transport()
    transport.publish([event(1)])
    (delivery,) = take(transport)

    transport.retry(delivery, 45)

    assert {depth.queue: depth.ready for depth in transport.depths()}["ow.retry.2m"] == 1
    clock.now += 44.9
    assert take(transport) == []
    clock.now += 0.2
    assert [delivery.attempt for delivery in take(transport)] == [1]


def test_what_could_not_be_settled_comes_again(open_transport: Opener, path: Path) -> None:
    """When an ack cannot be written, the caller is told, and the message is not ours for ever."""
    transport = open_transport()
    transport.publish([event(1)])
    taken = take(transport)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")

    with pytest.raises(UnavailableError):
        transport.ack(taken)
    with pytest.raises(UnavailableError):
        transport.publish([event(2)])

    blocker.execute("ROLLBACK")
    blocker.close()
    assert ids(take(transport)) == ["1"]


def test_a_file_that_is_no_database_is_an_error(path: Path) -> None:
    """Whatever lies there instead, the transport says that it cannot be used."""
    path.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    transport = EmbeddedTransport(path)

    with pytest.raises(UnavailableError, match=r"queue\.db"):
        transport.declare()
    transport.close()


def test_rows_of_others_are_malformed(open_transport: Opener, path: Path) -> None:
    """Text where bytes should be, no JSON where the properties should be, no content at all: they stop nothing."""
    transport = open_transport()
    contents = [("{", b"x"), (b"\xff", "text"), ("[1]", 5), ("[[], 1, 2, 3]", b"")]
    with sqlite3.connect(path) as connection:
        for number, content in enumerate(contents, start=1):
            connection.execute("INSERT INTO transport_content VALUES (?, ?, ?)", (number, *content))
        for number in range(1, 6):
            connection.execute("INSERT INTO transport_message (id, queue) VALUES (?, ?)", (number, QUEUE))
    connection.close()
    transport.publish([event(6)])

    taken = take(transport)

    assert [delivery.body for delivery in taken[:5]] == [b"x", b"text", b"5", b"", b""]
    assert all(delivery.malformed for delivery in taken[:5])
    assert ids(taken) == ["6"]


def test_a_delivery_of_another_transport_is_refused(open_transport: Opener) -> None:
    """A tag that is no lease cannot be settled here."""
    with pytest.raises(TypeError):
        open_transport().ack([Delivery("ow.fulfil", None, 0, tag="not a lease")])


def test_publishing_waits_for_the_disk_and_taking_does_not(
    open_transport: Opener, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is published or put on the ladder is synced outside of the lock; what is taken or acked may come again."""
    synced: list[int] = []

    def sync(_path: Path) -> None:
        with sqlite3.connect(path, timeout=0) as other:
            synced.append(other.execute("SELECT count(*) FROM transport_message").fetchone()[0])
            other.execute("UPDATE transport_message SET deaths = deaths")  # nobody is locked out
        other.close()

    monkeypatch.setattr(embedded_file, "sync_log", sync)
    transport = open_transport()
    synced.clear()

    transport.publish([event(1), event(2)])
    assert synced == [2]
    first, second = take(transport)
    transport.ack([first])
    assert synced == [2]
    transport.retry(second, 0)
    assert synced == [2, 1]


def test_what_cannot_be_synced_is_not_published(open_transport: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller is told, and publishes again."""
    troubles: list[str] = []

    def sync(_path: Path) -> None:
        if troubles:
            raise OSError(troubles.pop())

    monkeypatch.setattr(embedded_file, "sync_log", sync)
    transport = open_transport()
    troubles.append("I/O error")

    with pytest.raises(UnavailableError, match="I/O error"):
        transport.publish([event(1)])
    transport.publish([event(1)])
