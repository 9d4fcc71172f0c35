"""Segment groups by trigger path: `LIN/PRI` is the price of a line, whatever number its group has in a directory."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from orderwire.connectors.edi.segment import Segment

#: Plain segments of each group of ORDERS, ORDRSP and ORDCHG; D.96A and D.01B differ in numbers only.
_MEMBERS: Final[dict[str, frozenset[str]]] = {
    group: frozenset(members.split())
    for group, members in {
        "": "UNH BGM DTM PAI ALI IMD FTX GIR MOA CNT UNT",
        "RFF": "DTM",
        "AJT": "FTX",
        "NAD": "LOC FII",
        "TAX": "MOA LOC",
        "CUX": "PCD DTM",
        "PAT": "DTM PCD MOA",
        "TOD": "LOC",
        "PAC": "MEA",
        "PAC/PCI": "RFF DTM GIN",
        "EQD": "HAN MEA FTX",
        "SCC": "FTX RFF",
        "SCC/QTY": "DTM",
        "APR": "DTM RNG",
        "ALC": "ALI DTM",
        "RCS": "RFF DTM FTX",
        "DGS": "FTX",
        "LIN": "PIA IMD MEA QTY PCD ALI DTM MOA GIN GIR QVR DOC PAI MTD FTX",
        "LIN/CCI": "CAV MEA",
        "LIN/PRI": "CUX APR RNG DTM",
        "LIN/PAC": "MEA QTY DTM",
        "LIN/LOC": "QTY DTM",
        "LIN/NAD": "LOC FII",
        "LIN/STG": "",
        "UNS": "MOA CNT UNT",
        "UNS/ALC": "ALI MOA",
    }.items()
}
#: Groups inside a group, by trigger.
_GROUPS: Final[dict[str, frozenset[str]]] = {
    group: frozenset(triggers.split())
    for group, triggers in {
        "": "RFF AJT NAD TAX CUX PAT TDT TOD PAC EQD SCC APR ALC RCS DGS LIN UNS",
        "NAD": "RFF DOC CTA",
        "PAT": "MOA",
        "TDT": "LOC",
        "PAC": "PCI",
        "SCC": "QTY",
        "ALC": "QTY PCD MOA RTE TAX",
        "LIN": "CCI PAT AJT PRI RFF PAC LOC TAX NAD ALC TDT TOD EQD SCC RCS STG DGS",
        "LIN/PAC": "RFF PCI",
        "LIN/STG": "QTY",
        "UNS": "ALC",
    }.items()
}
#: What a group holds anywhere: CTA its COM, a reference, a document and a means of transport their dates.
_ANYWHERE: Final[dict[str, frozenset[str]]] = {
    "CTA": frozenset({"COM"}),
    "RFF": frozenset({"DTM"}),
    "DOC": frozenset({"DTM"}),
    "LOC": frozenset({"DTM"}),
    "MOA": frozenset({"RNG", "CUX", "DTM"}),
    "QTY": frozenset({"RNG"}),
    "PCD": frozenset({"RNG"}),
    "RTE": frozenset({"RNG"}),
}


def paths(segments: Iterable[Segment]) -> Iterator[tuple[str, Segment]]:
    """Yield each segment with its trigger path; a segment that fits nowhere keeps its bare tag after `?`."""
    group = ""
    for segment in segments:
        path, group = step(group, segment.tag)
        yield path, segment


@lru_cache(maxsize=4096)
def step(group: str, tag: str) -> tuple[str, str]:
    """Return the path of the next segment and the group that is open after it."""
    inner = group
    while True:
        path = f"{inner}/{tag}" if inner else tag
        if _opens(inner, tag):
            return path, path
        if _holds(inner, tag):
            return path, inner
        if not inner or (inner == "UNS" and tag != "LIN"):
            return f"?{tag}", group
        inner = inner.rpartition("/")[0]


def _opens(group: str, tag: str) -> bool:
    return tag in _entry(_GROUPS, group)


def _holds(group: str, tag: str) -> bool:
    trigger = group.rpartition("/")[2]
    return tag in _entry(_MEMBERS, group) or tag in _ANYWHERE.get(trigger, ())


def _entry(table: Mapping[str, frozenset[str]], group: str) -> frozenset[str]:
    """The group's own entry, or that of the same group in the heading: `LIN/NAD` is made like `NAD`."""
    return table.get(group) or table.get(group.removeprefix("LIN/")) or frozenset()
