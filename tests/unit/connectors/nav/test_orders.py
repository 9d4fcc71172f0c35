"""Sales orders: one call, and the reading back."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from navwire import NAV, SALES_LINE, SALES_ORDER, WRITES, ScriptedLanes, answer, fault, record, rows, without, wsdl
from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.connection import Reply
from orderwire.connectors.nav.orders import Orders
from orderwire.connectors.nav.posted import PostedOrders
from orderwire.connectors.nav.wants import Page
from orderwire.errors import (
    ContractError,
    DuplicateConflictError,
    ErpRefusedError,
    InDoubtError,
    MappingError,
    OrderwireError,
    UnavailableError,
)
from orderwire.ports.erp import ErpOrder, ErpOrderLine, SalesLineDraft, SalesOrderDraft, ShipTo

DRAFT = SalesOrderDraft(
    no="OW-1",
    external_document_no="po-4711",
    customer_no="C10000",
    ordered_on=date(2026, 3, 1),
    requested_on=date(2026, 3, 9),
    currency="EUR",
    lines=[
        SalesLineDraft(10000, "1001", Decimal("1E+1"), "PCS", date(2026, 3, 8)),
        SalesLineDraft(20000, "1002", Decimal("2.5"), "CARTON"),
    ],
)
HEADER = {
    "Key": "H1",
    "No": "OW-1",
    "Sell_to_Customer_No": "C10000",
    "External_Document_No": "PO-4711",
    "Status": "Open",
}


def line(line_no: int, item_no: str, quantity: str, unit: str, **more: str) -> dict[str, str]:
    fields = {"Key": f"L{line_no}", "Type": "Item", "No": item_no, "Quantity": quantity, "Unit_of_Measure_Code": unit}
    return {**fields, "Unit_Price": "14.50", "Line_No": str(line_no), **more}


LINES = [line(10000, "1001", "10", "PCS"), line(20000, "1002", "2.50", "CARTON")]
STANDING = ErpOrder(
    no="OW-1",
    external_document_no="PO-4711",
    customer_no="C10000",
    posted=False,
    lines=(
        ErpOrderLine(10000, "1001", Decimal(10), "PCS", Decimal("14.50")),
        ErpOrderLine(20000, "1002", Decimal("2.50"), "CARTON", Decimal("14.50")),
    ),
)
NOTHING = answer("SalesOrder", "Read", "")


def customer_name(no: str) -> str:
    return {"C10000": "Baumarkt"}.get(no, "")


def orders(lanes: ScriptedLanes, nav: NavSettings = NAV, *, posted: bool = True) -> Orders:
    shipments = PostedOrders(lanes.page(Page.POSTED_SHIPMENT, nav), nav) if posted else None
    return Orders(lanes.page(Page.SALES_ORDER, nav), shipments, nav, customer_name)


def created(header: dict[str, str] = HEADER, lines: list[dict[str, str]] = LINES) -> Reply:
    return answer("SalesOrder", "Create", record("SalesOrder", header, lines))


def read(header: dict[str, str] = HEADER, lines: list[dict[str, str]] = LINES) -> Reply:
    return answer("SalesOrder", "Read", record("SalesOrder", header, lines))


def create(lanes: ScriptedLanes, draft: SalesOrderDraft = DRAFT, nav: NavSettings = NAV) -> str:
    """Create an order, and return what was sent, without namespaces."""
    orders(lanes, nav).create(draft)
    return lanes.bodies("Create")[0].replace("ns0:", "")


def test_create_is_one_call_with_header_and_lines() -> None:
    """Fields stand in the page's order, decimals without exponent, prices are left to NAV."""
    body = create(ScriptedLanes().reply("SalesOrder.Create", created()))
    assert (
        "<No>OW-1</No><Sell_to_Customer_No>C10000</Sell_to_Customer_No><External_Document_No>po-4711"
        "</External_Document_No><Order_Date>2026-03-01</Order_Date><Requested_Delivery_Date>2026-03-09"
        "</Requested_Delivery_Date><SalesLines><Sales_Order_Line><Type>Item</Type><No>1001</No><Quantity>10</Quantity>"
        "<Unit_of_Measure_Code>PCS</Unit_of_Measure_Code><Requested_Delivery_Date>2026-03-08</Requested_Delivery_Date>"
        "</Sales_Order_Line><Sales_Order_Line><Type>Item</Type><No>1002</No><Quantity>2.5</Quantity>"
        "<Unit_of_Measure_Code>CARTON</Unit_of_Measure_Code></Sales_Order_Line></SalesLines>"
    ) in body
    assert "Unit_Price" not in body


