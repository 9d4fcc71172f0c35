"""Orders through fulfil against the simulator, beside threads that only make the three calls that an order needs."""

import sqlite3
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import requests
from pydantic import SecretStr

from benchmarks.measure import Result
from benchmarks.nav_company import CUSTOMER, ITEMS, Company
from orderwire.bootstrap.services import build
from orderwire.bootstrap.worker import build_worker
from orderwire.canonical.envelope import Event, EventType, event_id
from orderwire.canonical.order import Channel, ItemId, ItemScheme, OrderLine, PurchaseOrder
from orderwire.config.settings import QueueSettings, Settings, StoreSettings
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.clock import system_clock

#: Calls to NAV at once, and bare threads.
THREADS = 4
ORDERS = 300
LINES = 2
PARTNER = "bench"


def orders_per_second(company: Company, gateway: Company, folder: Path, repetitions: int) -> list[Result]:
    """Measure in turn, print, and return the results."""
    runs: dict[str, list[float]] = {"bare": [], "fulfil": [], "gateway": []}
    calls = 0
    for number in range(repetitions):
        runs["bare"].append(bare(company, ORDERS, f"B{number}"))
        before = _asked(company)
        runs["fulfil"].append(fulfilled(company, folder / f"orders{number}", ORDERS, f"F{number}"))
        calls += _asked(company) - before
        runs["gateway"].append(fulfilled(gateway, folder / f"gateway{number}", ORDERS, f"G{number}"))
    each = calls / ORDERS / repetitions
    bare_speed = statistics.median(runs["bare"])
    print(f"  orders of {LINES} lines, {ORDERS} at a time, at most {THREADS} calls to NAV at once:")
    print(f"    {THREADS} threads that only call stock, Create, stock: {bare_speed:.0f} orders/s")
    results = [
        _compared(name, runs[key], runs["bare"])
        for key, name in (("fulfil", "orders through fulfil"), ("gateway", "orders through fulfil, gateway mode"))
    ]
    print(f"    SOAP calls for stock per order, questions put together: {each:.2f} instead of 2\n")
    return results


def _compared(name: str, ours: list[float], bare_ones: list[float]) -> Result:
    ratios = [mine / theirs for mine, theirs in zip(ours, bare_ones, strict=True)]
    speed, theirs, ratio = (statistics.median(each) for each in (ours, bare_ones, ratios))
    spread = f"least {min(ratios):.0%}, greatest {max(ratios):.0%}"
    print(f"    {name}, queue to answer, what must last synced: {speed:.0f} orders/s, {ratio:.0%} of that ({spread})")
    return Result("nav", name, "orders/s", round(speed, 1), "bare threads", round(theirs, 1), round(ratio, 3))


def _asked(company: Company) -> int:
    return company.calls().get("Item.ReadMultiple", 0)


def bare(company: Company, orders: int, run: str) -> float:
    """Return orders a second of threads that send prepared requests and read the answers' bytes, no more."""
    numbers = iter(range(orders))
    lock = threading.Lock()

    def work() -> None:
        session = bare_session(company)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            nos = _items(number)
            post(session, company, "Item", "ReadMultiple", stock_question(nos))
            post(session, company, "SalesOrder", "Create", _create(f"{run}-{number}", nos))
            post(session, company, "Item", "ReadMultiple", stock_question(nos))

    return _per_second(lambda: _at_once(work), orders)


def fulfilled(company: Company, folder: Path, orders: int, run: str) -> float:
    """Return orders a second from the queue to the answer's event: embedded queue and store, synced as in operation."""
    folder.mkdir()
    _partner(folder / "config")
    settings = Settings(
        config_dir=folder / "config", data_dir=folder / "var", nav=company.settings,
        queue=QueueSettings(url=SecretStr("embedded:")),
        store=StoreSettings(url=SecretStr(f"sqlite:///{folder}/var/orderwire.db")),
    )  # fmt: skip
    services = build(settings)
    services.transport.declare()
    services.erp.items(ITEMS)  # the contracts are read, and master data is known
    services.erp.customer(CUSTOMER)
    services.transport.publish([_event(run, number) for number in range(orders)])
    worker = build_worker(services, ["fulfil"])
    answered = _Answered(folder / "var/orderwire.db")
    worker.start()
    per_second = _per_second(lambda: answered.wait(orders), orders)
    worker.stop()
    services.close()
    return per_second


