"""Interchanges read piece by piece."""

import io
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ediwire import interchange, order
from orderwire.connectors import edi
from orderwire.connectors.edi.reading import Reading
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.connectors.edi.source import Source, chunks, chunks_of
from orderwire.ports.intake import Finding

SAMPLES = [path.read_bytes() for path in sorted((Path(edi.__file__).parent / "samples").rglob("*.edi"))]
WRAPPED = b"UNA:+.? '\r\n" + interchange(order()).replace(b"+", b"+\r\n") + b"\r\n\x1ajunk"
TWO = b"\xef\xbb\xbfhello " + interchange(order(), unz="") + b"\n\n" + interchange(order(), una="UNA:+,? '") + b"UNH+1"
GROUPED = interchange(["UNG+ORDERS+A+B+260302:0915+G1+UN+D:96A", *order(), "UNE+2+G1"], unz="UNZ+1+R1")
RELEASED = interchange(order("LIN+1++X:SA", "QTY+21:1", "FTX+AAI+++??", "FTX+AAI+++it?'s ?+ ?: 1/2?")).replace(
    b"FTX", b"\nFTX"
)
TEXTS = [
    *(content + tail for content in SAMPLES for tail in (b"", b"\r\n")),
    WRAPPED,
    TWO,
    GROUPED,
    RELEASED,
    b"x" * 9000 + interchange(order()) + b"y" * 9000,
]


def everything(content: bytes, size: int, **limits: int) -> object:
    """All that reading finds, as plain values."""
    bounds = EdiLimits.model_validate(limits)
    reading = Reading(Source(chunks(content, 0, len(content), size), bounds.max_bytes), bounds)
    read = []
    for incoming in reading.interchanges():
        messages = [
            ([(each.offset, each.elements) for each in message.segments], message.findings.close())
            for message in incoming.messages()
        ]
        read.append((messages, incoming.envelope.findings.close(), incoming.sha256, incoming.charset))
    return read, reading.findings


@settings(deadline=None)
@given(st.sampled_from(TEXTS), st.integers(1, 200))
@example(TWO, 1)
@example(WRAPPED, 1)
@example(RELEASED, 1)
def test_chunks_make_no_difference(content: bytes, size: int) -> None:
    """Wherever a chunk ends, the segments, findings, offsets and hashes are the same."""
    assert everything(content, size) == everything(content, len(content))


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(1, 40))
def test_chunks_make_no_difference_to_any_bytes(content: bytes, size: int) -> None:
    """The same holds for bytes that nobody meant."""
    assert everything(content, size) == everything(content, max(len(content), 1))


@settings(deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(1, 90), st.integers(20, 200))
def test_limits_do_not_depend_on_chunks(content: bytes, size: int, longest: int) -> None:
    """A segment that is too long ends the reading at the same place."""
    limits = {"max_segment_bytes": longest}
    assert everything(content, size, **limits) == everything(content, len(content), **limits)


def findings(content: bytes, **limits: int) -> tuple[int, list[Finding]]:
    bounds = EdiLimits.model_validate(limits)
    reading = Reading(Source(chunks_of(io.BytesIO(content), 50), bounds.max_bytes), bounds)
    count = sum(1 for incoming in reading.interchanges() for _message in incoming.messages())
    return count, reading.findings


def test_a_file_is_read_from_a_binary_file() -> None:
    """Whatever can be read is a source."""
    assert findings(interchange(order(), order(ref="M2"))) == (2, [])


def test_a_file_that_goes_on_is_cut_off() -> None:
    """Beyond the limit nothing is read, and a finding says so."""
    _count, (finding,) = findings(interchange(order(), order(ref="M2")), max_bytes=300)
    assert finding.code == "limit"


@pytest.mark.parametrize("read", [0, 1])
def test_what_of_an_interchange_was_not_read_is_passed_over(read: int) -> None:
    """The next interchange begins where it begins, however much of the one before was asked for."""
    content = interchange(order(), order(ref="M2")) + interchange(order(ref="M3"))
    limits = EdiLimits(chunk_bytes=10)
    reading = Reading(Source(chunks(content, 0, len(content), 10), 10_000), limits)
    refs = []
    for incoming in reading.interchanges():
        for _number, message in zip(range(read), incoming.messages(), strict=False):
            refs.append(message.ref)
    assert refs == ["M1", "M3"][: read * 2]
