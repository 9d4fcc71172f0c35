"""cXML documents for tests, as a procurement system would write them; and the partner that writes them."""

from datetime import UTC, datetime
from typing import Any, Final

from lxml import etree

from fakes.documents import a_line, a_partner, an_order
from orderwire.canonical.response import AnsweredOrder, OrderResponse
from orderwire.config.profile import PartnerProfile
from orderwire.config.secrets import Secrets, variable_of

SECRET: Final = "abracadabra"
BUYER: Final = "PROCURE-T"
US: Final = "4099998000013"
PAYLOAD_ID: Final = "1763712000.17.4711@procure.example.com"


def a_buyer(key: str = "procure", cxml: dict[str, Any] | None = None, **changes: Any) -> PartnerProfile:
    """Return a partner that speaks cXML."""
    fields: dict[str, Any] = {
        "identities": [{"domain": "NetworkID", "identity": BUYER}],
        "ours": [{"domain": "DUNS", "identity": US}],
    }
    return a_partner(
        key=key,
        name="Procure AG",
        customer_no="C50000",
        cxml=fields | (cxml or {}),
        http={"url": "https://procure.example.com/cxml", "auth": "none"},
        folder=None,
        **changes,
    )


def secrets(secret: str = SECRET, key: str = "procure") -> Secrets:
    """Return the secrets of a process that knows the buyer's."""
    return Secrets({variable_of(key, "cxml.shared_secret"): secret})


def credential(domain: str, identity: str, proof: str = "", kind: str = "") -> str:
    marked = f' type="{kind}"' if kind else ""
    return f'<Credential domain="{domain}"{marked}><Identity>{identity}</Identity>{proof}</Credential>'


def shared(secret: str = SECRET) -> str:
    return f"<SharedSecret>{secret}</SharedSecret>"


def header(from_: str = "", to: str = "", sender: str = "") -> str:
    """Return a Header; each party is one or several Credentials."""
    from_ = from_ or credential("NetworkId", BUYER)
    to = to or credential("DUNS", US)
    sender = sender or credential("NetworkID", BUYER, shared())
    agent = "<UserAgent>Procure 9</UserAgent>"
    return f"<Header><From>{from_}</From><To>{to}</To><Sender>{sender}{agent}</Sender></Header>"


def cxml(
    content: str = "<Request><ProfileRequest/></Request>",
    head: str | None = None,
    *,
    payload_id: str = PAYLOAD_ID,
    doctype: str = '<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.014/cXML.dtd">',
    encoding: str = "UTF-8",
) -> bytes:
    """Return a whole document."""
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>{doctype}<cXML payloadID="{payload_id}" '
        f'timestamp="2026-11-21T08:00:00+01:00" version="1.2.014" xml:lang="en-US">'
        f"{header() if head is None else head}{content}</cXML>"
    )
    return text.encode(encoding)


def item(
    quantity: str = "2",
    *,
    attributes: str = 'lineNumber="1"',
    item_id: str = "<SupplierPartID>1001</SupplierPartID>",
    detail: str = '<UnitPrice><Money currency="EUR">89.90</Money></UnitPrice>',
    unit: str = "PCE",
    rest: str = "",
    tag: str = "ItemOut",
) -> str:
    """Return an ItemOut."""
    described = f'{detail}<Description xml:lang="en">Drill</Description><UnitOfMeasure>{unit}</UnitOfMeasure>'
    return (
        f'<{tag} quantity="{quantity}" {attributes}><ItemID>{item_id}</ItemID>'
        f"<ItemDetail>{described}</ItemDetail>{rest}</{tag}>"
    )


def order_request(
    *items: str, attributes: str = "", heading: str = "", order_no: str = "PO-1", mode: str = "production"
) -> str:
    """Return a Request that orders."""
    total = '<Total><Money currency="EUR">179.80</Money></Total>'
    head = (
        f'<OrderRequestHeader orderID="{order_no}" orderDate="2026-11-20T09:30:00+01:00" {attributes}>{total}{heading}'
    )
    lines = "".join(items or (item(),))
    return f'<Request deploymentMode="{mode}"><OrderRequest>{head}</OrderRequestHeader>{lines}</OrderRequest></Request>'


REFS: Final = {"payload_id": PAYLOAD_ID, "order_date": "2026-11-20T09:30:00-0100"}


def an_answer(*lines: dict[str, Any], outcome: str = "accepted", **changes: Any) -> AnsweredOrder:
    """Return an answer to a cXML order; each line is what differs from ten drills, all confirmed."""
    fields = [
        {
            "line_no": str(number),
            "item_ids": ({"scheme": "supplier", "value": "1001"}, {"scheme": "buyer", "value": "B-1"}),
            "item_no": "1001",
            "outcome": "accepted",
            "unit": "PCE",
            "ordered": "10",
            "confirmed": "10",
            "unit_price": "89.90",
            **line,
        }
        for number, line in enumerate(lines or ({},), start=1)
    ]
    ordered = tuple(
        a_line("1001", str(line["ordered"]), "PCE", net_price="89.90", line_no=line["line_no"]) for line in fields
    )
    order = an_order(*ordered, partner="procure", channel="punchout", channel_refs=REFS, currency="EUR")
    response = {
        "order_no": order.order_no,
        "partner": "procure",
        "outcome": outcome,
        "erp_no": "SO-1",
        "currency": "EUR",
        "decided_at": datetime(2026, 11, 21, 8, tzinfo=UTC),
        "lines": fields,
    }
    return AnsweredOrder(order=order, response=OrderResponse.model_validate(response | changes))


def parse(content: bytes) -> etree._Element:
    """Return the root of a document of ours."""
    return etree.fromstring(content)
