"""The ERP with a watch beside it: every call is counted and timed, and a span of the trace where there is one."""

import time
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import ParamSpec, TypeVar

from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.errors import OrderwireError
from orderwire.ports.erp import Erp, ErpCustomer, ErpItem, ErpOrder, SalesOrderDraft, SalesOrderEdit
from orderwire.ports.tracing import NO_TRACER, Tracer
from orderwire.telemetry.metrics import Metrics

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


class MeteredErp:
    """An `Erp` that passes every call on and counts it."""

    def __init__(self, erp: Erp, metrics: Metrics, tracer: Tracer = NO_TRACER) -> None:
        self._erp = erp
        self._metrics = metrics
        self._tracer = tracer

    @property
    def production(self) -> bool:
        return self._erp.production

    def ping(self) -> None:
        self._timed("ping", self._erp.ping)

    def stock(self, keys: Collection[StockKey], until: date | None = None) -> Mapping[StockKey, StockFigure]:
        return self._timed("stock", self._erp.stock, keys, until)

    def items(self, nos: Collection[str]) -> Mapping[str, ErpItem]:
        return self._timed("items", self._erp.items, nos)

    def items_by_gtin(self, gtins: Collection[str]) -> Mapping[str, ErpItem]:
        return self._timed("items_by_gtin", self._erp.items_by_gtin, gtins)

    def customer(self, no: str, *, live: bool = False) -> ErpCustomer | None:
        return self._timed("customer", self._erp.customer, no, live=live)

    def find_order(self, draft: SalesOrderDraft) -> ErpOrder | None:
        return self._timed("find_order", self._erp.find_order, draft)

    def create_order(self, draft: SalesOrderDraft) -> ErpOrder:
        return self._timed("create_order", self._erp.create_order, draft)

    def set_quantities(self, no: str, quantities: Mapping[int, Decimal]) -> ErpOrder | None:
        return self._timed("set_quantities", self._erp.set_quantities, no, quantities)

    def change_order(self, no: str, edit: SalesOrderEdit) -> ErpOrder | None:
        return self._timed("change_order", self._erp.change_order, no, edit)

    def _timed(
        self,
        operation: str,
        call: Callable[_Parameters, _Result],
        *args: _Parameters.args,
        **kwargs: _Parameters.kwargs,
    ) -> _Result:
        started = time.monotonic()
        outcome = "internal"
        try:
            with self._tracer.called(operation):
                result = call(*args, **kwargs)
            outcome = "ok"
        except OrderwireError as error:
            outcome = error.code
            raise
        finally:
            self._metrics.erp_called(operation, outcome, time.monotonic() - started)
        return result
