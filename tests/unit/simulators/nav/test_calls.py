"""The request log."""

from orderwire.simulators.nav.calls import Calls


def test_calls_are_told_in_order_with_what_came_between() -> None:
    """Beginnings and ends count alike, so a log proves what was asked before what."""
    calls = Calls()
    first = calls.begin("SalesOrder", "Create", "OW-1")
    calls.end(first, "lost")
    second = calls.begin("SalesOrder", "Read", "OW-1")
    calls.begin("Item", "ReadMultiple", "")
    calls.end(second, "ok")
    assert [(call["operation"], call["began"], call["ended"], call["outcome"]) for call in calls.told()] == [
        ("Create", 1, 2, "lost"),
        ("Read", 3, 5, "ok"),
        ("ReadMultiple", 4, None, "under way"),
    ]
    assert [call["began"] for call in calls.told(no="OW-1", operation="Read")] == [3]
