"""Trigger paths."""

import pytest

from orderwire.connectors.edi.groups import paths
from orderwire.connectors.edi.segment import Segment


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("UNH BGM DTM RFF DTM NAD", "UNH BGM DTM RFF RFF/DTM NAD"),
        ("NAD RFF DTM CTA COM NAD", "NAD NAD/RFF NAD/RFF/DTM NAD/CTA NAD/CTA/COM NAD"),
        ("LIN QTY PRI RFF DTM LOC QTY LIN", "LIN LIN/QTY LIN/PRI LIN/RFF LIN/RFF/DTM LIN/LOC LIN/LOC/QTY LIN"),
        ("LIN NAD CTA COM QTY", "LIN LIN/NAD LIN/NAD/CTA LIN/NAD/CTA/COM LIN/QTY"),
        ("LIN SCC QTY DTM", "LIN LIN/SCC LIN/SCC/QTY LIN/SCC/QTY/DTM"),
        ("LIN PAC PCI GIN", "LIN LIN/PAC LIN/PAC/PCI LIN/PAC/PCI/GIN"),
        ("LIN UNS MOA CNT UNT", "LIN UNS UNS/MOA UNS/CNT UNS/UNT"),
        ("BGM XYZ DTM", "BGM ?XYZ DTM"),
    ],
)
def test_paths_name_the_group_a_segment_is_in(tags: str, expected: str) -> None:
    """The same segment in another group has another path, so that a schedule's quantity is not the line's."""
    assert [path for path, _ in paths(Segment(0, [tag]) for tag in tags.split())] == expected.split()
