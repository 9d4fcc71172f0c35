"""Bytes as they come: a window over a file that is read once, from front to back."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO


class Source:
    """Keeps the bytes that are not taken yet. `offset` is that of the window's first byte in the file."""

    def __init__(self, chunks: Iterable[bytes | memoryview], max_bytes: int) -> None:
        self._chunks = iter(chunks)
        self._max_bytes = max_bytes
        self.window = b""
        self.offset = 0
        self.ended = False
        self.over = False  # there were more bytes than allowed, and those beyond were not read

    def more(self) -> None:
        """Add the next chunk to the window; after the last the source has ended."""
        chunk = next(self._chunks, None)
        if chunk is None:
            self.ended = True
            return
        room = self._max_bytes - self.offset - len(self.window)
        if len(chunk) > room:
            chunk, self.over, self.ended = chunk[:room], True, True
        self.window += chunk

    def fill(self, size: int) -> None:
        """Read until the window holds so many bytes, or all there are."""
        while len(self.window) < size and not self.ended:
            self.more()

    def take(self, size: int) -> bytes:
        """Return the first bytes of the window, and move it on."""
        taken = self.window[:size]
        self.window = self.window[size:]
        self.offset += len(taken)
        return taken


def chunks(content: bytes, start: int, end: int, size: int = 1024 * 1024) -> Iterator[memoryview]:
    """Yield a part of the content piece by piece, without copying it."""
    view = memoryview(content)[start:end]
    for position in range(0, len(view), size):
        yield view[position : position + size]


def chunks_of(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield a file piece by piece."""
    while chunk := file.read(size):
        yield chunk
