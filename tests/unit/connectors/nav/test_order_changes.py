"""Changing what stands in NAV."""

from decimal import Decimal

import pytest

from navwire import NAV, ScriptedLanes, answer, fault, record, rows
from orderwire.connectors.nav.order_changes import OrderChanges
from orderwire.connectors.nav.orders import Orders
from orderwire.connectors.nav.posted import PostedOrders
from orderwire.connectors.nav.session import Reply
from orderwire.connectors.nav.wants import Page
from orderwire.errors import ConflictError, ErpRefusedError, InDoubtError

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
    order = changes(lanes).set_quantities("OW-1", {10000: Decimal(3), 20000: Decimal("7.0")})
    assert order is not None
    assert [line.quantity for line in order.lines] == [3, 7]
    body = lanes.bodies("Update")[0].replace("ns0:", "")
    assert (
        "<SalesOrder><Key>H1</Key><SalesLines><Sales_Order_Line><Key>L10000</Key><Quantity>3</Quantity>"
        "</Sales_Order_Line></SalesLines></SalesOrder>"
    ) in body


def test_zero_deletes_the_line_and_the_key_is_read_anew() -> None:
    """Delete makes the header's key stale, so the update goes with the one that NAV gives afterwards."""
    lanes = ScriptedLanes().reply("SalesOrder.Update", UPDATED).reply("SalesOrder.Delete_SalesLines", DELETED)
    lanes.reply(
        "SalesOrder.Read",
        read(line(10000, "5"), line(20000, "7")),
        read(line(20000, "7"), key="H2"),
        read(line(20000, "6"), key="H3"),
    )
    order = changes(lanes).set_quantities("OW-1", {10000: Decimal(0), 20000: Decimal(6)})
    assert order is not None
    assert [(line.line_no, line.quantity) for line in order.lines] == [(20000, Decimal(6))]
    assert ">L10000<" in lanes.bodies("Delete_SalesLines")[0]
    assert ">H2<" in lanes.bodies("Update")[0]


def test_repeating_does_nothing() -> None:
    """What is as it should be is not written again."""
    lanes = ScriptedLanes().reply("SalesOrder.Read", read(line(20000, "6")))
    order = changes(lanes).set_quantities("OW-1", {10000: Decimal(0), 20000: Decimal(6)})
    assert order is not None
    assert written(lanes) == []


@pytest.mark.parametrize("lines", [[line(10000, "5")], []])
def test_no_line_left_deletes_the_order(lines: list[dict[str, str]]) -> None:
    """An order of nothing does not stay, also when an earlier try got only half way."""
    lanes = ScriptedLanes().reply("SalesOrder.Delete", GONE).reply("SalesOrder.Read", read(*lines), NOTHING)
    assert changes(lanes).set_quantities("OW-1", {10000: Decimal(0)}) is None
    assert written(lanes) == ["Delete"]


def test_lines_of_others_keep_the_order() -> None:
    """What NAV's users added is not deleted with our last line."""
    lanes = ScriptedLanes().reply("SalesOrder.Delete_SalesLines", DELETED)
    lanes.reply("SalesOrder.Read", read(line(10000, "5"), TEXT), read(TEXT))
    order = changes(lanes).set_quantities("OW-1", {10000: Decimal(0)})
    assert order is not None
    assert order.lines == ()


def test_an_order_that_is_gone_is_none() -> None:
    """Deleted by our last try, or by a person: nothing stands."""
    lanes = ScriptedLanes().reply("SalesOrder.Read", NOTHING)
    lanes.reply("PostedSalesShipment.ReadMultiple", rows("PostedSalesShipment"))
    assert changes(lanes).set_quantities("OW-1", {10000: Decimal(0)}) is None


def test_a_posted_order_cannot_be_changed() -> None:
    """Gone from the open orders because it was shipped is not the same as deleted."""
    lanes = ScriptedLanes().reply("SalesOrder.Read", NOTHING)
    lanes.reply("PostedSalesShipment.ReadMultiple", rows("PostedSalesShipment", {"No": "S", "Order_No": "OW-1"}))
    with pytest.raises(ErpRefusedError, match="posted"):
        changes(lanes).set_quantities("OW-1", {10000: Decimal(0)})


@pytest.mark.parametrize(
    "after", [read(line(10000, "5")), read(line(10000, "4")), NOTHING], ids=["unchanged", "other", "gone"]
)
def test_what_stands_must_be_what_was_set(after: Reply) -> None:
    """Somebody else changed the order between our update and our reading."""
    lanes = ScriptedLanes().reply("SalesOrder.Update", UPDATED).reply("SalesOrder.Read", read(line(10000, "5")), after)
    with pytest.raises(ConflictError):
        changes(lanes).set_quantities("OW-1", {10000: Decimal(3)})


def test_a_line_that_is_gone_cannot_be_set() -> None:
    """A quantity for a line that somebody deleted is a conflict, and nothing is written."""
    lanes = ScriptedLanes().reply("SalesOrder.Read", read(line(20000, "5")))
    with pytest.raises(ConflictError):
        changes(lanes).set_quantities("OW-1", {10000: Decimal(3)})
    assert written(lanes) == []


def test_an_order_that_comes_back_is_a_conflict() -> None:
    """Deleted, and there again."""
    lanes = ScriptedLanes().reply("SalesOrder.Delete", GONE).reply("SalesOrder.Read", *[read(line(10000, "5"))] * 2)
    with pytest.raises(ConflictError):
        changes(lanes).set_quantities("OW-1", {10000: Decimal(0)})


def test_a_refused_deletion_is_told() -> None:
    """NAV answers false where it did not delete."""
    kept = answer("SalesOrder", "Delete", "<Delete_Result>false</Delete_Result>")
    lanes = ScriptedLanes().reply("SalesOrder.Delete", kept).reply("SalesOrder.Read", read(line(10000, "5")))
    with pytest.raises(ErpRefusedError):
        changes(lanes).set_quantities("OW-1", {10000: Decimal(0)})


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
        changes(lanes).set_quantities("OW-1", {10000: Decimal(3)})
