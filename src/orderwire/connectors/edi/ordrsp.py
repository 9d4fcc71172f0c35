"""ORDRSP (D.96A, D.01B): the answer to an order, line by line."""

from collections.abc import Iterator
from typing import Final

from orderwire.canonical.order import ItemId, ItemScheme
from orderwire.canonical.response import AnsweredOrder, LineOutcome, OrderOutcome, ResponseLine
from orderwire.connectors.edi.dialect import Dialect, day
from orderwire.connectors.edi.reasons import DISCREPANCIES, REASON_CODES, sentence
from orderwire.connectors.edi.writer import Row

#: BGM 1225: 29 accepted without amendment, 4 changed, 27 not accepted. A held order is answered where a profile
#: has a code for it: 12 is received, not yet processed.
_ORDER_CODES: Final = {OrderOutcome.ACCEPTED: "29", OrderOutcome.CHANGED: "4", OrderOutcome.REJECTED: "27"}
#: LIN 1229: 5 accepted without amendment, 3 changed, 6 accepted with amendment, 7 not accepted, 2 deleted.
_LINE_CODES: Final = {
    LineOutcome.ACCEPTED: "5",
    LineOutcome.CHANGED: "3",
    LineOutcome.BACKORDERED: "6",
    LineOutcome.SUBSTITUTED: "6",
    LineOutcome.REJECTED: "7",
    LineOutcome.DELETED: "2",
}
#: SCC 4017: firm.
_FIRM: Final = "1"


def to_rows(answer: AnsweredOrder, dialect: Dialect) -> list[Row] | None:
    """Return the segments between UNH and UNT; None for an outcome that is not answered.

    Raises:
        MappingError: a number is longer than the directory lets it be.
    """
    response, writing = answer.response, dialect.writing
    code = {**_ORDER_CODES, **writing.order_codes}.get(response.outcome)
    if code is None:
        return None
    rows: list[Row] = [("BGM", "231", dialect.control_ref, code), day("137", dialect.now.date())]
    rows += _reason(dialect, response.reason, response.reason_text)
    rows.append(dialect.reference("ON", response.order_no))
    if response.change_no:
        rows.append(dialect.reference("PP", response.change_no))  # 1153: purchase order change number
    if response.erp_no:
        rows.append(dialect.reference("VN", response.erp_no))
    rows += dialect.parties([party for party in answer.order.parties if party.ids])
    if response.currency:
        rows.append(("CUX", ("2", response.currency, "9")))
    for line in response.lines:
        rows += _line(line, dialect)
    return [*rows, ("UNS", "S"), ("CNT", ("2", str(len(response.lines))))]


def _line(line: ResponseLine, dialect: Dialect) -> Iterator[Row]:
    code = {**_LINE_CODES, **dialect.writing.line_codes}[line.outcome]
    yield from _item(line, code, dialect)
    yield from _quantities(line, dialect)
    if line.promised_on and line.confirmed and not line.deliveries:
        yield day(dialect.writing.promised_date, line.promised_on)
    discrepancy = DISCREPANCIES.get(line.reason or "")
    if discrepancy and line.confirmed < line.ordered:
        yield ("QVR", (dialect.number(line.confirmed - line.ordered), "21"), discrepancy)
    yield from _reason(dialect, line.reason, line.reason_text)
    if line.unit_price is not None and line.outcome not in {LineOutcome.REJECTED, LineOutcome.DELETED}:
        yield ("PRI", ("AAA", dialect.number(line.unit_price)))
    yield from _schedule(line, dialect)


def _item(line: ResponseLine, code: str, dialect: Dialect) -> Iterator[Row]:
    """LIN and PIA: the buyer's numbers and ours, and what is sent instead."""
    ids = list(dialect.fitting(line.item_ids))
    if line.item_no and not any(each.scheme is ItemScheme.SUPPLIER for each in ids):
        ids.append(ItemId(scheme=ItemScheme.SUPPLIER, value=line.item_no))
    if line.substitute_no is None:
        yield from dialect.line(line.line_no, code, ids)
        return
    substitute = ItemId(scheme=ItemScheme.SUPPLIER, value=line.substitute_no)
    if dialect.writing.substitutes == "for":
        yield ("LIN", dialect.line_no(line.line_no), code, dialect.item(substitute))
        yield from dialect.numbers("4", ids)
    else:
        yield from dialect.line(line.line_no, code, ids)
        yield from dialect.numbers("3", [substitute])


def _quantities(line: ResponseLine, dialect: Dialect) -> Iterator[Row]:
    """QTY 21 ordered, 113 to be delivered, 83 back-ordered, 182 what will not come."""
    cancelled = line.ordered - line.confirmed - line.backordered
    yield dialect.quantity("21", line.ordered, line.unit)
    yield dialect.quantity(dialect.writing.confirmed_quantity, line.confirmed, line.unit)
    if line.backordered:
        yield dialect.quantity("83", line.backordered, line.unit)
    if cancelled > 0:
        yield dialect.quantity("182", cancelled, line.unit)


def _schedule(line: ResponseLine, dialect: Dialect) -> Iterator[Row]:
    """SCC groups: the parts of a delivery, and when the back-ordered rest comes."""
    writing = dialect.writing
    for part in line.deliveries:
        yield ("SCC", _FIRM)
        yield dialect.quantity(writing.confirmed_quantity, part.quantity, line.unit)
        if part.promised_on:
            yield day(writing.promised_date, part.promised_on)
    if line.backordered and line.backorder_on:
        yield ("SCC", _FIRM)
        yield dialect.quantity("83", line.backordered, line.unit)
        yield day(writing.promised_date, line.backorder_on)


def _reason(dialect: Dialect, reason: str | None, text: str | None) -> Iterator[Row]:
    """FTX AAI: our code of the reason, and a sentence."""
    yield from dialect.text(text or sentence(reason), code=REASON_CODES.get(reason or "", ""))
