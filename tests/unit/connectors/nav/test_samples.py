"""The connector's samples: every answer beside what is made of it, every broken one named by its error's code."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import orderwire.connectors.nav as package
from navwire import NAV, ScriptedLanes
from orderwire.canonical.stock import StockKey
from orderwire.connectors.nav.connection import Reply
from orderwire.connectors.nav.customers import read_customer
from orderwire.connectors.nav.orders import Orders
from orderwire.connectors.nav.stock import StockReader
from orderwire.connectors.nav.wants import Page
from orderwire.errors import OrderwireError

SAMPLES = Path(str(package.__file__)).parent / "samples"
GOOD = sorted(SAMPLES.glob("*.xml"))
BROKEN = sorted(path for path in (SAMPLES / "broken").iterdir() if path.suffix in {".xml", ".html"})


def _stock(lanes: ScriptedLanes, nos: list[str]) -> Any:
    reader = StockReader({Page.ITEM: lanes.page(Page.ITEM)}, NAV, lambda: datetime.now(UTC), lambda _nos: {})
    figures = reader.stock([StockKey(item_no=no) for no in nos])
    wanted = {"inventory", "on_sales_orders", "base_unit"}
    return {key.item_no: json.loads(figure.model_dump_json(include=wanted)) for key, figure in figures.items()}


def _order(lanes: ScriptedLanes) -> Any:
    record = Orders(lanes.page(Page.SALES_ORDER), None, NAV, str).read("OW-1")
    told = asdict(record.told()) if record else {}
    told.pop("posted", None)
    return json.loads(json.dumps(told, default=str))


@pytest.mark.parametrize("sample", GOOD, ids=lambda path: path.stem)
def test_samples(sample: Path) -> None:
    """An answer means what stands beside it."""
    expected = json.loads(sample.with_suffix(".json").read_text(encoding="utf-8"))
    reply = Reply(200, sample.read_bytes())
    match sample.stem.split("__")[0]:
        case "stock":
            lanes = ScriptedLanes().reply("Item.ReadMultiple", reply)
            assert _stock(lanes, [*expected, "0000"]) == expected
        case "customer":
            customers = ScriptedLanes().reply("Customer.Read", reply).page(Page.CUSTOMER)
            customer = read_customer(customers, "C10000")
            assert customer is not None
            assert json.loads(json.dumps(asdict(customer), default=str)) == expected
        case "order":
            assert _order(ScriptedLanes().reply("SalesOrder.Read", reply)) == expected
        case other:
            pytest.fail(f"nobody knows samples of {other}")


def _call(lanes: ScriptedLanes, service: str, operation: str) -> None:
    if service == "Item":
        _stock(lanes, ["1001"])
    else:
        lanes.page(Page.SALES_ORDER).save(operation, {"No": "OW-1"})


@pytest.mark.parametrize("sample", BROKEN, ids=lambda path: path.name)
def test_broken_samples(sample: Path) -> None:
    """A broken answer is the error that its name begins with."""
    told = json.loads(sample.with_suffix(".json").read_text(encoding="utf-8"))
    lanes = ScriptedLanes().reply(told["call"], Reply(told["status"], sample.read_bytes()))
    with pytest.raises(OrderwireError) as caught:
        _call(lanes, *told["call"].split("."))
    assert caught.value.code == sample.name.split("__")[0]


def test_every_error_of_the_port_has_a_broken_sample() -> None:
    """What the port promises to raise can be looked at."""
    told = {path.name.split("__")[0] for path in BROKEN}
    assert told >= {"busy", "conflict", "in_doubt", "erp_refused", "erp_contract", "unavailable", "outage", "limit"}