class _Answered:
    """Counts the answered orders, beside the worker."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)

    def count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM orders WHERE state = 'answered'").fetchone()[0])

    def wait(self, orders: int) -> None:
        while self.count() < orders:
            time.sleep(0.02)


def bare_session(company: Company) -> requests.Session:
    """Return a session with the credentials, and nothing of ours."""
    session = requests.Session()
    session.trust_env = False
    session.auth = (company.settings.username, company.settings.password.get_secret_value())
    return session


def _partner(folder: Path) -> None:
    place = folder / "partners" / PARTNER
    place.mkdir(parents=True)
    (place / "partner.yaml").write_text(f"name: Buyer\ncustomer_no: {CUSTOMER}\nfolder: {{inbox: in, outbox: out}}\n")


def _items(number: int) -> list[str]:
    return [ITEMS[(number * LINES + line) % len(ITEMS)] for line in range(LINES)]


def _event(run: str, number: int) -> Event:
    lines = tuple(
        OrderLine(
            line_no=str(line), quantity=Decimal(1), unit=None,
            item_ids=(ItemId(scheme=ItemScheme.SUPPLIER, value=item_no),),
        )
        for line, item_no in enumerate(_items(number), start=1)
    )  # fmt: skip
    order = PurchaseOrder(
        order_no=f"{run}-{number}", partner=PARTNER, channel=Channel.EDI, currency="EUR", lines=lines,
    )  # fmt: skip
    document_id = event_id(PARTNER, 0, order.order_no)
    return next_event(
        EventType.ORDER_RECEIVED,
        order,
        Source(document_id, document_id, PARTNER),
        system_clock(),
        subject=order.order_no,
    )


def _per_second(run: Callable[[], None], orders: int) -> float:
    begin = time.perf_counter()
    run()
    return orders / (time.perf_counter() - begin)


def _at_once(work: Callable[[], None]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work) for _ in range(THREADS)]:
            done.result()


def post(session: requests.Session, company: Company, service: str, operation: str, content: str) -> bytes:
    """Call an operation, and return the answer's bytes."""
    namespace = f"urn:microsoft-dynamics-schemas/page/{service.lower()}"
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<{operation} xmlns="{namespace}">{content}</{operation}></s:Body></s:Envelope>'
    )
    reply = session.post(
        f"{company.url}/Northwind%20Tools%20Ltd./Page/{service}", body.encode(), timeout=30,
        headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{namespace}:{operation}"'},
    )  # fmt: skip
    reply.raise_for_status()
    return reply.content


def stock_question(nos: list[str]) -> str:
    """Return the question for some items' stock."""
    return f"<filter><Field>No</Field><Criteria>{'|'.join(nos)}</Criteria></filter><setSize>0</setSize>"


def _create(no: str, nos: list[str]) -> str:
    lines = "".join(
        f"<Sales_Order_Line><Type>Item</Type><No>{item_no}</No><Quantity>1</Quantity>"
        "<Unit_of_Measure_Code>PCS</Unit_of_Measure_Code></Sales_Order_Line>"
        for item_no in nos
    )
    header = f"<No>{no}</No><Sell_to_Customer_No>{CUSTOMER}</Sell_to_Customer_No>"
    return (
        f"<SalesOrder>{header}<External_Document_No>{no}</External_Document_No>"
        f"<SalesLines>{lines}</SalesLines></SalesOrder>"
    )
