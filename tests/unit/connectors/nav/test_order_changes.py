"""Changing what stands in NAV."""

from datetime import date
from decimal import Decimal

import pytest

from navwire import NAV, ScriptedLanes, answer, fault, record, rows
from orderwire.connectors.nav.connection import Reply
from orderwire.connectors.nav.order_changes import OrderChanges
from orderwire.connectors.nav.orders import Orders
from orderwire.connectors.nav.posted import PostedOrders
from orderwire.connectors.nav.wants import Page
from orderwire.errors import ConflictError, ErpRefusedError, InDoubtError
from orderwire.ports.erp import SalesLineDraft, SalesOrderEdit

HEADER = {"Key": "H1", "No": "OW-1", "Sell_to_Customer_No": "C10000", "External_Document_No": "PO-1"}
NOTHING = answer("SalesOrder", "Read", "")
TEXT = {"Key": "T", "Line_No": "15000", "Type": "_blank_"}
DELETED = answer("SalesOrder", "Delete_SalesLines", "<Delete_SalesLines_Result>true</Delete_SalesLines_Result>")
GONE = answer("SalesOrder", "Delete", "<Delete_Result>true</Delete_Result>")
UPDATED = answer("SalesOrder", "Update", record("SalesOrder", HEADER))


def line(line_no: int, quantity: str) -> dict[str, str]:
    return {"Key": f"L{line_no}", "Type": "Item", "No": "1001", "Quantity": quantity, "Line_No": str(line_no)}


def read(*lines: dict[str, str], key: str = "H1") -> Reply:
    return answer("SalesOrder", "Read", record("SalesOrder", {**HEADER, "Key": key}, lines))


def changes(lanes: ScriptedLanes) -> OrderChanges:
    page = lanes.page(Page.SALES_ORDER)
    posted = PostedOrders(lanes.page(Page.POSTED_SHIPMENT), NAV)
    return OrderChanges(page, Orders(page, posted, NAV, str), posted)


def written(lanes: ScriptedLanes) -> list[str]:
    return [sent.call.operation for sent in lanes.sent if sent.call.writes]


def test_quantities_are_updated_by_key() -> None:
    """One Update for all changed lines; lines that are right already are not named."""
    lanes = ScriptedLanes().reply("SalesOrder.Update", UPDATED)
    lanes.reply("SalesOrder.Read", read(line(10000, "5"), line(20000, "7")), read(line(10000, "3"), line(20000, "7")))
    order = changes(lanes).change("OW-1", SalesOrderEdit({10000: Decimal(3), 20000: Decimal("7.0")}))
    assert order is not None
    assert [line.quantity for line in order.lines] == [3, 7]
    body = lanes.bodies("Update")[0].replace("ns0:", "")
    assert (
        "<SalesOrder><Key>H1</Key><SalesLines><Sales_Order_Line><Key>L10000</Key><Quantity>3</Quantity>"
        "</Sales_Order_Line></SalesLines></SalesOrder>"
    ) in body


def test_zero_deletes_the_line_after_all_else() -> None:
    """What NAV takes whole or not at all goes first; a line is deleted by the key that it has then."""
    lanes = ScriptedLanes().reply("SalesOrder.Update", UPDATED).reply("SalesOrder.Delete_SalesLines", DELETED)
    lanes.reply(
        "SalesOrder.Read",
        read(line(10000, "5"), line(20000, "7")),
        read({**line(10000, "5"), "Key": "L2"}, line(20000, "6"), key="H2"),
        read(line(20000, "6"), key="H3"),
    )
    order = changes(lanes).change("OW-1", SalesOrderEdit({10000: Decimal(0), 20000: Decimal(6)}))
    assert order is not None
    assert [(line.line_no, line.quantity) for line in order.lines] == [(20000, Decimal(6))]
    assert ">L2<" in lanes.bodies("Delete_SalesLines")[0]
    assert ">H1<" in lanes.bodies("Update")[0]
    assert written(lanes) == ["Update", "Delete_SalesLines"]


