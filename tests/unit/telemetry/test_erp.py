"""Every call to the ERP is counted and passed on."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

import pytest

from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.errors import UnavailableError
from orderwire.ports.erp import Erp, ErpCustomer, ErpItem, ErpOrder, SalesOrderDraft, SalesOrderEdit
from orderwire.telemetry.erp import MeteredErp
from orderwire.telemetry.metrics import Metrics

DRAFT = SalesOrderDraft("OW-1", "4711", "C1", None, None, None, ())
ORDER = ErpOrder("OW-1", "4711", "C1", posted=False, lines=())
CUSTOMER = ErpCustomer("C1", "Acme")


class FakeErp:
    """Answers everything, but is down for stock."""

    production = True

    def ping(self) -> None:
        pass

    def stock(self, keys: Collection[StockKey], until: date | None = None) -> Mapping[StockKey, StockFigure]:
        raise UnavailableError("NAV did not answer", keys=len(keys), until=until)

    def items(self, nos: Collection[str]) -> Mapping[str, ErpItem]:
        return {no: ErpItem(no, "Hammer", "PCS") for no in nos}

    def items_by_gtin(self, gtins: Collection[str]) -> Mapping[str, ErpItem]:
        return {gtin: ErpItem("1", "Hammer", "PCS", gtin=gtin) for gtin in gtins}

    def customer(self, no: str, *, live: bool = False) -> ErpCustomer | None:
        return CUSTOMER if no == CUSTOMER.no and live else None

    def find_order(self, draft: SalesOrderDraft) -> ErpOrder | None:
        return ORDER if draft is DRAFT else None

    def create_order(self, draft: SalesOrderDraft) -> ErpOrder:
        assert draft is DRAFT
        return ORDER

    def set_quantities(self, no: str, quantities: Mapping[int, Decimal]) -> ErpOrder | None:
        return ORDER if no == ORDER.no and quantities else None

    def change_order(self, no: str, edit: SalesOrderEdit) -> ErpOrder | None:
        return ORDER if no == ORDER.no and edit.quantities else None


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def erp(metrics: Metrics) -> Erp:
    return MeteredErp(FakeErp(), metrics)


def calls(metrics: Metrics, operation: str, outcome: str) -> float | None:
    return metrics.registry.get_sample_value("orderwire_erp_calls_total", {"operation": operation, "outcome": outcome})


def test_answers_are_passed_on_and_counted(erp: Erp, metrics: Metrics) -> None:
    """The watch changes no answer, and counts each call under its operation."""
    erp.ping()
    assert erp.production
    assert erp.items(["1"])["1"].base_unit == "PCS"
    assert erp.items_by_gtin(["4099999001019"])["4099999001019"].no == "1"
    assert erp.customer("C1", live=True) is CUSTOMER
    assert erp.find_order(DRAFT) is ORDER
    assert erp.create_order(DRAFT) is ORDER
    assert erp.set_quantities("OW-1", {10000: Decimal(1)}) is ORDER
    assert erp.change_order("OW-1", SalesOrderEdit({10000: Decimal(1)})) is ORDER

    for operation in (
        "ping",
        "items",
        "items_by_gtin",
        "customer",
        "find_order",
        "create_order",
        "set_quantities",
        "change_order",
    ):
        assert calls(metrics, operation, "ok") == 1


def test_a_failed_call_is_counted_under_its_code_and_still_raises(erp: Erp, metrics: Metrics) -> None:
    """An error goes on to the caller as it is."""
    with pytest.raises(UnavailableError, match="NAV did not answer"):
        erp.stock([StockKey(item_no="1")])

    assert calls(metrics, "stock", "unavailable") == 1
    assert metrics.registry.get_sample_value("orderwire_erp_seconds_count", {"operation": "stock"}) == 1
