"""Every way in which NAV says no, from the wire to what becomes of the message: one table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest

from acceptance.conftest import Deploy
from orderwire.canonical.stock import StockKey
from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.client import NavErp
from orderwire.errors import OrderwireError
from orderwire.pipeline.recovery import Park, Pause, Retry, RetryPolicy, decide
from orderwire.ports.erp import SalesLineDraft, SalesOrderDraft
from orderwire.simulators.nav.server import DEMO_PASSWORD, DEMO_USER, NavSimulator
from services.deployment import company, sold
from services.edifact import Order, interchange

ROOT = Path(__file__).parents[2]
POLICY = RetryPolicy(max_attempts=12, first_delay_seconds=5, max_delay_seconds=3600, pause_seconds=5)
NUMBERS = count(1)


@dataclass(frozen=True)
class Case:
    """What NAV does, and the code and decision for a read, a new order and a changed one; None: cannot happen there."""

    name: str
    plan: dict[str, Any]
    read: str | None
    create: str | None
    change: str | None
    stands: bool = False  # the new order stands in NAV all the same


def exception(name: str, read: str, create: str, change: str, text: str = "?") -> Case:
    return Case(name, {"kind": "fault", "exception": name, "text": text}, read, create, change)


def status(code: int, read: str, create: str, change: str) -> Case:
    return Case(f"HTTP {code}", {"kind": "status", "status": code}, read, create, change)


MODIFIED = 'Other user has modified "Sales Header" "Order,OW-0"'
DEADLOCKED = "The activity was deadlocked with another user who was modifying the Sales Line table. Please retry."
EXISTS = "The Sales Header already exists. Identification fields and values: Document Type='Order',No.='OW-1'"

AGAIN, IN_DOUBT, BUSY = "unavailable retry", "in_doubt retry", "busy retry"
CONFLICT, REFUSED, QUESTION = "conflict retry", "erp_refused park", "erp_contract park"
LOGIN, AWAY, BROKEN, TOO_LARGE = "credentials pause", "outage pause", "erp_contract_broken pause", "limit park"

# fmt: off
CASES = (
    #         what NAV does                              a read    a new order  a change
    exception("NavCSideSQLLockTimeoutException",         AGAIN,    BUSY,      BUSY),
    exception("NavCSideSqlTimeoutException",             AGAIN,    BUSY,      BUSY),
    exception("NavCSideException",                       AGAIN,    BUSY,      BUSY, DEADLOCKED),
    exception("ServiceBrokerException",                  QUESTION, CONFLICT,  CONFLICT, MODIFIED),
    exception("NavCSideRecordNotFoundException",         QUESTION, REFUSED,   CONFLICT),
    exception("NavCSideDuplicateKeyException",           QUESTION, IN_DOUBT,  CONFLICT, EXISTS),
    exception("NavNCLDialogException",                   QUESTION, REFUSED,   REFUSED),
    exception("NavTestFieldException",                   QUESTION, REFUSED,   REFUSED),
    exception("NavCSideValidateTableRelationException",  QUESTION, REFUSED,   REFUSED),
    exception("NavCSideDataException",                   QUESTION, REFUSED,   REFUSED),
    exception("NavNCLCallbackNotAllowedException",       QUESTION, REFUSED,   REFUSED),
    exception("NavNCLStringLengthExceededException",     QUESTION, REFUSED,   REFUSED),
    exception("NavNCLEvaluateException",                 QUESTION, REFUSED,   REFUSED),
    exception("NavFilterException",                      QUESTION, REFUSED,   REFUSED),
    exception("NavInvalidCredentialException",           LOGIN,    LOGIN,     LOGIN),
    exception("NavTenantNotAccessibleException",         AWAY,     AWAY,      AWAY),
    exception("NavCompanyNotFoundException",             BROKEN,   BROKEN,    BROKEN),
    status(302,                                          AWAY,     AWAY,      AWAY),
    status(400,                                          QUESTION, QUESTION,  QUESTION),
    status(401,                                          LOGIN,    LOGIN,     LOGIN),
    status(403,                                          LOGIN,    LOGIN,     LOGIN),
    status(404,                                          BROKEN,   BROKEN,    BROKEN),
    status(405,                                          BROKEN,   BROKEN,    BROKEN),
    status(408,                                          AGAIN,    IN_DOUBT,  IN_DOUBT),
    status(413,                                          TOO_LARGE, TOO_LARGE, TOO_LARGE),
    status(429,                                          AGAIN,    BUSY,      BUSY),
    status(500,                                          AGAIN,    IN_DOUBT,  IN_DOUBT),
    status(502,                                          AGAIN,    IN_DOUBT,  IN_DOUBT),
    status(503,                                          AGAIN,    IN_DOUBT,  IN_DOUBT),
    status(504,                                          AGAIN,    IN_DOUBT,  IN_DOUBT),
    Case("a sign-in page", {"kind": "html_200"},         AGAIN,    IN_DOUBT,  IN_DOUBT),
    Case("hung up", {"kind": "refused"},                 AGAIN,    IN_DOUBT,  IN_DOUBT),
    Case("too slow", {"kind": "slow", "seconds": 30},    AGAIN,    IN_DOUBT,  IN_DOUBT),
    Case("half an answer", {"kind": "truncated_reply"},  AGAIN,    IN_DOUBT,  IN_DOUBT, stands=True),
    Case("answer lost", {"kind": "reply_lost"},          None,     IN_DOUBT,  IN_DOUBT, stands=True),
    Case("answer late", {"kind": "hang_after_commit", "seconds": 30}, None, IN_DOUBT, IN_DOUBT, stands=True),
    Case("fault after commit", {"kind": "fault_after_commit"}, None, REFUSED, REFUSED,  stands=True),
    Case("stale key", {"kind": "stale_key"},             None,     None,      CONFLICT),
)
# fmt: on


@pytest.fixture(scope="module")
def sim() -> Iterator[NavSimulator]:
    with NavSimulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def connected(sim: NavSimulator) -> Iterator[NavErp]:
    """A connector that has read every contract."""
    nav = NavSettings.model_validate(
        {"url": sim.url, "company": sim.company, "username": DEMO_USER, "password": DEMO_PASSWORD}
        | {"read_timeout_seconds": 0.4, "credentials_pause_seconds": 1e-9, "max_calls": 1}
    )
    erp = NavErp(nav)
    erp.ping()
    yield erp
    erp.close()


@pytest.fixture
def erp(sim: NavSimulator, connected: NavErp) -> NavErp:
    """The connector, and no fault left over."""
    sim.clear_faults()
    return connected


@pytest.fixture
def draft() -> SalesOrderDraft:
    """An order of its own for each test."""
    number = next(NUMBERS)
    return SalesOrderDraft(
        no=f"OW-{number}",
        external_document_no=f"PO-{number}",
        customer_no="C10000",
        ordered_on=date(2026, 3, 1),
        requested_on=None,
        currency=None,
        lines=(SalesLineDraft(10000, "1002", Decimal(5), "PCS"),),
    )


def outcome(error: OrderwireError) -> str:
    """Return code and decision, as an operator sees them."""
    words = {Retry: "retry", Park: "park", Pause: "pause"}
    decision = decide(error, attempt=0, policy=POLICY)
    return f"{error.code} {words[type(decision)]}"


WORK: dict[str, Callable[[NavErp, SalesOrderDraft], object]] = {
    "ReadMultiple": lambda erp, _draft: erp.stock([StockKey(item_no="1001")]),
    "Create": lambda erp, draft: erp.create_order(draft),
    "Update": lambda erp, draft: erp.set_quantities(draft.no or "", {10000: Decimal(1)}),
}


def met(sim: NavSimulator, erp: NavErp, case: Case, operation: str, draft: SalesOrderDraft) -> str:
    sim.inject(**{**case.plan, "operation": operation})
    with pytest.raises(OrderwireError) as caught:
        WORK[operation](erp, draft)
    return outcome(caught.value)


@pytest.mark.parametrize("case", [case for case in CASES if case.read], ids=lambda case: case.name)
def test_a_read(sim: NavSimulator, erp: NavErp, case: Case, draft: SalesOrderDraft) -> None:
    """A read that fails has changed nothing: it is asked again, waits, or is for a person; the next one works."""
    assert met(sim, erp, case, "ReadMultiple", draft) == case.read
    assert erp.stock([StockKey(item_no="1001")])


@pytest.mark.parametrize("case", [case for case in CASES if case.create], ids=lambda case: case.name)
def test_a_new_order(sim: NavSimulator, erp: NavErp, case: Case, draft: SalesOrderDraft) -> None:
    """Whatever the fault says, reading back says what stands, and no second order can come of it."""
    assert met(sim, erp, case, "Create", draft) == case.create
    assert (erp.find_order(draft) is not None) is case.stands
    if not case.stands:
        erp.create_order(draft)
    of_buyer = [
        order["no"] for order in sim.state()["orders"] if order["external_document_no"] == draft.external_document_no
    ]
    assert of_buyer == [draft.no]


@pytest.mark.parametrize("case", [case for case in CASES if case.change], ids=lambda case: case.name)
def test_a_change(sim: NavSimulator, erp: NavErp, case: Case, draft: SalesOrderDraft) -> None:
    """A change may be asked for again at any time: it ends in the quantity that was wanted."""
    erp.create_order(draft)
    assert met(sim, erp, case, "Update", draft) == case.change
    changed = erp.set_quantities(draft.no or "", {10000: Decimal(1)})
    assert changed is not None
    assert [line.quantity for line in changed.lines] == [1]


def test_nobody_listens(sim: NavSimulator, erp: NavErp, draft: SalesOrderDraft) -> None:
    """No connection, no name: nothing happened, and the flow waits without counting."""
    sim.stop_listening()
    with pytest.raises(OrderwireError) as caught:
        erp.create_order(draft)
    sim.listen()
    assert outcome(caught.value) == "outage pause"
    lost = NavErp(NavSettings(url="http://nav.invalid/DynamicsNAV/WS"))
    with pytest.raises(OrderwireError) as caught:
        lost.customer("C10000")
    assert outcome(caught.value) == "outage pause"


def test_every_code_has_its_place_in_the_how_to() -> None:
    """An operator finds what to do about each code that NAV can cause."""
    page = (ROOT / "docs/how-to/understand-what-nav-says.md").read_text("utf-8")
    told = {text.split()[0] for case in CASES for text in (case.read, case.create, case.change) if text}
    assert [code for code in told if f"| `{code}` |" not in page] == []


GLN = "4000000000013"
# fmt: off
ENDS: tuple[tuple[dict[str, Any], str, str | None, int], ...] = (
    # what NAV does to the order's Create                  state     code           orders in NAV
    ({"kind": "lock_timeout", "times": 3},                 "done",   None,          1),
    ({"kind": "reply_lost"},                               "done",   None,          1),
    ({"kind": "fault_after_commit"},                       "done",   None,          1),
    ({"kind": "status", "status": 503, "times": 2},        "done",   None,          1),
    ({"kind": "truncated_reply"},                          "done",   None,          1),
    ({"kind": "fault", "exception": "NavTestFieldException"}, "parked", "erp_refused", 0),
)
# fmt: on


@pytest.mark.parametrize("deploy", ["embedded"], indirect=True)
def test_orders_end_as_they_must(deploy: Deploy) -> None:
    """Through a whole worker: what a machine can solve ends done with one order in NAV, the rest waits for a person."""
    deployment = deploy(company(i1001=100))
    deployment.partner("faulty", GLN)
    deployment.run("work")
    for number, (plan, state, code, standing) in enumerate(ENDS, start=1):
        deployment.nav.inject(**{**plan, "operation": "Create"})
        order_no = f"PO-{number}"
        deployment.receive(interchange(GLN, f"R{number}", [Order(order_no)]), f"{number}.edi", "faulty")
        deployment.settle(number, 60)
        (document,) = (one for one in deployment.documents() if (one.order_no, one.kind) == (order_no, "ORDERS"))
        assert (str(document.state), document.code) == (state, code), plan
        assert len(sold(deployment.nav, [order_no]).get(order_no, [])) == standing, plan
    assert blind_repetitions(deployment.nav) == []


@pytest.mark.parametrize("deploy", ["embedded"], indirect=True)
def test_orders_wait_while_a_page_is_gone(deploy: Deploy) -> None:
    """A page that is unpublished parks nobody's order: the flow pauses, and goes on when the page is back."""
    deployment = deploy(company(i1001=100))
    deployment.partner("patient", GLN)
    deployment.nav.inject("status", status=404, service="SalesOrder", times=None)
    deployment.run("work")
    deployment.receive(interchange(GLN, "R1", [Order("PO-1")]), "1.edi", "patient")
    deployment.wait_for(lambda: "erp_contract_broken" in deployment.logs(), 60, "the flow pauses")
    assert deployment.parked() == []
    deployment.nav.clear_faults()
    deployment.settle(1, 90)
    assert list(sold(deployment.nav, ["PO-1"])) == ["PO-1"]


def blind_repetitions(nav: NavSimulator) -> list[dict[str, Any]]:
    """Return every Create of a number that was sent before, without a look at what stands in between."""
    creates = nav.calls(operation="Create")
    return [
        later
        for earlier, later in pairwise(sorted(creates, key=lambda call: (call["no"], call["began"])))
        if earlier["no"] == later["no"]
        and not any(
            (earlier["ended"] or later["began"]) < read["began"] and (read["ended"] or later["began"]) < later["began"]
            for read in nav.calls(operation="Read", no=later["no"])
        )
    ]
