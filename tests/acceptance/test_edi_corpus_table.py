"""The table of docs/reference/edifact-corpus.md: each file of the corpus, ours against pydifact.

Clean: the file is right, and was read whole. Caught: it is wrong, and that was said. Silently wrong: it is wrong,
or came out wrong, and nothing was said. What is right and wrong is told by a naive reader that shares no code
with either. `WRITE_CORPUS_TABLE=1` writes the table anew; without it the test compares.
"""

import logging
import os
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydifact.segmentcollection import Interchange

from orderwire.connectors.edi.reading import Incoming, Reading
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.connectors.edi.source import Source, chunks
from orderwire.ports.intake import Finding, Severity

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared/corpus/edifact"
TABLE = ROOT / "docs/reference/edifact-corpus.md"
FILES = sorted(path for path in CORPUS.glob("*") if path.suffix != ".tsv") if CORPUS.is_dir() else []

if not FILES:
    pytest.skip("the corpus is not beside this repository", allow_module_level=True)

HEADING = """# EDIFACT: real files

Every file of a collection of EDIFACT files from open-source projects, read by Orderwire and by pydifact 0.2.3
(`Interchange.from_str` and `get_messages`). Written by `tests/acceptance/test_edi_corpus_table.py`.

- **clean**: envelope, counts and references are right, and every segment was read as it stands in the file;
- **caught**: something is wrong, and that was said: by a finding, or by an exception;
- **silently wrong**: something is wrong, or was lost or cut on the way, and nothing was said;
- **refused**: the file is right, and was turned away.

What is right is told by a third reader, character by character, that shares no code with either. It knows
envelopes and text; a message that misses what its directory asks for is caught by whoever checks structure.
"""


@dataclass(frozen=True)
class Truth:
    """What the naive reader sees: every segment's elements, messages, and whether counts and references fit."""

    segments: tuple[tuple[str, ...], ...]
    whole: bool


def truth_of(content: bytes) -> Truth:
    segments = tuple(naive(content))
    return Truth(tuple(each for each in segments if each[0] not in {"UNB", "UNZ", "UNG", "UNE"}), fits(segments))


UNA = re.compile(r"\s*(?:\u00ef\u00bb\u00bf)?UNA(.)(.).(.).(.)")


def naive(content: bytes) -> Iterator[tuple[str, ...]]:
    """Walk the characters; elements are kept as they stand, with released characters plain."""
    text = content.decode("latin-1").replace("\r", "").replace("\n", "").strip("\x1a ")
    element, release, terminator, at = "+", "?", "'", 0
    while at < len(text):
        if una := UNA.match(text, at):
            _component, element, release, terminator = una.groups()
            at = una.end()
        elements, at = walk(text, at, (element, release, terminator))
        if any(each.strip() for each in elements):
            yield (elements[0].strip("\u00ef\u00bb\u00bf "), *elements[1:])


def walk(text: str, at: int, service: tuple[str, str, str]) -> tuple[list[str], int]:
    """Return the elements of one segment, and where the next begins."""
    element, release, terminator = service
    elements, literal = [""], False
    while at < len(text):
        char = text[at]
        at += 1
        if literal or char not in service or (char == release == " "):
            elements[-1] += char
            literal = False
        elif char == release:
            literal = True
        elif char == element:
            elements.append("")
        elif char == terminator:
            break
    return elements, at


def fits(segments: tuple[tuple[str, ...], ...]) -> bool:
    """Whether references and counts fit, and nothing stands outside a message."""
    right, ref, counted, control, messages, groups = True, None, 0, None, 0, 0
    for tag, *rest in segments:
        first, second = [*(part.strip() for part in rest[:2]), "", ""][:2]
        counted += 1
        right &= bool(re.fullmatch(r"[A-Z][A-Z0-9]{2}", tag))
        if tag == "UNB":
            right &= control is None and len(rest) > 4
            control, messages, groups = rest[4].strip() if len(rest) > 4 else "", 0, 0
        elif tag == "UNZ":
            right &= control is not None and ref is None and second == control and number(first) == (groups or messages)
            control = None
        elif tag == "UNG":
            groups += 1
        elif tag == "UNH":
            right &= control is not None and ref is None
            ref, counted, messages = first, 1, messages + 1
        elif tag == "UNT":
            right &= ref is not None and second == ref and number(first) == counted
            ref = None
        elif tag != "UNE":
            right &= ref is not None
    return right and ref is None and control is None and bool(segments)