def test_create_returns_navs_prices_and_numbers() -> None:
    """What stands in NAV is what is told."""
    lanes = ScriptedLanes().reply("SalesOrder.Create", created())
    assert orders(lanes).create(DRAFT) == STANDING


def test_create_lets_nav_number_the_order() -> None:
    """Without a number of ours NAV's number series decides."""
    lanes = ScriptedLanes().reply("SalesOrder.Create", created({**HEADER, "No": "SO-0815"}))
    assert orders(lanes).create(replace(DRAFT, no=None)).no == "SO-0815"
    assert "<ns0:SalesOrder><ns0:Sell_to" in lanes.bodies("Create")[0]


def test_create_cuts_the_external_document_number() -> None:
    """NAV keeps 35 characters; what stands is compared with what was sent."""
    long = "A" * 50
    lanes = ScriptedLanes().reply("SalesOrder.Create", created({**HEADER, "External_Document_No": "A" * 35}))
    assert f">{'A' * 35}<" in create(lanes, replace(DRAFT, external_document_no=long))


@pytest.mark.parametrize(
    ("local", "currency", "sent"),
    [(None, "USD", None), ("EUR", "EUR", None), ("EUR", "USD", "USD"), ("EUR", None, None)],
)
def test_create_names_foreign_currencies_only(local: str | None, currency: str | None, sent: str | None) -> None:
    """NAV's own currency has no code: naming it would be an unknown currency."""
    lanes = ScriptedLanes().reply("SalesOrder.Create", created())
    nav = NAV.model_copy(update={"local_currency": local})
    body = create(lanes, replace(DRAFT, currency=currency), nav)
    assert (f"<Currency_Code>{sent}</Currency_Code>" in body) if sent else ("Currency_Code" not in body)


def test_create_ignores_lines_that_nav_adds() -> None:
    """Extended texts and freight of NAV's own are not lines of the draft."""
    text = {"Key": "T", "Line_No": "15000", "Type": "_blank_"}
    freight = line(30000, "8400", "1", "", Type="G_L_Account")
    lanes = ScriptedLanes().reply("SalesOrder.Create", created(lines=[LINES[1], freight, text, LINES[0]]))
    assert orders(lanes).create(DRAFT) == STANDING


@pytest.mark.parametrize(
    ("header", "lines", "told"),
    [
        ({**HEADER, "External_Document_No": ""}, LINES, "External_Document_No"),
        ({**HEADER, "No": "SO-1"}, LINES, "No SO-1"),
        ({**HEADER, "Sell_to_Customer_No": "C2"}, LINES, "Sell_to_Customer_No C2"),
        (HEADER, LINES[:1], "1 lines"),
        (HEADER, [line(10000, "1001", "9", "PCS"), LINES[1]], "line 10000: 9 PCS of 1001"),
        (HEADER, [line(10000, "1009", "10", "PCS"), LINES[1]], "of 1009"),
        (HEADER, [line(10000, "1001", "10", "BOX"), LINES[1]], "10 BOX"),
    ],
)
def test_create_verifies_what_stands(header: dict[str, str], lines: list[dict[str, str]], told: str) -> None:
    """An order that is not the one asked for is never passed off as it."""
    lanes = ScriptedLanes().reply("SalesOrder.Create", created(header, lines))
    with pytest.raises(ErpRefusedError, match="another") as caught:
        orders(lanes).create(DRAFT)
    assert told in str(caught.value.facts["text"])


