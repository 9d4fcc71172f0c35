"""Adding a line to a partner's code list: the file is replaced whole, and only by one that can be read."""

import csv
import io
import os
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from orderwire.config.codes import CodeTables, unreadable
from orderwire.config.partners import Partners
from orderwire.errors import ConfigurationError

#: The lists of a partner, with their columns.
CODE_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "items": ("scheme", "value", "item_no"),
    "units": ("code", "erp_unit"),
    "parties": ("scheme", "value", "party_no"),
    "substitutes": ("item_no", "substitute_no"),
}
_MAX_CHARS: Final = 100
#: How a formula begins in a spreadsheet; code lists are edited in those.
_FORMULA: Final = "=+-@"
_one_at_a_time: Final = threading.Lock()


def add_code(config_dir: Path, partner: str, name: str, values: Sequence[str]) -> str:
    """Add a line to a partner's code list, and return the line as it stands there.

    Raises:
        ConfigurationError: there is no such list or partner, a value is missing, the code has another meaning already,
            it is a
            spreadsheet's formula, or the folder cannot be written.
    """
    if name not in CODE_LISTS or partner not in Partners(config_dir).keys():  # noqa: SIM118  no mapping
        raise ConfigurationError("no such partner or code list", partner=partner, list=name)
    columns, cells = CODE_LISTS[name], [value.strip() for value in values]
    if len(cells) != len(columns) or not all(_plain(cell) for cell in cells):
        raise ConfigurationError(f"{', '.join(columns)} are needed, each at most {_MAX_CHARS} characters")
    if any(cell[0] in _FORMULA and not cell[1:].isalnum() for cell in cells):  # what a buyer wrote may stand here
        raise ConfigurationError("a code that a spreadsheet would take for a formula is not added", list=name)
    file = config_dir / "partners" / partner / "codes" / f"{name}.csv"
    with _one_at_a_time:
        try:
            _replace(file, columns, cells)
        except OSError as error:
            raise ConfigurationError("the code list cannot be written", path=file.name, cause=error.strerror) from None
        except (ValueError, csv.Error) as error:
            raise ConfigurationError(f"{partner}/codes/{file.name}: {unreadable(error)}") from None
    return _line(cells).strip()


def _replace(file: Path, columns: Sequence[str], cells: Sequence[str]) -> None:
    file.parent.mkdir(exist_ok=True)
    text = file.read_text("utf-8-sig") if file.is_file() else _line(columns)
    if text and not text.endswith("\n"):
        text += "\n"
    header = next(csv.reader(io.StringIO(text)), [])
    order = [columns.index(column.strip()) for column in header if column.strip() in columns]
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".csv")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            out.write(text + _line([cells[index] for index in order]))
            out.flush()
            os.fsync(out.fileno())
        tables = CodeTables()
        tables.read(Path(temporary), columns)
        if tables.problems:
            raise ConfigurationError(tables.problems[0].partition(".csv ")[2] or tables.problems[0])
        Path(temporary).chmod(file.stat().st_mode & 0o777 if file.is_file() else 0o644)
        Path(temporary).replace(file)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _plain(cell: str) -> bool:
    return 0 < len(cell) <= _MAX_CHARS and cell.isprintable()
