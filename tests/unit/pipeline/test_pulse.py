"""What the flows of a process were done with, by pieces of time."""

from datetime import timedelta

from fakes.world import World
from orderwire.pipeline.heartbeat import Heartbeat
from orderwire.pipeline.pulse import Pulse
from orderwire.ports.overview import PIECE_SECONDS, FlowPiece, WorkerRecord
from records import NOON

#: Noon of the records is a little later than the full hour.
START = NOON.replace(microsecond=0)
PIECE = timedelta(seconds=PIECE_SECONDS)


def test_pieces_are_counted() -> None:
    """By flow and by five minutes, with the worst; a clock that was set back counts as no time."""
    pulse = Pulse()
    pulse.ended("fulfil", NOON, [2])
    pulse.ended("fulfil", NOON, [4, 1])
    pulse.ended("decode", NOON, [-1])
    pulse.ended("fulfil", NOON + PIECE, [1])
    pulse.ended("fulfil", NOON + 2 * PIECE, [])

    assert pulse.pieces() == [
        FlowPiece("fulfil", START, 3, 7, 4),
        FlowPiece("decode", START, 1, 0, 0),
        FlowPiece("fulfil", START + PIECE, 1, 1, 1),
    ]


def test_pieces_that_are_over_are_forgotten_when_they_were_told() -> None:
    """Not the current one, and none that has grown meanwhile: the whole of it is told again."""
    pulse = Pulse()
    pulse.ended("fulfil", NOON, [1])
    pulse.ended("decode", NOON, [1])
    told = pulse.pieces()
    pulse.told(told, NOON)
    assert pulse.pieces() == told
    pulse.ended("decode", NOON, [1])

    pulse.told(told, NOON + PIECE)

    assert pulse.pieces() == [FlowPiece("decode", START, 2, 2, 1)]


def test_a_worker_tells_its_pieces(world: World) -> None:
    """With each beat, and at its end; told twice, they count once."""
    now = world.clock()
    record = WorkerRecord("w", "host", 1, "1.0", now, now)
    pulse = Pulse()
    heartbeat = Heartbeat(world.store, record, world.around.pauses, world.clock, pulse)
    pulse.ended("fulfil", now, [2])
    heartbeat.beat()
    heartbeat.beat()
    pulse.ended("fulfil", now, [1])
    heartbeat.stop()

    [piece] = world.read(lambda tx: tx.workers.flows(now - PIECE))
    assert (piece.count, piece.seconds, piece.worst_seconds) == (2, 3, 2)
