"""Sales orders as NAV makes them without a user interface."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from orderwire.simulators.nav.faults import NavFault
from orderwire.simulators.nav.sales import LineChange, SalesOrders
from orderwire.simulators.nav.tables import SalesHeader
from orderwire.simulators.nav.users import OtherUsers
from orderwire.simulators.nav.values import Value
from orderwire.simulators.nav.world import World


def line(item_no: str, quantity: int | str, **more: Value) -> LineChange:
    return LineChange({"type": "Item", "no": item_no, "quantity": Decimal(quantity), **more})


def order(sales: SalesOrders, *lines: LineChange, **header: Value) -> SalesHeader:
    return sales.create({"customer_no": "C1", **header}, lines)


def refusal(caught: pytest.ExceptionInfo[NavFault]) -> tuple[str, str]:
    return caught.value.exception, caught.value.text


def test_blank_number_is_drawn_from_the_series(sales: SalesOrders) -> None:
    """An order without number gets the next one; the company opened with SO-000001."""
    assert order(sales).no == "SO-000002"
    assert order(sales, no="SO-000003").no == "SO-000003"
    assert order(sales).no == "SO-000004"


def test_same_number_twice_is_a_duplicate_key(sales: SalesOrders) -> None:
    """The primary key is the only thing NAV keeps unique on sales orders."""
    order(sales, no="OW-1", external_document_no="PO1")
    order(sales, no="OW-2", external_document_no="PO1")
    with pytest.raises(NavFault) as caught:
        order(sales, no="OW-1")
    assert refusal(caught) == (
        "NavCSideDuplicateKeyException",
        "The Sales Header already exists. Identification fields and values: Document Type='Order',No.='OW-1'",
    )


def test_lines_are_numbered_priced_and_described(world: World, sales: SalesOrders) -> None:
    """Lines get 10000, 20000 …, description, base unit and price from the item, and the header's date."""
    no = order(sales, line("1001", 2), line("1001", 3, unit_code="CARTON"), requested_on=date(2026, 4, 1)).no
    first, second = world.lines_of(no)
    assert (first.line_no, first.unit_code, first.unit_price, first.description) == (
        10000, "PCS", Decimal("89.90"), "Drill",
    )  # fmt: skip
    assert (second.line_no, second.unit_price, second.line_amount) == (20000, Decimal("539.40"), Decimal("1618.20"))
    assert second.requested_on == date(2026, 4, 1)
    assert world.orders.rows[no,].order_date == world.today()


def test_a_price_of_ones_own_stands(world: World, sales: SalesOrders) -> None:
    """A unit price in the request overrides the item's."""
    no = order(sales, line("1001", 1, unit_price=Decimal(80))).no
    assert world.lines_of(no)[0].unit_price == Decimal(80)


def test_order_entry_never_looks_at_stock(world: World, sales: SalesOrders) -> None:
    """NAV sells what it has not, over SOAP: availability goes below zero."""
    order(sales, line("1002", 500))
    assert world.qty_on_sales_order("1002") == 500
    assert world.available("1002") == -492


def test_qty_on_sales_order_counts_base_units(world: World, sales: SalesOrders) -> None:
    """Three cartons of six are eighteen pieces; deleting gives them back."""
    header = order(sales, line("1001", 3, unit_code="CARTON"))
    assert world.qty_on_sales_order("1001") == 38
    sales.delete(header)
    assert world.qty_on_sales_order("1001") == 20


