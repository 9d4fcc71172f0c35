"""Our names and an installation's: inside, fields and options have ours; on the wire, theirs."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from lxml import etree

from orderwire.connectors.nav import soap

#: Between a part and its field: `SalesLines.Quantity`.
DOT: Final = "."
_DELETE: Final = "Delete_"

#: Field → its name in this installation, `Part.Field` for a line's.
Fields = Mapping[str, str]
#: Field → our name of an option → its name in this installation.
Options = Mapping[str, Mapping[str, str]]


class Names:
    """Translates one page's requests and answers. Without any other name it costs nothing."""

    def __init__(self, fields: Fields | None = None, options: Options | None = None) -> None:
        self._fields = dict(fields or {})
        self._options = {name: dict(values) for name, values in (options or {}).items()}
        self._page = self._of("")

    def _of(self, part: str) -> "_RecordNames":
        """Return the names in a part's rows, or with "" in the page's own record."""
        return _RecordNames(_below(part, self._fields), _below(part, self._options))

    @cached_property
    def _parts(self) -> dict[str, "_RecordNames"]:
        named = {name.partition(DOT)[0] for name in (*self._fields, *self._options) if DOT in name}
        return {part: self._of(part) for part in named}

    def field(self, name: str) -> str:
        """Return their name of a field: `No`, or `SalesLines.Quantity` (without the part)."""
        return self._fields.get(name, name.rpartition(DOT)[2])

    def option(self, field: str, value: str) -> str:
        """Return their name of an option."""
        return self._options.get(field, {}).get(value, value)

    def operation(self, name: str) -> str:
        """Return their name of an operation: `Delete_SalesLines` is called after the part."""
        return _DELETE + self.field(name.removeprefix(_DELETE)) if name.startswith(_DELETE) else name

    def parameters(self, parameters: Sequence[soap.Parameter]) -> list[soap.Parameter]:
        """Return a read's parameters, and the fields that its filters name, by their names."""
        return [
            (self.field(name), value if isinstance(value, str) else self._filter(value)) for name, value in parameters
        ]

    def _filter(self, parameters: Sequence[soap.Parameter]) -> list[soap.Parameter]:
        return [
            (name, self.field(value) if name == "Field" and isinstance(value, str) else value)
            for name, value in parameters
        ]

    def outgoing(self, record: Mapping[str, Any], rows: Mapping[str, str]) -> dict[str, Any]:
        """Return a record as zeep takes it; `rows`: their name of a part → the element of one row."""
        told: dict[str, Any] = {}
        for name, value in record.items():
            if isinstance(value, list):
                part = self.field(name)
                names = self._parts.get(name, _NO_NAMES)
                told[part] = {rows.get(part, part): [names.outgoing(row) for row in value]}
            else:
                told |= self._page.outgoing({name: value})
        return told

    def incoming(self, record: etree._Element) -> None:
        """Rename a record's elements, and those of its parts, to ours."""
        if not self._fields and not self._options:
            return
        self._page.incoming(record)
        for child in record:
            names = self._parts.get(soap.name_of(child), _NO_NAMES)
            for row in child:
                names.incoming(row)


class _RecordNames:
    """The names within one kind of record."""

    def __init__(self, fields: Fields, options: Options) -> None:
        self._theirs = fields
        self._ours = {theirs: ours for ours, theirs in fields.items()}
        #: What would be taken for a field that has another name here.
        self._hidden = frozenset(fields) - frozenset(self._ours)
        self._options = options
        self._our_options = {
            field: {theirs: ours for ours, theirs in values.items()} for field, values in options.items()
        }

    def outgoing(self, record: Mapping[str, Any]) -> dict[str, Any]:
        return {
            self._theirs.get(name, name): self._options.get(name, {}).get(value, value)
            for name, value in record.items()
        }

    def incoming(self, record: etree._Element) -> None:
        for child in list(record):
            name = soap.name_of(child)
            if name in self._hidden:
                record.remove(child)
                continue
            ours = self._ours.get(name, name)
            if ours != name:
                child.tag = str(child.tag)[: -len(name)] + ours
            values = self._our_options.get(ours)
            if values and child.text:
                child.text = values.get(child.text.strip(), child.text)


_NO_NAMES: Final = _RecordNames({}, {})


def _below(part: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names of one part, without it; "" is the page itself."""
    split = ((name.rpartition(DOT), value) for name, value in names.items())
    return {field: value for (owner, _, field), value in split if owner == part}
