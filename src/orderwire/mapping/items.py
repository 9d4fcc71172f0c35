"""Items: which NAV number a buyer's line means."""

from orderwire.canonical.order import ItemScheme, OrderLine
from orderwire.config.profile import PartnerProfile


def known_item_no(line: OrderLine, partner: PartnerProfile) -> str | None:
    """Return NAV's number by the partner's cross reference, else the supplier number as it is; None: ask by GTIN."""
    for item_id in line.item_ids:
        item_no = partner.items.get((item_id.scheme, item_id.value))
        if item_no is not None:
            return item_no
    return line.item_id(ItemScheme.SUPPLIER)


def gtin(line: OrderLine) -> str | None:
    """Return the line's GTIN."""
    return line.item_id(ItemScheme.GTIN)
