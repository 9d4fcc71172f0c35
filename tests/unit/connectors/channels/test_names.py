"""File names of channels."""

import pytest

from orderwire.canonical.order import Channel
from orderwire.connectors.channels.names import channel_of, is_finished, is_plain


@pytest.mark.parametrize(("name", "channel"), [("a.edi", Channel.EDI), ("a", Channel.EDI), ("A.JSON", Channel.API)])
def test_the_ending_names_the_decoder(name: str, channel: Channel) -> None:
    """JSON is the API's; everything else is taken for EDIFACT."""
    assert channel_of(name) is channel


@pytest.mark.parametrize("name", [".hidden", "a.tmp", "a.PART", "a.partial", "a.filepart", "a.edi~", "a.crdownload"])
def test_unfinished_names_are_left_alone(name: str) -> None:
    """Programs write under these until a file is whole."""
    assert not is_finished(name)
    assert is_finished("a.edi")


@pytest.mark.parametrize("name", ["", "..", ".a", "a/b", "a\\b", "c:a", "a\nb", "a\0b", 'a"b', "a" * 201])
def test_only_plain_names_are_written(name: str) -> None:
    """No path, no control character, no quotes, nothing hidden, nothing endless."""
    assert not is_plain(name)
    assert is_plain("ORDRSP_baumarkt_17.edi")
