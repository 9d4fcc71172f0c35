"""What all documents of ours to one partner share: numbers, references, money, language."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lxml import etree
from pydantic import SecretStr

from orderwire.canonical.order import ItemId, ItemScheme
from orderwire.canonical.party import Party, PartyRole
from orderwire.config.cxml import CxmlKind, CxmlProfile
from orderwire.connectors.punchout.elements import to_instant
from orderwire.connectors.punchout.writing import Dtd, Heading, element, instant, money, write_request
from orderwire.errors import MappingError
from orderwire.ports.intake import OutboundDocument

#: Which DTD describes a document.
DTDS: dict[CxmlKind, Dtd] = {
    "ConfirmationRequest": "Fulfill.dtd",
    "ShipNoticeRequest": "Fulfill.dtd",
    "InvoiceDetailRequest": "InvoiceDetail.dtd",
    "StatusUpdateRequest": "cXML.dtd",
}
#: Contact@role of a party.
_ROLES = {
    PartyRole.BUYER: "soldTo",
    PartyRole.SUPPLIER: "from",
    PartyRole.DELIVERY: "shipTo",
    PartyRole.INVOICEE: "billTo",
}


@dataclass(frozen=True, slots=True)
class Tongue:
    """How one document is said to one partner."""

    profile: CxmlProfile
    partner: str
    control_no: int
    now: datetime
    secret: SecretStr | None
    test: bool
    refs: dict[str, str]
    default_unit: str | None = None
    price_tolerance: Decimal | None = None  # percent; None: the partner is told of no price

    @property
    def payload_id(self) -> str:
        """Id of the document: unique, for a partner's numbers never come twice."""
        return f"{self.now:%Y%m%d%H%M%S}.{self.control_no}.{self.partner}@orderwire"

    def document(self, kind: CxmlKind, body: etree._Element) -> OutboundDocument:
        """Return the whole document."""
        heading = Heading(self.profile, self.payload_id, self.now, self.secret, test=self.test, dtd=DTDS[kind])
        name = f"{kind}-{self.control_no:06d}.xml"
        return OutboundDocument(kind, write_request(body, heading), name, "text/xml; charset=UTF-8", self.payload_id)

    def order_reference(self, order_no: str, *, known: bool = True) -> etree._Element:
        """Return the order as the buyer's system knows it: by number, date and payloadID; the last may be empty."""
        ordered = to_instant(self.refs.get("order_date", "")) if known else None
        document = element("DocumentReference", payloadID=self.refs.get("payload_id", "") if known else "")
        return element("OrderReference", document, orderID=order_no, orderDate=instant(ordered) if ordered else None)

    def unit(self, code: str | None, otherwise: str | None = None) -> etree._Element:
        """Return the unit as the buyer gave it; where it gave none, what that means with this partner."""
        return element("UnitOfMeasure", code or self.default_unit or otherwise or "")

    def comments(self, text: str | None) -> etree._Element | None:
        return element("Comments", text, lang=self.profile.lang) if text else None

    def text(self, tag: str, text: str, **attributes: str) -> etree._Element:
        """Return an element whose language must be said."""
        return element(tag, text, lang=self.profile.lang, **attributes)

    def contact(self, party: Party) -> etree._Element | None:
        """Return a party with its name and address; None: it has no name or no role here."""
        role = _ROLES.get(party.role)
        if role is None or not party.name:
            return None
        number_ = party.ids[0] if party.ids else None
        postal = _postal(party)
        ids = {"addressID": number_.value, "addressIDDomain": number_.scheme} if number_ else {}
        return element("Contact", self.text("Name", party.name), postal, role=role, **ids)


def item_id(ids: tuple[ItemId, ...], item_no: str | None = None) -> etree._Element:
    """Return the item under our number and the buyer's."""
    named = {each.scheme: each.value for each in reversed(ids)}
    ours = named.get(ItemScheme.SUPPLIER) or item_no or next(iter(named.values()), "")
    buyers = named.get(ItemScheme.BUYER)
    return element("ItemID", element("SupplierPartID", ours), element("BuyerPartID", buyers) if buyers else None)


def priced(tag: str, amount: Decimal, currency: str | None) -> etree._Element:
    """Return an element with Money.

    Raises:
        MappingError: nobody said in which currency.
    """
    if currency is None:
        raise MappingError("an amount has no currency, which cXML asks for", element=tag)
    return money(tag, amount, currency)


def line_number(text: str | None) -> str:
    """Return the number of an order line.

    Raises:
        MappingError: there is none.
    """
    if not text:
        raise MappingError("a line refers to no line of the order, which cXML asks for")
    return text


def _postal(party: Party) -> etree._Element | None:
    if not party.street or not party.city or not party.country:
        return None
    code = element("PostalCode", party.postal_code) if party.postal_code else None
    country = element("Country", party.country, isoCountryCode=party.country)
    street = [element("Street", line) for line in party.street]
    return element("PostalAddress", *street, element("City", party.city), code, country)
