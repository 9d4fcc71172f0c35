"""Sessions: opened by the buyer's system, entered once, ended by time or with their cart."""

from dataclasses import replace

import pytest

from fakes.documents import a_partner
from fakes.world import World
from orderwire.config.punchout import PunchoutSettings
from orderwire.errors import ConfigurationError, MappingError, SessionClosedError
from orderwire.pipeline.punchout import Sessions, digest_of, running, shop_of
from orderwire.pipeline.punchout_setup import journal_setup
from orderwire.ports.journal import DocumentState
from orderwire.ports.punchout import SessionState
from shopping import SETTINGS, SHOP, Mall, a_setup, a_shopper


@pytest.fixture
def mall(world: World) -> Mall:
    return Mall(world, a_shopper())


def test_a_token_opens_the_shop_once(mall: Mall) -> None:
    """128 bits; the second time it is used up; the session stands in the shop's address."""
    token = mall.sessions.open(a_setup(), mall.partner, "document-1")

    address = mall.sessions.enter(token)

    assert len(token) == 22
    assert address.startswith("https://shop.example.com/enter?lang=fr&session=")
    with pytest.raises(SessionClosedError, match="used before"):
        mall.sessions.enter(token)
    with pytest.raises(LookupError):
        mall.sessions.enter("guess")


def test_a_token_runs_out(mall: Mall) -> None:
    """After 600 seconds; the store never had it, only its digest."""
    token = mall.sessions.open(a_setup(), mall.partner, "document-1")
    mall.world.clock.sleep(600)

    with pytest.raises(SessionClosedError, match="run out"):
        mall.sessions.enter(token)
    with mall.world.store.begin() as tx:
        session = tx.punchouts.by_token(digest_of(token))
    assert session is not None
    assert token not in repr(session)


def test_each_set_up_opens_a_session_of_its_own(mall: Mall) -> None:
    """A second visit, or a second tab, has nothing of the first."""
    first, second = mall.visit(user="ada"), mall.visit(user="ben")

    assert first.session.id != second.session.id
    assert (first.setup.user, second.setup.user) == ("ada", "ben")


@pytest.mark.parametrize(
    "url", ["https://evil.example/cart", "javascript:alert(1)", "https://buyer.example.com@evil.example"]
)
def test_a_cart_goes_only_where_it_was_agreed(mall: Mall, url: str) -> None:
    """A set-up that names another place is refused, and no session is opened."""
    with pytest.raises(MappingError, match="not among those agreed"):
        mall.sessions.open(a_setup(return_url=url), mall.partner, "document-1")


def test_who_does_not_shop_is_refused(mall: Mall) -> None:
    """A partner without a punch-out profile."""
    with pytest.raises(MappingError, match="not set up"):
        mall.sessions.open(a_setup(), a_partner(), "document-1")


def test_a_shop_sees_its_own_sessions(mall: Mall) -> None:
    """Another's do not exist for it, nor do those that never were."""
    visit = mall.visit()

    assert mall.sessions.visit(visit.session.id, "demo") == visit
    for session_id, shop in ((visit.session.id, "other"), ("guess", "demo")):
        with pytest.raises(LookupError):
            mall.sessions.visit(session_id, shop)


def test_a_catalogue_call_is_entered_at_once(mall: Mall) -> None:
    """The browser is there already, so there is no token."""
    address = mall.sessions.open_entered(a_setup(), mall.partner, "document-1")

    visit = mall.sessions.visit(address.rpartition("=")[2])
    assert (visit.session.state, visit.session.token_sha256) == (SessionState.ENTERED, None)
    assert visit.session.syntax == "oci"


def test_the_shop_is_the_partners_or_the_only_one() -> None:
    """Two shops and no choice, or a choice that is none, is our mistake."""
    two = PunchoutSettings.model_validate({"shops": {"a": SHOP, "b": SHOP}})

    assert shop_of(a_shopper().punchout, SETTINGS) == "demo"  # type: ignore[arg-type]
    assert shop_of(a_shopper(shop="b").punchout, two) == "b"  # type: ignore[arg-type]
    for profile, settings in ((a_shopper(), two), (a_shopper(shop="c"), two), (a_shopper(), PunchoutSettings())):
        with pytest.raises(ConfigurationError):
            shop_of(profile.punchout, settings)  # type: ignore[arg-type]


def test_a_session_runs_for_its_time(mall: Mall) -> None:
    """An hour here; and not before the browser has come, nor after its end."""
    mall.partner = a_shopper(session_minutes=60)
    visit, now = mall.visit(), mall.world.clock()

    running(visit.session, mall.world.clock.after(3599))
    for state, when in (
        (SessionState.ENTERED, mall.world.clock.after(3600)),
        (SessionState.OPEN, now),
        (SessionState.RETURNED, now),
        (SessionState.CANCELLED, now),
    ):
        with pytest.raises(SessionClosedError):
            running(replace(visit.session, state=state), when)


def test_an_address_without_a_query_gets_one(mall: Mall) -> None:
    """The session is the first of it."""
    shops = {"demo": {**SHOP, "url": "https://shop.example.com/in"}}
    means = replace(mall.means, settings=PunchoutSettings.model_validate({"shops": shops}))
    session = mall.visit().session

    assert Sessions(means).address(session) == f"https://shop.example.com/in?session={session.id}"


def test_a_set_up_has_a_row_in_the_journal(mall: Mall) -> None:
    """It is done, and holds no bytes: secrets stand in them."""
    document_id = journal_setup(mall.means, "officeworks", "PunchOutSetupRequest", a_setup(test=True), "payload-1")

    with mall.world.store.begin() as tx:
        document = tx.journal.get(document_id)
    assert document is not None
    assert (document.state, document.sha256, document.test) == (DocumentState.DONE, None, True)
    assert (document.partner, document.control_ref) == ("officeworks", "payload-1")
