"""The NAV simulator over HTTP, with zeep and requests as independent clients."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
import requests
import zeep
import zeep.exceptions
from requests_ntlm import HttpNtlmAuth

from orderwire.simulators.nav.server import DEMO_COMPANY, DEMO_PASSWORD, DEMO_USER, NavSimulator

READ = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<Read xmlns="urn:microsoft-dynamics-schemas/page/item"><No>1001</No></Read></s:Body></s:Envelope>'
)


@pytest.fixture
def nav() -> Iterator[NavSimulator]:
    with NavSimulator() as simulator:
        yield simulator


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.auth = (DEMO_USER, DEMO_PASSWORD)
        yield opened


@pytest.fixture
def orders(nav: NavSimulator, session: requests.Session) -> Any:
    return service(nav, session, "SalesOrder")


def page_url(nav: NavSimulator, name: str) -> str:
    return f"{nav.url}/{quote(DEMO_COMPANY)}/Page/{name}"


def service(nav: NavSimulator, session: requests.Session, name: str) -> Any:
    """Read the WSDL and bind to its own address, as any client does."""
    return client(page_url(nav, name), session).service


def client(url: str, session: requests.Session, timeout_seconds: float = 10) -> zeep.Client:
    transport = zeep.Transport(session=session, operation_timeout=timeout_seconds)  # type: ignore[no-untyped-call]
    return zeep.Client(url, transport=transport)  # type: ignore[no-untyped-call]


def control(nav: NavSimulator, path: str, **body: object) -> Any:
    reply = requests.post(f"{nav.base_url}/simulator/{path}", json=body, timeout=10)
    assert reply.status_code == 200, reply.text
    return reply.json()


def draft(no: str, item_no: str = "1001", quantity: str = "2", unit: str = "CARTON") -> dict[str, Any]:
    line = {"Type": "Item", "No": item_no, "Quantity": Decimal(quantity), "Unit_of_Measure_Code": unit}
    return {
        "No": no,
        "Sell_to_Customer_No": "C10000",
        "External_Document_No": f"PO-{no}",
        "SalesLines": {"Sales_Order_Line": [line]},
    }


def read_item(nav: NavSimulator, session: requests.Session) -> requests.Response:
    return session.post(page_url(nav, "Item"), data=READ.encode(), timeout=10)


def test_an_order_lives_its_life(nav: NavSimulator, orders: Any) -> None:
    """Create, find by external number, change, delete a line, delete the order: zeep understands every answer."""
    made = orders.Create(SalesOrder=draft("OW-1"))
    assert (made.No, made.Sell_to_Customer_Name, made.Status) == ("OW-1", "Baumarkt Süd GmbH", "Open")
    (line,) = made.SalesLines.Sales_Order_Line
    assert (line.Line_No, line.Unit_Price, line.Line_Amount) == (10000, Decimal("539.4"), Decimal("1078.8"))
    assert nav.world.qty_on_sales_order("1001") == 32

    (found,) = orders.ReadMultiple(filter=[{"Field": "External_Document_No", "Criteria": "'PO-OW-1'"}], setSize=1)
    line = {"Key": found.SalesLines.Sales_Order_Line[0].Key, "Quantity": Decimal(1)}
    change = {"Key": found.Key, "SalesLines": {"Sales_Order_Line": [line]}}
    changed = orders.Update(SalesOrder=change)
    assert changed.External_Document_No == "PO-OW-1"
    assert nav.world.qty_on_sales_order("1001") == 26

    assert orders.Delete_SalesLines(SalesLines_Key=changed.SalesLines.Sales_Order_Line[0].Key)
    with pytest.raises(zeep.exceptions.Fault, match='Other user has modified "Sales Header" "Order,OW-1"'):
        orders.Delete(Key=changed.Key)
    assert orders.Delete(Key=orders.Read(No="OW-1").Key)
    assert orders.Read(No="OW-1") is None


def test_faults_reach_a_soap_client(orders: Any) -> None:
    """A duplicate number is a SOAP fault whose code names the .NET type."""
    orders.Create(SalesOrder=draft("OW-1"))
    with pytest.raises(zeep.exceptions.Fault, match="The Sales Header already exists") as caught:
        orders.Create(SalesOrder=draft("OW-1"))
    assert caught.value.code == "a:Microsoft.Dynamics.Nav.Types.Exceptions.NavCSideDuplicateKeyException"


@pytest.mark.parametrize(
    ("name", "count"),
    [("Item", 8), ("Customer", 6), ("SalesOrder", 2), ("ItemUnitsOfMeasure", 11), ("PostedSalesShipment", 1)],
)
def test_every_page_can_be_paged_through(nav: NavSimulator, session: requests.Session, name: str, count: int) -> None:
    """Two by two with the last Key, until the empty set."""
    nav.post(nav.buy("1005", 3))
    page = service(nav, session, name)
    match_all = [{"Field": "Code" if name.startswith("ItemUnits") else "No", "Criteria": "*"}]
    keys: list[str] = []
    while rows := page.ReadMultiple(filter=match_all, bookmarkKey=keys[-1] if keys else None, setSize=2):
        keys += [row.Key for row in rows]
    assert len(set(keys)) == len(keys) == count


def test_companies_are_listed(nav: NavSimulator, session: requests.Session) -> None:
    """The system service tells the company's name as people write it."""
    assert client(f"{nav.url}/SystemService", session).service.Companies() == [DEMO_COMPANY]