@pytest.mark.parametrize(
    "reply",
    [
        answer("SalesOrder", "Create", ""),
        created(lines=[line(10000, "1001", "many", "PCS")]),
        Reply(200, b"<html/>"),
        Reply(503, b""),
        fault("NavCSideDuplicateKeyException", "The Sales Header already exists."),
    ],
)
def test_create_is_in_doubt_when_the_answer_is_none(reply: Reply) -> None:
    """After Create left, only NAV itself can tell whether the order stands."""
    with pytest.raises(InDoubtError):
        orders(ScriptedLanes().reply("SalesOrder.Create", reply)).create(DRAFT)


@pytest.mark.parametrize(
    ("draft", "kind"),
    [
        (replace(DRAFT, external_document_no="a\x01b"), MappingError),
        (replace(DRAFT, external_document_no=" "), MappingError),
        (replace(DRAFT, no="X" * 21), MappingError),
    ],
)
def test_what_nav_cannot_hold_is_not_sent(draft: SalesOrderDraft, kind: type[OrderwireError]) -> None:
    """Such an order would be another one in NAV."""
    lanes = ScriptedLanes()
    for work in (orders(lanes).create, orders(lanes).find):
        with pytest.raises(kind):
            work(draft)
    assert lanes.bodies("Create") == []


def test_places_need_their_fields() -> None:
    """A page without locations takes no order from one; dates per line are left out where there are none."""
    poor = wsdl(
        "SalesOrder",
        SALES_ORDER,
        WRITES,
        lines=without(SALES_LINE, "Location_Code", "Variant_Code", "Requested_Delivery_Date"),
    )
    lanes = ScriptedLanes(wsdls={"SalesOrder": poor}).reply("SalesOrder.Create", created())
    assert create(lanes).count("Requested_Delivery_Date>") == 2
    for place in ({"location": "EAST"}, {"variant": "RED"}):
        placed = replace(DRAFT, lines=[replace(DRAFT.lines[0], **place)])  # type: ignore[arg-type]  # str fields
        with pytest.raises(ContractError):
            orders(lanes).create(placed)


def test_places_are_sent() -> None:
    """Location and variant stand on the line."""
    lanes = ScriptedLanes().reply("SalesOrder.Create", created(lines=LINES[:1]))
    body = create(lanes, replace(DRAFT, lines=[replace(DRAFT.lines[0], location="EAST", variant="RED")]))
    assert "<Variant_Code>RED</Variant_Code><Location_Code>EAST</Location_Code>" in body


# -- reading back

SHIPPED = {"No": "SSH-1", "Order_No": "OW-1", "Sell_to_Customer_No": "C10000", "External_Document_No": "PO-4711"}


def found(*replies: Reply, opened: Reply | None = None) -> ScriptedLanes:
    """Script the shipments page, and the sales order page's filter."""
    lanes = ScriptedLanes().reply("PostedSalesShipment.ReadMultiple", *replies)
    return lanes.reply("SalesOrder.ReadMultiple", opened or rows("SalesOrder"))


NO_SHIPMENT = rows("PostedSalesShipment")
SHIPMENT = rows("PostedSalesShipment", SHIPPED)
POSTED = ErpOrder("OW-1", "PO-4711", "C10000", posted=True, lines=())


def test_find_by_our_number() -> None:
    """One call finds an order that stands open under our number."""
    lanes = ScriptedLanes().reply("SalesOrder.Read", read())
    assert orders(lanes).find(DRAFT) == STANDING


def test_find_nothing() -> None:
    """Nowhere, open or posted, by number or by the customer's own."""
    lanes = found(NO_SHIPMENT, NO_SHIPMENT).reply("SalesOrder.Read", NOTHING)
    assert orders(lanes).find(DRAFT) is None


