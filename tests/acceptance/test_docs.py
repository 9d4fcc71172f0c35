"""Every command in the docs does what the page says."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.server import DEMO_PASSWORD, NavSimulator
from services.deployment import ROOT
from services.partner_server import serving
from services.postgres import PostgresServer
from services.rabbitmq import RabbitMQ
from services.shell import Reader, blocks

DOCS = ROOT / "docs"
CXML_PAGE = "how-to/connect-a-cxml-suite.md"
NAV_PAGE = "how-to/connect-to-your-nav.md"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    somebody = Reader(tmp_path)
    yield somebody
    somebody.close()


def test_quickstart(reader: Reader) -> None:
    """A newcomer comes from a clone to an own partner and its first order by the quickstart's commands alone."""
    printed = [reader.type(block) for block in blocks(DOCS / "quickstart.md")]

    assert any("Orderwire: orders in" in text for text in printed), "the demo"
    shown = next(text for text in printed if "PO-1" in text and "accepted" in text)
    assert "1001" in shown
    assert list((reader.folder / "var/partners/acme/out").glob("ORDRSP*"))


def test_how_to_replay(reader: Reader) -> None:
    """Somebody mends what a parked message lacked, replays it, and discards another one."""
    quickstart = blocks(DOCS / "quickstart.md")
    lasting = [block for block in quickstart if "simulate nav" in block or "orderwire up" in block]
    order = next(block for block in quickstart if "EDI" in block and "UNB+" in block).replace("ACME+", "NOBODY+")
    for block in (*lasting, order):
        reader.type(block)
    for number in ("1", "2"):
        reader.type(f"sed 's/1200+1/1200+{number}/; s/^UNZ+1+1/UNZ+1+{number}/' acme-order.edi >{number}.edi")
        reader.type(f".venv/bin/orderwire send --wait {number}.edi || true")
    parked = [entry["id"] for entry in json.loads(reader.type(".venv/bin/orderwire parked list --json"))]
    assert len(parked) == 2

    for block in blocks(DOCS / "how-to/replay-a-parked-message.md"):
        reader.type(block.replace("ID", parked[1 if "discard" in block else 0]))

    assert parked[1] not in reader.type(".venv/bin/orderwire parked list --json")


def test_how_to_follow(reader: Reader) -> None:
    """Somebody looks at NAV once, then ships and invoices an order in the simulated NAV and sees it as delivered."""
    quickstart = blocks(DOCS / "quickstart.md")
    simulator, worker = (
        next(block for block in quickstart if words in block) for words in ("simulate nav", "orderwire up")
    )
    look, *rest = blocks(DOCS / "how-to/follow-deliveries-and-invoices.md")
    reader.type(simulator)
    assert "shipments" in reader.type(f"export ORDERWIRE_NAV__PASSWORD=demo\n{look}")
    reader.type(worker)
    reader.type(".venv/bin/orderwire send --wait config/partners/baumarkt/samples/order.edi")
    (order,) = json.loads(reader.type(".venv/bin/orderwire orders list --json"))
    for block in rest:
        reader.type(block.replace("NAV_ORDER", order["erp_no"]).replace("ORDER", order["order_no"]))


def test_how_to_connect_to_nav(reader: Reader) -> None:
    """The check with and without a connection, the suggestion, and a rehearsal on the contracts that were saved."""
    printed = [reader.type(f"export ORDERWIRE_NAV__PASSWORD=demo\n{block}") for block in blocks(DOCS / NAV_PAGE)]

    assert "sales orders" in printed[1]
    assert (reader.folder / "SalesOrder.wsdl").read_bytes() == (
        reader.folder / "contracts/SalesOrder.wsdl"
    ).read_bytes()
    assert printed[3] == "# nothing to add\n"


def test_how_to_add_a_partner(reader: Reader) -> None:
    """The commands that check a partner, and the one that makes its key's hash."""
    for block in blocks(DOCS / "how-to/add-a-partner.md"):
        reader.type("KEY=secret\n" + block.replace("acme", "bricolage"))


