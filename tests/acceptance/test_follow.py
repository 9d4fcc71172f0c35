"""What NAV's people post reaches the buyer: partial shipments, the rest, the invoice; once, through any restart."""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from acceptance.conftest import Deploy
from edibuyer import understood
from orderwire.canonical.invoice import Invoice
from orderwire.canonical.order import Channel
from orderwire.canonical.shipment import Shipment
from orderwire.canonical.stock import StockKey
from orderwire.ports.following import FollowedState
from orderwire.ports.intake import DecodeHint
from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.posting import SHIPMENT_SERIES
from orderwire.simulators.nav.sales import LineChange, SalesOrders
from orderwire.simulators.nav.server import NavSimulator
from services.deployment import ROOT, Deployment
from services.partner_server import serving

FOLLOWED = {
    "ORDERWIRE_NAV__FOLLOW__POLL_SECONDS": "0.3",
    "ORDERWIRE_NAV__FOLLOW__ROWS": "4",
    "ORDERWIRE_NAV__FOLLOW__LEASE_SECONDS": "2",
    "ORDERWIRE_NAV__LOCAL_CURRENCY": "EUR",
    "ORDERWIRE_NAV__PRODUCTION": "false",
}
ORDER = (ROOT / "config/partners/baumarkt/samples/order.edi").read_bytes()


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """A deployment on the demo company, followed several times a second, a few rows at a time."""
    with NavSimulator(NavData.demo()) as nav:
        store_url = f"sqlite:///{tmp_path}/orderwire.db"
        made = Deployment(tmp_path, nav, queue_url="embedded:", store_url=store_url, **FOLLOWED)
        yield made
        made.close()


@pytest.fixture
def anywhere(deploy: Deploy) -> Deployment:
    """The same, on either store and transport."""
    return deploy(NavData.demo(), **FOLLOWED)


def documents(deployment: Deployment, kind: str) -> list[Any]:
    """Return the bodies of the messages of a kind that the buyer got."""
    found = [each for each in deployment.replies("baumarkt") if f"+{kind}:" in each]
    return [understood(each.encode("latin-1")) for each in found]


def wait_until_followed(deployment: Deployment) -> None:
    def begun() -> bool:
        with deployment.services.store.begin() as tx:
            return all(tx.following.cursor(name) for name in ("shipment", "invoice", "orders"))

    deployment.wait_for(begun, 60, "NAV followed")


def place(deployment: Deployment) -> tuple[str, str]:
    """Have the sample order fulfilled, and return its number and NAV's."""
    deployment.receive(ORDER)
    deployment.settle(1, 60)
    (answer,) = deployment.answers().values()
    return answer.order_no, str(answer.erp_no)


def progress(deployment: Deployment, order_no: str) -> list[tuple[str, ...]]:
    """Return ordered, delivered, back-ordered and invoiced per line, as `orders show` says it."""
    shown = json.loads(deployment.command("orders", "show", order_no, "--json").stdout)
    names = ("line_no", "ordered", "delivered", "backordered", "invoiced")
    return [tuple(line[name] for name in names) for line in shown["progress"]]


