"""A page service: contract once, fail closed, answers judged."""

import threading
from pathlib import Path

import pytest

from navwire import ITEM, NAV, PAGES, READS, SALES_ORDER, WRITES, ScriptedLanes, answer, fault, without, wsdl
from orderwire.connectors.nav import wants
from orderwire.connectors.nav.connection import Reply
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.pins import Pins
from orderwire.connectors.nav.wants import Page
from orderwire.errors import (
    BrokenContractError,
    ConflictError,
    ContractError,
    InDoubtError,
    OrderwireError,
    OutageError,
    UnavailableError,
)


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def service(
    lanes: ScriptedLanes, clock: Seconds | None = None, page: Page = Page.ITEM, pins: Pins | None = None
) -> PageService:
    return PageService(page, PAGES[page][0], NAV, lanes, clock or Seconds(), pins=pins)


def test_the_contract_is_read_once() -> None:
    """Any number of threads cost one WSDL."""
    lanes = ScriptedLanes()
    item = service(lanes)
    threads = [threading.Thread(target=item.contract) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lanes.sent) == 1


def test_a_lacking_service_answers_nothing() -> None:
    """Fail closed: no question is sent to a page that lacks a wanted field."""
    lanes = ScriptedLanes(wsdls={"Item": wsdl("Item", without(ITEM, "Qty_on_Sales_Order"), READS)})
    item = service(lanes)
    for _ in range(2):
        with pytest.raises(BrokenContractError):
            item.read([("No", "1")])
    with pytest.raises(BrokenContractError) as caught:
        item.read([("No", "1")])
    assert caught.value.facts == {"service": "Item", "problems": "Qty_on_Sales_Order: field missing"}
    assert [sent.call.operation for sent in lanes.sent] == ["WSDL"]


def test_a_repaired_service_is_noticed() -> None:
    """After a moment the WSDL is read again, without a restart."""
    lanes = ScriptedLanes(wsdls={"Item": wsdl("Item", without(ITEM, "Inventory"), READS)})
    clock = Seconds()
    item = service(lanes, clock)
    with pytest.raises(BrokenContractError):
        item.contract()
    lanes.wsdls["Item"] = wsdl("Item", ITEM, READS)
    clock.now = 16
    assert item.contract().wsdl.entity is not None


def test_drift_is_noticed() -> None:
    """A field that vanishes from the page stops the readings: NAV itself would just leave it out."""
    lanes = ScriptedLanes()
    clock = Seconds()
    item = service(lanes, clock)
    before = item.contract().wsdl.fingerprint
    lanes.wsdls["Item"] = wsdl("Item", without(ITEM, "Qty_on_Sales_Order"), READS)
    assert item.contract().wsdl.fingerprint == before
    clock.now = 301
    with pytest.raises(BrokenContractError):
        item.contract()


def test_an_optional_field_that_vanishes_is_drift(tmp_path: Path) -> None:
    """What we have once relied on must stay, or somebody must say that it may go: also after a restart."""
    pins = Pins(tmp_path, NAV)
    service(ScriptedLanes(), page=Page.SALES_ORDER, pins=pins).contract()
    poorer = wsdl("SalesOrder", without(SALES_ORDER, "External_Document_No"), WRITES)
    lanes = ScriptedLanes(wsdls={"SalesOrder": poorer})
    restarted = service(lanes, page=Page.SALES_ORDER, pins=Pins(tmp_path, NAV))
    with pytest.raises(BrokenContractError, match="External_Document_No: was string"):
        restarted.contract()
    pins.forget()
    accepted = service(lanes, page=Page.SALES_ORDER, pins=pins)
    assert not accepted.has("External_Document_No")


def test_another_installation_is_not_drift(tmp_path: Path) -> None:
    """Each NAV, company and service is known by itself; what a page gains is no drift, and is kept."""
    Pins(tmp_path, NAV.model_copy(update={"company": "Other"})).keep(
        service(ScriptedLanes(), page=Page.SALES_ORDER).contract()
    )
    poorer = wsdl("SalesOrder", without(SALES_ORDER, "External_Document_No"), WRITES)
    pins = Pins(tmp_path, NAV)
    service(ScriptedLanes(wsdls={"SalesOrder": poorer}), page=Page.SALES_ORDER, pins=pins).contract()
    richer = service(ScriptedLanes(), page=Page.SALES_ORDER, pins=pins)
    assert richer.has("External_Document_No")
    with pytest.raises(BrokenContractError):
        service(ScriptedLanes(wsdls={"SalesOrder": poorer}), page=Page.SALES_ORDER, pins=pins).contract()