@pytest.mark.parametrize(
    ("bad", "exception", "text"),
    [
        (line("9999", 1), "NavCSideValidateTableRelationException",
         "The field No. of table Sales Line contains a value (9999) that cannot be found in the related table (Item)."),
        (line("1001", 1, unit_code="PALLET"), "NavCSideValidateTableRelationException",
         ("The field Unit of Measure Code of table Sales Line contains a value (PALLET) that cannot be found in the "
         "related table (Item Unit of Measure).")),
        (line("1008", 1), "NavTestFieldException",
         "Blocked must be equal to 'No'  in Item: No.=1008. Current value is 'Yes'."),
        (LineChange({"no": "1001"}), "NavCSideValidateTableRelationException",
         ("The field No. of table Sales Line contains a value (1001) that cannot be found in the related table "
         "(Standard Text).")),
        (LineChange({"type": "Item", "quantity": Decimal(1)}), "NavTestFieldException",
         ("No. must have a value in Sales Line: Document Type=Order, Document No.=SO-000002, Line No.=20000. "
         "It cannot be zero or empty.")),
        (line("1001", 1, line_no=10000), "NavCSideDuplicateKeyException",
         ("The Sales Line already exists. Identification fields and values: "
         "Document Type='Order',Document No.='SO-000002',Line No.='10000'")),
        (line("1001", 1, location_code="WEST"), "NavCSideValidateTableRelationException",
         ("The field Location Code of table Sales Line contains a value (WEST) that cannot be found in the related "
         "table (Location).")),
        (line("1001", 1, variant_code="RED"), "NavCSideValidateTableRelationException",
         ("The field Variant Code of table Sales Line contains a value (RED) that cannot be found in the related "
         "table (Item Variant).")),
    ],
)  # fmt: skip
def test_a_bad_line_undoes_the_whole_order(
    world: World, sales: SalesOrders, bad: LineChange, exception: str, text: str
) -> None:
    """NAV says no in its own words, and nothing of the call remains."""
    before = (dict(world.orders.rows), dict(world.lines.rows), world.commits, world.qty_on_sales_order("1001"))
    with pytest.raises(NavFault) as caught:
        order(sales, line("1001", 1), bad)
    assert refusal(caught) == (exception, text)
    assert (dict(world.orders.rows), dict(world.lines.rows), world.commits, world.qty_on_sales_order("1001")) == before
    assert order(sales).no == "SO-000002"


@pytest.mark.parametrize(
    ("header", "exception", "text"),
    [
        ({"customer_no": "C7"}, "NavCSideValidateTableRelationException",
         ("The field Sell-to Customer No. of table Sales Header contains a value (C7) that cannot be found in the "
         "related table (Customer).")),
        ({"customer_no": "C2"}, "NavNCLDialogException",
         "You cannot create this type of document when Customer C2 is blocked with type Ship"),
        ({"currency_code": "XXX"}, "NavCSideValidateTableRelationException",
         ("The field Currency Code of table Sales Header contains a value (XXX) that cannot be found in the related "
         "table (Currency).")),
    ],
)  # fmt: skip
def test_a_bad_header_is_refused(sales: SalesOrders, header: dict[str, Value], exception: str, text: str) -> None:
    """Unknown and blocked customers and unknown currencies are refused in NAV's words."""
    with pytest.raises(NavFault) as caught:
        order(sales, **header)
    assert refusal(caught) == (exception, text)


def test_lines_need_a_customer(sales: SalesOrders) -> None:
    """An empty header is made, but bears no lines before it has a customer."""
    header = sales.create({})
    with pytest.raises(NavFault, match=r"Sell-to Customer No\. must have a value"):
        sales.modify(header, {}, [line("1001", 1)])


def test_modify_changes_what_is_said_and_keeps_the_rest(world: World, sales: SalesOrders) -> None:
    """A named line changes, an unnamed one stays, a new one is appended, and the price stays when the unit does."""
    header = order(sales, line("1001", 2), line("1002", 5), external_document_no="PO1")
    first, second = world.lines_of(header.no)
    changes = [LineChange({"quantity": Decimal(4)}, first), line("1001", 1)]
    modified = sales.modify(header, {"external_document_no": "PO2"}, changes)
    assert (modified.external_document_no, modified.customer_no) == ("PO2", "C1")
    assert {it.line_no: it.quantity for it in world.lines_of(header.no)} == {10000: 4, 20000: 5, 30000: 1}
    assert world.lines_of(header.no)[1] == second
    assert modified.rowversion > header.rowversion


