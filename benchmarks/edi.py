"""EDIFACT parsing: ours against pydifact on one 10 MB ORDERS interchange."""

import io
import logging
import multiprocessing
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.edi_orders import generate
from benchmarks.edi_peers import compare
from benchmarks.measure import Result, Spread, interleave, peak_mb, ratios

_MEGABYTE = 1_000_000


def run(repetitions: int, size: int = 10 * _MEGABYTE) -> list[Result]:
    """Measure, print, and return the results."""
    content = generate(size)
    print(f"EDIFACT: {len(content) / _MEGABYTE:.1f} MB of D.96A ORDERS, {repetitions} interleaved repetitions")
    spreads = interleave(_work(content), repetitions)
    peer = f"pydifact {version('pydifact')}"
    megabytes = len(content) / _MEGABYTE
    results = []
    print(f"\n  {'work':<34}{'ours':>11}{peer:>17}{'ratio':>8}   least … greatest")
    for name, ours, theirs in _PAIRS:
        results.append(_compare(name, spreads[ours], spreads[theirs], peer, megabytes))
    floor = spreads["bytes.split"]
    print(f"  {'floor: bytes.split at terminators':<34}{megabytes / floor.median:>6.1f} MB/s")
    for line in compare(content, generate(min(size, _MEGABYTE))):
        print(f"  {line}")
    results.append(_memory(size, peer))
    return results


#: What is compared: a name, our work and the peer's.
_PAIRS = (
    ("bytes to segments", "our segments", "pydifact segments"),
    ("bytes to checked messages", "our messages", "pydifact messages"),
    ("bytes to canonical orders", "our orders", "pydifact messages"),
)


def _work(content: bytes) -> dict[str, Callable[[], int]]:
    return {
        "our segments": lambda: _our_segments(content),
        "pydifact segments": lambda: _pydifact_segments(content),
        "our messages": lambda: _our_messages(content),
        "pydifact messages": lambda: _pydifact_messages(content),
        "our orders": lambda: _our_orders(content),
        "bytes.split": lambda: len(content.split(b"'")),
    }


def _our_segments(content: bytes) -> int:
    from orderwire.connectors.edi.settings import EdiLimits
    from orderwire.connectors.edi.source import Source, chunks
    from orderwire.connectors.edi.splitter import Splitter
    from orderwire.connectors.edi.tokenizer import Tokenizer

    limits = EdiLimits()
    splitter = Splitter(Source(chunks(content, 0, len(content)), len(content)), limits)
    return sum(
        1
        for opening in splitter.openings()
        for _segment in Tokenizer(opening.service).segments(opening.pieces, opening.unb)
    )


def _our_messages(content: bytes) -> int:
    """Split, tokenise, choose the character set, check envelope, structure, elements and codes; streamed."""
    return sum(map(len, _checked(content)))


def _checked(content: bytes) -> Iterator[Sequence[Any]]:
    from orderwire.connectors.edi.reading import Reading
    from orderwire.connectors.edi.settings import EdiLimits
    from orderwire.connectors.edi.source import Source, chunks_of

    limits = EdiLimits(max_bytes=max(len(content), 1))
    reading = Reading(Source(chunks_of(io.BytesIO(content), limits.chunk_bytes), limits.max_bytes), limits)
    for incoming in reading.interchanges():
        for message in incoming.messages():
            if message.findings.close():
                raise SystemExit("the generated interchange is not clean")
            yield message.segments
        if incoming.envelope.findings.close():
            raise SystemExit("the generated interchange is not clean")


def _our_orders(content: bytes) -> int:
    """The same, and each message mapped to its order; streamed."""
    from orderwire.connectors.edi.maps.sender import Sender
    from orderwire.connectors.edi.orders import to_purchase_order

    sender = Sender("bench")
    return sum(len(to_purchase_order(message, sender).lines) for message in _checked(content))


def _pydifact_segments(content: bytes) -> int:
    from pydifact.segmentcollection import RawSegmentCollection

    with _quiet():
        return len(RawSegmentCollection.from_str(content.decode("latin-1")).segments)


def _pydifact_messages(content: bytes) -> int:
    from pydifact.segmentcollection import Interchange

    with _quiet():
        interchange = Interchange.from_str(content.decode("latin-1"))
        return sum(len(message.segments) + 2 for message in interchange.get_messages())


class _quiet(warnings.catch_warnings):  # noqa: N801  it is used like a function
    """Keep the peer's warnings and log lines out of the measurement."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)


def _compare(name: str, ours: Spread, theirs: Spread, peer: str, megabytes: float) -> Result:
    ratio, least, greatest = ratios(ours, theirs)
    our_speed, peer_speed = megabytes / ours.median, megabytes / theirs.median
    print(f"  {name:<34}{our_speed:>6.1f} MB/s{peer_speed:>12.2f} MB/s{ratio:>7.1f}x   {least:.1f} … {greatest:.1f}")
    return Result("edi", name, "MB/s", round(our_speed, 2), peer, round(peer_speed, 3), round(ratio, 2))


def _memory(size: int, peer: str) -> Result:
    """Peak resident memory of a fresh process that reads the file to messages, less one that only holds it.

    The file comes from a disk: making it takes several times its size, in which a reader's own need would hide.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.edi"
        file.write_bytes(generate(size))
        idle, ours, theirs = (_peak(read, file) for read in (_hold, _our_messages, _pydifact_messages))
    ours, theirs = ours - idle, theirs - idle
    ratio = theirs / max(ours, 0.1)
    print(f"  {'memory for messages, above the file':<34}{ours:>7.0f} MB{theirs:>13.0f} MB{ratio:>7.1f}x")
    return Result("edi", "memory for messages", "MB", round(ours, 1), peer, round(theirs, 1), round(ratio, 2))


def _hold(content: bytes) -> int:
    return len(content)


def _peak(read: Callable[[bytes], int], file: Path) -> float:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (read, file))


def _measured(read: Callable[[bytes], int], file: Path) -> float:
    read(file.read_bytes())
    return peak_mb()
