"""Code tables: CSV files with a line of column names, read whole, every problem named by its row."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class CodeTables:
    """Reads tables and collects what is wrong with them."""

    problems: list[str] = field(default_factory=list)

    def read(self, file: Path, columns: Sequence[str]) -> dict[tuple[str, ...], str]:
        """Return the last column by the others; a file that is not there is an empty table."""
        if not file.is_file():
            return {}
        name = f"{file.parent.name}/{file.name}"
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                header, *rows = [(reader.line_num, _stripped(row)) for reader in [csv.reader(lines)] for row in reader]
        except (OSError, ValueError, csv.Error) as error:  # ValueError: not UTF-8, or no line at all
            self.problems.append(f"{name}: {unreadable(error)}")
            return {}
        if sorted(header[1]) != sorted(columns):
            self.problems.append(f"{name}: the columns are {', '.join(columns)}, not {', '.join(header[1])}")
            return {}
        order = [header[1].index(column) for column in columns]
        return self._table(name, [(line, row) for line, row in rows if any(row)], order)

    def _table(self, name: str, rows: list[tuple[int, list[str]]], order: list[int]) -> dict[tuple[str, ...], str]:
        table: dict[tuple[str, ...], str] = {}
        for line, row in rows:
            if len(row) != len(order) or not all(row):
                self.problems.append(f"{name} line {line}: {len(order)} values are wanted, none of them empty")
                continue
            *key, value = (row[index] for index in order)
            if table.setdefault(tuple(key), value) != value:
                self.problems.append(f"{name} line {line}: {' '.join(key)} has another meaning further up")
        return table


def unreadable(error: Exception) -> str:
    """Say why a file cannot be read, and what mends it."""
    if isinstance(error, UnicodeDecodeError):
        return f"it is not saved as UTF-8 (byte 0x{error.object[error.start]:02X})"
    return str(error)


def _stripped(row: list[str]) -> list[str]:
    return [value.strip() for value in row]
