"""Page operations on request elements, without HTTP."""

from collections.abc import Callable
from decimal import Decimal
from xml.sax.saxutils import escape

import pytest
from lxml import etree

from orderwire.simulators.nav import soap
from orderwire.simulators.nav.faults import NavFault
from orderwire.simulators.nav.operations import PageService
from orderwire.simulators.nav.pages import PAGES
from orderwire.simulators.nav.users import OtherUsers
from orderwire.simulators.nav.world import World

Call = Callable[..., etree._Element]


@pytest.fixture
def call(world: World) -> Call:
    """Call an operation of a service with the inner XML of its element; returns the result element."""

    def calling(service: str, operation: str, content: str = "") -> etree._Element:
        page = PAGES[service]
        body = (
            f'<s:Envelope xmlns:s="{soap.SOAP}"><s:Body><{operation} xmlns="{page.namespace}">{content}'
            f"</{operation}></s:Body></s:Envelope>"
        )
        answer = PageService(world, page).call(soap.parse(body.encode()))
        assert etree.QName(soap.parse(answer)).localname == f"{operation}_Result"
        return soap.parse(answer)

    return calling


def texts(result: etree._Element, name: str) -> list[str]:
    return [element.text or "" for element in result.iterdescendants(f"{{*}}{name}")]


def names(result: etree._Element) -> list[str]:
    return [etree.QName(element).localname for element in result[0]]


def paging(bookmark: str, size: int) -> str:
    return f"<bookmarkKey>{bookmark}</bookmarkKey><setSize>{size}</setSize>"


def criteria(**fields: str) -> str:
    return "".join(
        f"<filter><Field>{name}</Field><Criteria>{escape(text)}</Criteria></filter>" for name, text in fields.items()
    )


def test_read_returns_the_page_in_its_order(call: Call) -> None:
    """Elements come in the page's order; blank text is absent, zero and false are there."""
    result = call("Item", "Read", "<No>1001</No>")
    assert names(result) == [
        "Key", "No", "Description", "Base_Unit_of_Measure", "Blocked", "GTIN", "Inventory", "Qty_on_Sales_Order",
        "Safety_Stock_Quantity", "Unit_Price",
    ]  # fmt: skip
    assert texts(result, "Qty_on_Sales_Order") == ["20"]
    assert "GTIN" not in names(call("Item", "Read", "<No>1002</No>"))


def test_zero_can_be_left_out(world: World) -> None:
    """Some servers leave default decimals out: so can this one."""
    request = soap.parse(
        f'<s:Envelope xmlns:s="{soap.SOAP}"><s:Body><Read xmlns="{PAGES["Item"].namespace}"><No>1002</No></Read>'
        "</s:Body></s:Envelope>".encode()
    )
    result = soap.parse(PageService(world, PAGES["Item"], omit_zero=True).call(request))
    assert "Qty_on_Sales_Order" not in names(result)
    assert "Inventory" in names(result)


def test_read_without_match_is_an_empty_result(call: Call) -> None:
    """Reading what is not there is no fault."""
    assert len(call("Item", "Read", "<No>9999</No>")) == 0
    assert len(call("Item", "ReadByRecId", "<recId>Item: 9999</recId>")) == 0


def test_read_by_two_keys(call: Call) -> None:
    """Units are read by item and code, in any case."""
    assert texts(call("ItemUnitsOfMeasure", "Read", "<Item_No>1001</Item_No><Code>carton</Code>"), "Code") == ["CARTON"]


def test_read_multiple_filters_and_sorts(call: Call) -> None:
    """Filters of several fields all hold; rows come by primary key; no filter at all is accepted."""
    found = call("Item", "ReadMultiple", criteria(No="1008|1001|nope", Blocked="No") + "<setSize>0</setSize>")
    assert texts(found, "No") == ["1001"]
    assert texts(call("Item", "ReadMultiple", "<setSize>0</setSize>"), "No") == ["1001", "1002", "1008"]
    assert texts(call("Item", "ReadMultiple", criteria(Qty_on_Sales_Order=">0")), "No") == ["1001"]


def test_paging_follows_the_bookmark_until_the_set_is_empty(call: Call) -> None:
    """The last row's Key asks for the next page; an empty page is the end."""
    seen, bookmark = [], ""
    while found := texts(page := call("Item", "ReadMultiple", paging(bookmark, 2)), "No"):
        seen += found
        bookmark = texts(page, "Key")[-1]
    assert seen == ["1001", "1002", "1008"]


