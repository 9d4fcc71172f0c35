"""Damaged interchanges by the thousand, and files larger than memory."""

import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ediwire import decode, profile
from orderwire.connectors import edi

ROOT = Path(__file__).parents[2]
SAMPLES = [path.read_bytes() for path in sorted((Path(edi.__file__).parent / "samples").rglob("*.edi"))]
SERVICE = [
    b"'",
    b"+",
    b":",
    b"?",
    b"*",
    b"??'",
    b"?'",
    b"''",
    b"UNA:+.? '",
    b"UNA;*,! ~",
    b"UNZ+1+1'",
    b"UNB+",
    b"\r\n",
]
SERVICE += [b"\x00", b"\x1a", b"\x1c", b"\xef\xbb\xbf", b"\xff", b"UNH+1+ORDERS:D:96A:UN'", b"UNT+2+1'", b"UNE+1+1'"]
LONGEST_SECONDS = 1.0
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def mutated(chance: random.Random) -> bytes:
    """An interchange with up to eight bit flips, cuts, swaps, repeats and games with service characters."""
    content = bytearray(chance.choice(SAMPLES))
    for _ in range(chance.randint(1, 8)):
        at, size = chance.randrange(len(content) + 1), chance.randint(1, 60)
        kind = chance.choice(("flip", "cut", "swap", "repeat", "service", "separator"))
        if kind == "flip" and at < len(content):
            content[at] ^= 1 << chance.randrange(8)
        elif kind == "cut":
            del content[at : at + size]
        elif kind == "swap":
            to = chance.randrange(len(content) + 1)
            content[at:at], content[to : to + size] = content[to : to + size], b""
        elif kind == "repeat":
            content[at:at] = content[at : at + size] * chance.choice((1, 2, 50))
        elif kind == "service":
            content[at:at] = chance.choice(SERVICE)
        else:
            content = content.replace(chance.choice(SERVICE[:5]), chance.choice(SERVICE))
    return bytes(content)


def run(count: int, seed: int) -> float:
    """Decode and acknowledge so many, and return the longest time one took."""
    chance, longest = random.Random(seed), 0.0  # noqa: S311  the same damage each time, no secret
    strict = profile(severities={"unknown_code": "reject", "value_too_long": "reject", "missing_segment": "ignore"})
    for _ in range(count):
        content = mutated(chance)
        begin = time.process_time()
        for one in decode(content, strict if chance.random() < 0.5 else profile()):
            if one.acknowledge is not None:
                one.acknowledge(1, NOW)
        longest = max(longest, time.process_time() - begin)
    return longest


def test_mutated_interchanges_are_findings() -> None:
    """No exception leaves the decoder, and none takes a second."""
    assert run(3_000, seed=1) < LONGEST_SECONDS


@pytest.mark.slow
def test_a_hundred_thousand_mutated_interchanges_are_findings() -> None:
    """The same at full length, without growing."""
    run(1_000, seed=2)
    before = resident_mb()
    assert run(100_000, seed=3) < LONGEST_SECONDS
    assert resident_mb() - before < 32


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


#: Reads an endless-looking interchange from a pipe of its own making, and prints messages and peak memory in MB.
READER = """
import sys
from pathlib import Path
from orderwire.connectors.edi.reading import Reading
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.connectors.edi.source import Source

size = int(sys.argv[1])
line = "LIN+{0}++4099999001019:EN'IMD+F++:::S\\u00e4ge'QTY+21:5:PCE'PRI+AAA:9.99'"
body = "BGM+220+P{0}+9'DTM+137:20260302:102'NAD+BY+4099998000020::9'"
body += "".join(line.format(number) for number in range(1, 101)) + "UNS+S'"
count = body.count("'") + 2

def content():
    yield b"UNB+UNOC:3+4099998000020:14+4099998000013:14+260302:0915+R1'"
    written = number = 0
    while written < size:
        number += 1
        text = f"UNH+{number}+ORDERS:D:96A:UN'{body}UNT+{count}+{number}'"
        message = text.replace("{0}", str(number)).encode("latin-1")
        written += len(message)
        yield message
    yield f"UNZ+{number}+R1'".encode()

limits = EdiLimits(max_bytes=2 * size, max_messages=10**9)
messages = 0
for incoming in Reading(Source(content(), limits.max_bytes), limits).interchanges():
    for message in incoming.messages():
        assert not message.findings.close(), message.findings.close()
        messages += 1
    assert not incoming.envelope.findings.close(), incoming.envelope.findings.close()
status = Path("/proc/self/status").read_text()  # ru_maxrss would count what the parent held before exec
print(messages, next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) // 1024)
"""


@pytest.mark.parametrize("megabytes", [10, pytest.param(500, marks=pytest.mark.slow)])
def test_memory_is_constant(megabytes: int) -> None:
    """A file of any size is read to checked messages under 96 MB resident, imports and all."""
    command = [sys.executable, "-c", READER, str(megabytes * 1_000_000)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=1200).stdout
    messages, peak = map(int, said.split())
    assert messages > megabytes * 100
    assert peak < 96
