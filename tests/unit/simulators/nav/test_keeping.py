"""What a simulated company keeps over the end of its process."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from orderwire.errors import ConfigurationError
from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.faults import NavFault
from orderwire.simulators.nav.server import NavSimulator

Open = Callable[[], NavSimulator]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "company"


@pytest.fixture
def open_company(file: Path) -> Iterator[Open]:
    """Open the demo's company as it was left; whoever has it open is dead, and does not know."""
    opened: list[NavSimulator] = []

    def again() -> NavSimulator:
        opened.append(NavSimulator(NavData.demo(), kept=file))
        return opened[-1]

    yield again
    for company in opened:
        company.stop()


def test_what_was_committed_is_there_again(open_company: Open) -> None:
    """Orders, lines, postings, stock counts, the log and the number series are as they were when it was left."""
    company = open_company()
    company.buy("1001", 3)
    company.post(company.buy("1002", 2))
    company.stock("1003", 77)
    left = company.state()

    again = open_company()

    assert again.state() | {"counters": None} == left | {"counters": None}
    assert again.buy("1001", 1) not in {order["no"] for order in left["orders"]}
    assert again.world.commits[-1].sequence == len(left["commit_log"]) + 1


def test_what_was_undone_is_not_kept(open_company: Open) -> None:
    """A refused order leaves nothing behind, and the company goes on."""
    company = open_company()
    with pytest.raises(NavFault):
        company.buy("no such item", 1)
    company.buy("1001", 1)
    left = company.state()["orders"]

    assert open_company().state()["orders"] == left


def test_half_a_line_was_never_answered(file: Path, open_company: Open) -> None:
    """A process killed within a write leaves half a line, which is forgotten and written over."""
    company = open_company()
    company.buy("1001", 3)
    first = company.state()
    company.buy("1002", 2)
    file.write_bytes(file.read_bytes()[:-10])

    again = open_company()

    assert again.state()["orders"] == first["orders"]
    again.buy("1001", 5)
    assert open_company().world.available("1001") == again.world.available("1001")
    assert again.world.available("1001") == Decimal(first["items"]["1001"]["available"]) - 5


def test_a_file_of_something_else_is_refused(file: Path, open_company: Open) -> None:
    """It is named, and left as it is."""
    file.write_text("name: value\n")

    with pytest.raises(ConfigurationError, match="company"):
        open_company()

    assert file.read_text() == "name: value\n"
