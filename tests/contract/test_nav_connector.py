"""The NAV connector against the simulator: real HTTP, SOAP, Basic and NTLM, and every fault on demand."""

import base64
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orderwire.canonical.stock import StockKey
from orderwire.config.settings import Settings
from orderwire.connectors.nav.client import NavErp
from orderwire.connectors.nav.connector import check
from orderwire.errors import (
    BrokenContractError,
    BusyError,
    ConflictError,
    CredentialsError,
    ErpRefusedError,
    InDoubtError,
    OrderwireError,
    OutageError,
    UnavailableError,
)
from orderwire.ports.erp import ErpCustomer, SalesLineDraft, SalesOrderDraft, ShipTo
from orderwire.simulators.nav.server import NavSimulator

PASSWORD = "correct horse battery"
DRAFT = SalesOrderDraft(
    no="OW-1",
    external_document_no="po/4711*",
    customer_no="C10000",
    ordered_on=date(2026, 3, 1),
    requested_on=date(2026, 3, 9),
    currency="EUR",
    lines=[
        SalesLineDraft(10000, "1001", Decimal(2), "PCS", date(2026, 3, 8)),
        SalesLineDraft(20000, "1002", Decimal(3), "CARTON"),
    ],
)


@pytest.fixture(params=["basic", "ntlm"])
def auth(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sim(auth: str) -> Iterator[NavSimulator]:
    with NavSimulator(auth=auth, password=PASSWORD) as simulator:  # type: ignore[arg-type]  # one of its literals
        yield simulator


def settings(sim: NavSimulator, auth: str = "basic", **changes: Any) -> Settings:
    nav = {
        "url": sim.url,
        "company": sim.company,
        "auth": auth,
        "username": "orderwire",
        "password": PASSWORD,
        "production": False,
        "connect_timeout_seconds": 2,
        "read_timeout_seconds": 5,
    }
    return Settings(nav={**nav, **changes})


@pytest.fixture
def erp(sim: NavSimulator, auth: str) -> Iterator[NavErp]:
    connected = NavErp(settings(sim, auth).nav)
    yield connected
    connected.close()


def requests(sim: NavSimulator) -> dict[str, int]:
    counted: dict[str, int] = sim.state()["counters"]["requests"]
    return counted


def key(item_no: str) -> StockKey:
    return StockKey(item_no=item_no)


def test_stock_items_customers(sim: NavSimulator, erp: NavErp) -> None:
    """What stands in NAV is read in one call per question."""
    sim.buy("1003", 4)
    stock = erp.stock([key("1001"), key("1003"), key("9999")])
    items = erp.items(["1001", "1008"])

    assert {found.item_no: figure.free for found, figure in stock.items()} == {"1001": Decimal(100), "1003": Decimal(1)}
    assert items["1001"].units == {"PCS": Decimal(1), "CARTON": Decimal(6)}
    assert [items["1001"].blocked, items["1008"].blocked] == [False, True]
    by_gtin = erp.items_by_gtin(["4099999001026", "04099999001019", "4000000000000"])
    assert {gtin: item.no for gtin, item in by_gtin.items()} == {"4099999001026": "1002", "04099999001019": "1001"}
    nothing = Decimal(0)
    assert erp.customer("c10000") == ErpCustomer("C10000", "Baumarkt Süd GmbH", "", nothing, nothing, nothing)
    assert erp.customer("C98765") is None
    counted = requests(sim)
    assert counted["Item.ReadMultiple"] == 3
    assert counted["connections"] == 1


def test_an_order_from_draft_to_posting(sim: NavSimulator, erp: NavErp) -> None:
    """Created in one call, found, changed, emptied, made again, posted, found again."""
    assert erp.find_order(DRAFT) is None
    created = erp.create_order(DRAFT)

    assert created.no == "OW-1"
    assert created.external_document_no == "PO/4711*"
    assert [(line.line_no, line.quantity, line.unit_price) for line in created.lines] == [
        (10000, Decimal(2), Decimal("89.90")),
        (20000, Decimal(3), Decimal(174)),
    ]
    assert erp.find_order(DRAFT) == created
    assert erp.stock([key("1002")])[key("1002")].on_sales_orders == 36

    changed = erp.set_quantities("OW-1", {10000: Decimal(0), 20000: Decimal(1)})
    assert changed is not None
    assert [(line.line_no, line.quantity) for line in changed.lines] == [(20000, Decimal(1))]
    assert erp.set_quantities("OW-1", {10000: Decimal(0), 20000: Decimal(1)}) == changed
    assert erp.set_quantities("OW-1", {20000: Decimal(0)}) is None
    assert erp.find_order(DRAFT) is None

    erp.create_order(DRAFT)
    sim.post("OW-1")
    posted = erp.find_order(DRAFT)
    assert posted is not None
    assert posted.posted
    with pytest.raises(ErpRefusedError, match="posted"):
        erp.set_quantities("OW-1", {10000: Decimal(0)})


def test_the_contract_is_met(sim: NavSimulator, auth: str) -> None:
    """`nav check` finds every field and operation."""
    report = check(settings(sim, auth))
    rows = list(report.rows())
    assert len(rows) > 30
    assert report.orders
    assert [row for row in rows if row["problem"] and not row["problem"].endswith("(optional)")] == []
    (gateway,) = (row for row in rows if row["service"] == "OrderwireGateway")
    assert gateway["found"].startswith("not published")


def test_paging_and_short_filters_read_the_same(sim: NavSimulator, erp: NavErp, auth: str) -> None:
    """However the question is cut, the answer is the same."""
    cut = NavErp(settings(sim, auth, page_rows=2, max_filter_chars=20).nav)
    nos = [str(number) for number in range(1001, 1009)]
    assert cut.items(nos) == erp.items(nos)
    assert {k.item_no for k in cut.stock([key(no) for no in nos])} == set(nos)
    cut.close()


def test_threads_share_the_lanes(sim: NavSimulator, auth: str) -> None:
    """Eight threads, four lanes: four connections, one handshake each, no failure."""
    erp = NavErp(settings(sim, auth, max_calls=4).nav)
    with ThreadPoolExecutor(8) as threads:
        figures = list(threads.map(lambda _: erp.stock([key("1001")])[key("1001")].free, range(200)))
    erp.close()
    counted = requests(sim)
    assert figures == [Decimal(100)] * 200
    assert counted["connections"] <= 4
    assert counted.get("http_401", 0) == (2 * counted["connections"] if auth == "ntlm" else 0)


# -- what goes wrong

READ: Callable[[NavErp], object] = lambda erp: erp.stock([key("1001")])  # noqa: E731  a table entry
CREATE: Callable[[NavErp], object] = lambda erp: erp.create_order(DRAFT)  # noqa: E731
CHANGE: Callable[[NavErp], object] = lambda erp: erp.set_quantities("OW-0", {10000: Decimal(1)})  # noqa: E731
OLD = SalesOrderDraft("OW-0", "PO-0", "C10000", None, None, None, [SalesLineDraft(10000, "1002", Decimal(5), "PCS")])


@pytest.mark.parametrize("auth", ["basic"], indirect=True)
@pytest.mark.parametrize(
    ("work", "fault", "kind", "stands"),
    [
        (READ, {"kind": "lock_timeout"}, UnavailableError, None),
        (READ, {"kind": "html_503"}, UnavailableError, None),
        (READ, {"kind": "html_200"}, UnavailableError, None),
        (READ, {"kind": "truncated_reply"}, UnavailableError, None),
        (READ, {"kind": "refused", "operation": "ReadMultiple"}, UnavailableError, None),
        (READ, {"kind": "slow", "seconds": 1.0}, UnavailableError, None),
        (CREATE, {"kind": "lock_timeout"}, BusyError, False),
        (CREATE, {"kind": "deadlock"}, BusyError, False),
        (CREATE, {"kind": "html_503"}, InDoubtError, False),
        (CREATE, {"kind": "html_200"}, InDoubtError, False),
        (CREATE, {"kind": "refused", "operation": "Create"}, InDoubtError, False),
        (CREATE, {"kind": "fault_after_commit"}, ErpRefusedError, True),
        (CREATE, {"kind": "reply_lost"}, InDoubtError, True),
        (CREATE, {"kind": "truncated_reply"}, InDoubtError, True),
        (CREATE, {"kind": "hang_after_commit", "seconds": 1.0}, InDoubtError, True),
        (CHANGE, {"kind": "stale_key"}, ConflictError, None),
        (CHANGE, {"kind": "lock_timeout", "operation": "Update"}, BusyError, None),
        (CHANGE, {"kind": "reply_lost"}, InDoubtError, None),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_faults_have_one_meaning_and_work_goes_on(
    sim: NavSimulator,
    work: Callable[[NavErp], object],
    fault: dict[str, Any],
    kind: type[OrderwireError],
    stands: bool | None,  # noqa: FBT001  a table's column
) -> None:
    """A fault is the error the table says, NAV holds what the table says, and the same call works right after."""
    erp = NavErp(settings(sim, read_timeout_seconds=0.5).nav)
    erp.ping()
    erp.stock([key("1001")])
    erp.create_order(OLD)
    operation = {"operation": "Create"} if work is CREATE else {"operation": "ReadMultiple"} if work is READ else {}
    sim.inject(**({**operation, **fault}))

    with pytest.raises(OrderwireError) as caught:
        work(erp)

    assert type(caught.value) is kind
    if stands is not None:
        assert (erp.find_order(DRAFT) is not None) == stands
    if not stands:
        assert work(erp)
    erp.close()


@pytest.mark.parametrize("auth", ["basic"], indirect=True)
def test_a_second_create_is_in_doubt_and_makes_nothing(sim: NavSimulator, erp: NavErp) -> None:
    """NAV itself refuses the number that stands, and reading back finds the first order."""
    first = erp.create_order(DRAFT)
    with pytest.raises(InDoubtError):
        erp.create_order(DRAFT)
    assert erp.find_order(DRAFT) == first
    assert sum(order["no"] == "OW-1" for order in sim.state()["orders"]) == 1


@pytest.mark.parametrize("auth", ["basic"], indirect=True)
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"customer_no": "C98765"}, "cannot be found in the related table"),
        ({"lines": [SalesLineDraft(10000, "1008", Decimal(1), "PCS")]}, "Blocked must be equal"),
        ({"lines": [SalesLineDraft(10000, "1001", Decimal(1), "PALLET")]}, "cannot be found"),
    ],
)
def test_refusals_carry_navs_words(erp: NavErp, change: dict[str, Any], text: str) -> None:
    """A person reads in NAV's own words what is wrong."""
    with pytest.raises(ErpRefusedError) as caught:
        erp.create_order(replace(DRAFT, **change))
    assert text in str(caught.value.facts["text"])
    assert erp.find_order(DRAFT) is None


