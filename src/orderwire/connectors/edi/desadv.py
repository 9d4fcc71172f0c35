"""DESADV (D.96A, D.01B): what left, package by package."""

from collections.abc import Iterator
from typing import Final

from orderwire.canonical.shipment import Package, Shipment, ShipmentLine
from orderwire.connectors.edi.dialect import Dialect, day
from orderwire.connectors.edi.writer import Row
from orderwire.errors import MappingError

#: CPS 7164 of the whole shipment: what is packed in nothing stands there.
_ROOT: Final = "1"
_KIND_WIDTH: Final = 17
_BATCH_WIDTH: Final = 35


def to_rows(shipment: Shipment, dialect: Dialect) -> list[Row]:
    """Return the segments between UNH and UNT. Packages are numbered from 2 in their order.

    Raises:
        MappingError: a number is longer than the directory lets it be.
    """
    rows: list[Row] = [("BGM", "351", dialect.own_number(shipment.shipment_no), "9"), day("137", dialect.now.date())]
    rows.append(day("11", shipment.despatched_on))
    if shipment.expected_on:
        rows.append(day("17", shipment.expected_on))
    rows.append(dialect.reference("ON", shipment.order_no))
    if shipment.erp_no:
        rows.append(dialect.reference("VN", shipment.erp_no))
    rows += dialect.parties(shipment.parties)
    rows.append(("CPS", _ROOT))
    for line in shipment.lines:
        rows += _line(line, shipment, dialect)
    numbers = {package.package_no: str(number) for number, package in enumerate(shipment.packages, start=2)}
    for package in shipment.packages:
        rows.append(("CPS", numbers[package.package_no], numbers.get(package.parent_no or "", _ROOT)))
        rows += _packing(package)
        for line in package.lines:
            rows += _line(line, shipment, dialect)
    return [*rows, ("CNT", ("2", str(len(shipment.all_lines))))]


def _packing(package: Package) -> Iterator[Row]:
    """PAC 7224 one package of C202 7065; PCI 33E marked with serial shipping container code; GIN BJ."""
    kind = package.kind or ""
    if len(kind) > _KIND_WIDTH:
        raise MappingError("the package code is too long for PAC", segment="PAC", value=kind)
    # EANCOM's own codes are numbers, under its agency; UN/ECE Rec 21 has letters.
    yield ("PAC", "1", "", (kind, "", "9") if kind.isdigit() else kind)
    if package.sscc:
        yield ("PCI", "33E")
        yield ("GIN", "BJ", package.sscc)


def _line(line: ShipmentLine, shipment: Shipment, dialect: Dialect) -> Iterator[Row]:
    """LIN PIA IMD QTY GIN DTM RFF: QTY 12 despatched, 21 ordered, 83 back-ordered; GIN BX batch; DTM 36 expiry."""
    yield from dialect.line(line.line_no, "", dialect.fitting(line.item_ids))
    yield from dialect.description(line.description)
    yield dialect.quantity("12", line.delivered, line.unit)
    if line.ordered is not None:
        yield dialect.quantity("21", line.ordered, line.unit)
    if line.backordered:
        yield dialect.quantity("83", line.backordered, line.unit)
    if line.batch_no:
        if len(line.batch_no) > _BATCH_WIDTH:
            raise MappingError("the batch number is too long for GIN", segment="GIN", value=line.batch_no)
        yield ("GIN", "BX", line.batch_no)
    if line.expires_on:
        yield day("36", line.expires_on)
    if line.order_line_no or line.order_no:
        yield dialect.reference("ON", line.order_no or shipment.order_no, line.order_line_no)