def test_repeating_does_nothing() -> None:
    """What is as it should be is not written again."""
    lanes = ScriptedLanes().reply("SalesOrder.Read", read(line(20000, "6")))
    order = changes(lanes).change("OW-1", SalesOrderEdit({10000: Decimal(0), 20000: Decimal(6)}))
    assert order is not None
    assert written(lanes) == []


@pytest.mark.parametrize("lines", [[line(10000, "5")], [line(10000, "5"), TEXT], []])
def test_no_line_left_deletes_the_order(lines: list[dict[str, str]]) -> None:
    """An order of nothing does not stay, also when an earlier try got only half way."""
    lanes = ScriptedLanes().reply("SalesOrder.Delete", GONE).reply("SalesOrder.Read", read(*lines), NOTHING)
    assert changes(lanes).change("OW-1", SalesOrderEdit({10000: Decimal(0)})) is None
    assert written(lanes) == ["Delete"]


def test_lines_of_others_keep_the_order() -> None:
    """What NAV's users added is not deleted with our last line."""
    lanes = ScriptedLanes().reply("SalesOrder.Delete_SalesLines", DELETED)
    freight = {**TEXT, "Type": "G_L_Account"}
    lanes.reply("SalesOrder.Read", read(line(10000, "5"), freight), read(freight))
    order = changes(lanes).change("OW-1", SalesOrderEdit({10000: Decimal(0)}))
    assert order is not None
    assert order.lines == ()


def test_an_order_that_is_gone_is_none() -> None:
    """Deleted by our last try, or by a person: nothing stands."""
    lanes = ScriptedLanes().reply("SalesOrder.Read", NOTHING)
    lanes.reply("PostedSalesShipment.ReadMultiple", rows("PostedSalesShipment"))
    assert changes(lanes).change("OW-1", SalesOrderEdit({10000: Decimal(0)})) is None


def test_a_posted_order_cannot_be_changed() -> None:
    """Gone from the open orders because it was shipped is not the same as deleted."""
    lanes = ScriptedLanes().reply("SalesOrder.Read", NOTHING)
    lanes.reply("PostedSalesShipment.ReadMultiple", rows("PostedSalesShipment", {"No": "S", "Order_No": "OW-1"}))
    with pytest.raises(ErpRefusedError, match="posted"):
        changes(lanes).change("OW-1", SalesOrderEdit({10000: Decimal(0)}))


@pytest.mark.parametrize(
    "after", [read(line(10000, "5")), read(line(10000, "4")), NOTHING], ids=["unchanged", "other", "gone"]
)
def test_what_stands_must_be_what_was_set(after: Reply) -> None:
    """Somebody else changed the order between our update and our reading."""
    lanes = ScriptedLanes().reply("SalesOrder.Update", UPDATED).reply("SalesOrder.Read", read(line(10000, "5")), after)
    with pytest.raises(ConflictError):
        changes(lanes).change("OW-1", SalesOrderEdit({10000: Decimal(3)}))


def test_a_line_that_is_gone_cannot_be_set() -> None:
    """A quantity for a line that somebody deleted is a conflict, and nothing is written."""
    lanes = ScriptedLanes().reply("SalesOrder.Read", read(line(20000, "5")))
    with pytest.raises(ConflictError):
        changes(lanes).change("OW-1", SalesOrderEdit({10000: Decimal(3)}))
    assert written(lanes) == []


def test_an_order_that_comes_back_is_a_conflict() -> None:
    """Deleted, and there again."""
    lanes = ScriptedLanes().reply("SalesOrder.Delete", GONE).reply("SalesOrder.Read", *[read(line(10000, "5"))] * 2)
    with pytest.raises(ConflictError):
        changes(lanes).change("OW-1", SalesOrderEdit({10000: Decimal(0)}))


