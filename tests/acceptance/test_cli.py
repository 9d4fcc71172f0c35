"""The command line, on a deployment that has done some work."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orderwire.bootstrap.worker import build_worker
from orderwire.ports.orders import OrderState
from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.server import NavSimulator
from records import an_entry, an_order
from services.deployment import Deployment
from services.edifact import Order, interchange


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """One order done, one short, one parked for want of a unit, one file of nobody."""
    folder = tmp_path_factory.mktemp("cli")
    with NavSimulator(NavData.demo()) as nav:
        made = Deployment(folder, nav, queue_url="embedded:", store_url=f"sqlite:///{folder}/orderwire.db")
        made.partner("acme", "4000000000006", shortage="part_delivery")
        worker = build_worker(made.services)
        worker.start()
        made.receive(interchange("4000000000006", "1", [Order("OK-1"), Order("SHORT-1", (("1003", 9),))]), "good.edi")
        unknown_unit = interchange("4000000000006", "2", [Order("UNIT-1")]).replace(b":PCE", b":XYZ")
        made.receive(unknown_unit, "unit.edi")
        made.receive(interchange("9999999999994", "3", [Order("NOBODY-1")]), "nobody.edi")
        made.wait_for(lambda: len(made.answers()) == 2 and len(made.parked()) == 2, 30, "the scene")
        yield made
        worker.stop()
        made.close()


def printed(deployment: Deployment, *command: str, code: int = 0) -> Any:
    """Run a command with --json, and return what it printed."""
    done = deployment.command(*command, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def test_doctor_finds_what_is_wrong(deployment: Deployment) -> None:
    """Every part is looked at: what stands is named, what is wrong says what to do, and a failure ends with 1."""
    found = {each["what"]: each for each in printed(deployment, "doctor", code=0)}

    assert found["database"]["state"] == found["broker"]["state"] == found["nav"]["state"] == "ok"
    assert (found["parked"]["state"], found["parked"]["do"]) == ("warn", "Run `orderwire parked list`.")
    assert found["workers"]["state"] == "ok"


def test_orders_list(deployment: Deployment) -> None:
    """Orders are listed with outcome and NAV number, and found by number and partner."""
    rows = printed(deployment, "orders", "list", "--partner", "acme")

    outcomes = {row["order_no"]: row["outcome"] for row in rows}
    assert (outcomes["OK-1"], outcomes["SHORT-1"]) == ("accepted", "changed")
    assert [row["order_no"] for row in printed(deployment, "orders", "list", "--order-no", "OK-1")] == ["OK-1"]


def test_orders_show(deployment: Deployment) -> None:
    """One order is shown with its lines, its answer and its story."""
    shown = printed(deployment, "orders", "show", "SHORT-1")

    assert shown["answer"]["lines"][0]["confirmed"] == "5"
    assert {"received", "stock_held", "order_created", "changed"} <= {step["step"] for step in shown["story"]}
    assert "part of the quantity" in deployment.command("orders", "show", "SHORT-1").stdout
    assert {"ReadMultiple", "Create"} <= {call["operation"] for call in shown["calls"]}
    told = deployment.command("orders", "show", "SHORT-1", "--soap").stdout
    assert "SalesOrder.Create" in told.replace("OrderwireSalesOrder", "SalesOrder")
    assert "Create_Result>" in told
    assert "OK-1" not in deployment.command("orders", "show", "SHORT-1", "--json").stdout  # of the same file


def test_orders_show_of_a_number_that_two_partners_use(deployment: Deployment) -> None:
    """Neither is shown for the other: both are named, and one must be chosen."""
    with deployment.services.store.begin() as tx:
        for partner in ("one", "two"):
            key, state = f"order of {partner}", OrderState.ANSWERED
            tx.orders.open(an_order(id=key, partner=partner, order_no="PO-DUP", state=state))

    several = deployment.command("orders", "show", "PO-DUP")

    assert (several.returncode, several.stdout) == (1, "")
    assert all(word in several.stderr for word in ("--partner", "one", "two"))
    assert printed(deployment, "orders", "show", "PO-DUP", "--partner", "one")["partner"] == "one"


def test_messages(deployment: Deployment) -> None:
    """Documents are listed by state, shown with their bytes, and written raw."""
    (parked,) = printed(deployment, "messages", "list", "--state", "parked", "--order-no", "UNIT-1")
    shown = printed(deployment, "messages", "show", parked["id"])

    assert "UNH+1+ORDERS" in shown["content"]
    assert deployment.command("messages", "show", parked["id"], "--raw").stdout == shown["content"]


def test_ledger(deployment: Deployment) -> None:
    """What we owe the partner is listed, and nothing of it is late."""
    rows = printed(deployment, "ledger", "list", "--all", "--partner", "acme")

    assert {(row["side"], row["kind"], row["ref"]) for row in rows} >= {
        ("owed", "ORDRSP", "OK-1"),
        ("owed", "ORDRSP", "SHORT-1"),
    }
    assert printed(deployment, "ledger", "list", "--late") == []
    assert "Nothing" in deployment.command("ledger", "list", "--late").stdout


def test_parked_is_mended_tried_dry_and_replayed(deployment: Deployment) -> None:
    """A parked message says what it lacks; once mended it replays to one sales order, and only once."""
    (entry,) = printed(deployment, "parked", "list", "--order-no", "UNIT-1")
    assert (entry["code"], json.loads(entry["facts"])["unit"]) == ("mapping", "XYZ")
    codes = deployment.config_dir / "partners" / "acme" / "codes"
    codes.mkdir()
    (codes / "units.csv").write_text("code,erp_unit\nXYZ,PCS\n")

    (dry,) = printed(deployment, "parked", "replay", entry["id"], "--dry-run")
    assert dry["messages"][0]["order"]["order_no"] == "UNIT-1"
    assert "UNIT-1" not in deployment.answers(), "a dry run changes nothing"

    (done,) = printed(deployment, "parked", "replay", entry["id"], "--reason", "unit added")
    assert done["result"] == "ok"
    deployment.wait_for(lambda: "UNIT-1" in deployment.answers(), 30, "the replayed order")
    assert printed(deployment, "parked", "replay", entry["id"], code=1)[0]["code"] == "already_done"


def test_a_dry_run_goes_on_after_what_cannot_be_tried(deployment: Deployment) -> None:
    """A parked message without a document fails by itself; the others are tried and told of."""
    with deployment.services.store.begin() as tx:
        tx.parked.add(an_entry(id="bare", document_id=None))

    rows = printed(deployment, "parked", "replay", "--all", "--dry-run", code=1)

    results = {row["parked_id"]: row for row in rows}
    assert results.pop("bare")["code"] == "mapping"
    assert results
    assert printed(deployment, "parked", "discard", "bare", "--reason", "it has no document")[0]["result"] == "ok"


def test_parked_discard(deployment: Deployment) -> None:
    """A parked message is discarded with a reason, and is then parked no more."""
    (entry,) = printed(deployment, "parked", "list", "--code", "unknown_partner")
    assert "9999999999994" in deployment.command("parked", "show", entry["id"]).stdout

    assert printed(deployment, "parked", "discard", entry["id"], "--reason", "not ours")[0]["result"] == "ok"
    assert printed(deployment, "parked", "list", "--code", "unknown_partner") == []
    assert printed(deployment, "messages", "list", "--state", "discarded")[0]["reason"] == "not ours"


def test_edi_check(deployment: Deployment) -> None:
    """A file is explained without side effects; a refusal ends 1."""
    before = len(deployment.documents())
    samples = deployment.config_dir / "partners" / "baumarkt" / "samples"

    (good,) = printed(deployment, "edi", "check", str(samples / "order.edi"))
    (broken,) = printed(deployment, "edi", "check", str(samples / "broken-segment-count.edi"), code=1)

    assert good["interchanges"][0]["messages"][0]["order"]["order_no"] == "4500017731"
    (finding,) = broken["interchanges"][0]["messages"][0]["findings"]
    assert {"code", "severity", "segment_no", "offset", "text"} <= set(finding)
    assert len(deployment.documents()) == before


def test_nav_check(deployment: Deployment) -> None:
    """The simulator offers everything that Orderwire needs."""
    report = printed(deployment, "nav", "check")

    assert (report["stock"], report["orders"]) == (True, True)
    assert [row for row in report["services"] if row["problem"] and not row["problem"].endswith("(optional)")] == []


def test_nav_accept(deployment: Deployment) -> None:
    """What the pages looked like is forgotten, so that they are met anew."""
    kept = deployment.folder / "var" / "nav-contract-item.json"
    kept.write_text("{}", encoding="utf-8")

    assert deployment.command("nav", "accept").returncode == 0
    assert not kept.exists()


def test_queue(deployment: Deployment) -> None:
    """The topology is declared and stands."""
    assert deployment.command("queue", "declare").returncode == 0
    assert printed(deployment, "queue", "check")["problems"] == []


def test_partner_new_and_check(deployment: Deployment) -> None:
    """A scaffolded partner is complete; a wrong profile tells all its problems at once."""
    options = ("--name", "New Ltd", "--customer-no", "C10000", "--gln", "4000000000013", "--ours", "4099998000013")
    assert deployment.command("partner", "new", "newco", *options).returncode == 0
    assert all(row["ok"] for row in printed(deployment, "partner", "check", "newco"))

    profile: Path = deployment.config_dir / "partners" / "newco" / "partner.yaml"
    profile.write_text("name: x\nshortage: never\nsurprise: 1\n")
    (row,) = printed(deployment, "partner", "check", "newco", code=1)
    assert all(word in row["text"] for word in ("customer_no", "shortage", "surprise"))
    profile.unlink()
    for folder in (profile.parent / "codes" / "items.csv",):
        folder.unlink()


def test_partner_new_for_cxml(deployment: Deployment) -> None:
    """A profile for cXML is whole but for the secret, which is named; without identities nothing is made."""
    options = ("--name", 'Mey "er": & Co', "--customer-no", "C10000", "--ours", "NetworkID:AN2")
    assert deployment.command("partner", "new", "suite", *options, "--cxml", "AN1").returncode == 2
    assert deployment.command("partner", "new", "suite", *options).returncode == 2

    made = deployment.command("partner", "new", "suite", *options, "--cxml", "NetworkID:AN1")

    assert made.returncode == 0
    profile, secret = printed(deployment, "partner", "check", "suite", code=1)
    assert (profile["ok"], profile["text"]) == (True, 'Mey "er": & Co')
    assert "ORDERWIRE_PARTNERS__SUITE__CXML__SHARED_SECRET" in secret["text"]
    shutil.rmtree(deployment.config_dir / "partners" / "suite")


def test_cxml_check(deployment: Deployment, tmp_path: Path) -> None:
    """A sample of the partner's own is shown as an order, and what would be refused ends 1."""
    file = tmp_path / "sample.xml"
    into = ("--item", "supplier:1001", "--into", str(file))
    assert deployment.command("partner", "sample", "orders", "procure", *into).returncode == 0

    (report,) = printed(deployment, "cxml", "check", str(file))

    assert (report["partner"], report["test"], report["order"]["partner"]) == ("procure", True, "procure")
    file.write_bytes(b"<cXML")
    assert "not_xml" in deployment.command("cxml", "check", str(file)).stdout
    assert deployment.command("cxml", "check", str(file)).returncode == 1


