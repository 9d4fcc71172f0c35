"""An order as a partner would send it, made from its profile: for the partner to compare with its own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from lxml import etree

from orderwire.canonical.order import ItemId, ItemScheme
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.punchout.writing import Heading, day, element, instant, money, new_payload_id, write_request
from orderwire.errors import ConfigurationError

_DELIVERY_DAYS: Final = 7
_PRICE: Final = Decimal(1)


def sample_order(partner: PartnerProfile, items: Sequence[ItemId], now: datetime, *, test: bool = True) -> bytes:
    """Return an OrderRequest with a line for each item; it proves nobody, for the secret is left out.

    Raises:
        ConfigurationError: the partner has no cXML, or no item is known.
    """
    cxml = partner.cxml
    if cxml is None:
        raise ConfigurationError("the profile has no cxml section", partner=partner.key)
    if not items:
        raise ConfigurationError("codes/items.csv has no item: name one", partner=partner.key)
    as_sender = cxml.model_copy(update={"ours": cxml.identities, "identities": cxml.ours})
    address = element("Address", element("Name", partner.name, lang=cxml.lang))
    header = element(
        "OrderRequestHeader",
        money("Total", _PRICE * len(items), "EUR"),
        element("BillTo", address),
        orderID=f"SAMPLE-{now:%y%m%d%H%M%S}",
        orderDate=instant(now),
        type="new",
    )
    lines = [_line(each, number, partner, now) for number, each in enumerate(items, start=1)]
    body = element("OrderRequest", header, *lines)
    return write_request(body, Heading(as_sender, new_payload_id(now), now, test=test))


def _line(item: ItemId, number: int, partner: PartnerProfile, now: datetime) -> etree._Element:
    supplier = item.value if item.scheme is ItemScheme.SUPPLIER else ""
    buyer = element("BuyerPartID", item.value) if item.scheme is ItemScheme.BUYER else None
    gtin = element("IdReference", identifier=item.value, domain="GTIN") if item.scheme is ItemScheme.GTIN else None
    detail = element(
        "ItemDetail",
        money("UnitPrice", _PRICE, "EUR"),
        element("Description", f"Sample {number}", lang="en"),
        element("UnitOfMeasure", partner.default_unit or ("PCE" if "PCE" in partner.units else "")),
        element("Classification", "00000000", domain="UNSPSC"),
    )
    return element(
        "ItemOut",
        element("ItemID", element("SupplierPartID", supplier), buyer, gtin),
        detail,
        quantity=str(number),
        lineNumber=str(number),
        requestedDeliveryDate=day((now + timedelta(days=_DELIVERY_DAYS)).date()),
    )