def test_bookmark_of_a_deleted_row_still_marks_its_place(call: Call, world: World) -> None:
    """A row that is deleted between two pages loses no other row."""
    first = call("Item", "ReadMultiple", paging("", 2))
    world.remove(world.items, world.items.rows["1002",])
    assert texts(call("Item", "ReadMultiple", paging(texts(first, "Key")[-1], 2)), "No") == ["1008"]


def test_negative_set_size_reads_backwards(call: Call) -> None:
    """-1 is the last row; with a bookmark, the rows before it, last first."""
    assert texts(call("Item", "ReadMultiple", "<setSize>-1</setSize>"), "No") == ["1008"]
    key = texts(call("Item", "Read", "<No>1008</No>"), "Key")[0]
    back = call("Item", "ReadMultiple", paging(key, -5))
    assert texts(back, "No") == ["1002", "1001"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (criteria(Colour="red"), 'Instance validation error: "Colour" is not a valid value for Field.'),
        (criteria(No="(1"), 'The filter "(1" is not valid for the No field.'),
        ("<setSize>many</setSize>", 'The value "many" can\'t be evaluated into type Integer.'),
        ("<bookmarkKey>x</bookmarkKey>", 'The key "x" is not valid.'),
    ],
)
def test_a_read_that_cannot_be_understood_is_a_fault(call: Call, content: str, text: str) -> None:
    """Unknown filter fields, bad criteria, sizes and bookmarks are faults."""
    with pytest.raises(NavFault) as caught:
        call("Item", "ReadMultiple", content)
    assert caught.value.text == text


def test_is_updated_compares_rowversions(call: Call, users: OtherUsers) -> None:
    """A Key knows whether its record changed since."""
    key = f"<Key>{texts(call('Item', 'Read', '<No>1001</No>'), 'Key')[0]}</Key>"
    assert texts(call("Item", "IsUpdated", key), "IsUpdated_Result") == ["false"]
    users.stock("1001", Decimal(7))
    assert texts(call("Item", "IsUpdated", key), "IsUpdated_Result") == ["true"]


def test_record_id_leads_back(call: Call) -> None:
    """GetRecIdFromKey and ReadByRecId are inverse."""
    key = texts(call("SalesOrder", "Read", "<No>SO-000001</No>"), "Key")[0]
    record_id = texts(call("SalesOrder", "GetRecIdFromKey", f"<Key>{key}</Key>"), "GetRecIdFromKey_Result")[0]
    assert record_id == "Sales Header: Order,SO-000001"
    again = call("SalesOrder", "ReadByRecId", f"<recId>{record_id}</recId>")
    assert texts(again, "Key")[0] == key


def test_create_answers_with_the_whole_order(call: Call, world: World) -> None:
    """One call makes header and lines; codes are upper-cased, what the page does not know is passed over."""
    result = call(
        "SalesOrder",
        "Create",
        "<SalesOrder><No>ow-1</No><Colour>red</Colour><Sell_to_Customer_No>C1</Sell_to_Customer_No>"
        "<External_Document_No>po/1</External_Document_No><Status>Released</Status><SalesLines>"
        "<Sales_Order_Line><Quantity>2</Quantity><Type>Item</Type><No>1001</No></Sales_Order_Line>"
        "</SalesLines></SalesOrder>",
    )
    assert texts(result, "No") == ["OW-1", "1001"]
    assert texts(result, "External_Document_No") == ["PO/1"]
    assert texts(result, "Status") == ["Open"]
    assert texts(result, "Quantity") == ["2"]
    assert texts(result, "Document_No") == ["OW-1"]
    assert world.qty_on_sales_order("1001") == 22


@pytest.mark.parametrize("content", ["", "<SalesOrder/>"])
def test_create_without_body_makes_an_empty_header(call: Call, content: str) -> None:
    """The classic first of two steps: a header with a number from the series."""
    assert texts(call("SalesOrder", "Create", content), "No") == ["SO-000002"]


def test_create_multiple_is_all_or_nothing(call: Call, world: World) -> None:
    """Several orders are one transaction."""
    order = "<SalesOrder><No>{}</No></SalesOrder>"
    both = f"<SalesOrder_List>{order.format('OW-1')}{order.format('OW-2')}</SalesOrder_List>"
    again = f"<SalesOrder_List>{order.format('OW-3')}{order.format('OW-1')}</SalesOrder_List>"
    assert texts(call("SalesOrder", "CreateMultiple", both), "No") == ["OW-1", "OW-2"]
    with pytest.raises(NavFault, match="already exists"):
        call("SalesOrder", "CreateMultiple", again)
    assert ("OW-3",) not in world.orders.rows


