"""Orders through the gateway codeunit, on the simulator that speaks its contract."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from orderwire.config.nav import NavSettings
from orderwire.config.settings import Settings
from orderwire.connectors.nav.client import NavErp
from orderwire.connectors.nav.connector import accept, check
from orderwire.errors import (
    BrokenContractError,
    BusyError,
    ErpRefusedError,
    InDoubtError,
    MappingError,
    OrderwireError,
    StockTakenError,
)
from orderwire.pipeline.recovery import Pause, RetryPolicy, decide
from orderwire.ports.erp import SalesLineDraft, SalesOrderDraft
from orderwire.simulators.nav.server import NavSimulator

POLICY = RetryPolicy(max_attempts=12, first_delay_seconds=5, max_delay_seconds=3600, pause_seconds=5)
DRAFT = SalesOrderDraft(
    no="OW-1", external_document_no="po/4711*", customer_no="C10000", ordered_on=date(2026, 3, 1),
    requested_on=date(2026, 3, 9), currency="EUR", source_key="OW-1",
    lines=[
        SalesLineDraft(10000, "1001", Decimal(2), "PCS", date(2026, 3, 8), covered=Decimal(2)),
        SalesLineDraft(20000, "1002", Decimal("2.5"), "CARTON", covered=Decimal(30)),
    ],
)  # fmt: skip


@pytest.fixture
def sim() -> Iterator[NavSimulator]:
    with NavSimulator(gateway_codeunit=True) as simulator:
        yield simulator


def settings_of(sim: NavSimulator) -> NavSettings:
    return NavSettings(
        url=sim.url, company=sim.company, username="orderwire", password=SecretStr("demo"), production=False,
        connect_timeout_seconds=2, read_timeout_seconds=3,
    )  # fmt: skip


def connect(sim: NavSimulator, data_dir: Path | None = None, **changes: object) -> NavErp:
    return NavErp(settings_of(sim).model_copy(update=changes), data_dir=data_dir)


@pytest.fixture
def erp(sim: NavSimulator) -> Iterator[NavErp]:
    connected = connect(sim)
    yield connected
    connected.close()


def one_of(item_no: str, quantity: int, no: str = "OW-2", *, covered: int | None = None) -> SalesOrderDraft:
    wanted = Decimal(quantity if covered is None else covered)
    line = SalesLineDraft(10000, item_no, Decimal(quantity), "PCS", covered=wanted)
    return replace(DRAFT, no=no, source_key=no, external_document_no=no, lines=[line])


def calls(sim: NavSimulator) -> Counter[str]:
    return Counter(sim.gateway.counters)


def test_an_order_is_one_call(sim: NavSimulator, erp: NavErp) -> None:
    """The order stands with its lines, dates and NAV's prices, and nothing is to be checked after it."""
    made = erp.create_order(DRAFT)

    assert (made.no, made.covered, made.posted) == ("OW-1", True, False)
    assert [(line.line_no, line.item_no, line.quantity, line.unit, line.unit_price) for line in made.lines] == [
        (10000, "1001", Decimal(2), "PCS", Decimal("89.9")),
        (20000, "1002", Decimal("2.5"), "CARTON", Decimal(174)),
    ]
    header, first = sim.world.orders.rows[("OW-1",)], sim.world.lines.rows[("OW-1", 10000)]
    assert (header.customer_no, header.external_document_no) == ("C10000", "PO/4711*")
    assert (header.order_date, header.requested_on) == (DRAFT.ordered_on, DRAFT.requested_on)
    assert first.requested_on == date(2026, 3, 8)
    assert (calls(sim)["OrderwireGateway.PlaceOrder"], calls(sim)["SalesOrder.Create"]) == (1, 0)
    found = erp.find_order(DRAFT)
    assert found is not None
    assert (found.no, found.covered) == ("OW-1", False)