def test_how_to_connect_a_cxml_suite(reader: Reader) -> None:
    """A partner is made, its secret is found, a document is looked at, and a sample written."""
    secret = next(block for block in blocks(DOCS / CXML_PAGE) if "SHARED_SECRET" in block).splitlines()[0]

    printed = [reader.type(f"{secret}\n{block}") for block in blocks(DOCS / CXML_PAGE)]

    assert "let in as procure" in printed[2]
    assert (reader.folder / "acme-sample.xml").is_file()


def test_how_to_say_what_is_free(reader: Reader) -> None:
    """The command that vouches for the stock figures."""
    for block in blocks(DOCS / "how-to/say-what-is-free.md"):
        assert "believed" in reader.type(block)


def test_how_to_decide_on_held_orders(reader: Reader) -> None:
    """The list that shows what is held."""
    for block in blocks(DOCS / "how-to/decide-on-held-orders.md"):
        reader.type(block)


def test_how_to_keep_and_delete(reader: Reader) -> None:
    """A document is held, and let go again."""
    reader.type("echo nothing >note.edi; .venv/bin/orderwire send note.edi")
    (note,) = json.loads(reader.type(".venv/bin/orderwire messages list --json"))

    told = [
        reader.type(block.replace("DOCUMENT_ID", note["id"])) for block in blocks(DOCS / "how-to/keep-and-delete.md")
    ]

    assert ["Held." in told[0], "No longer held." in told[1]] == [True, True]


def test_how_to_run_on_services(reader: Reader, rabbitmq: RabbitMQ, postgres: PostgresServer) -> None:
    """The two settings and the commands that make and check the queues."""
    runnable = [block for block in blocks(DOCS / "how-to/run-on-rabbitmq-and-postgresql.md") if "docker" not in block]
    script = "\n".join(runnable)
    script = script.replace("amqp://orderwire:secret@rabbitmq:5672/", rabbitmq.url)
    script = script.replace("postgresql://orderwire:secret@postgres/orderwire", postgres.create_database())

    assert "The topology stands." in reader.type(script)


def test_how_to_punch_out(reader: Reader) -> None:
    """The demo shop and the virtual buyer with every suite's habits; each step passes."""
    for name in ("orderwire.yaml", "partners/officeworks/partner.yaml"):
        file = reader.folder / "config" / name
        file.write_text(reader.own(file.read_text()))

    page = blocks(DOCS / "how-to/punch-out-to-your-webshop.md")
    printed = "\n".join(reader.type(f"KEY=secret\n{block}") for block in page)

    for suite in ("coupa", "ariba", "jaggaer", "oracle", "sap"):
        assert f"\n{suite}" in printed
    kinds = {one["kind"] for one in json.loads(reader.type(".venv/bin/orderwire messages list --json --limit 200"))}
    assert {"PunchOutSetupRequest", "PunchOutOrderMessage", "OCI", "OrderRequest", "ConfirmationRequest"} <= kinds


def test_how_to_be_told(reader: Reader) -> None:
    """A receiver is tried, and takes it; then what is wrong and who was told."""
    with serving() as server:
        plan = f"receivers:\n  operations:\n    webhook: {server.url}\n"
        (reader.folder / "config/alerts.yaml").write_text(plan)
        printed = [reader.type(block) for block in blocks(DOCS / "how-to/be-told-of-trouble.md")]

    assert [got.headers["webhook-signature"][:3] for got in server.got] == ["v1,"]
    assert "taken" in printed[0]
    assert "trial" in printed[1]


# A minute with a lost broker; the short form is the one on SQLite.
@pytest.mark.parametrize("where", ["sqlite", pytest.param("services", marks=pytest.mark.slow)])
def test_how_to_back_up(reader: Reader, request: pytest.FixtureRequest, where: str) -> None:
    """An older backup put back: what was on its way goes on, and each order stands in NAV once."""
    page = blocks(DOCS / "how-to/back-up-and-restore.md")
    take, *back = page[:2] if where == "sqlite" else page[4:]
    up, doctor = page[2:4]
    with NavSimulator(NavData.demo()) as nav:
        world = f"export ORDERWIRE_NAV__URL={nav.url} ORDERWIRE_NAV__PASSWORD={DEMO_PASSWORD}\n"
        place, anew = _places(request, where)
        send = ".venv/bin/orderwire send --wait config/partners/{}/samples/order.edi"
        reader.type(world + place + send.format("baumarkt").replace(" --wait", ""))  # on its way, and nobody works
        reader.type(world + place + take)
        reader.type(world + place + up)
        reader.type(world + place + send.format("bricolage"))  # after the copy
        before = _decided(reader, world + place)
        reader.pull_the_plug()

        told = [reader.type(world + anew + block) for block in back]
        reader.type(world + anew + up)
        reader.type(world + anew + send.format("bricolage"))
        after = _decided(reader, world + anew)
        reader.type(world + anew + doctor)
        ours = sorted(one["no"] for one in nav.state()["orders"] if one["no"].startswith("OW"))

    assert "On their way again: 1 events." in told[-1]
    assert after == before == ours