def test_update_leaves_absent_and_clears_empty_elements(call: Call, world: World) -> None:
    """Absent is unchanged, empty is blank."""
    call("SalesOrder", "Create", "<SalesOrder><No>O</No><External_Document_No>PO</External_Document_No>"
         "<Currency_Code>USD</Currency_Code></SalesOrder>")  # fmt: skip
    key = texts(call("SalesOrder", "Read", "<No>O</No>"), "Key")[0]
    call("SalesOrder", "Update", f"<SalesOrder><Key>{key}</Key><External_Document_No/></SalesOrder>")
    row = world.orders.rows["O",]
    assert (row.external_document_no, row.currency_code) == ("", "USD")


def test_stale_key_is_refused_and_changes_nothing(call: Call, world: World, users: OtherUsers) -> None:
    """A Key from before another user's change neither updates nor deletes."""
    key = texts(call("SalesOrder", "Read", "<No>SO-000001</No>"), "Key")[0]
    users.touch(world.orders, ("SO-000001",))
    for operation, content in (
        ("Update", f"<SalesOrder><Key>{key}</Key><External_Document_No>X</External_Document_No></SalesOrder>"),
        ("Delete", f"<Key>{key}</Key>"),
    ):
        with pytest.raises(NavFault) as caught:
            call("SalesOrder", operation, content)
        assert caught.value.text == 'Other user has modified "Sales Header" "Order,SO-000001"'
        assert caught.value.code == "Microsoft.Dynamics.Nav.Service.WebServices.ServiceBrokerException"
    assert world.orders.rows["SO-000001",].external_document_no == ""


def test_delete_of_a_line_and_of_the_order(call: Call, world: World) -> None:
    """Delete_SalesLines takes a line's Key; the header is to be read again before it can be deleted."""
    header, line = texts(call("SalesOrder", "Read", "<No>SO-000001</No>"), "Key")
    assert texts(call("SalesOrder", "Delete_SalesLines", f"<SalesLines_Key>{line}</SalesLines_Key>"),
                 "Delete_SalesLines_Result") == ["true"]  # fmt: skip
    assert world.qty_on_sales_order("1001") == 0
    with pytest.raises(NavFault, match="Other user has modified"):
        call("SalesOrder", "Delete", f"<Key>{header}</Key>")
    header = texts(call("SalesOrder", "Read", "<No>SO-000001</No>"), "Key")[0]
    assert texts(call("SalesOrder", "Delete", f"<Key>{header}</Key>"), "Delete_Result") == ["true"]
    with pytest.raises(NavFault, match="The Sales Header does not exist"):
        call("SalesOrder", "Delete", f"<Key>{header}</Key>")


def test_lines_and_keys_of_others_are_refused(call: Call) -> None:
    """A line's Key changes only its own document, and a Key names only its own table."""
    item = texts(call("Item", "Read", "<No>1001</No>"), "Key")[0]
    line = texts(call("SalesOrder", "Read", "<No>SO-000001</No>"), "Key")[1]
    own = texts(call("SalesOrder", "Create"), "Key")[0]
    with pytest.raises(NavFault, match="is not valid"):
        call("SalesOrder", "Delete", f"<Key>{item}</Key>")
    with pytest.raises(NavFault, match="belongs to another document"):
        call("SalesOrder", "Update", f"<SalesOrder><Key>{own}</Key><SalesLines><Sales_Order_Line><Key>{line}</Key>"
             "<Quantity>1</Quantity></Sales_Order_Line></SalesLines></SalesOrder>")  # fmt: skip


@pytest.mark.parametrize(
    ("field", "text", "exception"),
    [
        ("External_Document_No", "x" * 36, "NavNCLStringLengthExceededException"),
        ("No", "x" * 21, "NavNCLStringLengthExceededException"),
        ("Order_Date", "yesterday", "NavNCLEvaluateException"),
    ],
)
def test_values_that_do_not_fit_are_refused(call: Call, field: str, text: str, exception: str) -> None:
    """Code[35], Code[20] and dates are checked as NAV checks them."""
    with pytest.raises(NavFault) as caught:
        call("SalesOrder", "Create", f"<SalesOrder><{field}>{text}</{field}></SalesOrder>")
    assert caught.value.exception == exception


