"""Every EDIFACT file of the corpus through `edi check`: no crash, no hang, and nothing wrong accepted in silence.

The truth about counts and references is taken by a second, naive reader that shares no code with the connector.
"""

import csv
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orderwire.connectors.edi.check import check_content

CORPUS = Path(__file__).parents[2].parent / "shared/corpus/edifact"
LONGEST_SECONDS = 5.0
FILES = sorted(path for path in CORPUS.glob("*") if path.suffix != ".tsv") if CORPUS.is_dir() else []

if not FILES:
    pytest.skip("the corpus is not beside this repository", allow_module_level=True)

#: A quirk of INDEX.tsv to the codes of which one must have been found.
QUIRKS = {
    "UNT-count-wrong": {"unt_count", "empty_segment", "missing_unb"},
    "UNT-ref-mismatch": {"unt_reference"},
    "UNZ-count-wrong": {"unz_count", "unz_reference", "missing_unz"},
    "UNZ-ref-mismatch": {"unz_reference"},
    "UNZ-missing": {"missing_unz"},
    "UNH/UNT-unbalanced": {"missing_unt", "outside_message", "missing_unb"},
    "no-UNB": {"missing_unb", "service_string"},
    "unterminated-tail": {"missing_terminator", "missing_unz", "unz_reference", "outside_message", "service_string"},
    "bad-tags": {"bad_tag", "empty_segment", "outside_message", "missing_unb"},
    "garbage-before-UNB": {"junk"},
    "UNB-sep-mismatch": {"service_string"},
    "linebreak-inside-segment": {"line_break", "outside_message", "service_string"},
}
#: Files that the index took apart without joining their wrapped lines: what it calls wrong there is right.
WRAPPED = {
    "jskrobak__underware.Edifact__D93A_ORDERS.txt",
    "xlate__staedi__wrapped_invoic_d97b.edi",
    "xlate__staedi__wrapped_invoic_d97b_una.edi",
}


@dataclass
class Truth:
    """What is wrong with a file's counts and references, by the naive reader."""

    wrong: list[str] = field(default_factory=list)
    open_ref: str | None = None
    control_ref: str | None = None
    counted: int = 0
    messages: int = 0
    groups: int = 0

    def take(self, elements: list[str]) -> None:
        tag = elements[0]
        self.counted += 1
        if tag == "UNB":
            self.control_ref = _at(elements, 5)
            self.messages = self.groups = 0
        elif tag == "UNG":
            self.groups += 1
        elif tag == "UNH":
            self.open_ref, self.counted = _at(elements, 1), 1
            self.messages += 1
        elif tag == "UNT":
            self._compare("UNT count", _at(elements, 1), str(self.counted))
            self._compare("UNT reference", _at(elements, 2), self.open_ref or "")
        elif tag == "UNZ":
            self._compare("UNZ count", _at(elements, 1), str(self.groups or self.messages))
            self._compare("UNZ reference", _at(elements, 2), self.control_ref or "")

    def _compare(self, what: str, stated: str, found: str) -> None:
        if stated.lstrip("0") != found.lstrip("0") if "count" in what else stated != found:
            self.wrong.append(f"{what} {stated} against {found}")


def _at(elements: list[str], number: int) -> str:
    return elements[number].strip() if number < len(elements) else ""


def naive_segments(content: bytes) -> Iterator[list[str]]:
    """Walk the characters one by one; separators from a six-character UNA, or the defaults."""
    text = content.decode("latin-1")
    una = re.search(r"UNA(.)(.).(.).(.)\s*UNB", text, re.DOTALL)
    _component, plus, release, terminator = una.groups() if una else (":", "+", "?", "'")
    text = text[una.end() - 3 :] if una else text[max(0, text.find("UNB")) :]
    element, elements, literal = "", [], False
    for char in text:
        if char in "\r\n" and terminator not in "\r\n":
            continue
        if literal:
            element, literal = element + char, False
        elif char == release and release != " ":
            literal = True
        elif char == plus:
            elements.append(element)
            element = ""
        elif char == terminator:
            if not elements and not element.strip():
                element = ""
                continue
            yield [each.strip() if number == 0 else each for number, each in enumerate([*elements, element])]
            element, elements = "", []
        else:
            element += char


def truth_of(content: bytes) -> Truth:
    truth = Truth()
    for elements in naive_segments(content):
        truth.take(elements)
    return truth


def all_findings(report: dict[str, Any]) -> list[dict[str, Any]]:
    messages = [message for one in report["interchanges"] for message in one["messages"]]
    return [finding for holder in (report, *report["interchanges"], *messages) for finding in holder["findings"]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_corpus_file_is_read_without_crash_or_hang(path: Path) -> None:
    """The file makes a report of JSON values in seconds, each finding with its five keys and a place in the file."""
    content = path.read_bytes()
    begin = time.monotonic()
    report = check_content(content, path.name, None)
    assert time.monotonic() - begin < LONGEST_SECONDS
    json.dumps(report)
    for finding in all_findings(report):
        assert list(finding)[:5] == ["code", "severity", "segment_no", "offset", "text"]
        assert finding["offset"] is None or 0 <= finding["offset"] <= len(content)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_wrong_counts_and_references_are_never_accepted_in_silence(path: Path) -> None:
    """Where the naive reader finds a count or a reference wrong, the file has a rejection."""
    content = path.read_bytes()
    wrong = truth_of(content).wrong
    severities = {finding["severity"] for finding in all_findings(check_content(content, path.name, None))}
    assert "reject" in severities or not wrong, wrong


def _quirks() -> list[tuple[str, str]]:
    with (CORPUS / "INDEX.tsv").open(encoding="utf-8", newline="") as index:
        rows = list(csv.DictReader(index, delimiter="\t"))
    return [
        (row["file"], quirk.partition("=")[0])
        for row in rows
        for quirk in row["quirk"].split(";")
        if quirk.partition("=")[0] in QUIRKS and (row["file"] not in WRAPPED or quirk.startswith("linebreak"))
    ]


@pytest.mark.parametrize(("name", "quirk"), _quirks())
def test_known_quirks_are_found(name: str, quirk: str) -> None:
    """What the index of the corpus knows of a file, the report says too."""
    found = {finding["code"] for finding in all_findings(check_content((CORPUS / name).read_bytes(), name, None))}
    assert found & QUIRKS[quirk], found


def test_clean_orders_become_orders() -> None:
    """The corpus holds orders that are right: they are mapped, and those with split deliveries are told of as such."""
    reports = [check_content(path.read_bytes(), path.name, None) for path in FILES]
    messages = [message for report in reports for one in report["interchanges"] for message in one["messages"]]
    texts = [finding["text"] for message in messages for finding in message["findings"]]
    assert sum(1 for message in messages if message["order"]) >= 7
    assert sum("to be delivered to more than one place" in text for text in texts) >= 5
