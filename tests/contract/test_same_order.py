"""The same order in each syntax is the same canonical order: whoever comes after cannot tell them apart."""

import json
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pytest

from cxmlwire import BUYER, US, cxml, item
from ediwire import OURS, SENDER, interchange, order
from fakes.documents import PartnersOf, a_partner
from orderwire.canonical.envelope import content_hash
from orderwire.canonical.model import CARRIAGE
from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.canonical.party import PartyRole
from orderwire.config.settings import Settings
from orderwire.connectors import connect_all
from orderwire.pipeline.fulfil import digest_of
from orderwire.ports.intake import DecodeHint

#: One partner that sends in every syntax, under an identifier of each.
PARTNER: Final = a_partner(
    edi={"identifiers": [{"id": SENDER, "qualifier": "14"}], "ours": {"id": OURS, "qualifier": "14"}},
    cxml={"identities": [{"domain": "NetworkID", "identity": BUYER}], "ours": [{"domain": "DUNS", "identity": US}]},
    api={"key_sha256": "0" * 64},
)
EDIFACT: Final = interchange(
    order(
        *("LIN+1", "PIA+5+1001:SA", "IMD+F++:::Cordless drill", "QTY+21:10:PCE", "DTM+2:20261127:102", "PRI+AAA:89.90"),
        *("LIN+2", "PIA+5+1004:SA", "IMD+F++:::Wood screws", "QTY+21:2.5:CT", "DTM+2:20261130:102", "PRI+AAA:6.75"),
        heading=(
            *("BGM+220+PO-77+9", "DTM+137:20261120:102", "DTM+2:20261128:102", "FTX+AAI+++Ring twice"),
            *(f"NAD+BY+{SENDER}::9", "NAD+DP+++Works South+Lagerstr. 7+Nürnberg++90402+DE", "CUX+2:EUR:9"),
        ),
    )
)
_ADDRESS: Final = (
    '<ShipTo><Address><Name xml:lang="en">Works South</Name><PostalAddress><Street>Lagerstr. 7</Street>'
    '<City>Nürnberg</City><PostalCode>90402</PostalCode><Country isoCountryCode="DE"/>'
    "</PostalAddress></Address></ShipTo>"
)
_LINES: Final = (
    ("1001", "10", "PCE", "2026-11-27", "89.90", "Cordless drill"),
    ("1004", "2.5", "CT", "2026-11-30", "6.75", "Wood screws"),
)


def _cxml() -> bytes:
    items = "".join(
        item(
            quantity,
            attributes=f'lineNumber="{number}" requestedDeliveryDate="{day}"',
            item_id=f"<SupplierPartID>{part}</SupplierPartID>",
            detail=f'<UnitPrice><Money currency="EUR">{price}</Money></UnitPrice><Description>{text}</Description>',
            unit=unit,
        )
        for number, (part, quantity, unit, day, price, text) in enumerate(_LINES, start=1)
    )
    header = (
        '<OrderRequestHeader orderID="PO-77" orderDate="2026-11-20T09:30:00+01:00" '
        'requestedDeliveryDate="2026-11-28T00:00:00+01:00"><Total><Money currency="EUR">1</Money></Total>'
        f"{_ADDRESS}<Comments>Ring twice</Comments></OrderRequestHeader>"
    )
    return cxml(f"<Request><OrderRequest>{header}{items}</OrderRequest></Request>")


def _json() -> bytes:
    lines = [
        {
            "item_no": part,
            "quantity": quantity,
            "unit": unit,
            "requested_on": day,
            "net_price": price,
            "description": text,
        }
        for part, quantity, unit, day, price, text in _LINES
    ]
    where = {
        "name": "Works South",
        "street": ["Lagerstr. 7"],
        "city": "Nürnberg",
        "postal_code": "90402",
        "country": "DE",
    }
    heading = {"order_no": "PO-77", "ordered_on": "2026-11-20", "requested_on": "2026-11-28", "currency": "EUR"}
    return json.dumps(heading | {"note": "Ring twice", "ship_to": where, "lines": lines}).encode()


def _read(channel: Channel, content: bytes) -> PurchaseOrder:
    """Decode as the pipeline does."""
    [decoder] = [each.decoders[channel] for each in connect_all(Settings()) if channel in each.decoders]
    decoded = decoder.decode(content, DecodeHint(partner=PARTNER.key), PartnersOf(PARTNER))
    [message] = decoded.interchanges[0].messages
    assert message.order is not None, message
    return message.order


def _said(order: PurchaseOrder) -> PurchaseOrder:
    """Return the order without what only one syntax says: EDIFACT names the buyer again, which others do not."""
    parties = tuple(party for party in order.parties if party.role is not PartyRole.BUYER)
    return order.model_copy(update={"parties": parties})


@pytest.fixture(scope="module")
def orders() -> dict[Channel, PurchaseOrder]:
    """Return the order as each syntax brings it."""
    contents = {Channel.EDI: EDIFACT, Channel.PUNCHOUT: _cxml(), Channel.API: _json()}
    return {channel: _said(_read(channel, content)) for channel, content in contents.items()}


def test_the_bodies_are_equal(orders: dict[Channel, PurchaseOrder]) -> None:
    """But for the channel and what its answers must name."""
    bodies: list[dict[str, Any]] = [order.model_dump(exclude=set(CARRIAGE)) for order in orders.values()]

    assert bodies[0] == bodies[1] == bodies[2]
    assert [order.channel for order in orders.values()] == list(orders)


def test_their_digests_are_equal(orders: dict[Channel, PurchaseOrder]) -> None:
    """So one of them after another is the same order sent again, and makes no second sales order."""
    assert len({digest_of(order) for order in orders.values()}) == 1
    assert len({content_hash(order) for order in orders.values()}) == 3


def test_they_say_what_was_sent(orders: dict[Channel, PurchaseOrder]) -> None:
    """And not merely the same nothing."""
    for said in orders.values():
        assert (said.order_no, said.requested_on, said.currency) == ("PO-77", date(2026, 11, 28), "EUR")
        assert [(line.quantity, line.unit, line.net_price, line.requested_on) for line in said.lines] == [
            (Decimal(10), "PCE", Decimal("89.9"), date(2026, 11, 27)),
            (Decimal("2.5"), "CT", Decimal("6.75"), date(2026, 11, 30)),
        ]
        assert said.parties[0].city == "Nürnberg"
