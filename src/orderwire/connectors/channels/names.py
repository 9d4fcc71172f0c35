"""File names: which channel reads them, which are finished, which are safe to write."""

from typing import Final

from orderwire.canonical.order import Channel

#: Endings under which programs write files that are not finished.
UNFINISHED: Final = (".tmp", ".part", ".partial", ".filepart", ".crdownload", "~")
_MAX_CHARS: Final = 200


def channel_of(name: str) -> Channel:
    """Return the channel whose decoder reads files of this name."""
    return Channel.API if name.lower().endswith(".json") else Channel.EDI


def is_finished(name: str) -> bool:
    """Tell whether a file of this name may be taken: not hidden, and not one that is being written."""
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED)


def is_plain(name: str) -> bool:
    """Tell whether this is a name and nothing more: no path, no control character, nothing hidden."""
    return (
        0 < len(name) <= _MAX_CHARS
        and name.isprintable()
        and not name.startswith(".")
        and not any(mark in name for mark in '/\\:"')
    )
