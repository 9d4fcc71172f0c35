"""NAV's pages read for what changed, in NAV's grammar."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from navwire import NAV, PAGES, READS, SHIPMENT, ScriptedLanes, answer, record, rows, without, wsdl
from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.connection import Reply
from orderwire.connectors.nav.follow import NavFollower
from orderwire.connectors.nav.wants import Page
from orderwire.errors import ContractError, UnavailableError
from orderwire.ports.follow import PostedKind

HEAD = {"Key": "k1", "No": "SSH-1", "Order_No": "OW-1", "External_Document_No": "PO-1", "Posting_Date": "2026-11-21"}
LINE = {"Type": "Item", "No": "1001", "Description": "Drill", "Quantity": "2.5", "Unit_of_Measure_Code": "PCS"}


def follower(lanes: ScriptedLanes, nav: NavSettings = NAV) -> NavFollower:
    return NavFollower({page: lanes.page(page, nav) for page in PAGES}, nav)


def documents(service: str, part: str, entity: str, *heads: Mapping[str, str], line: Mapping[str, str]) -> Reply:
    """A ReadMultiple answer of documents with one line each."""
    records = "".join(
        record(service, head).removesuffix(f"</{service}>") + f"<{part}>{record(entity, line)}</{part}></{service}>"
        for head in heads
    )
    return answer(service, "ReadMultiple", f"<ReadMultiple_Result>{records}</ReadMultiple_Result>")


def shipments(*heads: Mapping[str, str], line: Mapping[str, str] | None = None) -> Reply:
    return documents(
        "PostedSalesShipment", "SalesShipmLines", "Posted_Sales_Shpt_Line", *heads, line={**LINE, **(line or {})}
    )


def test_shipments_after_a_number_are_read_whole() -> None:
    """One call brings headers with lines; the number is compared by NAV, and quoted where it must be."""
    lanes = ScriptedLanes().reply(
        "PostedSalesShipment.ReadMultiple", shipments({**HEAD, "Package_Tracking_No": "1Z"}, line={"Line_No": "10000"})
    )

    (found,) = follower(lanes).posted(PostedKind.SHIPMENT, after="S 0", limit=50)

    assert (found.no, found.order_no, found.posted_on, found.tracking_no) == ("SSH-1", "OW-1", date(2026, 11, 21), "1Z")
    (line,) = found.lines
    assert (line.line_no, line.kind, line.item_no, line.quantity) == (10000, "Item", "1001", Decimal("2.5"))
    (asked,) = lanes.bodies("ReadMultiple")
    assert "<n:Criteria>&gt;'S 0'</n:Criteria>" in asked
    assert "<n:setSize>50</n:setSize>" in asked


def test_a_line_without_number_has_none() -> None:
    """NAV's own subpage shows no line number."""
    lanes = ScriptedLanes().reply("PostedSalesShipment.ReadMultiple", shipments(HEAD))

    (found,) = follower(lanes).posted(PostedKind.SHIPMENT, after="", limit=50)

    assert found.lines[0].line_no is None
    assert "<n:Criteria>&lt;&gt;''</n:Criteria>" in lanes.bodies("ReadMultiple")[0]


def test_invoices_carry_amounts_and_taxes() -> None:
    """What an invoice needs stands on its lines; the sweep asks by posting date as the server reads dates."""
    line = {"Unit_Price": "10", "Line_Amount": "23.75", "VAT_Percent": "19", "Inv_Discount_Amount": "1.5"}
    head = {**HEAD, "No": "SIN-1", "Due_Date": "2026-12-21", "Currency_Code": "USD"}
    reply = documents("PostedSalesInvoice", "SalesInvLines", "Posted_Sales_Invoice_Line", head, line={**LINE, **line})
    lanes = ScriptedLanes().reply("PostedSalesInvoice.ReadMultiple", reply)

    (found,) = follower(lanes).posted(PostedKind.INVOICE, after="", limit=9, since=date(2026, 11, 18))

    assert (found.due_on, found.currency) == (date(2026, 12, 21), "USD")
    (billed,) = found.lines
    assert (billed.amount, billed.discount, billed.vat_percent) == (Decimal("23.75"), Decimal("1.5"), Decimal(19))
    assert "<n:Criteria>&gt;=11/18/2026</n:Criteria>" in lanes.bodies("ReadMultiple")[0]


@pytest.mark.parametrize(
    ("shown", "shipment_no", "of_shipments"), [(True, "SSH-1", True), (True, "", False), (False, "", None)]
)
def test_an_invoice_says_whether_it_is_of_shipments(
    *, shown: bool, shipment_no: str, of_shipments: bool | None
) -> None:
    """Its lines name them; where the page does not show that nobody knows."""
    line = {**LINE, "Shipment_No": shipment_no} if shown else LINE
    head = {**HEAD, "No": "SIN-1", "Order_No": ""}
    reply = documents("PostedSalesInvoice", "SalesInvLines", "Posted_Sales_Invoice_Line", head, line=line)
    lanes = ScriptedLanes().reply("PostedSalesInvoice.ReadMultiple", reply)
    if not shown:
        lanes.wsdls["PostedSalesInvoice"] = lanes.wsdls["PostedSalesInvoice"].replace(b'"Shipment_No"', b'"Other_No"')

    (found,) = follower(lanes).posted(PostedKind.INVOICE, after="", limit=9)

    assert found.of_shipments is of_shipments


