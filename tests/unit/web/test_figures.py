"""Figures of flows and partners."""

from datetime import timedelta

from orderwire.ports.journal import DocumentState
from orderwire.ports.overview import (
    PIECE_SECONDS,
    Beat,
    FlowPiece,
    ParkedCount,
    Retrying,
    StateCount,
    WorkerRecord,
)
from orderwire.ports.queue import QueueDepth
from orderwire.queue.topology import Topology
from orderwire.web.console.figures import Course, Standing, Traffic, flows_of, partners_of
from records import NOON, a_document

PIECE = timedelta(seconds=PIECE_SECONDS)
SINCE = NOON - 3 * PIECE


def test_a_course_puts_pieces_together() -> None:
    """Of several partners at one time, too; the mean is of all messages, not of the pieces."""
    beats = [Beat(SINCE, 1, 2.0, 2.0), Beat(SINCE, 3, 6.0, 9.0), Beat(SINCE + 2 * PIECE, 4, 1.0, 1.5)]

    course = Course.of_beats([*beats, Beat(SINCE - PIECE, 99, 1.0, 99.0)], SINCE, NOON)

    assert (course.counts, course.means) == ([4, 0, 4, 0], [5.0, None, 1.0, None])
    assert (course.total, course.mean, course.worst) == (8, 3.0, 9.0)


def test_where_nothing_ended_there_is_no_mean() -> None:
    """Nor a worst."""
    course = Course.of_beats([], SINCE, NOON)

    assert (course.total, course.mean, course.worst) == (0, None, None)


def test_flows() -> None:
    """What waits and runs, what is retried and when next, done today, and since when the first worker pauses."""
    topology = Topology()
    pause = {"since": (NOON - PIECE).isoformat(), "reason": "NAV is away"}
    later = {"since": NOON.isoformat(), "reason": "NAV is still away"}
    workers = [WorkerRecord(str(n), "h", n, "1", NOON, NOON, {"fulfil": one}) for n, one in enumerate((later, pause))]
    ladder = [Retrying(a_document(), NOON + PIECE, "fulfil", "e1"), Retrying(a_document(), NOON, "fulfil", "e2")]
    pieces = [FlowPiece("fulfil", SINCE, 2, 8.0, 5.0), FlowPiece("fulfil", NOON - timedelta(days=1), 7, 1.0, 1.0)]
    depths = {topology.work_queue("fulfil"): QueueDepth("ow.fulfil", 5, 2)}

    rows = {
        row["flow"]: row
        for row in flows_of(topology, Standing(depths, {"fulfil": 3}, workers, ladder, pieces), SINCE, NOON)
    }

    fulfil, decode = rows["fulfil"], rows["decode"]
    assert (fulfil["waiting"], fulfil["in_flight"], fulfil["parked"], fulfil["done"]) == (5, 2, 3, 2)
    assert (fulfil["retrying"], fulfil["next_at"]) == (2, NOON)
    assert (fulfil["course"]["total"], fulfil["course"]["mean"], fulfil["course"]["worst"]) == (2, 4.0, 5.0)
    assert (fulfil["paused_since"], fulfil["paused_because"]) == (NOON - PIECE, "NAV is away")
    assert (decode["waiting"], decode["retrying"], decode["paused_since"]) == (None, 0, None)


def test_partners() -> None:
    """Those with parked messages first; each with its own course."""
    under_way = [StateCount("a", DocumentState.RECEIVED, 1), StateCount("a", DocumentState.RETRYING, 2)]
    beats = [Beat(SINCE, 4, 2.0, 3.0, "a"), Beat(SINCE, 1, 9.0, 9.0, None)]
    traffic = Traffic(
        under_way, [StateCount(None, DocumentState.DONE, 5)], [ParkedCount("b", "fulfil", 7)], beats, {"a": 1}
    )

    rows = partners_of(traffic, SINCE, NOON)

    assert [row["partner"] for row in rows] == ["b", None, "a"]
    assert (rows[2]["waiting"], rows[2]["retrying"], rows[2]["late"], rows[2]["course"]["total"]) == (1, 2, 1, 4)
    assert (rows[1]["done"], rows[1]["course"]["mean"]) == (5, 9.0)
