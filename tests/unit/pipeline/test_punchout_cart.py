"""Carts: kept, checked, handed over once and for all; and sessions that end without one."""

from dataclasses import replace

import pytest

from canonicals import a_cart_line
from fakes.world import World
from orderwire.canonical.cart import Cart
from orderwire.canonical.envelope import EventType
from orderwire.errors import ConflictError, OutageError, SessionClosedError
from orderwire.pipeline.punchout_cart import findings_of
from orderwire.ports.journal import DocumentQuery, DocumentState
from orderwire.ports.punchout import CartRecord, CartState, SessionState
from shopping import LONGEST, RETURN_URL, Mall, a_shopper, the_cart


@pytest.fixture
def mall(world: World) -> Mall:
    return Mall(world, a_shopper())


def test_a_cart_leaves_as_it_was_posted(mall: Mall) -> None:
    """Checked, journalled, told of; the session has ended."""
    visit = mall.visit()
    record = mall.carts.post(visit, the_cart())

    told = mall.carts.hand_over(record.id)

    assert record.state is CartState.READY
    assert told.form is not None
    assert told.form.action == RETURN_URL
    sent = Cart.model_validate_json(told.form.fields[0][1])
    assert sent.lines == (a_cart_line(),)
    assert (sent.cart_id, sent.returned_at) == (record.id, mall.world.clock())
    assert mall.again(visit).session.state is SessionState.RETURNED
    [event] = mall.announced
    assert (event.type, event.partner, event.correlationid) == (EventType.CART_RETURNED, "officeworks", "document-1")
    with mall.world.store.begin() as tx:
        [document] = tx.journal.find(DocumentQuery(kind="CART"))
        assert [one.id for one in tx.outbox.unsent()] == [event.id]
    assert (document.direction, document.state, document.control_ref) == ("out", DocumentState.DONE, "cookie-1")


def test_a_line_that_the_syntax_has_no_room_for_is_stopped(mall: Mall) -> None:
    """In the shop, where somebody can do something about it; nothing is sent."""
    long = the_cart(a_cart_line("7", description="x" * (LONGEST + 1)))

    record = mall.carts.post(mall.visit(), long)

    assert record.state is CartState.STOPPED
    assert [(one.line_no, one.code) for one in findings_of(record)] == [("7", "field_too_long")]
    assert mall.writer.written == 0


def test_handing_over_again_is_the_same_document(mall: Mall) -> None:
    """Back button and reload: written once, told of once, whatever time it is."""
    record = mall.carts.post(mall.visit(), the_cart())
    first = mall.carts.hand_over(record.id).form
    mall.world.clock.sleep(1800)
    mall.world.erp.fail("stock", OutageError("NAV is away"), times=99)

    assert mall.carts.hand_over(record.id).form == first
    assert (mall.writer.written, len(mall.announced)) == (1, 1)


def test_a_second_tab_may_be_faster(mall: Mall) -> None:
    """Both get what the first one wrote."""
    visit = mall.visit()
    record = mall.carts.post(visit, the_cart())
    form = mall.carts.hand_over(record.id).form

    content = mall.carts._give_back(visit, record)

    assert form is not None
    assert content.decode() == form.fields[0][1]
    assert len(mall.announced) == 1


def test_a_cart_that_changes_while_it_is_written_is_not_sent(mall: Mall) -> None:
    """The browser tries again, and gets the new one."""
    visit = mall.visit()
    old = mall.carts.post(visit, the_cart())
    mall.carts.post(visit, the_cart(a_cart_line(quantity="3")))

    with pytest.raises(ConflictError):
        mall.carts._give_back(visit, old)
    assert mall.announced == []


def test_the_same_cart_again_is_the_same_answer(mall: Mall) -> None:
    """Before and after it was returned; another one comes too late then."""
    visit = mall.visit()
    record = mall.carts.post(visit, the_cart())

    assert mall.carts.post(visit, the_cart()).id == record.id
    mall.carts.hand_over(record.id)
    assert mall.carts.post(visit, the_cart()).state is CartState.RETURNED
    with pytest.raises(SessionClosedError, match="returned"):
        mall.carts.post(visit, the_cart(a_cart_line(quantity="3")))


def test_lines_without_a_key_get_one_that_stays(mall: Mall) -> None:
    """The same cart again has the same keys; two carts have different ones."""
    lines = (a_cart_line(auxiliary_id=None), a_cart_line("2"))
    visit = mall.visit()
    cart = _cart(mall.carts.post(visit, the_cart(*lines)))
    again = _cart(mall.carts.post(visit, the_cart(*lines)))
    other = _cart(mall.carts.post(mall.visit(), the_cart(*lines)))

    assert cart == again
    assert cart.lines[0].auxiliary_id not in {None, other.lines[0].auxiliary_id}
    assert cart.lines[1].auxiliary_id == "quote-1/2"


