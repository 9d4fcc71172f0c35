"""A file beside the company: what was committed outlives the simulator, whatever ends it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from pydantic import TypeAdapter, ValidationError

from orderwire.errors import ConfigurationError
from orderwire.simulators.nav.tables import (
    Customer,
    Item,
    ItemUnit,
    PostedInvoice,
    PostedLine,
    PostedShipment,
    PrimaryKey,
    SalesHeader,
    SalesLine,
    Table,
)
from orderwire.simulators.nav.world import Commit, World

_ROWS: Final[Mapping[str, TypeAdapter[Any]]] = {
    "Item": TypeAdapter(Item),
    "Customer": TypeAdapter(Customer),
    "Item Unit of Measure": TypeAdapter(ItemUnit),
    "Sales Header": TypeAdapter(SalesHeader),
    "Sales Line": TypeAdapter(SalesLine),
    "Sales Shipment Header": TypeAdapter(PostedShipment),
    "Sales Shipment Line": TypeAdapter(PostedLine),
    "Sales Invoice Header": TypeAdapter(PostedInvoice),
    "Sales Invoice Line": TypeAdapter(PostedLine),
}
_COMMIT: Final = TypeAdapter(Commit)


class Kept:
    """One line of JSON for each transaction, written before it is answered; a line cut by a crash was never answered.

    It is not synced: a killed process loses nothing, a power cut may.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def open(self, world: World) -> bool:
        """Bring back what the file holds, and keep what is committed from now on; False: there was nothing.

        Raises:
            ConfigurationError: the file is none of ours, or cannot be written.
        """
        try:
            lines = self._path.read_bytes().splitlines(keepends=True) if self._path.exists() else []
            whole = [line for line in lines if line.endswith(b"\n")]
            for line in whole:
                _restore(world, json.loads(line))
            self._file = self._path.open("ab")
            self._file.truncate(sum(map(len, whole)))
        except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
            raise ConfigurationError("what the simulator keeps cannot be read", path=self._path) from error
        world.on_commit = self._keep
        return bool(whole)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _keep(self, world: World, changed: Mapping[tuple[str, PrimaryKey], None], commits: list[Commit]) -> None:
        if self._file is None:
            return
        rows = [(name, key, _shown(world.tables[name], key)) for name, key in changed]
        logged = [_COMMIT.dump_python(one, mode="json") for one in commits]
        record = {"rows": rows, "commits": logged, "series": world.series}
        self._file.write(json.dumps(record).encode() + b"\n")
        self._file.flush()


def _shown(table: Table[Any], key: PrimaryKey) -> Any:
    row = table.rows.get(key)
    return None if row is None else _ROWS[table.name].dump_python(row, mode="json")


def _restore(world: World, record: dict[str, Any]) -> None:
    for name, key, shown in record["rows"]:
        row = None if shown is None else _ROWS[name].validate_python(shown)
        world.bring_back(world.tables[name], tuple(key), row)
    world.recall([_COMMIT.validate_python(one) for one in record["commits"]], record["series"])
