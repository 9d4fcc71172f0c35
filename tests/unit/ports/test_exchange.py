"""What is taken down of the exchanges with the ERP."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from orderwire.errors import InDoubtError
from orderwire.ports.exchange import MAX_BYTES, MAX_EXCHANGES, Exchange, Tape, taped, tell_exchanges


def exchanged(request: bytes = b"<ask/>", answer: bytes = b"<say/>", status: int = 200) -> None:
    with taped("SalesOrder", "Create", request) as told:
        told.status, told.content = status, answer


def test_an_exchange_is_taken_down() -> None:
    """With both bodies, what was asked of which service, and how it ended."""
    tape = Tape()

    with tape.running():
        exchanged()

    (one,) = tape.exchanges
    assert (one.service, one.operation, one.outcome, one.status) == ("SalesOrder", "Create", "ok", 200)
    assert one.bodies() == (b"<ask/>", b"<say/>")
    assert one.at.utcoffset() is not None


def test_what_came_instead_of_an_answer_is_taken_down() -> None:
    """A call that broke has its request, its error's code and no answer; the error goes on."""
    tape = Tape()

    with tape.running(), pytest.raises(InDoubtError), taped("SalesOrder", "Create", b"<ask/>"):
        raise InDoubtError("the connection to NAV broke")

    (one,) = tape.exchanges
    assert (one.outcome, one.status, one.bodies()) == ("in_doubt", None, (b"<ask/>", b""))
    assert "the connection to NAV broke" in (one.problem or "")


def test_sizes_are_bounded() -> None:
    """Of bodies and of their number; the true sizes are told."""
    tape, noise = Tape(), os.urandom(MAX_BYTES + 5)

    with tape.running():
        exchanged(noise, noise)
        for _ in range(MAX_EXCHANGES):
            exchanged()

    first = tape.exchanges[0]
    assert len(tape.exchanges) == MAX_EXCHANGES
    assert (first.request_bytes, first.answer_bytes) == (MAX_BYTES + 5, MAX_BYTES + 5)
    assert first.bodies() == (noise[:MAX_BYTES], noise[:MAX_BYTES])


def test_tapes_are_of_one_thread() -> None:
    """What another thread exchanges is not ours, until it is told."""
    tape, other = Tape(), Tape()

    def elsewhere() -> tuple[Exchange, ...]:
        with other.running():
            exchanged()
        return tuple(other.exchanges)

    with tape.running(), ThreadPoolExecutor(1) as pool:
        told = pool.submit(elsewhere).result()
        assert list(tape.exchanges) == []
        tell_exchanges(told)

    assert list(tape.exchanges) == list(told)


def test_without_a_tape_nothing_is_taken_down() -> None:
    """Who asks for stock of a shop's page pays nothing for it."""
    exchanged()
    tell_exchanges([])