def test_partner_sample(deployment: Deployment, tmp_path: Path) -> None:
    """An order is written from a profile, and the profile understands it; without a known item one must be named."""
    file = tmp_path / "sample.edi"
    into = ("--item", "gtin:4099999001019", "--item", "supplier:1002", "--into", str(file))
    assert deployment.command("partner", "sample", "orders", "baumarkt", *into).returncode == 0
    (checked,) = printed(deployment, "edi", "check", str(file))
    assert [message["accepted"] for each in checked["interchanges"] for message in each["messages"]] == [True]
    assert "name one" in deployment.command("partner", "sample", "orders", "baumarkt").stderr


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (("orders", "show", "NONE"), 1, "no such order"),
        (("messages", "show", "none"), 1, "no such document"),
        (("parked", "replay"), 2, "Name ids, a filter, or --all"),
        (("orders", "list", "--limit", "0"), 2, "limit"),
        (("config", "check", "--config", "/nonexistent"), 2, "no configuration folder"),
        (("partner", "check", "--config", "/nonexistent"), 2, "no configuration folder"),
    ],
)
def test_helpful_errors(deployment: Deployment, command: tuple[str, ...], code: int, words: str) -> None:
    """A failure is a sentence and an exit code, never a stack trace."""
    done = deployment.command(*command)

    assert done.returncode == code
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_fails_without_workers_and_nav(tmp_path: Path) -> None:
    """No worker, a queue never declared, a NAV that is away and a broken partner: each fails, with advice."""
    with NavSimulator(NavData.demo()) as nav:
        made = Deployment(tmp_path, nav, queue_url="embedded:", store_url=f"sqlite:///{tmp_path}/orderwire.db")
    made.partner("acme", "4000000000006")
    (tmp_path / "config" / "partners" / "acme" / "partner.yaml").write_text("name: [", encoding="utf-8")

    rows = printed(made, "doctor", code=1)

    failed = {row["what"] for row in rows if row["state"] == "fail"}
    assert failed == {"partners", "workers", "nav", "broker"}
    assert all(row["do"] for row in rows if row["state"] != "ok")
    made.close()