def _cart(record: CartRecord) -> Cart:
    assert record.cart is not None
    return Cart.model_validate_json(record.cart)


def test_a_stopped_cart_does_not_leave(mall: Mall) -> None:
    """The reasons stand with it, and a better one replaces it under the same address."""
    visit = mall.visit()
    record = mall.carts.post(visit, the_cart(a_cart_line(item_no="1007")))

    told = mall.carts.hand_over(record.id)

    assert record.state is CartState.STOPPED
    assert (told.form, told.findings) == (None, findings_of(record))
    assert [finding.code for finding in told.findings] == ["out_of_stock"]
    better = mall.carts.post(visit, the_cart())
    assert (better.id, better.state, findings_of(better)) == (record.id, CartState.READY, ())


def test_while_nav_is_away_the_cart_is_kept(mall: Mall) -> None:
    """The shop's answer says so, the page tells it, and trying again goes on."""
    mall.world.erp.fail("stock", OutageError("NAV is away"), times=2)
    visit = mall.visit()
    record = mall.carts.post(visit, the_cart())

    assert record.state is CartState.UNCHECKED
    with pytest.raises(OutageError):
        mall.carts.hand_over(record.id)
    assert mall.carts.hand_over(record.id).form is not None


def test_a_browser_that_comes_late_has_its_cart_checked_again(mall: Mall) -> None:
    """A check is live for a minute: what was bought meanwhile does not leave."""
    record = mall.carts.post(mall.visit(), the_cart(a_cart_line(quantity="100")))
    mall.world.erp.buy("1001", 1)

    mall.world.clock.sleep(61)
    told = mall.carts.hand_over(record.id)

    assert record.state is CartState.READY
    assert [finding.code for finding in told.findings] == ["out_of_stock"]


def test_cancelling_says_that_nothing_changes(mall: Mall) -> None:
    """With or without a cart before; no event tells of a cart; and again it is the same."""
    visit = mall.visit(operation="edit")
    cart = mall.carts.post(visit, the_cart())

    record = mall.carts.cancel(visit)
    told = mall.carts.hand_over(record.id)

    assert (record.id, record.cart) == (cart.id, None)
    assert told.cancelled
    assert told.form is not None
    assert told.form.fields == (("cart", "nothing changes"),)
    assert mall.announced == []
    assert mall.carts.cancel(visit).id == record.id
    assert mall.carts.hand_over(record.id).form == told.form
    with pytest.raises(SessionClosedError, match="cancelled"):
        mall.carts.post(visit, the_cart())


def test_a_returned_cart_is_not_cancelled(mall: Mall) -> None:
    """It is in the buyer's system."""
    visit = mall.visit()
    mall.carts.hand_over(mall.carts.post(visit, the_cart()).id)

    with pytest.raises(SessionClosedError, match="returned"):
        mall.carts.cancel(visit)


def test_a_visit_that_ran_out_changes_nothing(mall: Mall) -> None:
    """An edit that takes too long must not delete what the buyer has: the page offers the way back without a cart."""
    visit = mall.visit(operation="edit")
    record = mall.carts.post(visit, the_cart())
    mall.world.clock.sleep(120 * 60)

    with pytest.raises(SessionClosedError, match="ended"):
        mall.carts.post(visit, the_cart(a_cart_line(quantity="3")))
    told = mall.carts.hand_over(record.id)

    assert told.expired
    assert told.form is not None
    assert told.form.fields == (("cart", "nothing changes"),)


def test_a_returned_cart_is_shown_no_longer_than_the_visit(mall: Mall) -> None:
    """Then the page has no form any more."""
    record = mall.carts.post(mall.visit(), the_cart())
    mall.carts.hand_over(record.id)
    mall.world.clock.sleep(120 * 60)

    told = mall.carts.hand_over(record.id)

    assert (told.expired, told.form) == (True, None)


def test_who_looks_at_a_cart_returns_none(mall: Mall) -> None:
    """An inspection ends without one."""
    with pytest.raises(SessionClosedError, match="looks"):
        mall.carts.post(mall.visit(operation="inspect"), the_cart())


def test_an_unknown_cart_is_none(mall: Mall) -> None:
    """Whoever guesses finds nothing."""
    for look in (mall.carts.hand_over, mall.carts.find):
        with pytest.raises(LookupError):
            look("guess")


def test_a_check_that_is_overtaken_leaves_the_newer_cart_alone(mall: Mall) -> None:
    """Two posts at once: what the slower check found is not said of the other's cart."""
    visit = mall.visit()
    slow = mall.carts.post(visit, the_cart(a_cart_line(item_no="1007")))
    newer = mall.carts.post(visit, the_cart())

    standing = mall.carts._checked(visit, replace(slow, state=CartState.UNCHECKED))

    assert (standing.state, standing.cart) == (CartState.READY, newer.cart)
