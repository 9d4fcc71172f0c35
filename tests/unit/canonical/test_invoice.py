"""Invoices add up."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from canonicals import INVOICE, STANDARD, an_invoice, invoice_line
from orderwire.canonical.invoice import InvoiceTotals, TaxTotal

TOTALS = INVOICE.totals.model_dump()


def test_a_whole_invoice_is_made() -> None:
    """Two rates and a discount: lines, allowances, tax and what is to be paid agree."""
    assert INVOICE.totals.payable == Decimal("223.70")


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"lines": (invoice_line(),)}, "lines"),
        ({"allowances": ()}, "allowances"),
        ({"totals": InvoiceTotals(**{**TOTALS, "payable": Decimal("223.71")})}, "payable"),
        ({"totals": InvoiceTotals(**{**TOTALS, "tax": Decimal("33.71")})}, "tax"),
        ({"totals": InvoiceTotals(**{**TOTALS, "taxable": Decimal(191)})}, "taxable"),
        (
            {"taxes": (TaxTotal(tax=STANDARD, taxable=Decimal(190), amount=Decimal("33.70")),)},
            "taxable amount of a rate",
        ),
        (
            {
                "taxes": (
                    INVOICE.taxes[0].model_copy(update={"amount": Decimal("32.40")}),
                    INVOICE.taxes[1].model_copy(update={"amount": Decimal("1.30")}),
                )
            },
            "tax of a rate",
        ),
    ],
)
def test_an_invoice_that_does_not_add_up_is_refused(wrong: dict[str, Any], word: str) -> None:
    """Each sum is checked, and the message names the one that is wrong."""
    with pytest.raises(ValidationError, match=f"does not add up.*{word}"):
        an_invoice(**wrong)


def test_tax_may_be_rounded_by_line() -> None:
    """A cent per line is rounding; the totals still agree with the stated tax."""
    tax = INVOICE.taxes[0].model_copy(update={"amount": Decimal("32.31")})
    totals = InvoiceTotals(**{**TOTALS, "tax": Decimal("33.71"), "payable": Decimal("223.71")})

    assert an_invoice(taxes=(tax, INVOICE.taxes[1]), totals=totals).totals.tax == Decimal("33.71")
