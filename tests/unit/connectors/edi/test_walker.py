"""The way through a message's structure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwire.connectors.edi.directory import UNREAD, Directory, directory_of, letters
from orderwire.connectors.edi.walker import Misplaced, Problem, follows, walk


def directory(release: str) -> Directory:
    found = directory_of("D", release)
    assert found is not None
    return found


D96A, D01B = directory("96A"), directory("01B")


def skeleton(tags: list[str]) -> str:
    return "".join(letters().get(tag, UNREAD) for tag in tags)


def problems(tags: str, kind: str = "ORDERS", directory: Directory = D96A) -> list[tuple[str, int, str]]:
    found = walk(directory.messages[kind], tags.split())
    return [(each.problem.value, each.segment_no, each.path) for each in found]


@pytest.mark.parametrize(
    "tags",
    [
        "UNH BGM DTM UNS UNT",
        "UNH BGM DTM RFF DTM NAD LOC RFF DTM CTA COM CUX PAT LIN PIA IMD QTY PRI RFF LOC QTY SCC QTY LIN UNS CNT UNT",
        "UNH BGM DTM LIN QTY UNS MOA CNT ALC MOA UNT",
        "UNH BGM DTM NAD NAD RFF NAD LIN QTY NAD CTA COM ALC QTY MOA TAX UNS UNT",
    ],
)
def test_a_message_that_follows_has_no_problem(tags: str) -> None:
    """Optional groups may be there or not, nested and repeated."""
    assert problems(tags) == []
    assert follows(D96A.messages["ORDERS"], skeleton(tags.split()))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("UNH DTM UNS UNT", [("missing", 1, "BGM")]),
        ("UNH BGM DTM LIN UNT", [("missing", 4, "UNS")]),
        ("UNH BGM DTM QTY LIN UNS UNT", [("place", 4, "QTY")]),
        ("UNH BGM DTM XYZ LIN UNS UNT", [("place", 4, "XYZ")]),
        ("UNH BGM DTM MOA LIN UNS UNT", [("place", 4, "MOA")]),
        ("UNH BGM DTM LIN PRI QTY UNS UNT", [("order", 6, "LIN/QTY")]),
        ("UNH BGM PAI DTM LIN UNS UNT", [("order", 3, "PAI")]),
        ("UNH BGM RFF DTM LIN UNS UNT", [("place", 3, "RFF")]),
        ("UNH BGM DTM CUX NAD RFF LIN UNS UNT", [("order", 5, "NAD")]),
        ("UNH BGM DTM LIN UNS LIN UNT", [("order", 6, "LIN"), ("missing", 6, "UNS")]),
        ("UNH BGM BGM BGM DTM UNS UNT", [("segments", 3, "BGM")]),
        (f"UNH BGM DTM {'RFF ' * 12}UNS UNT", [("groups", 14, "RFF")]),
    ],
)
def test_problems_are_told_where_they_are(tags: str, expected: list[tuple[str, int, str]]) -> None:
    """A missing segment is told at the last good one; a segment that fits nowhere is passed over."""
    assert problems(tags) == expected
    assert not follows(D96A.messages["ORDERS"], skeleton(tags.split()))


def test_directories_differ() -> None:
    """IMD is there once in the heading of D.96A and 999 times in D.01B; in INVRPT, INV and QTY change places."""
    imd = "UNH BGM DTM IMD IMD UNS UNT"
    assert (problems(imd), problems(imd, directory=D01B)) == ([("segments", 5, "IMD")], [])
    report = "UNH BGM DTM LIN INV QTY UNT"
    assert problems(report, "INVRPT", D01B) == []
    assert problems("UNH BGM DTM LIN QTY INV UNT", "INVRPT") == []


TAGS = st.lists(
    st.sampled_from(
        [
            "DTM",
            "RFF",
            "NAD",
            "CTA",
            "COM",
            "LIN",
            "QTY",
            "PRI",
            "LOC",
            "MOA",
            "UNS",
            "CNT",
            "ALC",
            "TAX",
            "SCC",
            "PAC",
            "PCI",
            "GIN",
            "XYZ",
        ]
    )
)


@given(st.sampled_from([D96A, D01B]), st.sampled_from(["ORDERS", "ORDRSP", "DESADV", "INVOIC", "INVRPT"]), TAGS)
def test_the_quick_look_and_the_walk_agree(directory: Directory, kind: str, tags: list[str]) -> None:
    """What follows has no problem, and what has a problem does not follow."""
    structure = directory.messages[kind]
    message = ["UNH", "BGM", *tags, "UNT"]
    found: list[Misplaced] = list(walk(structure, message))
    assert not (follows(structure, skeleton(message)) and found)
    assert follows(structure, skeleton(message)) or found or _same_tag_twice(message)


def _same_tag_twice(message: list[str]) -> bool:
    """Where a tag belongs to two groups side by side, the walk tries more than the quick look does."""
    return len(set(message)) < len(message)


def test_every_problem_is_told_once() -> None:
    """Of a segment repeated a thousand times too often, one problem is told."""
    assert [each.problem for each in walk(D96A.messages["ORDERS"], ["UNH", *["BGM"] * 1000, "DTM", "UNS", "UNT"])] == [
        Problem.SEGMENTS
    ]
