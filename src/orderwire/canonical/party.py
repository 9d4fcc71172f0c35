"""Parties of a document, as the sender named them."""

from enum import StrEnum

from pydantic import Field

from orderwire.canonical.model import Canonical


class PartyRole(StrEnum):
    """UN/EDIFACT 3035, in words."""

    BUYER = "buyer"  # BY
    SUPPLIER = "supplier"  # SU, SE
    DELIVERY = "delivery"  # DP, ST
    INVOICEE = "invoicee"  # IV
    ULTIMATE_CONSIGNEE = "ultimate_consignee"  # UC
    OTHER = "other"


class PartyId(Canonical):
    scheme: str = Field(description="gln, duns, buyer, supplier, vat, or the sender's own scheme")
    value: str = Field(min_length=1)


class Party(Canonical):
    role: PartyRole
    ids: tuple[PartyId, ...] = ()
    name: str | None = None
    street: tuple[str, ...] = ()
    city: str | None = None
    postal_code: str | None = None
    country: str | None = Field(default=None, description="ISO 3166 alpha-2")
    contact: str | None = None
    phone: str | None = None
    email: str | None = None

    def id_of(self, scheme: str) -> str | None:
        """Return the party's identifier in `scheme`, or None."""
        return next((party_id.value for party_id in self.ids if party_id.scheme == scheme), None)