def test_a_refused_deletion_is_told() -> None:
    """NAV answers false where it did not delete."""
    kept = answer("SalesOrder", "Delete", "<Delete_Result>false</Delete_Result>")
    lanes = ScriptedLanes().reply("SalesOrder.Delete", kept).reply("SalesOrder.Read", read(line(10000, "5")))
    with pytest.raises(ErpRefusedError):
        changes(lanes).change("OW-1", SalesOrderEdit({10000: Decimal(0)}))


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (fault("ServiceBrokerException", 'Other user has modified "Sales Header" "Order,1"'), ConflictError),
        (fault("NavTestFieldException", "Status must be equal to 'Open'"), ErpRefusedError),
        (Reply(502, b""), InDoubtError),
    ],
)
def test_faults_come_through(reply: Reply, kind: type[Exception]) -> None:
    """A stale key, a released order and a lost reply each keep their meaning."""
    lanes = ScriptedLanes().reply("SalesOrder.Update", reply).reply("SalesOrder.Read", read(line(10000, "5")))
    with pytest.raises(kind):
        changes(lanes).change("OW-1", SalesOrderEdit({10000: Decimal(3)}))


def draft(item_no: str = "1001", quantity: str = "2") -> SalesLineDraft:
    return SalesLineDraft(30000, item_no, Decimal(quantity), "PCS", date(2026, 12, 1))


def dated(fields: dict[str, str], day: str) -> dict[str, str]:
    return {**fields, "Requested_Delivery_Date": day, "Unit_of_Measure_Code": "PCS"}


def test_lines_and_dates_go_in_one_update() -> None:
    """Quantities, dates and new lines are one call, so that NAV takes all of them or none."""
    before, after = dated(line(10000, "5"), "2026-11-30"), dated(line(10000, "3"), "2026-12-01")
    new = dated(line(20000, "2"), "2026-12-01")
    lanes = ScriptedLanes().reply("SalesOrder.Update", UPDATED).reply("SalesOrder.Read", read(before), read(after, new))
    day = date(2026, 12, 1)
    edit = SalesOrderEdit({10000: Decimal(3)}, {10000: day}, None, [draft()], frozenset({10000}))

    order = changes(lanes).change("OW-1", edit)

    assert order is not None
    assert [(each.line_no, each.quantity) for each in order.lines] == [(10000, Decimal(3)), (20000, Decimal(2))]
    body = lanes.bodies("Update")[0].replace("ns0:", "")
    assert (
        "<Key>L10000</Key><Quantity>3</Quantity><Requested_Delivery_Date>2026-12-01</Requested_Delivery_Date>" in body
    )
    assert "<Sales_Order_Line><Type>Item</Type><No>1001</No><Quantity>2</Quantity>" in body
    assert written(lanes) == ["Update"]


def test_an_added_line_that_stands_is_not_added_again() -> None:
    """A repeated call finds the new line among those that did not stand before, and writes nothing."""
    lanes = ScriptedLanes().reply("SalesOrder.Read", read(line(10000, "2"), dated(line(20000, "2"), "2026-12-01")))

    changes(lanes).change("OW-1", SalesOrderEdit(added=[draft()], known=frozenset({10000})))

    assert written(lanes) == []


def test_the_header_date_is_changed_where_it_differs() -> None:
    """A date that stands already is not written again."""
    header = {**HEADER, "Requested_Delivery_Date": "2026-12-01"}
    lanes = ScriptedLanes().reply("SalesOrder.Update", UPDATED)
    there = answer("SalesOrder", "Read", record("SalesOrder", header, [line(10000, "2")]))
    lanes.reply("SalesOrder.Read", read(line(10000, "2")), there, there)
    edit = SalesOrderEdit(requested_on=date(2026, 12, 1))

    changes(lanes).change("OW-1", edit)
    changes(lanes).change("OW-1", edit)

    assert written(lanes) == ["Update"]


def test_status_and_shipped_quantities_are_told() -> None:
    """Who decides on a change sees what may still be changed."""
    shipped = {**line(10000, "5"), "Quantity_Shipped": "2"}
    header = {**HEADER, "Status": "Released"}
    lanes = ScriptedLanes().reply(
        "SalesOrder.Read", answer("SalesOrder", "Read", record("SalesOrder", header, [shipped]))
    )

    order = changes(lanes).change("OW-1", SalesOrderEdit())

    assert order is not None
    assert (order.status, [each.shipped for each in order.lines]) == ("Released", [Decimal(2)])
