"""Write the EDIFACT directory tables of the connector from facts about D.96A and D.01B, given as JSON.

    python -m scripts.generate_edi_tables D96A.json D01B.json [--check]

The result is the same for the same input. Its notation, which `connectors/edi/directory.py` reads:

- messages: `BGM!` is mandatory, `DTM!35` too and up to 35 times, `[!10 RFF! DTM5]` a group by its trigger;
- segments: elements stand between `+`; `1082=n..6` is a data element, `C212(7140=an..35 7143=an..3)` a composite;
- codes: the values of the data elements whose meaning the connector depends on.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, Final

TABLES: Final = Path(__file__).parents[1] / "src/orderwire/connectors/edi/tables"
#: Message types that come in or go out.
MESSAGES: Final = (
    "APERAK",
    "CONTRL",
    "DESADV",
    "INVOIC",
    "INVRPT",
    "ORDCHG",
    "ORDERS",
    "ORDRSP",
    "RECADV",
    "SLSRPT",
)
#: Data elements whose codes decide what a message means.
CODES: Final = (
    "1001",
    "1153",
    "1225",
    "1229",
    "2005",
    "2379",
    "3035",
    "3139",
    "3155",
    "4347",
    "4451",
    "5025",
    "5125",
    "5283",
    "5463",
    "6063",
    "6347",
    "7077",
    "7143",
)
#: Composites that the facts give with components left out.
WHOLE: Final[dict[str, dict[str, list[list[str]]]]] = {
    "D01B": {
        "C502": [["6313", "C", "an..3"], ["6321", "C", "an..3"], ["6155", "C", "an..17"], ["6154", "C", "an..70"]],
        "C819": [["3229", "C", "an..9"], ["1131", "C", "an..17"], ["3055", "C", "an..3"], ["3228", "C", "an..70"]],
        "C829": [["5495", "C", "an..3"], ["1082", "C", "an..6"]],
    }
}
#: Codes that EANCOM and the directories' own users add to the lists: 7143 SRV in EANCOM 2002 and 1997 alike.
ADDED: Final = {"7143": ("SRV",), "1001": ("23C", "YA8")}


def main() -> int:
    """Write the tables, or say which differ from what would be written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facts", nargs="+", type=Path)
    parser.add_argument(
        "--check", action="store_true", help="write nothing, fail where a table is not what it would be"
    )
    arguments = parser.parse_args()
    stale = 0
    for path in arguments.facts:
        facts = json.loads(path.read_text(encoding="utf-8"))
        target = TABLES / f"{facts['directory'].lower()}.json"
        text = table(facts)
        if arguments.check:
            stale += not target.is_file() or target.read_text(encoding="utf-8") != text
        else:
            target.write_text(text, encoding="utf-8")
            print(f"{target.name}: {len(text)} bytes")
    return 1 if stale else 0


def table(facts: dict[str, Any]) -> str:
    """Return the table's text."""
    directory = facts["directory"]
    messages = {kind: " ".join(map(_part, facts["messages"][kind])) for kind in MESSAGES}
    used = {tag for text in messages.values() for tag in re.findall(r"[A-Z]{3}", text)} - {"UNH", "UNT"}
    whole = WHOLE.get(directory, {})
    content = {
        "directory": f"{directory[0]}.{directory[1:]}",
        "messages": messages,
        "segments": {
            tag: "+".join(_element(each, whole) for each in facts["segments"][tag])
            for tag in sorted(used & set(facts["segments"]))
        },
        "codes": {number: _codes(number, facts["codes"]) for number in CODES if number in facts["codes"]},
    }
    return json.dumps(content, indent=1, ensure_ascii=True) + "\n"


def _part(part: list[Any] | dict[str, Any]) -> str:
    if isinstance(part, dict):
        mark = "!" if part["status"] == "M" else ""
        return f"[{mark}{part['max']} {' '.join(map(_part, part['of']))}]"
    tag, status, most = part
    return f"{tag}{'!' if status == 'M' else ''}{most if most > 1 else ''}"


def _element(element: list[Any], whole: dict[str, list[list[str]]]) -> str:
    number, status, of = element
    mark = "!" if status == "M" else ""
    if isinstance(of, str):
        return f"{number}{mark}={of}"
    parts = (_element(each, {}) for each in whole.get(number, of))
    return f"{number}{mark}({' '.join(parts)})"


def _codes(number: str, codes: dict[str, dict[str, str]]) -> str:
    return " ".join(sorted({*codes[number], *ADDED.get(number, ())}))


if __name__ == "__main__":
    sys.exit(main())
