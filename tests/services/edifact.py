"""Purchase orders in EDIFACT, for tests that need many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

OUR_GLN: Final = "4099998000013"


@dataclass(frozen=True)
class Order:
    """One ORDERS message; lines are (supplier item number, quantity)."""

    order_no: str
    lines: Sequence[tuple[str, int]] = (("1001", 1),)


def order_change(sender: str, reference: str, order_no: str, lines: Sequence[str]) -> bytes:
    """Return a D.96A interchange with one ORDCHG; lines are whole LIN groups."""
    segments = [
        "UNH+1+ORDCHG:D:96A:UN'",
        f"BGM+230+CH-{reference}+4'",
        "DTM+137:20261121:102'",
        f"RFF+ON:{order_no}'",
        f"NAD+BY+{sender}::9'",
        f"NAD+SU+{OUR_GLN}::9'",
        *lines,
        "UNS+S'",
    ]
    begin = f"UNB+UNOC:3+{sender}:14+{OUR_GLN}:14+261121:0830+{reference}'"
    message = "".join(segments)
    end = f"UNT+{message.count(chr(39)) + 1}+1'UNZ+1+{reference}'"
    return f"{begin}{message}{end}".encode("latin-1")


def interchange(sender: str, reference: str, orders: Sequence[Order]) -> bytes:
    """Return one D.96A interchange with a message per order."""
    parts = [f"UNB+UNOC:3+{sender}:14+{OUR_GLN}:14+261121:0800+{reference}'"]
    for number, order in enumerate(orders, start=1):
        segments = [
            f"UNH+{number}+ORDERS:D:96A:UN'",
            f"BGM+220+{order.order_no}+9'",
            "DTM+137:20261121:102'",
            f"NAD+BY+{sender}::9'",
            f"NAD+SU+{OUR_GLN}::9'",
        ]
        for line_no, (item_no, quantity) in enumerate(order.lines, start=1):
            segments += [f"LIN+{line_no}++{item_no}:SA'", f"QTY+21:{quantity}:PCE'"]
        segments += ["UNS+S'", f"CNT+2:{len(order.lines)}'"]
        parts += [*segments, f"UNT+{len(segments) + 1}+{number}'"]
    return "".join([*parts, f"UNZ+{len(orders)}+{reference}'"]).encode("latin-1")


def acknowledgement(sender: str, reference: str, about: str) -> bytes:
    """Return the CONTRL in which a buyer takes an interchange of ours."""
    return (
        f"UNB+UNOC:3+{sender}:14+{OUR_GLN}:14+261121:0900+{reference}'UNH+1+CONTRL:D:3:UN'"
        f"UCI+{about}+{OUR_GLN}:14+{sender}:14+7'UNT+3+1'UNZ+1+{reference}'"
    ).encode("ascii")