def test_basic_wants_the_right_password(nav: NavSimulator) -> None:
    """Without or with wrong credentials 401, with an offer; for the WSDL too."""
    with requests.Session() as stranger:
        reply = read_item(nav, stranger)
        assert (reply.status_code, reply.headers["WWW-Authenticate"]) == (401, 'Basic realm=""')
        stranger.auth = (DEMO_USER, "wrong")
        assert stranger.get(page_url(nav, "Item"), timeout=10).status_code == 401


def test_ntlm_takes_three_exchanges_once_per_connection() -> None:
    """A new connection meets two 401 and then needs one exchange per call."""
    with NavSimulator(auth="ntlm") as nav, requests.Session() as session:
        session.auth = HttpNtlmAuth(DEMO_USER, DEMO_PASSWORD)
        assert [read_item(nav, session).status_code for _ in range(3)] == [200, 200, 200]
        assert nav.gateway.counters["http_401"] == 2
        assert nav.gateway.counters["connections"] == 1
        assert service(nav, session, "Item").Read(No="1001").Inventory == 120
        nav.inject("http_401")
        assert read_item(nav, session).status_code == 200  # asked again, proved again


def test_ntlm_refuses_a_wrong_password() -> None:
    """A wrong password stays outside, Basic is not offered, and the right one still works."""
    with NavSimulator(auth="ntlm") as nav, requests.Session() as session:
        session.auth = HttpNtlmAuth(DEMO_USER, "wrong")
        assert read_item(nav, session).status_code == 401
        assert requests.post(page_url(nav, "Item"), auth=(DEMO_USER, DEMO_PASSWORD), timeout=10).status_code == 401
        session.auth = HttpNtlmAuth(DEMO_USER, DEMO_PASSWORD)
        assert read_item(nav, session).status_code == 200


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refused", requests.exceptions.ConnectionError),
        ("reply_lost", requests.exceptions.ConnectionError),
        ("truncated_reply", requests.exceptions.RequestException),
        ("html_503", zeep.exceptions.TransportError),
        ("http_401", zeep.exceptions.TransportError),
        ("html_200", zeep.exceptions.XMLSyntaxError),
        ("lock_timeout", zeep.exceptions.Fault),
        ("deadlock", zeep.exceptions.Fault),
        ("fault_after_commit", zeep.exceptions.Fault),
    ],
)
def test_a_create_meets_its_fault_once(nav: NavSimulator, orders: Any, kind: str, error: type[Exception]) -> None:
    """Whether the order stands after a fault is the kind's nature; the next call is answered."""
    control(nav, "faults", kind=kind, operation="Create")
    with pytest.raises(error):
        orders.Create(SalesOrder=draft("OW-1"))
    committed = kind in {"reply_lost", "truncated_reply", "fault_after_commit"}
    assert (orders.Read(No="OW-1") is not None) == committed
    assert nav.state()["counters"]["faults"] == {kind: 1}


@pytest.mark.parametrize(("kind", "committed"), [("slow", False), ("hang_after_commit", True)])
def test_a_client_that_does_not_wait_learns_nothing(
    nav: NavSimulator, session: requests.Session, kind: str, *, committed: bool
) -> None:
    """A slow call has not committed when the client gives up; a hanging one has."""
    page = client(page_url(nav, "SalesOrder"), session, timeout_seconds=0.3)
    nav.inject(kind, operation="Create", seconds=600)
    with pytest.raises(requests.exceptions.ReadTimeout):
        page.service.Create(SalesOrder=draft("OW-1"))
    assert (("OW-1",) in nav.world.orders.rows) == committed


