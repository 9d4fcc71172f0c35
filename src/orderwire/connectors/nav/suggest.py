"""Settings that would make an installation's pages understood: what is certainly there under another name."""

from collections.abc import Iterable, Iterator
from typing import Any

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.contract import Contract, field_of, published_as, read_contract, wants_of
from orderwire.connectors.nav.names import DOT, Names
from orderwire.connectors.nav.wants import LINES, Page, Want
from orderwire.connectors.nav.wsdl import Entity, Wsdl
from orderwire.mapping.nav_names import alike, meant
from orderwire.mapping.nav_pages import lines_of, page_of

#: Settings by name, as they stand under `nav` in orderwire.yaml.
Suggestion = dict[str, Any]


def recognised(wsdl: Wsdl, nav: NavSettings) -> Page | None:
    """Return the page that the service shows: by the name in the settings, else by its fields."""
    names = {name.lower(): page for page in Page if (name := published_as(page, nav)) is not None}
    if wsdl.entity is None or wsdl.service.lower() in names:
        return names.get(wsdl.service.lower()) if wsdl.entity else None
    found = page_of(wsdl.service, tuple(wsdl.entity.fields), _shape(wsdl))
    return Page(found) if found else None


def suggestion(contracts: Iterable[Contract], nav: NavSettings) -> Suggestion:
    """Return what to set, of `services`, `fields`, `options` and `numbering`; empty: nothing."""
    told: Suggestion = {}
    for contract in contracts:
        page, wsdl = contract.page.value, contract.wsdl
        fields, options = _names(contract.page, wsdl, nav)
        for setting, value, standing in (
            ("services", wsdl.service, published_as(contract.page, nav)),
            ("fields", fields, nav.fields.get(page, {})),
            ("options", options, nav.options.get(page, {})),
        ):
            if value != standing:
                told.setdefault(setting, {}).setdefault(page, value)
        if (
            contract.page is Page.SALES_ORDER
            and nav.numbering == "nav"
            and not contract.filters("External_Document_No")
        ):
            told["numbering"] = "ours"
    return told


def with_suggestion(nav: NavSettings, told: Suggestion) -> NavSettings:
    """Return the settings as they would be."""
    return nav.model_copy(
        update={
            "services": nav.services.model_copy(update=told.get("services", {})),
            "fields": {**nav.fields, **told.get("fields", {})},
            "options": {**nav.options, **told.get("options", {})},
            "numbering": told.get("numbering", nav.numbering),
        }
    )


def renamed(want: Want, contract: Contract) -> tuple[str, str]:
    """Return the field that certainly is the wanted one, and one that only looks like it; "" where there is none."""
    candidates = list(_candidates(want, contract.page, contract.wsdl, contract.names))
    sure = meant(want.name, candidates)
    return sure or "", "" if sure else alike(want.name, candidates) or ""


def improved(contract: Contract, nav: NavSettings) -> Contract:
    """Return the contract as it would be with the suggested settings."""
    return read_contract(contract.page, contract.wsdl, with_suggestion(nav, suggestion([contract], nav)))


def _shape(wsdl: Wsdl) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {name: (part.name, tuple(part.fields)) for name, part in wsdl.parts.items()}


def _names(page: Page, wsdl: Wsdl, nav: NavSettings) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    fields = dict(nav.fields.get(page.value, {}))
    options = {name: dict(values) for name, values in nav.options.get(page.value, {}).items()}
    lines = lines_of(_shape(wsdl))
    if page is Page.SALES_ORDER and lines and field_of(wsdl, Names(fields), LINES) is None:
        fields[LINES] = lines
    for want in wants_of(page, nav):
        if want.kind in {"operation", "filter"}:
            continue
        names = Names(fields, options)
        standing = field_of(wsdl, names, want.path)
        if standing is None or standing.kind != want.kind:
            name = meant(want.name, _candidates(want, page, wsdl, names))
            if name:
                fields[want.path] = name
        found = field_of(wsdl, Names(fields), want.path)
        for value in want.values if found else ():
            other = meant(value, found.values) if found and names.option(want.path, value) not in found.values else None
            if other:
                options.setdefault(want.path, {})[value] = other
    return fields, options


def _candidates(want: Want, page: Page, wsdl: Wsdl, names: Names) -> Iterator[str]:
    """Yield the fields of the wanted kind that are none of the others we know."""
    entity = _entity(want, wsdl, names)
    if entity is None:
        return
    others = (names.field(one.path) for one in _wants(page) if one.part == want.part and one.name != want.name)
    taken = {name for name in others if name in entity.fields}
    for name, kind in entity.fields.items():
        if kind.kind == want.kind and name not in taken:
            yield name


def _wants(page: Page) -> tuple[Want, ...]:
    return wants_of(page, NavSettings())


def _entity(want: Want, wsdl: Wsdl, names: Names) -> Entity | None:
    part, _, _ = want.path.rpartition(DOT)
    return wsdl.parts.get(names.field(part)) if part else wsdl.entity
