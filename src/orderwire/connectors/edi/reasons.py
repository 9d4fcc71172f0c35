"""Reasons of an answer in codes: ours for FTX 4441, the directory's for QVR 4221."""

from typing import Final

#: Reason to our code of three letters, under the agency 91 (assigned by the seller).
REASON_CODES: Final = {
    "out_of_stock": "OOS",
    "part_delivery": "PRT",
    "within_tolerance": "TOL",
    "back_ordered": "BOR",
    "substituted": "SUB",
    "taken_meanwhile": "TKN",
    "unknown_item": "UNK",
    "item_blocked": "BLK",
    "unit_not_sold": "UNI",
    "quantity_out_of_range": "QTY",
    "order_refused": "REF",
    "all_or_nothing": "AON",
    "nothing_to_deliver": "NIL",
    "changed_in_erp": "CHG",
    "test_refused": "TST",
    "price_differs": "PRC",
    "customer_blocked": "CBL",
    "credit_limit": "CRE",
    "overdue": "DUE",
    "refused_by_supplier": "NO",
    "held": "HLD",
    "nothing_stands": "NOR",
    "gone_in_erp": "GON",
    "shipped": "SHP",
    "partly_shipped": "PSH",
    "released": "REL",
    "refused_by_erp": "ERP",
    "unclear_line": "LIN",
    "cancelled": "CAN",
    "change_refused": "NCH",
}
#: FTX 4441 to reason.
REASONS: Final = {code: reason for reason, code in REASON_CODES.items()}
#: 4221: AA item discontinued, BP shipment partial with back order, CP shipment partial considered complete.
DISCREPANCIES: Final = {
    "item_blocked": "AA",
    "back_ordered": "BP",
    "part_delivery": "CP",
    "within_tolerance": "CP",
    "out_of_stock": "CP",
    "taken_meanwhile": "CP",
}


def sentence(reason: str | None) -> str:
    """Return a reason as words, where nobody gave any."""
    return reason.replace("_", " ").capitalize() if reason else ""
