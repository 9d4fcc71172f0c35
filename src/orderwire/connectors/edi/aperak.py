"""APERAK (D.96A, D.01B): a message was sound and made no sense here, or was taken."""

from collections.abc import Iterator
from typing import Final

from orderwire.canonical.acknowledgement import Acknowledgement, Fault, Verdict
from orderwire.config.edi import Directory
from orderwire.connectors.edi.dialect import Dialect, day
from orderwire.connectors.edi.writer import Row

#: BGM 1225.
_VERDICTS: Final = {Verdict.ACCEPTED: "29", Verdict.REJECTED: "27", Verdict.RECEIVED: "12"}
#: BGM 1001: D.96A has no code for this document, and asks for none.
_DOCUMENTS: Final[dict[Directory, str]] = {"D.96A": "", "D.01B": "305"}
_CODE_WIDTH: Final = 8
_MAX_REFERENCES: Final = 9
_MAX_FAULTS: Final = 999


def to_rows(acknowledgement: Acknowledgement, dialect: Dialect) -> list[Row]:
    """Return the segments between UNH and UNT.

    Raises:
        MappingError: a number is longer than the directory lets it be.
    """
    number = acknowledgement.acknowledgement_no or dialect.control_ref
    document = _DOCUMENTS[dialect.directory]
    rows: list[Row] = [("BGM", document, dialect.own_number(number), _VERDICTS[acknowledgement.verdict])]
    rows.append(day("137", dialect.now.date()))
    references = [*acknowledgement.references.items()]
    rows += [dialect.reference(kind, number) for kind, number in references[:_MAX_REFERENCES]]
    for fault in acknowledgement.faults[:_MAX_FAULTS]:
        rows += _fault(fault, dialect)
    return rows


def _fault(fault: Fault, dialect: Dialect) -> Iterator[Row]:
    """ERC C901 9321 under agency 91, the seller's; FTX AAO the error in words; RFF what it is about."""
    yield ("ERC", ((fault.code or "error")[:_CODE_WIDTH], "", "91"))
    yield from dialect.text(fault.text or "", "AAO")
    if fault.reference:
        kind, _, number = fault.reference.partition(":")
        yield dialect.reference(kind, number)