def test_shipments_and_invoice_of_an_order(anywhere: Deployment) -> None:
    """A part, the rest and the invoice become a DESADV each and an INVOIC, per line, and then the order is complete."""
    anywhere.run("work")
    wait_until_followed(anywhere)
    order_no, erp_no = place(anywhere)
    posting = anywhere.nav.users.posting

    first = posting.ship(erp_no, {10000: Decimal(1), 20000: Decimal(2)}, tracking_no="00340999980000000014")
    anywhere.wait_for(lambda: len(documents(anywhere, "DESADV")) == 1, 60, "the first DESADV")
    (advice,) = documents(anywhere, "DESADV")
    assert isinstance(advice, Shipment)
    assert (advice.shipment_no, advice.order_no, advice.packages[0].sscc) == (first, order_no, "340999980000000014")
    said = [(line.order_line_no, line.unit, line.delivered, line.backordered) for line in advice.all_lines]
    assert said == [("1", "PCE", Decimal(1), Decimal(3)), ("2", "CT", Decimal(2), Decimal(0))]
    assert progress(anywhere, order_no) == [
        ("1", "4", "1", "3", "0"),
        ("2", "2", "2", "0", "0"),
        ("3", "1", "0", "1", "0"),
    ]

    posting.ship(erp_no)
    posting.invoice(erp_no)  # NAV deletes the order
    anywhere.wait_for(lambda: bool(documents(anywhere, "INVOIC")), 60, "the INVOIC")
    anywhere.wait_for(lambda: len(documents(anywhere, "DESADV")) == 2, 60, "the second DESADV")
    rest = next(each for each in documents(anywhere, "DESADV") if each.shipment_no != first)
    assert [(line.order_line_no, line.delivered, line.backordered) for line in rest.all_lines] == [
        ("1", Decimal(3), Decimal(0)),
        ("3", Decimal(1), Decimal(0)),
    ]
    (bill,) = documents(anywhere, "INVOIC")
    assert isinstance(bill, Invoice)
    assert [(line.order_line_no, line.quantity) for line in bill.lines] == [
        ("1", Decimal(4)),
        ("2", Decimal(2)),
        ("3", Decimal(1)),
    ]
    assert bill.totals.payable == bill.totals.taxable + bill.totals.tax
    assert (bill.taxes[0].tax.rate, bill.currency) == (Decimal(19), "EUR")

    def complete() -> bool:
        with anywhere.services.store.begin() as tx:
            return tx.following.orders([erp_no])[erp_no].state is FollowedState.COMPLETE

    anywhere.wait_for(complete, 60, "the order complete")
    assert progress(anywhere, order_no) == [
        ("1", "4", "4", "0", "4"),
        ("2", "2", "2", "0", "2"),
        ("3", "1", "1", "0", "1"),
    ]
    assert anywhere.parked() == []
    assert [each.kind for each in anywhere.documents(direction="out") if each.kind == "ORDRSP"] == ["ORDRSP"]


def enter(nav: NavSimulator, external_no: str) -> str:
    """Enter an order of two boxes for the partner's customer, as a person at NAV does."""
    line = LineChange({"type": "Item", "no": "1004", "quantity": Decimal(2)})
    header = {"customer_no": "C10000", "external_document_no": external_no}
    return SalesOrders(nav.world).create(header, [line], by="user").no


def post_on_and_on(nav: NavSimulator, trouble: Callable[[int], None]) -> list[str]:
    """Post parts of many orders, some under numbers that were drawn earlier; return every shipment's number."""
    chance = random.Random(4)  # noqa: S311  no secret
    posting, part = nav.users.posting, {10000: Decimal(1)}
    posted: list[str] = []
    late: list[tuple[str, str]] = []
    for number in range(24):
        order_no = enter(nav, f"PHONE-{number}")
        if chance.random() < 0.3:
            late.append((order_no, posting.draw(SHIPMENT_SERIES)))
        else:
            posted.append(posting.ship(order_no, part))
        if late and chance.random() < 0.5:
            name, drawn = late.pop(0)
            posted.append(posting.ship(name, part, no=drawn))
        trouble(number)
    return posted + [posting.ship(name, part, no=drawn) for name, drawn in late]


def shipments_told(deployment: Deployment) -> Counter[str]:
    """Return how often each shipment was told of."""
    correlations = {each.correlation_id for each in deployment.documents()}
    with deployment.services.store.begin() as tx:
        steps = [step for each in correlations for step in tx.journal.steps(each)]
    told = {step.event_id: step.detail["no"] for step in steps if step.name == "shipment_posted" and step.detail}
    return Counter(told.values())


def test_postings_are_told_once_through_restarts(deployment: Deployment) -> None:
    """People post all the time, some numbers come late, workers die and NAV is away: one event for each shipment."""
    workers = [deployment.run("work"), deployment.run("work")]
    wait_until_followed(deployment)
    pause = threading.Event()

    def trouble(number: int) -> None:
        if number % 8 == 5:
            deployment.kill(workers.pop(0))
            workers.append(deployment.run("work"))
        if number == 12:
            deployment.nav.away(0.7)
        pause.wait(0.15)

    posted = post_on_and_on(deployment.nav, trouble)

    deployment.wait_for(lambda: shipments_told(deployment).keys() >= set(posted), 90, "every shipment told of")
    assert shipments_told(deployment) == Counter(posted)
    assert deployment.parked() == []


