"""The store's contract: what orders leave uncovered on purpose. One suite over both databases."""

from decimal import Decimal

import pytest

from orderwire.canonical.stock import StockKey
from orderwire.ports.holds import Backorders
from orderwire.store import SqlStore
from records import DRILL, HAMMER, NOON, a_hold, an_order


@pytest.fixture
def opened(store: SqlStore) -> SqlStore:
    """A store with one order that holds 5 drills, 2 of them on back-order."""
    with store.begin() as tx:
        tx.orders.open(an_order())
        tx.holds.add([a_hold("5", backordered=Decimal(2)), a_hold("3", line_no="20")], NOON)
    return store


def test_pending_backorder_is_in_flight(opened: SqlStore) -> None:
    """Until it is confirmed, a reading may or may not have seen it."""
    with opened.begin() as tx:
        assert tx.holds.backorders(DRILL, since=0, reading=9, but="") == Backorders(in_flight=Decimal(2))


def test_confirmed_backorder_is_seen_by_later_readings(opened: SqlStore) -> None:
    """A reading drawn after the confirmation has seen it, one drawn before may have."""
    with opened.begin() as tx:
        tx.holds.confirm("order-1", 7)

        assert tx.holds.backorders(DRILL, since=6, reading=7, but="") == Backorders(seen=Decimal(2))
        assert tx.holds.backorders(DRILL, since=5, reading=6, but="") == Backorders(in_flight=Decimal(2))


@pytest.mark.parametrize(("since", "but"), [(7, ""), (0, "order-1")])
def test_old_and_own_backorders_are_left_out(opened: SqlStore, since: int, but: str) -> None:
    """What was uncovered before does not count, nor does one's own."""
    with opened.begin() as tx:
        tx.holds.confirm("order-1", 7)

        assert tx.holds.backorders(DRILL, since=since, reading=9, but=but) == Backorders()


def test_other_items_are_left_out(opened: SqlStore) -> None:
    """A back-order counts for its own item alone."""
    with opened.begin() as tx:
        assert tx.holds.backorders(HAMMER, since=0, reading=9, but="") == Backorders()


def test_all_locations_together_count_those_of_each(opened: SqlStore) -> None:
    """NAV's figure of all locations has them in it, whatever the variant; seen and in flight as any other."""
    red = StockKey(item_no="1002", location="WEST", variant="RED")
    with opened.begin() as tx:
        tx.holds.add([a_hold("4", line_no="30", key=HAMMER, backordered=Decimal(4))], NOON)
        tx.holds.confirm("order-1", 7)
        tx.holds.add([a_hold("1", line_no="40", key=red, backordered=Decimal(1))], NOON)
        anywhere = StockKey(item_no="1002")

        assert tx.holds.backorders(anywhere, since=0, reading=9, but="") == Backorders(Decimal(4), Decimal(1))
        assert tx.holds.backorders(anywhere, since=7, reading=9, but="") == Backorders(in_flight=Decimal(1))
        assert tx.holds.backorders(anywhere, since=0, reading=9, but="order-1") == Backorders()


@pytest.mark.parametrize("other", [StockKey(item_no="1002"), StockKey(item_no="1002", location="WEST")])
def test_one_location_counts_its_own_alone(opened: SqlStore, other: StockKey) -> None:
    """Whether NAV's figure of a location has an order in it that names none is not known: it excuses nothing."""
    with opened.begin() as tx:
        tx.holds.add([a_hold("4", line_no="30", key=other, backordered=Decimal(4))], NOON)
        tx.holds.confirm("order-1", 7)

        assert tx.holds.backorders(HAMMER, since=0, reading=9, but="") == Backorders()


def test_released_backorder_is_gone(opened: SqlStore) -> None:
    """With the hold its back-order ends."""
    with opened.begin() as tx:
        tx.holds.release("order-1", "NAV has none")

        assert tx.holds.backorders(DRILL, since=0, reading=9, but="") == Backorders()


def test_back_order_of_a_confirmed_hold(opened: SqlStore) -> None:
    """A line that lost its stock counts from then on, with what is uncovered now."""
    with opened.begin() as tx:
        tx.holds.confirm("order-1", 7)
        tx.holds.back_order("order-1", "20", Decimal("1.5"), 12)

        assert tx.holds.backorders(DRILL, since=10, reading=12, but="") == Backorders(seen=Decimal("1.5"))
        assert tx.holds.backorders(DRILL, since=0, reading=12, but="") == Backorders(seen=Decimal("3.5"))


def test_back_order_of_a_pending_hold_changes_nothing(opened: SqlStore) -> None:
    """Only what stands in NAV can be uncovered there."""
    with opened.begin() as tx:
        tx.holds.back_order("order-1", "20", Decimal(3), 12)

        assert tx.holds.backorders(DRILL, since=0, reading=12, but="") == Backorders(in_flight=Decimal(2))


def test_a_later_hold_of_the_line_takes_the_whole_back_order(opened: SqlStore) -> None:
    """A change held more of the line: what is uncovered of it is said once, however many holds it has."""
    with opened.begin() as tx:
        tx.holds.confirm("order-1", 7)
        tx.holds.add([a_hold("4", backordered=Decimal(4))], NOON)
        tx.holds.confirm("order-1", 8)
        assert tx.holds.backorders(DRILL, since=0, reading=9, but="") == Backorders(seen=Decimal(6))

        tx.holds.back_order("order-1", "10", Decimal(3), 12)

        assert tx.holds.backorders(DRILL, since=0, reading=12, but="") == Backorders(seen=Decimal(3))


@pytest.mark.parametrize(("left", "since_7", "since_6"), [("5", 3, 5), ("3", 1, 3), ("1", 0, 1), ("0", 0, 0)])
def test_covering_takes_the_newest_first(opened: SqlStore, left: str, since_7: int, since_6: int) -> None:
    """A line that wants less is covered from its latest back-order on, and what stays uncovered is so as before."""
    with opened.begin() as tx:
        tx.holds.confirm("order-1", 7)
        tx.holds.add([a_hold("4", backordered=Decimal(4))], NOON)
        tx.holds.confirm("order-1", 8)

        tx.holds.cover("order-1", "10", Decimal(left))

        seen = [tx.holds.backorders(DRILL, since=since, reading=9, but="").seen for since in (7, 6)]
        assert seen == [since_7, since_6]
