"""Files that are decoded once for all of their messages."""

from pathlib import Path

import pytest

from orderwire.config.code_lists import add_code
from orderwire.config.partners import Partners
from orderwire.pipeline import rereading
from orderwire.pipeline.rereading import Rereading
from orderwire.ports.intake import DecodedFile, DecodeHint

HINT = DecodeHint(partner="acme")


class Counting:
    """Counts what it is asked to decode."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def decode(self, content: bytes, hint: DecodeHint, partners: Partners) -> DecodedFile:
        del hint, partners
        self.asked.append(content)
        return DecodedFile(())


@pytest.fixture
def partners(tmp_path: Path) -> Partners:
    folder = tmp_path / "partners" / "acme"
    folder.mkdir(parents=True)
    (folder / "partner.yaml").write_text("name: Acme\ncustomer_no: C10000\n")
    return Partners(tmp_path)


def test_a_file_is_decoded_once(partners: Partners) -> None:
    """Of one file ten thousand messages may be sent through again; under another hint it is another file."""
    counting = Counting()
    reader = Rereading(counting)

    decoded = [reader.decode(b"file", HINT, partners) for _ in range(3)]
    reader.decode(b"file", DecodeHint(partner="other"), partners)

    assert counting.asked == [b"file", b"file"]
    assert decoded[0] is decoded[2]


def test_a_changed_code_list_has_it_decoded_anew(partners: Partners, tmp_path: Path) -> None:
    """What was read by yesterday's codes is not what today's say."""
    counting = Counting()
    reader = Rereading(counting)
    reader.decode(b"file", HINT, partners)

    add_code(tmp_path, "acme", "units", ["DZN", "PCS"])
    reader.decode(b"file", HINT, partners)
    (tmp_path / "partners" / "acme" / "partner.yaml").unlink()
    reader.decode(b"file", HINT, partners)

    assert len(counting.asked) == 3


def test_the_files_kept_are_few(partners: Partners, monkeypatch: pytest.MonkeyPatch) -> None:
    """By number and by size: those read last stay, and a very large one is not kept at all."""
    monkeypatch.setattr(rereading, "_FILES", 2)
    monkeypatch.setattr(rereading, "_BYTES", 10)
    counting = Counting()
    reader = Rereading(counting)

    for content in (b"one", b"two", b"one", b"three", b"one", b"two", b"6bytes", b"one", b"larger than all", b"6bytes"):
        reader.decode(content, HINT, partners)

    assert counting.asked == [b"one", b"two", b"three", b"two", b"6bytes", b"one", b"larger than all"]
