"""A deployment with its console, a worker, and a morning's worth of traffic."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Final

from orderwire.bootstrap.worker import build_worker
from orderwire.ports.access import Role
from orderwire.ports.journal import DocumentState
from orderwire.simulators.nav.data import CustomerData
from orderwire.simulators.nav.server import NavSimulator
from orderwire.web.app import create_app
from orderwire.web.serve import BackgroundServer
from services.deployment import Deployment, company
from services.edifact import Order, interchange

PASSWORD: Final = "correct horse battery"
BUYER: Final = "4012345000009"
#: Sends as well, and is beyond its credit limit: a person decides on its orders.
DEBTOR: Final = "4012345000016"
ROWS: Final = 6
#: What a hostile sender writes where words belong.
HOSTILE: Final = "<script>window.hurt=1</script><img src=x onerror=window.hurt=1>\"'&lt;"


class ConsoleScene:
    """Where the console is, and what is behind it."""

    def __init__(self, deployment: Deployment, url: str) -> None:
        self.deployment, self.url = deployment, url

    @property
    def services(self) -> object:
        return self.deployment.services

    def wait_for(self, condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
        self.deployment.wait_for(condition, seconds, what)

    def order(self, reference: str, order_no: str, unit: str = "PCE", item_no: str = "1001") -> None:
        """Have a buyer send an order."""
        content = interchange(BUYER, reference, [Order(order_no, ((item_no, 2),))])
        self.deployment.receive(content.replace(b":PCE", f":{unit}".encode()), f"{order_no}.edi")


@contextmanager
def console_scene(folder: Path) -> Iterator[ConsoleScene]:
    """Start everything in this process on SQLite."""
    data = company(i1001=1000, i1002=50)
    debtor = CustomerData(no="C20000", name="Debtor", credit_limit=Decimal(10), balance=Decimal(20))
    with NavSimulator(data.model_copy(update={"customers": (*data.customers, debtor)})) as nav:
        url = f"sqlite:///{folder}/orderwire.db"
        deployment = Deployment(folder, nav, queue_url="embedded:", store_url=url, ORDERWIRE_NAV__PRODUCTION="false")
        deployment.partner("acme", BUYER)
        deployment.partner("debtor", DEBTOR)
        profile = deployment.config_dir / "partners/debtor/partner.yaml"
        profile.write_text(profile.read_text().replace("C10000", "C20000") + "trust:\n  credit_limit: hold\n")
        services = deployment.services
        server, worker = BackgroundServer(create_app(services)), build_worker(services)
        worker.start()
        try:
            scene = ConsoleScene(deployment, server.start())
            for name, role in (
                ("vera", Role.VIEWER),
                ("otto", Role.OPERATOR),
                ("edda", Role.EDITOR),
                ("ada", Role.ADMIN),
            ):
                services.accounts.add(name, PASSWORD, role, [], who="test")
            yield scene
        finally:
            server.stop()
            worker.stop()
            deployment.close()


def morning(scene: ConsoleScene) -> None:
    """Let orders come: some are accepted, some lack a code, one is of nobody, one is garbage, one is hostile."""
    deployment = scene.deployment
    for number in range(5):
        scene.order(f"GOOD{number}", f"PO-10{number}", item_no="1001" if number % 2 else "1002")
    for number in range(ROWS):
        scene.order(f"UNIT{number}", f"PO-20{number}", unit="DZN")
    scene.order("EDIT1", "PO-300", unit="ZZZ")
    deployment.receive(interchange("4099999999990", "NOBODY", [Order("PO-400")]), "nobody.edi")
    deployment.receive(b"this is no document at all", "garbage.edi")
    hostile = "".join(sign for sign in HOSTILE if sign != "'").encode()
    content = interchange(BUYER, "HOSTILE", [Order("PO-500")])
    deployment.receive(content.replace(b"PO-500", hostile[:35]).replace(b":PCE", b":<b>"), "hostile<img src=x>.edi")
    deployment.settle(5 + ROWS + 2, 90)
    scene.wait_for(
        lambda: sum(one.state is DocumentState.PARKED for one in deployment.documents()) >= ROWS + 4, "parked"
    )