def test_a_released_order_is_not_changed(sim: NavSimulator, erp: NavErp) -> None:
    """The warehouse has it: NAV refuses, and says so."""
    erp.create_order(DRAFT)
    sim.users.set_status("OW-1", "Released")
    with pytest.raises(ErpRefusedError) as caught:
        erp.set_quantities("OW-1", {10000: Decimal(1)})
    assert "Status" in str(caught.value.facts["text"])


def test_a_wrong_password_is_tried_once(sim: NavSimulator, auth: str) -> None:
    """Many threads and many calls cost one refused login, whatever the kind of login."""
    erp = NavErp(settings(sim, auth, password="wrong").nav)

    def read(_: int) -> type[BaseException]:
        with pytest.raises(OrderwireError) as caught:
            erp.ping()
        return caught.type

    with ThreadPoolExecutor(8) as threads:
        kinds = set(threads.map(read, range(24)))
    erp.close()
    assert kinds == {CredentialsError}
    assert requests(sim)["http_401"] == (3 if auth == "ntlm" else 1)


def test_away_and_back(sim: NavSimulator, erp: NavErp) -> None:
    """Nobody listens: an outage, reading or writing, and nothing else happened. Back again: as before."""
    erp.create_order(OLD)
    sim.stop_listening()
    for work in (NavErp.ping, READ, CREATE, CHANGE):
        with pytest.raises(OutageError):
            work(erp)
    sim.listen()
    erp.ping()
    assert erp.create_order(DRAFT).no == "OW-1"


