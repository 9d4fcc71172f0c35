"""What is acked together, and what is never acked twice."""

from dataclasses import dataclass, field

import pytest

from orderwire.queue.rabbit_consumer import RETURNED_TOGETHER, Session


@dataclass
class FakeChannel:
    """Writes down what it is told."""

    is_open: bool = True
    told: list[tuple[str, int, bool]] = field(default_factory=list)

    def basic_ack(self, number: int, multiple: bool = False) -> None:  # noqa: FBT001, FBT002  pika's signature
        self.told.append(("ack", number, multiple))

    def basic_nack(self, number: int, multiple: bool = False, requeue: bool = False) -> None:  # noqa: FBT001, FBT002  pika's signature
        assert requeue
        self.told.append(("nack", number, multiple))


@pytest.fixture
def channel() -> FakeChannel:
    return FakeChannel()


def session_with(channel: FakeChannel, count: int) -> Session:
    session = Session(channel)
    session.take(range(1, count + 1))
    return session


def test_the_oldest_are_acked_with_one_word(channel: FakeChannel) -> None:
    """A batch from the front is one ack of all up to its last."""
    session_with(channel, 5).ack([3, 1, 2])

    assert channel.told == [("ack", 3, True)]


def test_nothing_older_is_acked_along(channel: FakeChannel) -> None:
    """While 1 is worked on, what came after it is acked one by one; then 1 takes nothing along that was told before."""
    session = session_with(channel, 4)

    session.ack([2, 4])
    session.ack([1])
    session.ack([3])

    assert channel.told == [("ack", 2, False), ("ack", 4, False), ("ack", 1, True), ("ack", 3, True)]


def test_a_second_answer_is_not_sent(channel: FakeChannel) -> None:
    """The broker would close the channel for it."""
    session = session_with(channel, 2)

    session.ack([1, 1])
    session.give_back([1])
    session.ack([1, 7])

    assert channel.told == [("ack", 1, True)]
    assert session.in_hand == 1


def test_many_are_given_back_in_portions(channel: FakeChannel) -> None:
    """The broker forgets the order of larger ones."""
    session = session_with(channel, 2 * RETURNED_TOGETHER + 1)

    session.give_all_back()

    assert channel.told == [
        ("nack", RETURNED_TOGETHER, True),
        ("nack", 2 * RETURNED_TOGETHER, True),
        ("nack", 2 * RETURNED_TOGETHER + 1, True),
    ]


def test_a_closed_channel_is_told_nothing(channel: FakeChannel) -> None:
    """Deliveries of a connection that is gone are no longer ours."""
    session = session_with(channel, 2)
    channel.is_open = False

    session.ack([1])
    session.give_all_back()

    assert channel.told == []
    assert not session.holds(1)
