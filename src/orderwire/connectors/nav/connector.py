"""The way in: `connect` for the pipeline, `check` for `orderwire nav check`."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from orderwire.config.settings import NavSettings, Settings
from orderwire.connectors.nav.client import NavErp
from orderwire.connectors.nav.contract import published_as, read_contract, wants_of
from orderwire.connectors.nav.endpoints import service_url
from orderwire.connectors.nav.lanes import Lanes
from orderwire.connectors.nav.plausibility import Acceptance
from orderwire.connectors.nav.wants import Page
from orderwire.connectors.nav.wire import Wire
from orderwire.connectors.nav.wsdl import NotWsdlError, Wsdl, read_wsdl
from orderwire.errors import OrderwireError
from orderwire.ports.clock import Clock, system_clock
from orderwire.ports.intake import Connector

#: A row of the report: service, field_or_operation, wanted_for, found, problem ("": none).
Row = dict[str, str]


def connect(settings: Settings, clock: Clock = system_clock) -> Connector:
    """Return the connector; its `erp` sends nothing before the first call.

    Raises:
        ConfigurationError: the address is none.
    """
    erp = NavErp(settings.nav, clock, accepted=Acceptance(settings.data_dir))
    return Connector("nav", erp=erp, follower=erp.follower())


def accept_stock(settings: Settings) -> None:
    """Vouch for what NAV says of stock, for an hour, on this machine."""
    Acceptance(settings.data_dir).give()


def check(settings: Settings, wsdl_files: Sequence[Path] = ()) -> list[Row]:
    """Hold the contract against NAV's WSDLs, or against WSDL files; never raises for what it finds."""
    rows = _check_files(settings.nav, wsdl_files) if wsdl_files else _check_services(settings.nav)
    return list(rows)


def _check_services(nav: NavSettings) -> Iterator[Row]:
    lanes = Lanes(nav)
    try:
        for page in Page:
            name = published_as(page, nav)
            if name is None:
                yield _row(page.value, wanted_for=page.value, found="switched off in the settings")
                continue
            try:
                yield from _report(page, read_wsdl(Wire(name, service_url(nav, "Page", name), lanes).fetch_wsdl()), nav)
            except (NotWsdlError, OrderwireError) as error:
                needed = any(not want.optional for want in wants_of(page, nav))
                yield _row(name, wanted_for=page.value, problem=str(error) if needed else f"{error} (optional)")
    finally:
        lanes.close()


def _check_files(nav: NavSettings, files: Iterable[Path]) -> Iterator[Row]:
    for file in files:
        try:
            wsdl = read_wsdl(file.read_bytes())
        except (NotWsdlError, OSError) as error:
            yield _row(file.name, problem=f"cannot be read: {error}")
            continue
        page = _page_of(wsdl, nav)
        if page is None:
            yield _row(wsdl.service, found="page" if wsdl.entity else "codeunit", problem="Orderwire does not use it")
        else:
            yield from _report(page, wsdl, nav)


def _page_of(wsdl: Wsdl, nav: NavSettings) -> Page | None:
    """Return the page published under this name."""
    names = {(published_as(page, nav) or "").lower(): page for page in Page}
    return names.get(wsdl.service.lower()) if wsdl.service else None


def _report(page: Page, wsdl: Wsdl, nav: NavSettings) -> Iterator[Row]:
    for finding in read_contract(page, wsdl, nav).findings:
        want = finding.want
        problem = f"{finding.problem} (optional)" if finding.problem and want.optional else finding.problem
        yield _row(wsdl.service, str(want), want.wanted_for, finding.found, problem)


def _row(service: str, field_or_operation: str = "", wanted_for: str = "", found: str = "", problem: str = "") -> Row:
    return {
        "service": service,
        "field_or_operation": field_or_operation,
        "wanted_for": wanted_for,
        "found": found,
        "problem": problem,
    }