@pytest.mark.parametrize("auth", ["basic"], indirect=True)
def test_another_company_is_no_contract(sim: NavSimulator) -> None:
    """A company that NAV does not know is told as such."""
    erp = NavErp(settings(sim, company="northwind tools ltd.").nav)
    with pytest.raises(BrokenContractError):
        erp.stock([key("1001")])
    with pytest.raises(OutageError):
        erp.ping()
    erp.close()
    services = {"item": "Items"}
    report = check(settings(sim, services=services))
    assert not report.stock
    assert any("publish as Items" in sentence for sentence in report.advice())


@pytest.mark.parametrize(
    "company", ["CRONUS International Ltd.", "Müller & Söhne, Nord/Süd?", "100 % A+B #1;x=y", "日本 (JP)"]
)
def test_companies_are_called_whatever_they_are(company: str) -> None:
    """Blanks, dots, & and whatever else a company's name holds are one part of the address."""
    with NavSimulator(company=company, password=PASSWORD) as simulator:
        erp = NavErp(settings(simulator).nav)
        assert erp.create_order(DRAFT).no == "OW-1"
        erp.close()


def test_zeros_that_nav_leaves_out() -> None:
    """A server that omits zeros tells the same figures."""
    with NavSimulator(password=PASSWORD, omit_zero=True) as simulator:
        erp = NavErp(settings(simulator).nav)
        figure = erp.stock([key("1007")])[key("1007")]
        erp.close()
    assert (figure.inventory, figure.on_sales_orders) == (Decimal(0), Decimal(0))