def test_modify_without_difference_saves_nothing(world: World, sales: SalesOrders) -> None:
    """The server persists only values that differ: same Key, no commit."""
    header = order(sales, line("1001", 2))
    first = world.lines_of(header.no)[0]
    commits = world.commits
    assert sales.modify(header, {"customer_no": "C1"}, [LineChange({"quantity": Decimal(2)}, first)]) == header
    assert world.commits == commits


def test_deleting_a_line_makes_the_header_stale(world: World, sales: SalesOrders) -> None:
    """After Delete_SalesLines the header has a new rowversion."""
    header = order(sales, line("1001", 2), line("1002", 1))
    sales.delete_line(world.lines_of(header.no)[0])
    assert world.orders.rows[header.no,].rowversion > header.rowversion
    assert [it.line_no for it in world.lines_of(header.no)] == [20000]


def test_released_order_is_closed_to_changes(world: World, sales: SalesOrders, users: OtherUsers) -> None:
    """Status must be Open to change lines or customer or to delete; the external document number is free."""
    header = order(sales, line("1001", 2))
    users.set_status(header.no, "Released")
    header = world.orders.rows[header.no,]
    text = (
        rf"Status must be equal to 'Open'  in Sales Header: Document Type=Order, No\.={header.no}\. "
        r"Current value is 'Released'\."
    )
    first = world.lines_of(header.no)[0]
    with pytest.raises(NavFault, match=text):
        sales.modify(header, {}, [LineChange({"quantity": Decimal(4)}, first)])
    with pytest.raises(NavFault, match=text):
        sales.modify(header, {}, [line("1001", 1)])
    with pytest.raises(NavFault, match=text):
        sales.delete(header)
    with pytest.raises(NavFault, match=text):
        sales.delete_line(first)
    assert sales.modify(header, {"external_document_no": "PO9"}).external_document_no == "PO9"


def test_another_customer_asks_a_question_nobody_can_answer(world: World, sales: SalesOrders) -> None:
    """Changing the customer of an order with lines reaches a CONFIRM, which has no client."""
    header = order(sales, line("1001", 2))
    with pytest.raises(NavFault) as caught:
        sales.modify(header, {"customer_no": "C99999"})
    assert caught.value.exception == "NavNCLCallbackNotAllowedException"
    assert world.orders.rows[header.no,] == header


def test_names_of_records_stay(world: World, sales: SalesOrders) -> None:
    """Neither a header nor a line can be renumbered."""
    header = order(sales, line("1001", 2))
    with pytest.raises(NavFault, match="You cannot rename a Sales Header"):
        sales.modify(header, {"no": "OTHER"})
    with pytest.raises(NavFault, match="You cannot rename a Sales Line"):
        sales.modify(header, {}, [LineChange({"line_no": 5}, world.lines_of(header.no)[0])])


def test_no_room_after_the_last_line_number(sales: SalesOrders) -> None:
    """A line number at the end of the integers leaves no room for another line."""
    with pytest.raises(NavFault, match="not enough space"):
        order(sales, line("1001", 1, line_no=2_147_483_647), line("1001", 1))


def test_commit_log_tells_history(world: World, sales: SalesOrders, users: OtherUsers) -> None:
    """Each commit says what stood then, in whose name, and what was free of the items it touched."""
    header = order(sales, line("1001", 2, unit_code="CARTON"), no="OW-1", external_document_no="PO1")
    sales.delete(replace(header))
    users.buy("1002", Decimal(3))
    opened, created, deleted, bought = world.commits
    assert [it.sequence for it in world.commits] == [1, 2, 3, 4]
    assert (opened.by, created.by, deleted.action, bought.by) == ("user", "service", "delete", "user")
    assert (created.order_no, created.external_document_no) == ("OW-1", "PO1")
    assert [it.item_no for it in created.lines] == ["1001"]
    assert [it.quantity_base for it in created.lines] == [12]
    assert created.available == {"1001": 88}
    assert deleted.available == {"1001": 100}
    assert bought.available == {"1002": 5}
