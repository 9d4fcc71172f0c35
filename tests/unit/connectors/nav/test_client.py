"""The port as a whole."""

import pytest

from navwire import NAV
from orderwire.connectors.nav import client as module
from orderwire.connectors.nav.client import NavErp
from orderwire.errors import (
    BusyError,
    ContractError,
    CredentialsError,
    OrderwireError,
    OutageError,
    UnavailableError,
)
from orderwire.ports.erp import Erp, StockSource


def test_nav_is_an_erp() -> None:
    """Whatever the port names is there; the type checker holds the signatures against it in `connector`."""
    members = {name for name in (*vars(Erp), *vars(StockSource)) if not name.startswith("_")}
    assert members
    assert all(hasattr(NavErp(NAV), name) for name in members)


@pytest.mark.parametrize("production", [True, False])
def test_production_is_as_configured(*, production: bool) -> None:
    """A test company is one because the settings say so."""
    assert NavErp(NAV.model_copy(update={"production": production})).production is production


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UnavailableError("no answer"), OutageError),
        (ContractError("no such service"), OutageError),
        (BusyError("full"), OutageError),
        (OutageError("away"), OutageError),
        (CredentialsError("refused"), CredentialsError),
    ],
)
def test_ping_knows_one_kind_of_bad_news(
    monkeypatch: pytest.MonkeyPatch, error: OrderwireError, kind: type[OrderwireError]
) -> None:
    """A breaker only has to know outages."""

    def fail(*_args: object) -> None:
        raise error

    monkeypatch.setattr(module, "read_customer", fail)
    with pytest.raises(OrderwireError) as caught:
        NavErp(NAV).ping()
    assert type(caught.value) is kind


def test_services_that_are_not_configured_are_not_used() -> None:
    """Units and posted shipments may be left out."""
    services = NAV.services.model_copy(update={"item_units": None, "posted_shipment": None})
    NavErp(NAV.model_copy(update={"services": services})).close()
