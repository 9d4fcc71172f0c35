"""The operations of a page service, on the rows of its table."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

from lxml import etree

from orderwire.simulators.nav import faults, keys, soap
from orderwire.simulators.nav.filters import Filter, compile_filter
from orderwire.simulators.nav.masters import Masters
from orderwire.simulators.nav.pages import Page
from orderwire.simulators.nav.sales import LineChange, SalesOrders
from orderwire.simulators.nav.soap import Entity, Writer
from orderwire.simulators.nav.tables import Row, SalesHeader, Table
from orderwire.simulators.nav.values import Field, Value
from orderwire.simulators.nav.world import World


@dataclass(frozen=True, slots=True)
class _Condition:
    field: Field
    filter: Filter


class PageService:
    """One page; each call is one transaction."""

    def __init__(self, world: World, page: Page, *, omit_zero: bool = False) -> None:
        self.page = page
        self._world = world
        self._table: Table[Any] = world.tables[page.table]
        self._writer = Writer(world, page, omit_zero)
        self._sales = SalesOrders(world)
        self._masters = Masters(world)

    def call(self, request: etree._Element) -> bytes:
        """Answer a request element.

        Raises:
            NavFault: NAV says no.
        """
        name = etree.QName(request).localname
        if etree.QName(request).namespace != self.page.namespace or name not in self.page.operations:
            raise faults.broker(f'Method "{name}" was not found in service "{self.page.service}".')
        operation = _OPERATIONS.get(name, PageService._delete_line)
        with self._world.transaction():
            content = operation(self, request)
        return soap.envelope(self.page.namespace, name, content)

    def keys_in(self, request: etree._Element) -> list[str]:
        """Return the texts of all record Keys that a request names."""
        names = {"Key", f"{self.page.part.name}_Key" if self.page.part else ""}
        found = (item.text for item in request.iter("{*}*") if _local(item) in names)
        return [text for text in found if text]

    # -- reading

    def _read(self, request: etree._Element) -> str:
        wanted = [self.page.field(name) for name in self.page.read_by]
        key = tuple(field.parse(soap.text_of(request, field.name)) for field in wanted if field)
        return self._found(self._table.rows.get(key))  # type: ignore[arg-type]  # keys are text here

    def _read_by_record_id(self, request: etree._Element) -> str:
        key = keys.find_record(self._table, soap.text_of(request, "recId"))
        return self._found(self._table.rows.get(key) if key else None)

    def _found(self, row: Row | None) -> str:
        return "" if row is None else self._writer.record(row)

    def _read_multiple(self, request: etree._Element) -> str:
        conditions = [self._condition(item) for item in soap.children(request, "filter") if len(item)]
        rows = [row for row in self._candidates(conditions) if self._passes(row, conditions)]
        rows.sort(key=self._table.key_of)
        page = self._page_of(rows, soap.text_of(request, "bookmarkKey"), _set_size(request))
        return f"<ReadMultiple_Result>{''.join(map(self._writer.record, page))}</ReadMultiple_Result>"

    def _condition(self, item: etree._Element) -> _Condition:
        name = soap.text_of(item, "Field")
        field = self.page.field(name)
        if field is None:
            raise faults.broker(f'Instance validation error: "{name[:100]}" is not a valid value for Field.')
        return _Condition(field, compile_filter(field, soap.text_of(item, "Criteria")))

    def _candidates(self, conditions: Iterable[_Condition]) -> Iterable[Row]:
        """Return the rows that a filter on an indexed field names, else all."""
        for condition in conditions:
            if condition.filter.literals is not None:
                found = self._table.having(condition.field.attribute, condition.filter.literals)
                if found is not None:
                    return found
        return self._table.rows.values()

    def _passes(self, row: Row, conditions: Iterable[_Condition]) -> bool:
        value = self._world.value
        return all(condition.filter.matches(value(row, condition.field.attribute)) for condition in conditions)

    def _page_of(self, rows: list[Row], bookmark: str, size: int) -> list[Row]:
        """Cut a page: after the bookmark, or before it and backwards if `size` is negative; 0 is no limit."""
        key_of = self._table.key_of
        if size < 0:
            rows.reverse()
        if bookmark:
            at = self._decoded(bookmark, self._table).primary_key
            rows = [row for row in rows if (key_of(row) < at if size < 0 else key_of(row) > at)]
        return rows[: abs(size)] if size else rows

    def _is_updated(self, request: etree._Element) -> str:
        key = self._decoded(soap.text_of(request, "Key"), self._table)
        updated = self._row(key, self._table).rowversion != key.rowversion
        return f"<IsUpdated_Result>{str(updated).lower()}</IsUpdated_Result>"

    def _record_id(self, request: etree._Element) -> str:
        key = self._decoded(soap.text_of(request, "Key"), self._table)
        text = keys.record_id(self._table, key.primary_key)
        return f"<GetRecIdFromKey_Result>{escape(text)}</GetRecIdFromKey_Result>"

    # -- writing

    def _create(self, request: etree._Element) -> str:
        return self._writer.record(self._insert(self._entity(soap.child(request, self.page.entity))))

    def _create_multiple(self, request: etree._Element) -> str:
        return self._list([self._insert(entity) for entity in self._entities(request)])

    def _update(self, request: etree._Element) -> str:
        return self._writer.record(self._modify(self._entity(soap.child(request, self.page.entity))))

    def _update_multiple(self, request: etree._Element) -> str:
        return self._list([self._modify(entity) for entity in self._entities(request)])

    def _delete(self, request: etree._Element) -> str:
        row = self._current(soap.text_of(request, "Key"), self._table)
        if isinstance(row, SalesHeader):
            self._sales.delete(row)
        else:
            self._masters.delete(self._table, row)
        return "<Delete_Result>true</Delete_Result>"

    def _delete_line(self, request: etree._Element) -> str:
        part = self.page.part.name if self.page.part else ""
        self._sales.delete_line(self._current(soap.text_of(request, f"{part}_Key"), self._world.lines))
        return f"<Delete_{part}_Result>true</Delete_{part}_Result>"

    def _entity(self, element: etree._Element | None) -> Entity:
        return soap.entity(element, self.page.fields, self.page.part)

    def _entities(self, request: etree._Element) -> list[Entity]:
        listed = soap.child(request, f"{self.page.entity}_List")
        return [] if listed is None else [self._entity(item) for item in soap.children(listed, self.page.entity)]

    def _list(self, rows: Iterable[Row]) -> str:
        name = f"{self.page.entity}_List"
        return f"<{name}>{''.join(map(self._writer.record, rows))}</{name}>"

    def _insert(self, entity: Entity) -> Row:
        if self.page.part:
            return self._sales.create(entity.changes, [LineChange(line.changes) for line in entity.lines])
        return self._masters.insert(self._table, entity.changes)

    def _modify(self, entity: Entity) -> Row:
        row = self._current(entity.key or "", self._table)
        if not isinstance(row, SalesHeader):
            return self._masters.modify(self._table, row, entity.changes)
        return self._sales.modify(row, entity.changes, [self._line_change(row, line) for line in entity.lines])

    def _line_change(self, order: SalesHeader, line: Entity) -> LineChange:
        if line.key is None:
            return LineChange(line.changes)
        row = self._current(line.key, self._world.lines)
        if row.document_no != order.no:
            raise faults.broker("The line belongs to another document.")
        return LineChange(line.changes, row)

    # -- keys

    def _decoded(self, text: str, table: Table[Any]) -> keys.Key:
        key = keys.decode(text)
        if key.table_id != table.table_id or not table.fits(key.primary_key):
            raise faults.broker(f'The key "{text[:100]}" is not valid.')
        return key

    def _row(self, key: keys.Key, table: Table[Any]) -> Any:
        row = table.rows.get(key.primary_key)
        if row is None:
            raise faults.record_not_found(table.name, table.identify(key.primary_key))
        return row

    def _current(self, text: str, table: Table[Any]) -> Any:
        """Return the row that a Key names, if nobody changed it since."""
        key = self._decoded(text, table)
        row = self._row(key, table)
        if row.rowversion != key.rowversion:
            raise faults.modified(table.name, keys.described(table, key.primary_key))
        return row


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _set_size(request: etree._Element) -> int:
    size: Value = Field("setSize", "", "int").parse(soap.text_of(request, "setSize"))
    return int(str(size))


_OPERATIONS: Final[dict[str, Callable[[PageService, etree._Element], str]]] = {
    "Read": PageService._read,  # noqa: SLF001  the table of this module's own methods
    "ReadByRecId": PageService._read_by_record_id,  # noqa: SLF001
    "ReadMultiple": PageService._read_multiple,  # noqa: SLF001
    "IsUpdated": PageService._is_updated,  # noqa: SLF001
    "GetRecIdFromKey": PageService._record_id,  # noqa: SLF001
    "Create": PageService._create,  # noqa: SLF001
    "CreateMultiple": PageService._create_multiple,  # noqa: SLF001
    "Update": PageService._update,  # noqa: SLF001
    "UpdateMultiple": PageService._update_multiple,  # noqa: SLF001
    "Delete": PageService._delete,  # noqa: SLF001
}
