"""A partner with ways of its own is added by files alone, while the system runs; a wrong file disturbs nobody."""

from pathlib import Path
from typing import Final

from orderwire.canonical.response import OrderOutcome
from orderwire.simulators.nav.server import NavSimulator
from services.deployment import Deployment, company, sold
from services.edifact import Order, interchange

STEADY: Final = "4000000000006"
#: Another identification, another unit, and item numbers of its own under a code of its own.
PROFILE: Final = """
name: Acme
customer_no: C10000
shortage: part_delivery
edi:
  identifiers: [{id: ACME-EDI, qualifier: ZZ}]
  ours: {id: NORTHWIND, qualifier: ZZ}
  reading: {item_codes: {XY: buyer}, ordered_quantities: ["12"]}
  writing: {item_codes: {buyer: XY}, line_item: [buyer]}
folder: {inbox: partners/acme/in, outbox: partners/acme/out}
"""
ORDER: Final = (
    b"UNB+UNOA:2+ACME-EDI:ZZ+NORTHWIND:ZZ+261121:0800+1'UNH+1+ORDERS:D:96A:UN'BGM+220+A-1+9'DTM+137:20261121:102'"
    b"NAD+BY+BRANCH-7::91'LIN+10++9/BLUE:XY'QTY+12:3:EA'UNS+S'UNT+8+1'UNZ+1+1'"
)


def test_a_new_partner_by_files_alone(tmp_path: Path) -> None:
    """Scaffolded aside, moved in wrong, mended: its waiting order goes through, and the others never noticed."""
    with NavSimulator(company(i1001=10)) as nav:
        deployment = Deployment(tmp_path, nav, queue_url="embedded:", store_url=f"sqlite:///{tmp_path}/orderwire.db")
        deployment.partner("steady", STEADY)
        deployment.run("up", "--port", "0")
        try:
            added(deployment)
        finally:
            deployment.close()


def added(deployment: Deployment) -> None:
    steady(deployment, "PO-1")
    aside, folder = deployment.folder / "aside", deployment.config_dir / "partners" / "acme"
    made = deployment.command(
        *("partner", "new", "acme", "--name", "Acme", "--customer-no", "C10000", "--gln", "ACME-EDI"),
        *("--ours", "NORTHWIND", "--config", str(aside)),
    )
    assert made.returncode == 0, made.stderr
    scaffold = aside / "partners" / "acme"
    (scaffold / "partner.yaml").write_text(PROFILE.replace("part_delivery", "whatever"), "utf-8")
    (scaffold / "codes" / "items.csv").write_text("scheme,value\nbuyer,9/BLUE\n", "utf-8")
    scaffold.rename(folder)  # a profile that was read right once would hold, and the order would not wait
    inbox = deployment.folder / "var" / "partners" / "acme" / "in"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / "order.edi").write_bytes(ORDER)

    checked = deployment.command("partner", "check", "acme")
    assert checked.returncode == 1
    assert "items.csv" in checked.stdout
    assert "shortage" in checked.stdout
    steady(deployment, "PO-2")
    assert sold(deployment.nav, ["A-1"]) == {}

    (folder / "codes" / "units.csv").write_text("code,erp_unit\nEA,PCS\n", "utf-8")
    (folder / "codes" / "items.csv").write_text("scheme,value,item_no\nbuyer,9/BLUE,1001\n", "utf-8")
    (folder / "partner.yaml").write_text(PROFILE, "utf-8")  # the last: from here on the partner is served
    deployment.wait_for(lambda: len(deployment.replies("acme")) == 2, 60, "Acme's CONTRL and ORDRSP")

    [order] = sold(deployment.nav, ["A-1"])["A-1"]
    assert [(line["item_no"], line["quantity"], line["unit"]) for line in order["lines"]] == [("1001", "3", "PCS")]
    [answer] = [reply for reply in deployment.replies("acme") if "+ORDRSP:" in reply]
    assert "+NORTHWIND:ZZ+ACME-EDI:ZZ+" in answer
    assert "LIN+10+5+9/BLUE:XY'" in answer
    assert deployment.parked() == []


def steady(deployment: Deployment, order_no: str) -> None:
    """See another partner's order through."""
    inbox = deployment.folder / "var" / "partners" / "steady" / "in"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / f"{order_no}.edi").write_bytes(interchange(STEADY, order_no, [Order(order_no)]))
    deployment.wait_for(lambda: order_no in deployment.answers(), 60, f"{order_no} answered")
    assert deployment.answers()[order_no].outcome is OrderOutcome.ACCEPTED