def test_a_connection_is_refused_at_the_door(nav: NavSimulator, session: requests.Session) -> None:
    """Accepted and closed at once; the next connection is served, and so is a kept one after its turn."""
    nav.inject("refused")
    with pytest.raises(requests.exceptions.ConnectionError):
        read_item(nav, session)
    assert read_item(nav, session).status_code == 200
    nav.inject("refused")
    with pytest.raises(requests.exceptions.ConnectionError):
        read_item(nav, session)


def test_the_whole_server_can_be_away_and_back(nav: NavSimulator, session: requests.Session) -> None:
    """While away nobody listens and kept connections are dead; then the same port answers with the same company."""
    nav.buy("1003", 1)
    assert read_item(nav, session).status_code == 200
    port = nav.port
    nav.stop_listening()
    for _ in range(2):
        with pytest.raises(requests.exceptions.ConnectionError):
            read_item(nav, session)
    nav.listen()
    assert nav.port == port
    assert read_item(nav, session).status_code == 200
    assert nav.state()["items"]["1003"]["available"] == "4"


def test_an_outage_ends_by_itself(nav: NavSimulator, session: requests.Session) -> None:
    """`away` answers its own request, is gone, and is back without help."""
    control(nav, "faults", kind="away", seconds=1)
    outcomes: list[int] = []
    deadline = time.monotonic() + 20
    while (0 not in outcomes or outcomes[-1] != 200) and time.monotonic() < deadline:
        try:
            outcomes.append(read_item(nav, session).status_code)
        except requests.exceptions.ConnectionError:
            outcomes.append(0)
    assert 0 in outcomes
    assert outcomes[-1] == 200


def test_other_users_act_over_the_control_endpoint(nav: NavSimulator, orders: Any) -> None:
    """Buy, count, post, and see it in the state."""
    orders.Create(SalesOrder=draft("OW-1"))
    assert control(nav, "buy", item_no="1002", quantity="7") == {"order_no": "SO-000003"}
    control(nav, "stock", item_no="1006", inventory=11)
    assert control(nav, "post", order_no="OW-1") == {"shipment_no": "SSH-000001"}
    control(nav, "faults", kind="buy_between", item_no="1003", quantity=5)
    orders.Create(SalesOrder=draft("OW-2", item_no="1003", unit="PCS"))
    state = requests.get(f"{nav.base_url}/simulator/state", timeout=10).json()
    available = {no: item["available"] for no, item in state["items"].items()}
    assert (available["1001"], available["1002"], available["1003"], available["1006"]) == ("88", "293", "-2", "11")
    assert state["posted_shipments"] == [{"no": "SSH-000001", "order_no": "OW-1", "external_document_no": "PO-OW-1"}]
    assert [(commit["action"], commit["by"]) for commit in state["commit_log"]][-7:] == [
        ("create", "service"), ("create", "user"), ("stock", "user"), ("post", "user"), ("post", "user"),
        ("create", "user"), ("create", "service"),
    ]  # fmt: skip


def test_faults_can_be_cleared(nav: NavSimulator, session: requests.Session) -> None:
    """DELETE takes away every plan."""
    control(nav, "faults", kind="deadlock", times=None)
    assert read_item(nav, session).status_code == 500
    assert requests.delete(f"{nav.base_url}/simulator/faults", timeout=10).json() == {"armed": 0}
    assert read_item(nav, session).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("faults", '{"kind": "nonsense"}', 400),
        ("faults", "{", 400),
        ("faults", '{"kind": "buy_between", "item_no": "9", "quantity": 1}', 409),
        ("buy", '{"item_no": "9", "quantity": 1}', 409),
        ("buy", '{"item_no": "1001", "quantity": "NaN"}', 400),
        ("stock", "[]", 400),
        ("post", '{"order_no": "9"}', 409),
        ("nothing", "{}", 404),
    ],
)
def test_bad_controls_are_told(nav: NavSimulator, path: str, body: str, status: int) -> None:
    """A control that cannot be obeyed says why."""
    reply = requests.post(f"{nav.base_url}/simulator/{path}", data=body, timeout=10)
    assert reply.status_code == status
    assert reply.json()["error"]


