"""The service string: which characters separate, release and terminate."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: Padding that may stand between segments and around interchanges.
PADDING: Final = b"\r\n\t \x1a\x00"


@dataclass(frozen=True, slots=True)
class ServiceString:
    """UNA: six characters, each one byte. An empty release or repetition means there is none."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    repetition: str = ""
    terminator: str = "'"

    @property
    def line_breaks(self) -> str:
        """Line breaks that are padding, because no service character is one."""
        return "".join(char for char in "\r\n" if char not in {self.component, self.element, self.terminator})

    def usable(self) -> bool:
        """Whether the characters can be told apart from each other and from data."""
        separators = [char for char in (self.component, self.element, self.terminator, self.release) if char]
        return len(set(separators)) == len(separators) and not any(char.isalnum() for char in separators)


DEFAULT: Final = ServiceString()
#: IS1, IS3 and IS4 of UNOB by the letter of the standard.
INFORMATION_SEPARATORS: Final = ServiceString("\x1f", "\x1d", ".", "", "", "\x1c")


def from_una(characters: bytes) -> ServiceString:
    """Read the six characters after `UNA`; of five, the reserved one is taken to be left out."""
    text = characters.decode("latin-1")
    if len(text) < 6:
        text = f"{text[:4]} {text[4:]}"
    return ServiceString(text[0], text[1], text[2], text[3].strip(" "), text[4].strip(" "), text[5])


def released(content: bytes, at: int, service: ServiceString) -> bool:
    """Whether the byte at `at` is literal: an odd number of release characters stands before it."""
    if not service.release:
        return False
    mark, breaks = ord(service.release), service.line_breaks.encode()
    before = at - 1
    while before >= 0 and content[before] in breaks:  # a wrapped line: its break is no data
        before -= 1
    first = before
    while first >= 0 and content[first] == mark:
        first -= 1
    return (before - first) % 2 == 1


def terminators(content: bytes, start: int, service: ServiceString) -> Iterator[int]:
    """Yield the offset of each segment terminator from `start` on."""
    mark = service.terminator.encode("latin-1")
    at = content.find(mark, start)
    while at >= 0:
        if not released(content, at, service):
            yield at
        at = content.find(mark, at + 1)
