"""Customers by number."""

from decimal import Decimal
from typing import Final

from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.reads import Row, askable, code, decimal_of, option_of, plain
from orderwire.errors import UnavailableError
from orderwire.ports.erp import ErpCustomer

#: What a customer owes us besides its balance.
_OUTSTANDING: Final = ("Outstanding_Orders_LCY", "Shipped_Not_Invoiced_LCY")


def read_customer(customers: PageService, no: str) -> ErpCustomer | None:
    """Read a customer. Raises as `Erp.customer`."""
    wanted = askable([no]).get(no)
    if wanted is None:
        return None
    record = next(iter(customers.read([("No", wanted)])), None)
    if record is None:
        return None
    row = plain(record)
    if code(row.get("No", "")) != wanted:
        raise UnavailableError("NAV answered with another customer", service=customers.name, customer_no=no)
    on_order = [decimal_of(row, field) for field in _OUTSTANDING]
    return ErpCustomer(
        no=row["No"],
        name=row.get("Name", ""),
        blocked=option_of(row, "Blocked"),
        credit_limit=_figure(customers, row, "Credit_Limit_LCY"),
        balance=_figure(customers, row, "Balance_LCY"),
        balance_due=_figure(customers, row, "Balance_Due_LCY"),
        outstanding=sum(on_order, Decimal(0)),
    )


def _figure(customers: PageService, row: Row, field: str) -> Decimal | None:
    """Return a figure; NAV may leave a zero out, so it is none only where the page does not have the field."""
    return decimal_of(row, field) if customers.has(field) else None