def test_a_pin_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    """A damaged file is written anew; a folder that cannot be written stops nothing."""
    (tmp_path / "nav-contract-item.json").write_text("[]", encoding="utf-8")
    assert service(ScriptedLanes(), pins=Pins(tmp_path, NAV)).has("No")
    assert "Inventory" in (tmp_path / "nav-contract-item.json").read_text("utf-8")
    (tmp_path / "file").touch()
    assert service(ScriptedLanes(), pins=Pins(tmp_path / "file", NAV)).has("No")


def test_a_page_that_others_can_do_without_is_no_outage() -> None:
    """Without the page of posted invoices orders go on: its absence is an answer."""
    lanes = ScriptedLanes()
    lanes.get = _raise(ContractError("there is no such web service"))  # type: ignore[method-assign]
    with pytest.raises(BrokenContractError):
        service(lanes).contract()
    with pytest.raises(ContractError):
        service(lanes, page=Page.POSTED_INVOICE).contract()


def test_an_outage_is_not_a_contract() -> None:
    """A WSDL that could not be read is asked for again at once."""
    lanes = ScriptedLanes()
    good = lanes.wsdls.pop("Item")
    item = service(lanes)
    lanes.get = _raise(OutageError("away"))  # type: ignore[method-assign]  # for one call
    with pytest.raises(OutageError):
        item.contract()
    del lanes.get
    lanes.wsdls["Item"] = good
    assert item.contract().wsdl.service == "Item"


def _raise(error: Exception):  # type: ignore[no-untyped-def]  # noqa: ANN202  any signature
    def get(*_args: object) -> Reply:
        raise error

    return get


def test_an_html_page_is_no_wsdl() -> None:
    """A portal in front of NAV is no contract, and no reason to park anything."""
    with pytest.raises(UnavailableError):
        service(ScriptedLanes(wsdls={"Item": b"<html><body>Sign in</body></html>"})).contract()


HTML = b"<html><body><h1>Service Unavailable</h1></body></html>"


@pytest.mark.parametrize(
    ("reply", "on_read", "on_write"),
    [
        (Reply(200, HTML), UnavailableError, InDoubtError),
        (Reply(503, HTML), UnavailableError, InDoubtError),
        (Reply(500, HTML), UnavailableError, InDoubtError),
        (Reply(200, b""), UnavailableError, InDoubtError),
        (Reply(404, fault("ServiceNotFoundException", "?").content), BrokenContractError, BrokenContractError),
        (answer("Item", "Other", ""), UnavailableError, InDoubtError),
        (Reply(500, answer("Item", "Read", "").content), UnavailableError, InDoubtError),
        (fault("ServiceBrokerException", "Other user has modified"), ContractError, ConflictError),
    ],
)
def test_answers_are_judged(reply: Reply, on_read: type[OrderwireError], on_write: type[OrderwireError]) -> None:
    """Only a 200 with the wanted result is an answer."""
    lanes = ScriptedLanes().reply("Item.Read", reply).reply("SalesOrder.Delete", reply)
    with pytest.raises(OrderwireError) as reading:
        service(lanes).read([("No", "1")])
    with pytest.raises(OrderwireError) as writing:
        service(lanes, page=Page.SALES_ORDER).delete("1")
    assert [type(reading.value), type(writing.value)] == [on_read, on_write]


def test_need_refuses_only_what_is_asked_for() -> None:
    """A page without Delete reads and creates; changing is refused before anything is sent."""
    lanes = ScriptedLanes(wsdls={"SalesOrder": wsdl("SalesOrder", SALES_ORDER, (*READS, "Create"))})
    orders = service(lanes, page=Page.SALES_ORDER)
    orders.need(wants.LOCATIONS)
    with pytest.raises(ContractError, match="lacks"):
        orders.need(wants.CHANGES)
    with pytest.raises(ContractError):
        orders.delete("1")
    assert [sent.call.operation for sent in lanes.sent] == ["WSDL"]


def test_what_the_schema_has_no_place_for_is_not_written() -> None:
    """A field that the page does not have is an error, never silently left out."""
    lanes = ScriptedLanes()
    with pytest.raises(ContractError, match="no place"):
        service(lanes, page=Page.SALES_ORDER).save("Create", {"Shelf_No": "7"})
