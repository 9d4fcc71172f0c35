"""The way in: `connect` for the pipeline, `check` for `orderwire nav check`."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from orderwire.config.nav import NavSettings
from orderwire.config.settings import Settings
from orderwire.connectors.nav.client import NavErp
from orderwire.connectors.nav.contract import published_as, read_contract, wants_of
from orderwire.connectors.nav.endpoints import service_url
from orderwire.connectors.nav.gateway import OTHER_CONTRACT, Gateway, speaks_contract
from orderwire.connectors.nav.lanes import Lanes
from orderwire.connectors.nav.pins import Pins
from orderwire.connectors.nav.plausibility import Acceptance
from orderwire.connectors.nav.report import Looked, Report
from orderwire.connectors.nav.suggest import recognised
from orderwire.connectors.nav.wants import Page
from orderwire.connectors.nav.wire import Wire
from orderwire.connectors.nav.wsdl import NotWsdlError, Wsdl, read_wsdl
from orderwire.errors import BrokenContractError, ContractError, OrderwireError, OutageError, TransientError
from orderwire.ports.clock import Clock, system_clock
from orderwire.ports.intake import Connector

_BY_CODEUNIT: Final = "NAV checks stock and makes the order in one transaction"
#: No page's WSDL comes near this; of a larger file the rest is not read.
_MAX_WSDL_BYTES: Final = 16 * 1024 * 1024


def connect(settings: Settings, clock: Clock = system_clock) -> Connector:
    """Return the connector; its `erp` sends nothing before the first call.

    Raises:
        ConfigurationError: the address is none.
    """
    erp = NavErp(settings.nav, clock, accepted=Acceptance(settings.data_dir), data_dir=settings.data_dir)
    return Connector("nav", erp=erp, follower=erp.follower(), close=erp.close)


def accept_stock(settings: Settings) -> None:
    """Vouch for what NAV says of stock, for an hour, on this machine."""
    Acceptance(settings.data_dir).give()


def accept(settings: Settings) -> None:
    """Take NAV's pages as they are from now on, on this machine."""
    Pins(settings.data_dir, settings.nav).forget()


def check(settings: Settings, wsdl_files: Sequence[Path] = ()) -> Report:
    """Hold the contract against NAV's WSDLs, or against WSDL files; never raises for what it finds."""
    pins = Pins(None if wsdl_files else settings.data_dir, settings.nav)
    looked = _files(settings.nav, wsdl_files) if wsdl_files else _services(settings.nav, pins)
    return Report(settings.nav, tuple(looked), pins)


def _services(nav: NavSettings, pins: Pins) -> Iterator[Looked]:
    lanes = Lanes(nav)
    try:
        for page in Page:
            name = published_as(page, nav)
            if name is None:
                yield Looked(page.value, page, note="switched off in the settings")
            else:
                yield _service(page, name, nav, lanes)
        yield _gateway(nav, lanes, pins)
    finally:
        lanes.close()


def _service(page: Page, name: str, nav: NavSettings, lanes: Lanes) -> Looked:
    try:
        wsdl = read_wsdl(Wire(name, service_url(nav, "Page", name), lanes).fetch_wsdl())
    except (NotWsdlError, OrderwireError) as error:
        unpublished = isinstance(error, (ContractError, BrokenContractError))
        away = not unpublished and isinstance(error, (OutageError, TransientError))
        optional = all(want.optional for want in wants_of(page, nav))
        return Looked(name, page, problem=str(error), away=away, unpublished=unpublished, optional=optional)
    return Looked(name, page, read_contract(page, wsdl, nav))


def _gateway(nav: NavSettings, lanes: Lanes, pins: Pins) -> Looked:
    """Look whether NAV makes orders by its own codeunit."""
    name = nav.services.gateway
    if nav.gateway == "off":
        return Looked(name, note="switched off in the settings")
    try:
        there = Gateway(nav, lanes, system_clock, pins=pins).published()
    except OrderwireError as error:
        away = not isinstance(error, BrokenContractError) and isinstance(error, (OutageError, TransientError))
        return Looked(name, problem=str(error), away=away)
    return Looked(name, note=_BY_CODEUNIT if there else "not published: Orderwire checks stock and makes the order")


def _files(nav: NavSettings, files: Iterable[Path]) -> Iterator[Looked]:
    for file in files:
        try:
            with file.open("rb") as opened:
                content = opened.read(_MAX_WSDL_BYTES)
            wsdl = read_wsdl(content)
        except (NotWsdlError, OSError) as error:
            yield Looked(file.name, problem=f"cannot be read: {error}")
            continue
        yield _file(wsdl, content, nav)


def _file(wsdl: Wsdl, content: bytes, nav: NavSettings) -> Looked:
    if wsdl.entity is None and wsdl.service.lower() == nav.services.gateway.lower():
        spoken = speaks_contract(wsdl, content)
        return Looked(wsdl.service, note=_BY_CODEUNIT if spoken else "", problem="" if spoken else OTHER_CONTRACT)
    page = recognised(wsdl, nav)
    if page is None:
        return Looked(wsdl.service, note="page, not used" if wsdl.entity else "codeunit, not used")
    return Looked(wsdl.service, page, read_contract(page, wsdl, nav))
