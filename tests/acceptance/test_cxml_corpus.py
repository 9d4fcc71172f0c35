"""Every cXML document of the corpus through `cxml check`, and the table of docs/reference/cxml-corpus.md.

The truth is told by a naive reader on Python's own XML parser, which shares no code with the connector.
`WRITE_CORPUS_TABLE=1` writes the table anew; without it the test compares.
"""

import os
import re
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fakes.documents import PartnersOf
from orderwire.config.secrets import Secrets
from orderwire.connectors.punchout.check import Checker
from orderwire.connectors.punchout.dtd import Dtds

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared/corpus/cxml"
TABLE = ROOT / "docs/reference/cxml-corpus.md"
FILES = sorted(path for path in CORPUS.glob("*") if path.suffix != ".tsv") if CORPUS.is_dir() else []
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)

if not FILES:
    pytest.skip("the corpus is not beside this repository", allow_module_level=True)

HEADING = """# cXML: real documents

Every document of a collection of cXML documents from open-source projects, through `orderwire cxml check`. Written by
`tests/acceptance/test_cxml_corpus.py`. Some are templates or fragments of programs, and no documents at all.

- **read**: understood whole; what it says is in the report;
- **refused**: for the reason beside it, which a second reader on another XML parser confirms;
- **DTD**: whether DTD 1.2.071 has something against it: `-` where it is not well-formed. It decides nothing.

"""
#: What makes an event, is handled in the call that brings it, or is read as a cart.
KNOWN = {"OrderRequest", "StatusUpdateRequest", "PunchOutSetupRequest", "ProfileRequest", "PunchOutOrderMessage"}
CARTS = {"PunchOutOrderMessage"}


def parsed(content: bytes) -> ET.Element:
    return ET.fromstring(content.strip())  # noqa: S314  the second opinion, on files that are known


def reports() -> dict[str, dict[str, Any]]:
    dtds = CORPUS.parent / "cxml-dtd"
    checker = Checker(PartnersOf(), Secrets({}), Dtds(dtds if dtds.is_dir() else None))
    return {path.name: checker.check(path.read_bytes(), path.name, NOW) for path in FILES}


@pytest.fixture(scope="module", name="reports")
def _reports() -> dict[str, dict[str, Any]]:
    return reports()


def truth_of(content: bytes) -> set[str]:
    """Return the codes of which one must have been found; none: nothing is wrong."""
    try:
        root = parsed(content)
    except (ET.ParseError, ValueError):
        return {"not_xml", "entities"}
    for each in root.iter():
        each.tag = each.tag.split("}")[-1]
    carriers = [child for child in root if child.tag in {"Request", "Message", "Response"}]
    headless = carriers and carriers[0].tag != "Response" and root.find("Header") is None
    if root.tag != "cXML" or len(carriers) != 1 or headless:
        return {"not_cxml"}
    [carrier] = carriers
    names = [child.tag for child in carrier if child.tag != "Status"]
    if carrier.tag == "Response":
        return set()
    if names[0] not in KNOWN:
        return {"unsupported"}
    body = next(child for child in carrier if child.tag != "Status")
    if names[0] == "OrderRequest":
        return wrong_with(body)
    return {"quantity"} if names[0] in CARTS and not all(map(is_quantity, body.findall("ItemIn"))) else set()


def is_quantity(item: ET.Element) -> bool:
    text = item.get("quantity", "")
    return bool(re.fullmatch(r"\d+(\.\d+)?", text)) and float(text) > 0


def wrong_with(order: ET.Element) -> set[str]:
    """Return what makes an order none: no heading, number or lines, another kind, a quantity that is none."""
    header = order.find("OrderRequestHeader")
    items = order.findall("ItemOut")
    if header is None or not header.get("orderID") or not items:
        return {"missing", "unsupported"}
    if header.get("type", "new") not in {"new", "update", "delete"}:
        return {"unsupported"}
    return set() if all(map(is_quantity, items)) else {"quantity"}


def refusals(report: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in report["findings"] if finding["severity"] == "reject"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_document_is_read_or_refused_for_the_true_reason(path: Path, reports: dict[str, dict[str, Any]]) -> None:
    """What a naive reader finds right is read, and what it finds wrong is refused for one of its reasons."""
    report, truth = reports[path.name], truth_of(path.read_bytes())

    assert report["accepted"] is not bool(truth), (truth, report["findings"])
    if truth:
        assert refusals(report) & truth


def test_orders_are_read_with_every_line(reports: dict[str, dict[str, Any]]) -> None:
    """As many lines with as much in all as the naive reader counts."""
    orders = {name: report["order"] for name, report in reports.items() if report.get("order")}
    assert orders
    for name, order in orders.items():
        root = parsed((CORPUS / name).read_bytes())
        quantities = [float(item.get("quantity", "")) for item in root.iter() if item.tag.split("}")[-1] == "ItemOut"]
        assert [float(line["quantity"]) for line in order["lines"]] == quantities


def test_carts_are_read_with_every_line(reports: dict[str, dict[str, Any]]) -> None:
    """Of punch-out order messages that were accepted."""
    carts = {name: report for name, report in reports.items() if report["type"] in CARTS and report["accepted"]}
    assert carts
    for name, report in carts.items():
        root = parsed((CORPUS / name).read_bytes())
        count = sum(item.tag.split("}")[-1] == "ItemIn" for item in root.iter())
        assert len(report["cart"]["lines"]) == count


def table(reports: dict[str, dict[str, Any]]) -> str:
    rows: list[str] = []
    counts: Counter[str] = Counter()
    for name, report in reports.items():
        codes = ", ".join(f"`{code}`" for code in sorted(refusals(report)))
        verdict = "read" if report["accepted"] else f"refused: {codes}"
        counts["read" if report["accepted"] else "refused"] += 1
        dtd = any(finding["code"] == "dtd" for finding in report["findings"])
        valid = "-" if report["type"] is None else "not valid" if dtd else "valid"
        rows.append(f"| `{name}` | {report['type'] or '-'} | {verdict} | {valid} |")
    summary = f"{counts['read']} are read, {counts['refused']} refused, and none is crashed by.\n\n"
    return HEADING + summary + "| document | type | verdict | DTD |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def test_the_table_is_what_comes_out(reports: dict[str, dict[str, Any]]) -> None:
    """The page says what this version does."""
    text = table(reports)
    if os.environ.get("WRITE_CORPUS_TABLE"):
        TABLE.write_text(text, encoding="utf-8")

    assert TABLE.read_text(encoding="utf-8") == text
