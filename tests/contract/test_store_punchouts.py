"""The store's contract: punch-out sessions and carts. One suite over both databases."""

from dataclasses import replace
from typing import Any

from orderwire.ports.journal import DocumentState
from orderwire.ports.punchout import CartRecord, CartState, PunchoutSession, SessionState
from orderwire.store import SqlStore
from records import ENDLESS, NOON, a_document, later


def a_session(**changes: Any) -> PunchoutSession:
    session = PunchoutSession(
        id="session-1",
        partner="officeworks",
        shop="demo",
        syntax="cxml",
        setup="{}",
        opened_at=NOON,
        expires_at=later(3600),
        token_sha256="c0ffee",
        token_until=later(600),
        document_id="document-1",
    )
    return replace(session, **changes)


def a_cart(**changes: Any) -> CartRecord:
    record = CartRecord("cart-1", "session-1", "officeworks", CartState.UNCHECKED, "{}", "[]", NOON)
    return replace(record, **changes)


def opened(store: SqlStore, *sessions: PunchoutSession) -> None:
    with store.begin() as tx:
        for session in sessions:
            tx.punchouts.open(session)


def returned(store: SqlStore, cart: CartRecord, **keys: str) -> bool:
    with store.begin() as tx:
        standing = tx.punchouts.put_cart(cart)
        given = replace(cart, id=standing.id, document_id="document-2", returned_at=cart.returned_at or later(9))
        return tx.punchouts.give_back(given, [(line_no.lstrip("l"), key) for line_no, key in keys.items()])


def test_a_session_comes_back_as_it_was_opened(store: SqlStore) -> None:
    """By its id and by its token; unknown ones are None."""
    opened(store, a_session())

    with store.begin() as tx:
        assert tx.punchouts.get("session-1") == tx.punchouts.by_token("c0ffee") == a_session()
        assert tx.punchouts.lock("session-1") == a_session()
        assert tx.punchouts.get("c0ffee") is None
        assert tx.punchouts.lock("session-2") is None
        assert tx.punchouts.by_token("session-1") is None


def test_a_session_is_entered_once(store: SqlStore) -> None:
    """The first to enter sets the state and the time; the second is told."""
    opened(store, a_session())

    with store.begin() as tx:
        first = tx.punchouts.move("session-1", [SessionState.OPEN], SessionState.ENTERED, later(5))
        again = tx.punchouts.move("session-1", [SessionState.OPEN], SessionState.ENTERED, later(6))
        session = tx.punchouts.get("session-1")

    assert (first, again) == (True, False)
    assert session == a_session(state=SessionState.ENTERED, entered_at=later(5))


def test_a_cart_is_replaced_until_it_is_returned(store: SqlStore) -> None:
    """It keeps its id; what was returned stays, whoever posts or checks again."""
    opened(store, a_session())
    with store.begin() as tx:
        assert tx.punchouts.put_cart(a_cart()) == a_cart()
        assert tx.punchouts.put_cart(a_cart(id="cart-2", cart='{"b": 1}')) == a_cart(cart='{"b": 1}')
        tx.punchouts.settle("cart-1", CartState.READY, '["x"]')
        assert tx.punchouts.cart("cart-1") == a_cart(cart='{"b": 1}', state=CartState.READY, findings='["x"]')

    assert returned(store, a_cart(), l1="key")
    assert not returned(store, a_cart(cart="other"))
    with store.begin() as tx:
        tx.punchouts.settle("cart-1", CartState.STOPPED, "[]")
        standing = tx.punchouts.cart_of("session-1")

    assert standing is not None
    assert (standing.state, standing.cart, standing.document_id) == (CartState.RETURNED, "{}", "document-2")


def test_an_auxiliary_id_finds_the_last_cart_with_it(store: SqlStore) -> None:
    """Of the same partner only, and only among carts that were returned; ids may be of any length."""
    opened(store, *(a_session(id=f"session-{n}", token_sha256=None) for n in range(1, 5)))
    returned(store, a_cart(id="cart-1", session_id="session-1", returned_at=later(1)), l1="key", l2=ENDLESS)
    returned(store, a_cart(id="cart-2", session_id="session-2", returned_at=later(2)), l1="key")
    returned(store, a_cart(id="cart-3", session_id="session-3", partner="other", returned_at=later(3)), l1="key")
    with store.begin() as tx:
        tx.punchouts.put_cart(a_cart(id="cart-4", session_id="session-4"))

        found = tx.punchouts.carts_by_auxiliary("officeworks", ["key", ENDLESS, "none"])
        last = tx.punchouts.last_carts("officeworks", 5)

    assert {key: cart.id for key, cart in found.items()} == {"key": "cart-2", ENDLESS: "cart-1"}
    assert [cart.id for cart in last] == ["cart-2", "cart-1"]


def test_visits_go_with_the_document_of_their_set_up(store: SqlStore) -> None:
    """Whoever shopped is forgotten with the rest of the conversation; other visits stay."""
    old = a_document(id="document-1", correlation_id="document-1", state=DocumentState.DONE, finished_at=NOON)
    opened(store, a_session(), a_session(id="session-2", token_sha256=None, document_id="document-9"))
    returned(store, a_cart(), l1="key")
    returned(store, a_cart(id="cart-2", session_id="session-2"), l1="key-2")

    with store.begin() as tx:
        tx.journal.add(old)
        forgotten = tx.care.forget_documents(later(60), failed=False, limit=10).conversations
        left = (tx.punchouts.get("session-1"), tx.punchouts.cart("cart-1"))
        found = tx.punchouts.carts_by_auxiliary("officeworks", ["key", "key-2"])

    assert (forgotten, left) == (1, (None, None))
    assert set(found) == {"key-2"}
