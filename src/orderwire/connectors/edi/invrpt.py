"""INVRPT (D.96A, D.01B): stock figures."""

from collections.abc import Iterator
from typing import Final

from orderwire.canonical.inventory import FigureKind, InventoryFigure, InventoryReport
from orderwire.connectors.edi.dialect import Dialect, day
from orderwire.connectors.edi.writer import Row
from orderwire.errors import MappingError

#: QTY 6063.
QUALIFIERS: Final = {
    FigureKind.ON_HAND: "17",
    FigureKind.ACTUAL: "145",
    FigureKind.IN_TRANSIT: "198",
    FigureKind.COMMITTED: "66",
    FigureKind.BACKORDERED: "83",
    FigureKind.SOLD: "153",
    FigureKind.RETURNED: "61",
}
_PLACE_WIDTH: Final = 25


def to_rows(report: InventoryReport, dialect: Dialect) -> list[Row]:
    """Return the segments between UNH and UNT.

    Raises:
        MappingError: a figure has no qualifier, or a number is longer than the directory lets it be.
    """
    rows: list[Row] = [("BGM", "35", dialect.own_number(report.report_no), "9"), day("137", report.reported_on)]
    rows += [day(code, on) for code, on in (("90", report.from_on), ("91", report.to_on)) if on]
    rows += dialect.parties(report.parties)
    for line in report.lines:
        rows += dialect.line(line.line_no, "", line.item_ids)
        for figure in line.figures:
            rows += _figure(figure, dialect)
    return rows


def _figure(figure: InventoryFigure, dialect: Dialect) -> Iterator[Row]:
    """QTY and LOC 14, where the goods are; in D.01B the group begins with INV, 7491 accepted product."""
    qualifier = QUALIFIERS.get(figure.kind)
    if qualifier is None:
        raise MappingError("the figure has no qualifier in QTY", segment="QTY", kind=figure.kind.value)
    if dialect.directory == "D.01B":
        yield ("INV", "", "1")
    yield dialect.quantity(qualifier, figure.quantity, figure.unit)
    if figure.location:
        if len(figure.location) > _PLACE_WIDTH:
            raise MappingError("the place is too long for LOC", segment="LOC", value=figure.location)
        yield ("LOC", "14", figure.location)