def test_find_without_a_shipment_page() -> None:
    """Where posted shipments are not published, open orders are all that can be found."""
    lanes = found().reply("SalesOrder.Read", NOTHING)
    assert orders(lanes, posted=False).find(DRAFT) is None


def test_find_posted_by_our_number() -> None:
    """An order that is posted and gone is still the order that the draft made."""
    lanes = found(SHIPMENT).reply("SalesOrder.Read", NOTHING)
    assert orders(lanes).find(DRAFT) == POSTED


@pytest.mark.parametrize("changed", [{"Sell_to_Customer_No": "C2"}, {"External_Document_No": "PO-1"}])
def test_find_refuses_another_order_of_our_number(changed: dict[str, str]) -> None:
    """The same number on another customer's or another purchase order is not ours."""
    opened = ScriptedLanes().reply("SalesOrder.Read", read({**HEADER, **changed}))
    posted = found(rows("PostedSalesShipment", {**SHIPPED, **changed})).reply("SalesOrder.Read", NOTHING)
    for lanes in (opened, posted):
        with pytest.raises(DuplicateConflictError):
            orders(lanes).find(DRAFT)


def test_find_tells_of_an_order_keyed_by_hand() -> None:
    """Somebody typed the same purchase order into NAV: a person decides."""
    by_hand = rows("SalesOrder", {**HEADER, "No": "SO-77"})
    lanes = found(NO_SHIPMENT, NO_SHIPMENT, opened=by_hand).reply("SalesOrder.Read", NOTHING)
    with pytest.raises(DuplicateConflictError) as caught:
        orders(lanes).find(DRAFT)
    assert caught.value.facts["nos"] == "SO-77"


def test_find_tells_of_an_order_that_nav_made_between_two_looks() -> None:
    """A Create that NAV was still at while it was looked for is ours, and no stranger's order."""
    lanes = found(NO_SHIPMENT, NO_SHIPMENT, opened=rows("SalesOrder", HEADER))
    lanes.reply("SalesOrder.Read", NOTHING, read())

    assert orders(lanes).find(DRAFT) == STANDING


def test_find_does_not_trust_cut_numbers() -> None:
    """Two purchase orders may share their first 35 characters; our own number tells them apart."""
    lanes = ScriptedLanes().reply("SalesOrder.Read", NOTHING).reply("PostedSalesShipment.ReadMultiple", NO_SHIPMENT)
    assert orders(lanes).find(replace(DRAFT, external_document_no="X" * 40)) is None
    assert lanes.bodies("ReadMultiple")[0].count("Order_No") == 1


NUMBERED = replace(DRAFT, no=None)


def test_find_by_the_customers_number() -> None:
    """With NAV's number series the customer's order number is the way back; rows of others are passed over."""
    others = [
        {**HEADER, "No": "SO-2", "Sell_to_Customer_No": "C2"},
        {**HEADER, "No": "SO-3", "External_Document_No": "X"},
    ]
    opened = rows("SalesOrder", {**HEADER, "No": "SO-1"}, *others)
    lanes = found(rows("PostedSalesShipment", {**SHIPPED, "Order_No": "SO-1"}), opened=opened)
    lanes.reply("SalesOrder.Read", read({**HEADER, "No": "SO-1"}))
    assert orders(lanes).find(NUMBERED) == replace(STANDING, no="SO-1")
    asked = lanes.bodies("ReadMultiple")[0]
    assert ":Criteria>C10000<" in asked
    assert ":Criteria>PO-4711<" in asked


def test_find_posted_by_the_customers_number() -> None:
    """Posted orders count, also when the order was posted between two calls."""
    assert orders(found(SHIPMENT)).find(NUMBERED) == POSTED
    between = found(NO_SHIPMENT, opened=rows("SalesOrder", HEADER)).reply("SalesOrder.Read", NOTHING)
    assert orders(between).find(NUMBERED) == POSTED


