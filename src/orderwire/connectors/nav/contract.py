"""The contract: what an installation's page offers of what Orderwire needs, under the names that it has there."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.names import DOT, Names
from orderwire.connectors.nav.wants import ORDERS, STOCK, WANTS, Page, Want
from orderwire.connectors.nav.wsdl import FieldType, Wsdl


@dataclass(frozen=True, slots=True)
class Finding:
    """A want held against a WSDL."""

    want: Want
    found: str  # "": nothing
    problem: str  # "": none

    @property
    def breaks(self) -> bool:
        """Whether the page cannot be used at all."""
        return bool(self.problem) and not self.want.optional


@dataclass(frozen=True)
class Contract:
    """One page as it is published; everything is asked for by our names, a line's field as `SalesLines.Quantity`."""

    page: Page
    wsdl: Wsdl
    names: Names
    findings: tuple[Finding, ...]

    @cached_property
    def _spoilt(self) -> frozenset[str]:
        """What is there, but not as it must be, and so is not used."""
        return frozenset(str(one.want) for one in self.findings if one.problem and not one.want.instead)

    def has(self, field: str) -> bool:
        """Whether the page has the field, of the wanted type."""
        return field not in self._spoilt and field_of(self.wsdl, self.names, field) is not None

    def filters(self, field: str) -> bool:
        """Whether the page can be filtered by the field."""
        found = f"filter {field}" not in self._spoilt and self.names.field(field) in self.wsdl.filterable
        return found and self.offers("ReadMultiple")

    def offers(self, operation: str) -> bool:
        """Whether the service has the operation."""
        return bool(self.wsdl.actions.get(self.names.operation(operation)))

    def problems(self, wanted_for: str) -> list[str]:
        """Return what is missing for one purpose."""
        return [
            f"{one.want}: {one.problem}" for one in self.findings if one.problem and one.want.wanted_for == wanted_for
        ]


def wants_of(page: Page, nav: NavSettings) -> tuple[Want, ...]:
    """Return what is needed of a page under these settings."""
    wants = WANTS[page]
    if page in {Page.ITEM, Page.STOCKKEEPING_UNIT} and nav.safety_stock_field:
        wants = (*wants, Want(nav.safety_stock_field, STOCK, "decimal"))
    if page is Page.SALES_ORDER and nav.local_currency:
        wants = (*wants, Want("Currency_Code", "orders in other currencies", "string"))
    if page is Page.SALES_ORDER and nav.numbering == "nav":  # then it is the only witness of a double
        wants = (*wants, Want("External_Document_No", ORDERS, "filter"), Want("ReadMultiple", ORDERS, "operation"))
    return wants


def published_as(page: Page, nav: NavSettings) -> str | None:
    """Return the name of the page's web service; None: it is not to be used."""
    name: str | None = getattr(nav.services, page.value)
    return name


def names_of(page: Page, nav: NavSettings) -> Names:
    """Return the page's names in this installation."""
    return Names(nav.fields.get(page.value), nav.options.get(page.value))


def read_contract(page: Page, wsdl: Wsdl, nav: NavSettings) -> Contract:
    """Hold every want against the WSDL."""
    names = names_of(page, nav)
    return Contract(page, wsdl, names, tuple(_examine(page, wsdl, nav, names)))


def _examine(page: Page, wsdl: Wsdl, nav: NavSettings, names: Names) -> Iterator[Finding]:
    for want in wants_of(page, nav):
        found, problem = _look(want, wsdl, names)
        yield Finding(want, found, problem)


def _look(want: Want, wsdl: Wsdl, names: Names) -> tuple[str, str]:
    if want.kind == "operation":
        return _look_for_operation(want, wsdl, names)
    if want.kind == "filter":
        name = names.field(want.path)
        return (name, "") if name in wsdl.filterable else ("", "the page has no filter of this name")
    field = field_of(wsdl, names, want.path)
    if field is not None:
        return _called(names, want.path, str(field)), _mismatch(want, field, names)
    for name in want.instead:
        other = field_of(wsdl, names, name)
        if other is not None and not _mismatch(want, other, names):
            return f"{other} in {names.field(name)}", ""
    return "", "field missing"


def _look_for_operation(want: Want, wsdl: Wsdl, names: Names) -> tuple[str, str]:
    name = names.operation(want.name)
    if not wsdl.actions.get(name):
        return "", "operation missing"
    wanted = tuple(map(names.field, want.values))
    if wanted and wsdl.read_by != wanted:
        return name, f"it asks for {', '.join(wsdl.read_by) or 'nothing'}, wanted {', '.join(wanted)}"
    return name, ""


def field_of(wsdl: Wsdl, names: Names, path: str) -> FieldType | None:
    """Return a field's type by our name."""
    part, _, _ = path.rpartition(DOT)
    entity = wsdl.parts.get(names.field(part)) if part else wsdl.entity
    return entity.fields.get(names.field(path)) if entity else None


def _called(names: Names, path: str, found: str) -> str:
    name = names.field(path)
    return found if name == path.rpartition(DOT)[2] else f"{found} in {name}"


def _mismatch(want: Want, field: FieldType, names: Names) -> str:
    if field.kind != want.kind:
        return f"type is {field.kind}, wanted {want.kind}"
    lacking = [value for value in want.values if names.option(want.path, value) not in field.values]
    return f"option missing: {', '.join(lacking)}" if lacking else ""