@pytest.mark.parametrize("quantity", ["abc", "NaN", "1e5", "9" * 30, "--1", "\u0661"])
def test_quantities_that_are_none_are_refused(call: Call, quantity: str) -> None:
    """A decimal is a decimal, of a size that NAV can compute with."""
    with pytest.raises(NavFault, match="can't be evaluated into type Decimal"):
        call("SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>C1</Sell_to_Customer_No><SalesLines>"
             f"<Sales_Order_Line><Type>Item</Type><No>1001</No><Quantity>{quantity}</Quantity></Sales_Order_Line>"
             "</SalesLines></SalesOrder>")  # fmt: skip


def test_largest_quantity_computes(call: Call, world: World) -> None:
    """The largest number that fits can still be multiplied by units and prices."""
    call("SalesOrder", "Create", "<SalesOrder><Sell_to_Customer_No>C1</Sell_to_Customer_No><SalesLines>"
         "<Sales_Order_Line><Type>Item</Type><No>1001</No><Quantity>99999999999.99999</Quantity>"
         "<Unit_of_Measure_Code>CARTON</Unit_of_Measure_Code><Unit_Price>99999999999.99999</Unit_Price>"
         "</Sales_Order_Line></SalesLines></SalesOrder>")  # fmt: skip
    assert world.qty_on_sales_order("1001") == Decimal("599999999999.99994") + 20


def test_read_only_page_and_foreign_namespace_have_no_such_method(call: Call, world: World) -> None:
    """A list page offers the first five operations; an element of another namespace is no operation at all."""
    with pytest.raises(NavFault, match="was not found in service"):
        call("PostedSalesShipment", "Delete", "<Key>x</Key>")
    with pytest.raises(NavFault, match="was not found in service"):
        PageService(world, PAGES["Item"]).call(etree.fromstring("<Read xmlns='urn:other'><No>1001</No></Read>"))


def test_masters_are_written_like_cards(call: Call, world: World) -> None:
    """Items and customers can be created, updated and deleted; computed columns take no value."""
    call("Item", "Create", "<Item><No>2000</No><Base_Unit_of_Measure>KG</Base_Unit_of_Measure>"
         "<Inventory>99</Inventory></Item>")  # fmt: skip
    assert world.items.rows["2000",].inventory == 0
    assert ("2000", "KG") in world.units.rows
    key = texts(call("Item", "Read", "<No>2000</No>"), "Key")[0]
    call("Item", "UpdateMultiple", f"<Item_List><Item><Key>{key}</Key><Blocked>true</Blocked></Item></Item_List>")
    assert world.items.rows["2000",].blocked
    for content, text in (
        ("<Item><No>2000</No></Item>", "The Item already exists"),
        ("<Item/>", r"No\. must have a value in Item"),
    ):
        with pytest.raises(NavFault, match=text):
            call("Item", "Create", content)
    used = texts(call("Item", "Read", "<No>1001</No>"), "Key")[0]
    with pytest.raises(NavFault, match="at least one outstanding Sales Order"):
        call("Item", "Delete", f"<Key>{used}</Key>")


@pytest.mark.parametrize("doctype", ["<!DOCTYPE x [<!ENTITY a '1001'>]>", "<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/'>"])
def test_document_types_are_prohibited(doctype: str) -> None:
    """A call that brings a document type is refused, whatever it declares."""
    call = f'<s:Envelope xmlns:s="{soap.SOAP}"><s:Body><Read/></s:Body></s:Envelope>'
    assert soap.parse(call.encode()).tag == "Read"
    with pytest.raises(NavFault, match="DTD is prohibited"):
        soap.parse((doctype + call).encode())


@pytest.mark.parametrize(
    "body",
    [b"", b"<x", b"<x/>", b"\xff\xfe", b"<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'/>",
     b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x'><x/>",
     f"<s:Envelope xmlns:s='{soap.SOAP}'><s:Body><!-- nothing --></s:Body></s:Envelope>".encode(),
     f"<s:Envelope xmlns:s='{soap.SOAP}'/>".encode(), b"<a>" * 100_000],
)  # fmt: skip
def test_bytes_that_are_no_call_are_a_fault(body: bytes) -> None:
    """What is no SOAP 1.1 call, or brings a document type, is refused."""
    with pytest.raises(NavFault):
        soap.parse(body)
