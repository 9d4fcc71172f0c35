"""Customers by number."""

from decimal import Decimal

import pytest

from navwire import ScriptedLanes, answer, record, wsdl
from orderwire.connectors.nav.customers import read_customer
from orderwire.connectors.nav.wants import Page
from orderwire.errors import UnavailableError
from orderwire.ports.erp import ErpCustomer


@pytest.mark.parametrize(
    ("fields", "blocked"),
    [({}, ""), ({"Blocked": "_blank_"}, ""), ({"Blocked": "Ship"}, "Ship"), ({"Blocked": "All"}, "All")],
)
def test_read_customer(fields: dict[str, str], blocked: str) -> None:
    """The blank option is no block."""
    content = record("Customer", {"No": "C10000", "Name": "Baumarkt Süd GmbH", **fields})
    lanes = ScriptedLanes().reply("Customer.Read", answer("Customer", "Read", content))
    customer = read_customer(lanes.page(Page.CUSTOMER), "c10000")
    zero = Decimal(0)  # NAV leaves zeros out
    assert customer == ErpCustomer("C10000", "Baumarkt Süd GmbH", blocked, zero, zero, zero)


def test_a_page_without_credit_shows_none() -> None:
    """A figure that is not shown is not taken for zero."""
    bare = {"Key": "string", "No": "string", "Name": "string", "Blocked": "enum _blank_ All"}
    lanes = ScriptedLanes(wsdls={"Customer": wsdl("Customer", bare, ["Read"])})
    lanes.reply("Customer.Read", answer("Customer", "Read", record("Customer", {"No": "C10000", "Name": "B"})))
    assert read_customer(lanes.page(Page.CUSTOMER), "C10000") == ErpCustomer("C10000", "B")


def test_unknown_customers_are_none() -> None:
    """NAV answers with an empty result; what cannot be a number is not asked for."""
    lanes = ScriptedLanes().reply("Customer.Read", answer("Customer", "Read", ""))
    customers = lanes.page(Page.CUSTOMER)
    assert read_customer(customers, "C99999") is None
    assert read_customer(customers, "C\x00") is None
    assert len(lanes.bodies("Read")) == 1


def test_another_customer_is_no_answer() -> None:
    """An order must never go to a customer that was not asked for."""
    content = record("Customer", {"No": "C20000", "Name": "Bricolage Lyon SA"})
    lanes = ScriptedLanes().reply("Customer.Read", answer("Customer", "Read", content))
    with pytest.raises(UnavailableError):
        read_customer(lanes.page(Page.CUSTOMER), "C10000")
