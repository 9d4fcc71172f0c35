"""File names: which channel reads them, which are finished, which are safe to write."""

from pathlib import PurePath
from typing import Final

from orderwire.canonical.order import Channel

#: Endings under which programs write files that are not finished.
UNFINISHED: Final = (".tmp", ".part", ".partial", ".filepart", ".crdownload", "~")
#: By ending; whatever else there is, is EDIFACT.
_CHANNELS: Final = {".json": Channel.API, ".xml": Channel.PUNCHOUT, ".mime": Channel.PUNCHOUT}
_MAX_CHARS: Final = 200


def channel_of(name: str) -> Channel:
    """Return the channel whose decoder reads files of this name."""
    return _CHANNELS.get(PurePath(name.lower()).suffix, Channel.EDI)


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
