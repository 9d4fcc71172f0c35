"""Whether the sales order that stands in NAV is the one that was asked for: only then is it told of as such."""

from orderwire.errors import DuplicateConflictError, ErpRefusedError
from orderwire.pipeline.plan import Plan
from orderwire.ports.erp import ErpOrder
from orderwire.ports.orders import OrderRecord
from orderwire.ports.store import Transaction


def check_owner(tx: Transaction, record: OrderRecord, standing: ErpOrder) -> None:
    """Numbered by NAV, an order is found by what the buyer calls it, which two orders may have in common.

    Raises:
        DuplicateConflictError: it is another order's.
    """
    owner = tx.orders.by_erp_no([standing.no]).get(standing.no)
    if owner is not None and owner.id != record.id:
        raise DuplicateConflictError(
            "the sales order under this order's number in NAV is another order's",
            no=standing.no,
            order_no=owner.order_no,
            partner=owner.partner,
        )


def check_lines(plan: Plan, standing: ErpOrder) -> None:
    """Hold the lines in NAV against a plan that has their numbers: NAV may commit half of what it then refuses.

    Raises:
        ErpRefusedError: one is of another item or in another unit than was asked for.
    """
    planned = {line.erp_line_no: line for line in plan.standing}
    wrong = [
        f"line {found.line_no} is {found.quantity} {found.unit} of {found.item_no}, "
        f"not {line.erp_quantity} {line.erp_unit} of {line.sold_item_no}"
        for found in standing.lines
        if (line := planned.get(found.line_no)) and (found.item_no, found.unit) != (line.sold_item_no, line.erp_unit)
    ]
    if wrong:
        raise ErpRefusedError(
            "NAV holds something else than was asked for: put the sales order right, or delete it, and replay",
            no=standing.no,
            text="; ".join(wrong),
        )