def test_one_number_makes_one_order_however_many_try(nav: NavSimulator) -> None:
    """Of eight clients that create the same number at once, one succeeds and seven meet the duplicate key."""

    def create(_attempt: int) -> str:
        with requests.Session() as session:
            session.auth = (DEMO_USER, DEMO_PASSWORD)
            try:
                return str(service(nav, session, "SalesOrder").Create(SalesOrder=draft("OW-1")).No)
            except zeep.exceptions.Fault as fault:
                return str(fault.code).rpartition(".")[2]

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(create, range(8)))
    assert outcomes == ["NavCSideDuplicateKeyException"] * 7 + ["OW-1"]
    assert nav.world.qty_on_sales_order("1001") == 32


def test_calls_queue_before_nav_slots() -> None:
    """With two slots never more than two calls run at once, and all are answered."""
    with NavSimulator(max_concurrent=2, latency_seconds=0.02) as nav:

        def read(_attempt: int) -> int:
            with requests.Session() as session:
                session.auth = (DEMO_USER, DEMO_PASSWORD)
                return read_item(nav, session).status_code

        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(read, range(12))) == [200] * 12
        assert nav.gateway.counters["most_at_once"] == 2


def test_a_full_queue_turns_calls_away(session: requests.Session) -> None:
    """With other programs in every slot and no room to wait, NAV answers 429 at once, and says when to come back."""
    with NavSimulator(max_concurrent=1, queue_size=1) as nav:
        control(nav, "load", calls=1, seconds=600)
        deadline = time.monotonic() + 10
        while nav.gateway.slots.most_at_once < 1 and time.monotonic() < deadline:
            pass
        control(nav, "load", calls=1, seconds=0)
        while nav.gateway.slots.waiting < 1 and time.monotonic() < deadline:
            pass
        refused = read_item(nav, session)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        (call,) = requests.get(f"{nav.base_url}/simulator/calls", timeout=10).json()["calls"]
        assert (call["service"], call["operation"], call["no"], call["outcome"]) == ("Item", "Read", "1001", "http 429")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", b"431"),
        (b"PATCH / HTTP/1.1\r\n\r\n", b"501"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_requests_that_are_none_are_refused(
    nav: NavSimulator, session: requests.Session, request_bytes: bytes, status: bytes
) -> None:
    """Broken HTTP is refused and the next client is served."""
    with socket.create_connection(("127.0.0.1", nav.port), timeout=10) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                answer += chunk
        assert status in answer.partition(b"\n")[0] + answer[:400]
    assert read_item(nav, session).status_code == 200


def test_posted_documents_are_read_as_pages(nav: NavSimulator, session: requests.Session) -> None:
    """A part is shipped and invoiced through the control; any client reads both documents with their lines."""
    order_no = nav.buy("1001", 5)
    with pytest.raises(AssertionError):
        control(nav, "ship", order_no=order_no, lines={"10000": "9"})
    shipped = control(nav, "ship", order_no=order_no, lines={"10000": "2"}, tracking_no="1Z")["shipment_no"]
    invoiced = control(nav, "invoice", order_no=order_no)["invoice_no"]

    shipment = service(nav, session, "PostedSalesShipment").Read(No=shipped)
    billed = service(nav, session, "PostedSalesInvoice").ReadMultiple(
        filter=[{"Field": "Order_No", "Criteria": order_no}], setSize=0
    )
    assert (shipment.Order_No, shipment.Package_Tracking_No) == (order_no, "1Z")
    (line,) = shipment.SalesShipmLines.Posted_Sales_Shpt_Line
    assert (line.No, line.Quantity, line.Line_No) == ("1001", 2, 10000)
    assert [each.No for each in billed] == [invoiced]
    (line,) = billed[0].SalesInvLines.Posted_Sales_Invoice_Line
    assert (line.Line_Amount, line.VAT_Percent) == (Decimal("179.80"), 19)


@pytest.fixture
def process() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start a Python process that is killed at the end if it has not ended."""
    started: list[subprocess.Popen[str]] = []

    def starting(code: str) -> subprocess.Popen[str]:
        started.append(subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield starting
    for running in started:
        running.kill()
        running.communicate()


def test_it_serves_as_a_process_until_it_is_told_to_stop(
    process: Callable[[str], subprocess.Popen[str]], session: requests.Session
) -> None:
    """`serve` announces its URL, answers, and ends in order at SIGTERM."""
    simulator = process(
        "from orderwire.simulators.nav.server import serve; serve(port=0, announce=lambda url: print(url, flush=True))"
    )
    assert simulator.stdout is not None
    url = simulator.stdout.readline().strip()
    assert session.post(f"{url}/Page/Item", data=READ.encode(), timeout=10).status_code == 200
    simulator.send_signal(signal.SIGTERM)
    assert simulator.wait(timeout=10) == 0