def test_the_last_piece_is_sold_once(sim: NavSimulator, erp: NavErp) -> None:
    """Of 20 orders at once for one of the 5 pieces there are, 5 are made, whatever anybody read before."""

    def place(number: int) -> str:
        try:
            return erp.create_order(one_of("1003", 1, f"OW-{number}")).no
        except StockTakenError:
            return ""

    with ThreadPoolExecutor(8) as pool:
        made = [no for no in pool.map(place, range(20)) if no]

    assert len(made) == 5
    assert sim.world.available("1003") == 0


@pytest.mark.parametrize(("wanted", "made"), [(5, True), (6, False)])
def test_a_user_who_buys_at_the_last_moment_is_noticed(
    sim: NavSimulator, erp: NavErp, wanted: int, *, made: bool
) -> None:
    """What is left when the order is made decides; refused, nothing of the order stands."""
    sim.stock("1006", 7)
    sim.inject("buy_between", item_no="1006", quantity="2")
    with nullcontext() if made else pytest.raises(StockTakenError, match="1006\t\t\t5"):
        erp.create_order(one_of("1006", wanted))
    assert (erp.find_order(one_of("1006", wanted)) is not None) == made


def test_what_is_owed_needs_no_stock(erp: NavErp) -> None:
    """A back-order's uncovered part may stand beyond the stock; the covered part may not."""
    assert erp.create_order(one_of("1003", 9, covered=5)).lines[0].quantity == 9
    with pytest.raises(StockTakenError):
        erp.create_order(one_of("1003", 1, "OW-3"))
    assert erp.create_order(one_of("1003", 1, "OW-4", covered=0)).no == "OW-4"


def test_lines_of_one_item_are_covered_together(erp: NavErp) -> None:
    """Two lines that each would do alone do not when they want the same pieces."""
    lines = [replace(one_of("1003", 3).lines[0], line_no=number) for number in (10000, 20000)]
    with pytest.raises(StockTakenError):
        erp.create_order(replace(one_of("1003", 3), lines=lines))


def test_safety_stock_is_kept(sim: NavSimulator) -> None:
    """Where the settings keep safety stock back, the codeunit does as well."""
    with sim.world.transaction():
        sim.world.put(sim.world.items, replace(sim.world.items.rows[("1006",)], safety_stock=Decimal(38)))
    keeping = connect(sim, safety_stock_field="Safety_Stock_Quantity")
    with pytest.raises(StockTakenError):
        keeping.create_order(one_of("1006", 3))
    assert keeping.create_order(one_of("1006", 2)).covered
    keeping.close()


@pytest.mark.parametrize("fault", ["reply_lost", "truncated_reply", "fault_after_commit", "hang_after_commit"])
def test_the_same_order_again_is_not_made_again(sim: NavSimulator, erp: NavErp, fault: str) -> None:
    """However the reply was lost, the order stands once, and the source key refuses a second one for ever."""
    sim.inject(fault, operation="PlaceOrder", seconds=5.0)
    with pytest.raises((InDoubtError, ErpRefusedError)):
        erp.create_order(DRAFT)
    with pytest.raises(InDoubtError, match="before"):
        erp.create_order(DRAFT)
    found = erp.find_order(DRAFT)
    assert found is not None
    assert found.no == "OW-1"
    sim.post("OW-1")
    with pytest.raises(InDoubtError, match="before"):
        erp.create_order(DRAFT)
    assert [commit.action for commit in sim.world.commits if commit.order_no == "OW-1"].count("create") == 1


@pytest.mark.parametrize(
    ("draft", "kind"),
    [
        (one_of("1008", 1), ErpRefusedError),  # blocked
        (replace(DRAFT, customer_no="C77777"), ErpRefusedError),
        (one_of("9999", 1), StockTakenError),  # an item that NAV does not know has no stock
        (replace(DRAFT, external_document_no="\x01"), MappingError),
    ],
)
def test_what_nav_refuses_is_not_made(
    sim: NavSimulator, erp: NavErp, draft: SalesOrderDraft, kind: type[OrderwireError]
) -> None:
    """A refusal undoes all, the source key too."""
    with pytest.raises(kind):
        erp.create_order(draft)
    assert (draft.no,) not in sim.world.orders.rows
    assert erp.create_order(replace(one_of("1001", 1), no=draft.no, source_key=draft.source_key)).no == draft.no