def test_no_log_holds_credentials(sim: NavSimulator, erp: NavErp, caplog: pytest.LogCaptureFixture, auth: str) -> None:
    """At the lowest level, with every library talking, the password stays unsaid."""
    caplog.set_level(logging.DEBUG)
    erp.stock([key("1001")])
    erp.create_order(DRAFT)
    sim.stop_listening()
    with pytest.raises(OutageError):
        erp.ping()
    basic = base64.b64encode(f"orderwire:{PASSWORD}".encode()).decode()
    assert auth in {"basic", "ntlm"}
    assert PASSWORD not in caplog.text
    assert basic not in caplog.text
    assert PASSWORD not in repr(erp)


@pytest.mark.parametrize("auth", ["basic"])
def test_an_order_goes_where_it_is_to_go(sim: NavSimulator, erp: NavErp) -> None:
    """An address stands in NAV's order as it was given; a code that the customer does not have is refused."""
    place = ShipTo("", "Site 7", ("Gate 3", "Hall B"), "Lyon", "69001", "FR")
    erp.create_order(replace(DRAFT, ship_to=place))
    header = sim.world.orders.rows[("OW-1",)]
    assert (header.ship_to_name, header.ship_to_address, header.ship_to_address_2) == ("Site 7", "Gate 3", "Hall B")
    assert (header.ship_to_city, header.ship_to_post_code, header.ship_to_country) == ("Lyon", "69001", "FR")
    with pytest.raises(ErpRefusedError):
        erp.create_order(replace(DRAFT, no="OW-2", external_document_no="other", ship_to=ShipTo("NOWHERE")))
