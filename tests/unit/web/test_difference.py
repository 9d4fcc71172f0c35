"""The difference that an edit makes is shown whatever the document is, and soon."""

from orderwire.web.console.difference import difference


def test_an_edit_is_shown_with_the_lines_around_it() -> None:
    """And with nothing of what is far from it."""
    before = [f"line {number}" for number in range(1000)]
    after = [*before[:500], "LINE 500", *before[501:]]

    told = list(difference("\n".join(before), "\r\n".join(after)))

    assert told[0][0] == "at"
    assert told[1:] == [
        ("", " line 498"), ("", " line 499"), ("minus", "-line 500"), ("plus", "+LINE 500"),
        ("", " line 501"), ("", " line 502"),
    ]  # fmt: skip


def test_edits_far_apart_in_a_long_document_are_shown() -> None:
    """Each line beside the one at its place."""
    before = [f"line {number}" for number in range(5000)]
    after = ["first", *before[1:-1], "last"]

    told = list(difference("\n".join(before), "\n".join(after)))

    assert told == [("minus", "-line 0"), ("plus", "+first"), ("minus", "-line 4999"), ("plus", "+last")]


def test_lines_that_are_hard_to_compare_are_not_compared() -> None:
    """Comparing these would take minutes; what is shown of a long difference has an end."""
    lines = [str(number % 101) for number in range(20_000)]

    told = list(difference("\n".join(lines), "\n".join([*reversed(lines), "more"])))

    assert len(told) == 2001
    assert {look for look, _ in told} == {"minus", "plus", "at"}
