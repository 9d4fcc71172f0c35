"""Events as a webshop gets them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from canonicals import a_shipment, an_inventory_report, an_invoice
from fakes.documents import a_partner
from orderwire.canonical.model import Canonical
from orderwire.canonical.party import PartyId
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.api.events import WebhookEncoder
from orderwire.errors import MappingError

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def a_webshop(**changes: Any) -> PartnerProfile:
    return a_partner(key="webshop", folder=None, **{"http": {"url": "https://shop.example/hook"}, **changes})


@pytest.mark.parametrize(
    ("body", "kind"),
    [(a_shipment(), "shipment.posted"), (an_invoice(), "invoice.posted"), (an_inventory_report(), "stock.reported")],
)
def test_a_body_is_told_as_it_is(body: Canonical, kind: str) -> None:
    """The data is the event's, in the published schema, with its type, a number and the time."""
    document = WebhookEncoder().encode(body, a_webshop(), 12, NOW)

    assert document is not None
    told = json.loads(document.content)
    assert (told["event"], told["number"], told["sent_at"]) == (kind, 12, "2026-11-25T09:30:00+00:00")
    assert type(body).model_validate(told["data"]) == body
    assert (document.name, document.media_type) == (f"{kind}_webshop_12.json", "application/json")


def test_who_has_no_address_is_told_nothing() -> None:
    """A webshop that only calls gets its answers in the calls."""
    assert WebhookEncoder().encode(a_shipment(), a_webshop(http=None), 1, NOW) is None


def test_what_has_no_webhook_is_an_error() -> None:
    """It would otherwise be lost without a word."""
    with pytest.raises(MappingError, match="no webhook"):
        WebhookEncoder().encode(PartyId(scheme="gln", value="1"), a_webshop(), 1, NOW)