def test_a_lock_is_busy(sim: NavSimulator, erp: NavErp) -> None:
    """A lock or a deadlock is tried again."""
    sim.inject("deadlock", operation="PlaceOrder")
    with pytest.raises(BusyError):
        erp.create_order(DRAFT)
    assert erp.create_order(DRAFT).covered


def test_numbers_may_be_navs(sim: NavSimulator) -> None:
    """With nav.numbering: nav the source key alone tells orders apart."""
    erp = connect(sim, numbering="nav")
    made = erp.create_order(replace(DRAFT, no=None))
    assert made.no.startswith("SO-")
    with pytest.raises(InDoubtError):
        erp.create_order(replace(DRAFT, no=None))
    erp.close()


@pytest.mark.parametrize(("published", "gateway"), [(False, "auto"), (True, "off")])
def test_without_the_codeunit_the_page_serves(*, published: bool, gateway: str) -> None:
    """By default the codeunit is used when it is published, and only then."""
    with NavSimulator(gateway_codeunit=published) as sim:
        erp = connect(sim, gateway=gateway)
        assert [erp.create_order(one_of("1001", 1, no)).covered for no in ("OW-1", "OW-2")] == [False, False]
        assert calls(sim)["SalesOrder.Create"] == 2
        assert calls(sim)["OrderwireGateway.WSDL"] == 0
        erp.close()


def test_a_codeunit_that_is_required_must_be_there() -> None:
    """Who relies on it gets no order past it."""
    with NavSimulator() as sim:
        erp = connect(sim, gateway="required")
        with pytest.raises(BrokenContractError):
            erp.create_order(DRAFT)
        assert not sim.world.orders.rows.keys() & {("OW-1",)}
        erp.close()


def test_a_codeunit_that_vanishes_pauses_the_flow(sim: NavSimulator, tmp_path: Path) -> None:
    """No order goes by the page instead until a person says so; an operator sees why, and no attempt is counted."""
    with closing(connect(sim, tmp_path)) as erp, closing(connect(sim, tmp_path)) as restarted:
        assert erp.create_order(one_of("1001", 1)).covered
        sim.inject("status", status=404, service="OrderwireGateway", times=None)
        for caller in (erp, erp, restarted):  # known, looked for again, and after a restart
            with pytest.raises(BrokenContractError) as caught:
                caller.create_order(one_of("1001", 1, "OW-3"))
            assert isinstance(decide(caught.value, attempt=1, policy=POLICY), Pause)
        assert ("OW-3",) not in sim.world.orders.rows
        with pytest.raises(BrokenContractError, match="codeunit is not published any more"):
            erp.ping()  # the flow does not begin again
    settings = Settings(nav=settings_of(sim), data_dir=tmp_path)
    report = check(settings)
    assert [one.name for one in report.services if "orderwire nav accept" in one.problem] == ["OrderwireGateway"]
    assert not report.complete

    accept(settings)

    with closing(connect(sim, tmp_path)) as erp:
        assert not erp.create_order(one_of("1001", 1, "OW-3")).covered


def test_a_codeunit_that_comes_back_goes_on(sim: NavSimulator, tmp_path: Path) -> None:
    """Published again it is used again: nothing is to be accepted."""
    with closing(connect(sim, tmp_path)) as erp:
        erp.ping()
        sim.inject("status", status=404, service="OrderwireGateway", times=2)
        for _ in range(2):
            with pytest.raises(BrokenContractError):
                erp.create_order(one_of("1001", 1))
        erp.ping()
        assert erp.create_order(one_of("1001", 1)).covered
