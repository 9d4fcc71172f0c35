"""Customers by number."""

from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.reads import askable, code, option_of, plain
from orderwire.errors import UnavailableError
from orderwire.ports.erp import ErpCustomer


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
    return ErpCustomer(no=row["No"], name=row.get("Name", ""), blocked=option_of(row, "Blocked"))