def number(text: str) -> int:
    return int(text) if text.isdecimal() else -1


#: What the third reader knows nothing of: a message may be whole and yet not what its directory asks for.
BEYOND = {"missing_segment", "segment_out_of_place", "missing_value", "value_type", "line_count", "service_string"}


def ours(content: bytes) -> tuple[list[tuple[str, ...]], set[str]]:
    """Return the segments of the messages, and for what the file was turned away or read otherwise than it says."""
    limits = EdiLimits()
    reading = Reading(Source(chunks(content, 0, len(content), limits.chunk_bytes), limits.max_bytes), limits)
    segments: list[tuple[str, ...]] = []
    findings: list[Finding] = []
    for incoming in reading.interchanges():
        for message in incoming.messages():
            segments += (joined(each, incoming) for each in message.segments)
            findings += message.findings.close()
        findings += incoming.envelope.findings.close()
    findings += reading.findings
    told = {each.code for each in findings if each.severity is Severity.REJECT or each.code == "service_string"}
    return segments, told


def joined(segment: Segment, incoming: Incoming) -> tuple[str, ...]:
    """Composites with their separators again, and every byte a character, as the naive reader has it."""
    mark, codec = incoming.opening.service.component, incoming.charset
    elements = (mark.join(segment.components(number)) for number in range(1, len(segment.elements)))
    return (segment.tag, *(each.encode(codec, "replace").decode("latin-1") for each in elements))


def peer(content: bytes) -> tuple[list[tuple[str, ...]], set[str]]:
    """The same of pydifact; an exception is how it says that something is wrong."""
    segments: list[tuple[str, ...]] = []
    try:
        interchange = Interchange.from_str(content.decode("latin-1"))
        component = interchange.characters.component_separator
        for message in interchange.get_messages():
            head = ("UNH", message.reference_number, component.join(map(str, message.identifier)))
            segments.append(head)
            for each in message.segments:
                elements = (
                    component.join(element) if isinstance(element, list) else element for element in each.elements
                )
                segments.append((each.tag, *elements))
            segments.append(("UNT",))
    except Exception:  # noqa: BLE001  whatever it raises is its way to say so
        return segments, {"exception"}
    return segments, set()


def verdict(truth: Truth, segments: list[tuple[str, ...]], told: set[str]) -> str:
    right = truth.whole and bare(truth.segments) == bare(segments)
    if not told:
        return "clean" if right else "silently wrong"
    if told == {"service_string"} and right:
        return "clean"
    return "caught" if not truth.whole or told & BEYOND else "refused"


def bare(segments: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """What both readers keep: tags and elements of what stands inside messages, without what is empty at the end."""
    kept = []
    for tag, *elements in segments:
        told = [
            re.sub(r"[:\s]+$", "", element) for element in (elements if tag not in _KEPT else elements[: _KEPT[tag]])
        ]
        while told and not told[-1]:
            told.pop()
        kept.append((tag, *told))
    return kept


#: Of UNH a reader may keep the reference alone, and nothing of UNT.
_KEPT = {"UNH": 1, "UNT": 0}


def rows() -> list[tuple[str, str, str]]:
    logging.disable(logging.CRITICAL)
    table = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for path in FILES:
                content = path.read_bytes()
                truth = truth_of(content)
                table.append((path.name, verdict(truth, *ours(content)), verdict(truth, *peer(content))))
    finally:
        logging.disable(logging.NOTSET)
    return table


def page(table: list[tuple[str, str, str]]) -> str:
    kinds = ("clean", "caught", "silently wrong", "refused")
    lines = [HEADING, "| | Orderwire | pydifact |", "|---|---|---|"]
    counts = [Counter(row[column] for row in table) for column in (1, 2)]
    lines += [f"| {kind} | {counts[0][kind]} | {counts[1][kind]} |" for kind in kinds]
    lines += ["", "| file | Orderwire | pydifact |", "|---|---|---|"]
    lines += [f"| `{name}` | {mine} | {theirs} |" for name, mine, theirs in table]
    return "\n".join(lines) + "\n"


def test_nothing_is_silently_wrong() -> None:
    """No file of the corpus comes out wrong without a word, and the table says what each came to."""
    table = rows()
    if os.environ.get("WRITE_CORPUS_TABLE"):
        TABLE.write_text(page(table), encoding="utf-8")
    assert [row for row in table if row[1] == "silently wrong"] == []
    assert TABLE.read_text(encoding="utf-8") == page(table)