def test_bookmarks_lead_on_where_pages_are_small() -> None:
    """A look takes no more than its limit, in pages as large as the server may send, and never turns in a circle."""
    nav = NAV.model_copy(update={"page_rows": 2})
    pages = [shipments(*({**HEAD, "Key": f"k{no}", "No": f"S{no}"} for no in numbers)) for numbers in ((1, 2), (3,))]
    lanes = ScriptedLanes().reply("PostedSalesShipment.ReadMultiple", *pages)

    found = follower(lanes, nav).posted(PostedKind.SHIPMENT, after="", limit=3)

    assert [each.no for each in found] == ["S1", "S2", "S3"]
    first, second = lanes.bodies("ReadMultiple")
    assert "bookmarkKey" not in first
    assert "<n:bookmarkKey>k2</n:bookmarkKey><n:setSize>1</n:setSize>" in second

    still = [shipments(HEAD, HEAD)] * 2
    with pytest.raises(UnavailableError, match="do not lead on"):
        follower(ScriptedLanes().reply("PostedSalesShipment.ReadMultiple", *still), nav).posted(
            PostedKind.SHIPMENT, after="", limit=9
        )


def test_the_last_number_is_asked_of_nav() -> None:
    """Only NAV knows what is last in its order; an empty company has none."""
    lanes = ScriptedLanes().reply("PostedSalesShipment.ReadMultiple", shipments(HEAD), rows("PostedSalesShipment"))

    assert [follower(lanes).last_posted(PostedKind.SHIPMENT) for _ in range(2)] == ["SSH-1", ""]
    assert "<n:setSize>-1</n:setSize>" in lanes.bodies("ReadMultiple")[0]


@pytest.mark.parametrize("wrong", [{"Posting_Date": ""}, {"No": ""}, {"Posting_Date": "soon"}])
def test_what_is_no_document_is_not_believed(wrong: dict[str, str]) -> None:
    """A posted document has a number and a date; anything else is no answer."""
    lanes = ScriptedLanes().reply("PostedSalesShipment.ReadMultiple", shipments({**HEAD, **wrong}))

    with pytest.raises(UnavailableError):
        follower(lanes).posted(PostedKind.SHIPMENT, after="", limit=9)


def test_a_page_that_lacks_something_is_told() -> None:
    """Without a posting date shipments are not told of, and the error says what is missing."""
    lanes = ScriptedLanes()
    lanes.wsdls["PostedSalesShipment"] = wsdl("PostedSalesShipment", without(SHIPMENT, "Posting_Date"), READS)

    with pytest.raises(ContractError, match="Posting_Date"):
        follower(lanes).last_posted(PostedKind.SHIPMENT)


def test_open_orders_are_read_by_customer_and_by_number() -> None:
    """Lines that sell items come by number, with what was shipped and invoiced of them; nobody asks for no customer."""
    head = {"Key": "k", "No": "SO-1", "Sell_to_Customer_No": "C1", "Order_Date": "0001-01-01"}
    lines = [
        {"Type": "Item", "No": "1002", "Quantity": "3", "Quantity_Shipped": "1", "Line_No": "20000"},
        {"Type": "Item", "No": "1001", "Quantity": "5", "Quantity_Invoiced": "2", "Line_No": "10000"},
        {"Type": "G_L_Account", "No": "8400", "Quantity": "1", "Line_No": "30000"},
    ]
    reply = answer(
        "SalesOrder",
        "ReadMultiple",
        f"<ReadMultiple_Result>{record('SalesOrder', head, lines)}</ReadMultiple_Result>",
    )
    lanes = ScriptedLanes().reply("SalesOrder.ReadMultiple", reply, reply)
    reader = follower(lanes)

    (found,) = reader.open_orders(["C1", "C 2"], after="", limit=10)
    by_no = reader.orders_by_no(["so-1", "SO-2"])

    assert by_no == {"so-1": found}
    assert [(line.line_no, line.shipped, line.invoiced) for line in found.lines] == [
        (10000, Decimal(0), Decimal(2)),
        (20000, Decimal(1), Decimal(0)),
    ]
    assert found.ordered_on is None
    asked = lanes.bodies("ReadMultiple")
    assert "<n:Criteria>C1|'C 2'</n:Criteria>" in asked[0]
    assert "<n:Criteria>SO-1|SO-2</n:Criteria>" in asked[1]
    assert reader.open_orders([], after="", limit=10) == ()


def test_shipments_are_read_by_order() -> None:
    """All of them at once, by the order's number as NAV writes it; an order without one is absent."""
    heads = [{**HEAD, "No": no, "Order_No": order} for no, order in (("S1", "OW-1"), ("S2", "OW-1"), ("S3", "OW-2"))]
    lanes = ScriptedLanes().reply("PostedSalesShipment.ReadMultiple", shipments(*heads))

    found = follower(lanes).shipments_of(["ow-1", "OW-2", "OW-3"])

    assert {no: [each.no for each in group] for no, group in found.items()} == {"ow-1": ["S1", "S2"], "OW-2": ["S3"]}
    (asked,) = lanes.bodies("ReadMultiple")
    assert "<n:Field>Order_No</n:Field><n:Criteria>OW-1|OW-2|OW-3</n:Criteria>" in asked
    assert "<n:setSize>0</n:setSize>" in asked


def test_item_numbers_come_in_turn() -> None:
    """The item list is read from a number on."""
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", {"Key": "k", "No": "1002"}))

    assert follower(lanes).item_nos(after="1001", limit=1) == ["1002"]
    assert Page.ITEM in PAGES