def test_find_refuses_two_orders_of_one_number() -> None:
    """Which of the two the draft made cannot be told."""
    opened = rows("SalesOrder", {**HEADER, "No": "SO-1"})
    with pytest.raises(DuplicateConflictError):
        orders(found(SHIPMENT, opened=opened)).find(NUMBERED)


def test_find_without_a_trace() -> None:
    """Nothing bears the customer's order number."""
    assert orders(found(NO_SHIPMENT)).find(NUMBERED) is None


def test_another_order_is_no_answer() -> None:
    """A read that answers with another order tells nothing."""
    lanes = ScriptedLanes().reply("SalesOrder.Read", read({**HEADER, "No": "OW-2"}))
    with pytest.raises(UnavailableError):
        orders(lanes).find(DRAFT)


#: A page that shows the customer by name only, and not the buyer's order number.
POOR = without(SALES_ORDER, "Sell_to_Customer_No", "External_Document_No", "Order_Date") | {
    "Sell_to_Customer_Name": "string"
}
POOR_HEADER = {"Key": "K", "No": "OW-1", "Sell_to_Customer_Name": "Baumarkt"}


def poor() -> ScriptedLanes:
    return ScriptedLanes(wsdls={"SalesOrder": wsdl("SalesOrder", POOR, WRITES)})


def test_a_page_without_the_customers_number_takes_it_in_the_name() -> None:
    """NAV looks the customer up by number there too; what the page has no place for is left out."""
    body = create(poor().reply("SalesOrder.Create", created(POOR_HEADER)))
    assert "<No>OW-1</No><Requested_Delivery_Date>2026-03-09</Requested_Delivery_Date>" in body
    assert "<Sell_to_Customer_Name>C10000</Sell_to_Customer_Name>" in body


def test_a_page_without_the_customers_number_is_verified_by_the_name() -> None:
    """An order of another customer is never taken for ours."""
    lanes = poor().reply("SalesOrder.Create", created({**POOR_HEADER, "Sell_to_Customer_Name": "Other"}))
    with pytest.raises(ErpRefusedError, match="another sales order"):
        orders(lanes).create(DRAFT)


def test_doubles_are_told_by_our_number_alone() -> None:
    """Where NAV keeps no buyer's order number, the order of our number and this customer is the one we made."""
    lanes = poor().reply("SalesOrder.Read", read(POOR_HEADER))
    found = orders(lanes).find(DRAFT)
    assert found is not None
    assert found.no == "OW-1"
    with pytest.raises(DuplicateConflictError):
        orders(poor().reply("SalesOrder.Read", read({**POOR_HEADER, "Sell_to_Customer_Name": "Other"}))).find(DRAFT)


def test_a_number_that_nobody_bears_is_free() -> None:
    """Nothing open, nothing posted: the order does not exist, and no filter is sent that the page does not have."""
    lanes = (
        poor().reply("SalesOrder.Read", NOTHING).reply("PostedSalesShipment.ReadMultiple", rows("PostedSalesShipment"))
    )
    lanes.reply("PostedSalesShipment.ReadMultiple", rows("PostedSalesShipment"))
    assert orders(lanes).find(DRAFT) is None
    assert not [
        sent for sent in lanes.sent if (sent.call.service, sent.call.operation) == ("SalesOrder", "ReadMultiple")
    ]


