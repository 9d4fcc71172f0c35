"""An owner is dead when its process is certainly gone, and only then."""

import subprocess
import sys
from dataclasses import replace

import pytest

from orderwire.queue import embedded_owner
from orderwire.queue.embedded_owner import Owner


def test_an_owner_reads_what_it_wrote() -> None:
    """The text in the file names the same process."""
    owner = Owner.new()

    assert Owner.parse(str(owner)) == owner
    assert Owner.new() != owner


@pytest.mark.parametrize("text", ["", "|||", "a|b|c|d", "m|99999999999|1|t", "m|1|1|t|more"])
def test_what_is_no_owner_is_none(text: str) -> None:
    """Rows of others name nobody."""
    assert Owner.parse(text) is None


def test_a_living_process_is_not_dead() -> None:
    """We are alive."""
    assert not Owner.new().is_dead()


def test_an_ended_process_is_dead() -> None:
    """Also while its parent has not yet asked for its end."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    child = replace(Owner.new(), pid=process.pid, started=embedded_owner._started(process.pid) or "")
    assert not child.is_dead()

    process.kill()
    process.communicate()

    assert child.is_dead()


def test_another_process_of_the_same_number_is_another() -> None:
    """Process ids come again; the time of the start tells them apart."""
    assert replace(Owner.new(), started="1").is_dead()


@pytest.mark.parametrize("machine", ["", "another boot/pid:[1]"])
def test_a_process_elsewhere_is_left_to_its_lease(machine: str) -> None:
    """Of another boot or another container nothing can be told."""
    assert not replace(Owner.new(), machine=machine, started="1").is_dead()
