"""The main job: the demo on one machine, and the same scene on RabbitMQ and PostgreSQL by two settings."""

import json
import os
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from acceptance.conftest import Deploy
from orderwire.cli.demo_scene import FILES, WEBSHOP_KEY
from orderwire.simulators.nav.data import NavData
from services.deployment import ROOT, Deployment

if TYPE_CHECKING:
    from pathlib import Path

WORKERS = 3
#: What the scene's documents and calls say of persons, places and goods, how they look, and a secret.
SAID = (
    "Maier", "Gartenweg", "Karlsruhe", "Industriestr", "Baumarkt S", "Tor 3", "Akkubohr", "Hammer", "89.90",
    "UNB+", "UNH+", "LIN+", "Envelope", "ship_to", WEBSHOP_KEY,
)  # fmt: skip


@pytest.fixture(scope="module")
def scene() -> dict[str, Any]:
    """What `orderwire demo --json` printed."""
    done = subprocess.run(
        [sys.executable, "-m", "orderwire", "demo", "--json"],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=170,
        check=True,
    )
    return dict(json.loads(done.stdout))


def test_every_order_has_an_outcome(scene: dict[str, Any]) -> None:
    """Four buyers ordered over three syntaxes, and each order has its outcome and its number in NAV."""
    outcomes = {order["partner"]: order["outcome"] for order in scene["orders"]}

    assert outcomes == {"baumarkt": "accepted", "bricolage": "accepted", "toolbox": "changed", "webshop": "accepted"}
    assert all(order["erp_no"] and order["lines"] for order in scene["orders"])
    assert {order["channel"] for order in scene["orders"]} == {"edi", "api"}
    assert scene["parked"] == []


def test_stock_falls_by_what_was_confirmed(scene: dict[str, Any]) -> None:
    """For every item, stock after is stock before less the confirmed quantities."""
    confirmed: Counter[str] = Counter()
    for order in scene["orders"]:
        for line in order["lines"]:
            confirmed[line["item_no"]] += line["confirmed"]

    assert scene["stock"]
    assert {row["item_no"]: row["after"] for row in scene["stock"]} == {
        row["item_no"]: row["before"] - confirmed[row["item_no"]] for row in scene["stock"]
    }
    assert confirmed.total() > 0


def test_a_file_sent_twice_is_one_order(scene: dict[str, Any]) -> None:
    """The order of the file that was sent twice stands once, and its acknowledgement went back."""
    twice = [order for order in scene["orders"] if order["order_no"] == "4500017731"]

    assert len({order["erp_no"] for order in twice}) == len(twice) == 1
    assert len(scene["duplicates"]) == 1


def test_a_shipment_becomes_a_despatch_advice(scene: dict[str, Any]) -> None:
    """What people at NAV shipped is advised to the buyer under its order's number, with what is still to come."""
    (advice,) = [reply for reply in scene["replies"] if "+DESADV:" in reply]

    assert "RFF+ON:4500017731" in advice
    assert "QTY+12:3:PCE'QTY+21:4:PCE'QTY+83:1:PCE" in advice.replace("\n", "")
    assert "GIN+BJ+340999980000000014" in advice
    assert [(line["ordered"], line["delivered"]) for line in scene["shipped"]] == [(4, 3), (2, 2), (1, 0)]


def test_the_short_order_is_answered_line_by_line(scene: dict[str, Any]) -> None:
    """The ORDRSP of the short order says change for the order, accepted and changed for its lines, with quantities."""
    (answer,) = [reply for reply in scene["replies"] if "RFF+ON:TB-26-0815'" in reply]

    assert "BGM+231+" in answer
    assert next(segment for segment in answer.split("'") if segment.startswith("BGM")).endswith("+4")
    assert "LIN+1+5" in answer
    assert "LIN+3+3" in answer
    assert "QTY+21:9:PCE'QTY+113:5:PCE'QTY+182:4:PCE" in answer.replace("\n", "")


def test_the_broken_file_is_refused_clearly(scene: dict[str, Any]) -> None:
    """The file whose segment count is wrong is refused with the reason, here and in a CONTRL."""
    (refused,) = scene["refused"]

    assert refused["reason"] == "UNT counts 17 segments; there are 14"
    assert any("UCM+1+ORDERS:D:96A:UN:EAN008+4+29" in reply for reply in scene["replies"])


def test_the_demo_prints_the_scene_for_people() -> None:
    """Without --json the demo shows each order's way, the stock and the answer as text."""
    done = subprocess.run(
        [sys.executable, "-m", "orderwire", "demo"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=170,
        check=True,
    )

    for words in ("TB-26-0815 of toolbox", "only part of the quantity is in stock", "LIN+3+3", "sent twice", "refused"):
        assert words in done.stdout


def test_the_same_scene_with_one_serve_and_three_work(deploy: Deploy) -> None:
    """The demo's orders through one `serve` and three `work` processes end as in the demo, and the log says no more."""
    deployment = deploy(NavData.demo(), ORDERWIRE_LOG__LEVEL="debug")
    serve = deployment.run("serve", "--port", "0")
    for _ in range(WORKERS):
        deployment.run("work")
    url = _url_of(deployment)

    for partner, sample, name in FILES:
        inbox = deployment.folder / "var" / "partners" / partner / "in"
        inbox.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_bytes((deployment.config_dir / "partners" / partner / "samples" / sample).read_bytes())
    content = (deployment.config_dir / "partners/webshop/samples/order.json").read_bytes()
    answer = httpx.post(
        f"{url}/api/v1/orders", content=content, headers={"Authorization": f"Bearer {WEBSHOP_KEY}"}, timeout=60
    )
    deployment.wait_for(lambda: sum(one.kind == "file" for one in deployment.documents()) == 6, 60, "files taken in")
    deployment.settle(4, 60)

    assert answer.json()["erp_no"]
    assert {no: one.outcome.value for no, one in deployment.answers().items()} == {
        "4500017731": "accepted",
        "CF-2026-3318": "accepted",
        "TB-26-0815": "changed",
        "WS-100482": "accepted",
    }
    available = {no: item["available"] for no, item in deployment.nav.state()["items"].items()}
    assert {no: Decimal(available[no]) for no in ("1001", "1002", "1003")} == {"1001": 93, "1002": 270, "1003": 0}
    assert len([reply for reply in deployment.replies("baumarkt") if "UNH+1+ORDRSP" in reply]) == 1
    assert httpx.get(f"{url}/health/ready", timeout=10).status_code == 200
    assert serve.poll() is None
    entries = _entries(deployment)
    assert {"document_received", "request_handled"} <= {entry["event"] for entry in entries}
    assert [entry for entry in entries if any(words in str(entry) for words in SAID)] == []
    about = [entry for entry in entries if entry.keys() & {"document_id", "order_no", "erp_no", "item_no"}]
    assert [entry for entry in about if not entry.get("correlation_id")] == []


def _entries(deployment: Deployment) -> list[dict[str, Any]]:
    """Return what every process logged; each line but those for people is one entry."""
    lines = [line for log in deployment.folder.glob("*.log") for line in log.read_text("utf-8").splitlines()]
    return [json.loads(line) for line in lines if not line.startswith("orderwire ")]


def _url_of(deployment: Deployment) -> str:
    """Return the address that `serve` printed."""
    log: Path = deployment.folder / "serve-0.log"
    deployment.wait_for(lambda: "listens on http" in log.read_text(), 60, "serve listens")
    return log.read_text().split("listens on ", 1)[1].split()[0]