def test_one_poll_tells_of_a_shipment(deployment: Deployment) -> None:
    """What NAV's people post between two looks is told by the very next one, and becomes a DESADV."""
    worker = deployment.run("work")
    wait_until_followed(deployment)
    order_no, erp_no = place(deployment)
    worker.terminate()
    worker.wait(60)
    deployment.nav.users.posting.ship(erp_no, {10000: Decimal(1)})

    polled = deployment.command("nav", "follow", "--json")

    told = {each["list"]: each["told"] for each in json.loads(polled.stdout)}
    assert told["shipments"] == 1, (told, polled.stderr)
    deployment.run("work")
    deployment.wait_for(lambda: bool(documents(deployment, "DESADV")), 60, "the DESADV")
    assert progress(deployment, order_no)[0] == ("1", "4", "1", "3", "0")


def test_a_webshop_is_told_by_webhook(deployment: Deployment) -> None:
    """Its order, what NAV's people change in it, and its shipment are posted to the webshop's address, each once."""
    with serving() as shop:
        profile = deployment.config_dir / "partners/webshop/partner.yaml"
        profile.write_text(profile.read_text("utf-8") + f"http:\n  url: {shop.url}\n  auth: none\n", "utf-8")
        deployment.run("work")
        wait_until_followed(deployment)
        hint = DecodeHint(partner="webshop")
        deployment.services.receiver(
            (ROOT / "config/partners/webshop/samples/order.json").read_bytes(), Channel.API, hint
        )

        def told(count: int) -> list[tuple[str, dict[str, Any]]]:
            deployment.wait_for(lambda: len(shop.got) >= count, 60, f"{count} webhooks")
            return [(each["event"], each["data"]) for each in (json.loads(got.content) for got in shop.got)]

        [(event, answer)] = told(1)
        assert event == "order.accepted"
        erp_no = answer["response"]["erp_no"]
        header, line = deployment.nav.world.orders.rows[erp_no,], deployment.nav.world.lines_of(erp_no)[0]
        less = {"quantity": line.quantity - 1}
        SalesOrders(deployment.nav.world).modify(header, {}, [LineChange(less, line)])
        _, (event, answer) = told(2)
        assert (event, answer["response"]["lines"][0]["reason"]) == ("order.changed", "changed_in_erp")
        assert Decimal(answer["response"]["lines"][0]["confirmed"]) == line.quantity - 1

        shipment_no = deployment.nav.users.posting.ship(erp_no)
        *_, (event, shipment) = told(3)
        assert (event, shipment["shipment_no"]) == ("shipment.posted", shipment_no)
        assert [event for event, _ in told(3)] == ["order.accepted", "order.changed", "shipment.posted"]


def test_stock_that_moved_becomes_a_report(deployment: Deployment) -> None:
    """A partner that wants it gets an INVRPT of its item when NAV's stock of it moves."""
    folder = deployment.config_dir / "partners/baumarkt"
    (folder / "codes").mkdir()
    (folder / "codes/items.csv").write_text("scheme,value,item_no\ngtin,4099999001019,1001\n", "utf-8")
    with (folder / "partner.yaml").open("a", encoding="utf-8") as profile:
        profile.write("inventory: {}\n")
    deployment.run("work", ORDERWIRE_NAV__FOLLOW__STOCK="true", ORDERWIRE_NAV__FOLLOW__ROWS="100")

    def seen() -> bool:
        with deployment.services.store.begin() as tx:
            return bool(tx.following.figures([StockKey(item_no="1001")]))

    deployment.wait_for(seen, 60, "stock seen")
    deployment.nav.buy("1001", 30)
    deployment.nav.buy("1002", 5)
    deployment.wait_for(lambda: bool(documents(deployment, "INVRPT")), 60, "the INVRPT")

    (report,) = documents(deployment, "INVRPT")
    (line,) = report.lines
    assert [(each.scheme.value, each.value) for each in line.item_ids] == [("gtin", "4099999001019")]
    assert (line.figures[0].quantity, line.figures[0].unit) == (Decimal(70), "PCE")