def _decided(reader: Reader, world: str) -> list[str]:
    """Return NAV's numbers of both orders, once they have them."""
    deadline = time.monotonic() + 120
    while True:
        orders = json.loads(reader.type(f"{world}.venv/bin/orderwire orders list --json"))
        numbers = sorted(one["erp_no"] for one in orders if one["erp_no"])
        if len(numbers) == 2 or time.monotonic() > deadline:
            return numbers


def _places(request: pytest.FixtureRequest, where: str) -> tuple[str, str]:
    """Return the settings of a deployment, and those of the empty one that takes its place."""
    if where == "sqlite":
        return "", ""
    postgres: PostgresServer = request.getfixturevalue("postgres")
    broker: RabbitMQ = request.getfixturevalue("rabbitmq")
    places = []
    for vhost in ("before-the-loss", "after-the-loss"):
        queue = broker.add_virtual_host(vhost)
        places.append(f"export ORDERWIRE_STORE__URL={postgres.create_database()} ORDERWIRE_QUEUE__URL={queue}\n")
    return places[0], places[1]


def test_how_to_change_the_configuration(reader: Reader) -> None:
    """The files are looked at, and what needs a restart is listed."""
    looked, listed = [reader.type(block) for block in blocks(DOCS / "how-to/change-the-configuration.md")]

    assert "All files can be used." in looked
    assert "store.url" in listed


def test_how_to_users(reader: Reader) -> None:
    """The first user, one with some partners only, a new password, a token, and one who may no more."""
    printed = [reader.type(block) for block in blocks(DOCS / "how-to/users-and-roles.md")]

    assert "baumarkt" in printed[0]
    assert printed[-1].strip().startswith("ow_")


def test_how_to_find_and_mend(reader: Reader) -> None:
    """An order that lacks a code is tried dry and replayed by its filter, once the code is in the list."""
    quickstart = blocks(DOCS / "quickstart.md")
    for block in (block for block in quickstart if "simulate nav" in block or "orderwire up" in block):
        reader.type(block)
    reader.type("sed 's/:PCE/:XPX/' config/partners/baumarkt/samples/order.edi >failed.edi")
    reader.type(".venv/bin/orderwire send --wait failed.edi || true")
    codes = "config/partners/baumarkt/codes/units.csv"
    reader.type(f"mkdir -p config/partners/baumarkt/codes; printf 'code,erp_unit\\nXPX,PCS\\n' >{codes}")

    printed = [reader.type(block) for block in blocks(DOCS / "how-to/find-and-mend-a-failed-order.md")]

    assert "passes" in printed[0]
    assert json.loads(reader.type(".venv/bin/orderwire parked list --json")) == []
    assert "succeeded" in reader.type(".venv/bin/orderwire replay status")


def test_every_page_with_commands_is_run_here() -> None:
    """A page that gets a shell block gets a test."""
    pages = {page.name for page in (*DOCS.rglob("*.md"), *ROOT.glob("*.md")) if blocks(page)}

    assert pages <= {"README.md", "CONTRIBUTING.md"} | set(re.findall(r"[\w-]+\.md", Path(__file__).read_text()))


def test_the_make_targets_that_are_named_exist() -> None:
    """What README, CONTRIBUTING and the page on chaos tell one to make, make can make."""
    for page in ("README.md", "CONTRIBUTING.md", "docs/how-to/run-a-chaos-test.md"):
        for line in "\n".join(blocks(ROOT / page)).splitlines():
            command = line.split("#")[0].split()
            if command[:1] == ["make"]:
                subprocess.run(["make", "--dry-run", *command[1:]], cwd=ROOT, check=True, capture_output=True)