def test_a_localised_page_is_written_and_read_under_its_own_names() -> None:
    """Mapped fields, lines and options are sent by their names, and understood when they come back."""
    names = {"External_Document_No": "Numero_commande", "SalesLines": "Lignes", "SalesLines.Quantity": "Quantite"}
    nav = NAV.model_copy(
        update={
            "fields": {"sales_order": names},
            "options": {"sales_order": {"SalesLines.Type": {"Item": "Article"}}},
        }
    )
    fields = {names.get(name, name): kind for name, kind in SALES_ORDER.items()}
    lines = {names.get(f"SalesLines.{name}", name): kind for name, kind in SALES_LINE.items()}
    page = wsdl("SalesOrder", fields, WRITES, lines=lines | {"Type": "enum _blank_ Article"})
    header = record("SalesOrder", {names.get(name, name): text for name, text in HEADER.items()}, LINES)
    theirs = header.replace("SalesLines>", "Lignes>").replace("Quantity>", "Quantite>").replace(">Item<", ">Article<")
    lanes = ScriptedLanes(wsdls={"SalesOrder": page}).reply("SalesOrder.Create", answer("SalesOrder", "Create", theirs))
    assert orders(lanes, nav).create(DRAFT) == STANDING
    body = lanes.bodies("Create")[0].replace("ns0:", "")
    assert "<Numero_commande>po-4711</Numero_commande>" in body
    assert "<Lignes><Sales_Order_Line><Type>Article</Type><No>1001</No><Quantite>10</Quantite>" in body


def shipped_to(place: ShipTo) -> SalesOrderDraft:
    return replace(DRAFT, ship_to=place)


def test_a_place_is_named_by_its_code() -> None:
    """NAV fills in the address of the code by itself."""
    lanes = ScriptedLanes().reply("SalesOrder.Create", created())
    orders(lanes).create(shipped_to(ShipTo(code="SOUTH")))
    body = lanes.bodies("Create")[0].replace("ns0:", "")
    assert "<Ship_to_Code>SOUTH</Ship_to_Code>" in body
    assert "Ship_to_Name" not in body


def test_an_address_is_written_whole() -> None:
    """Also what is empty in it, so that nothing of the customer's own address stays between."""
    lanes = ScriptedLanes().reply("SalesOrder.Create", created())
    place = ShipTo("", "Site 7", ("Gate 3", "Hall B", "Dock 9"), "Lyon", "69001", "FR")
    orders(lanes).create(shipped_to(place))
    body = lanes.bodies("Create")[0].replace("ns0:", "")
    for field, text in (("Name", "Site 7"), ("Address", "Gate 3"), ("Address_2", "Hall B, Dock 9"), ("City", "Lyon")):
        assert f"<Ship_to_{field}>{text}</Ship_to_{field}>" in body
    lanes.reply("SalesOrder.Create", created())
    orders(lanes).create(shipped_to(ShipTo(street=("Gate 3",), city="Lyon")))
    assert "<Ship_to_Address_2" in lanes.bodies("Create")[1].replace("ns0:", "")


@pytest.mark.parametrize("place", [ShipTo(street=("x" * 51,), city="Lyon"), ShipTo(street=("a\x00",), city="Lyon")])
def test_an_address_that_nav_cannot_hold(place: ShipTo) -> None:
    """It is not cut: goods would go astray."""
    with pytest.raises(MappingError):
        orders(ScriptedLanes()).create(shipped_to(place))


def test_a_page_without_addresses_takes_no_order_to_one() -> None:
    """Sent to the customer's own address it would be the wrong place."""
    bare = without(SALES_ORDER, "Ship_to_Code")
    lanes = ScriptedLanes(wsdls={"SalesOrder": wsdl("SalesOrder", bare, WRITES)})
    with pytest.raises(ContractError):
        orders(lanes).create(shipped_to(ShipTo(code="SOUTH")))


def test_the_day_of_delivery_is_told() -> None:
    """The promised day goes before the planned one."""
    both = line(10000, "1001", "10", "PCS", Planned_Delivery_Date="2026-03-10", Promised_Delivery_Date="2026-03-09")
    planned = line(20000, "1002", "2.50", "CARTON", Planned_Delivery_Date="2026-03-12")
    lanes = ScriptedLanes().reply("SalesOrder.Create", created(HEADER, [both, planned]))
    told = orders(lanes).create(DRAFT)
    assert [each.promised_on for each in told.lines] == [date(2026, 3, 9), date(2026, 3, 12)]
