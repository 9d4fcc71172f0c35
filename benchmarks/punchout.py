"""Punch-out sessions per second: from the set-up's bytes to the document in the browser's form.

One thread, on SQLite with every commit on the disk; NAV is a fake in this process that answers at once, and HTTP is
left out. There is no peer that does the same work, so the figure stands by itself.
"""

import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.measure import Result

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

_SESSIONS: Final = 50
_SECRET: Final = "bench"  # noqa: S105  nobody's
_PROFILE: Final = f"""name: Officeworks
customer_no: C10000
cxml:
  identities: [{{domain: DUNS, identity: "409999850"}}]
  ours: [{{domain: DUNS, identity: "409999800"}}]
  shared_secret_sha256: {hashlib.sha256(_SECRET.encode()).hexdigest()}
punchout:
  return_origins: ["https://buyer.example.com"]
"""


def run(repetitions: int) -> list[Result]:
    """Measure, print, and return the result; the rate is of wall-clock time."""
    with tempfile.TemporaryDirectory() as folder:
        visit = _visits(Path(folder))
        visit()
        rates = [_SESSIONS / _seconds(visit) for _ in range(repetitions)]
    print(f"Punch-out: set-up, StartPage, cart of 2 lines, return; {repetitions} times {_SESSIONS} sessions")
    print(f"  {'Orderwire':<34}{median(rates):>9.0f} sessions/s ({min(rates):.0f} to {max(rates):.0f})")
    return [Result("cxml", "punch-out sessions", "sessions/s", median(rates), "none does the same", 0.0, 0.0)]


def _seconds(visit: Callable[[], None]) -> float:
    began = time.perf_counter()
    for _ in range(_SESSIONS):
        visit()
    return time.perf_counter() - began


def _visits(folder: Path) -> Callable[[], None]:
    """Return one visit from beginning to end."""
    from canonicals import a_cart, a_cart_line
    from orderwire.connectors.punchout.setup import read_setup
    from orderwire.pipeline.punchout import Sessions
    from orderwire.pipeline.punchout_cart import Carts
    from orderwire.pipeline.punchout_setup import journal_setup
    from orderwire.ports.clock import system_clock
    from orderwire.simulators.buyer.documents import Pen
    from orderwire.simulators.buyer.suite import suites

    means = _means(folder)
    admitted = _door(means.partners)
    pen, sessions, carts = Pen(suites()["coupa"], _SECRET), Sessions(means), Carts(means)
    cart = a_cart(a_cart_line(), a_cart_line("2", item_no="1002"), cart_id="", session_id="")

    def visit() -> None:
        _, content = pen.set_up("cookie", "https://buyer.example.com/cart", "create", (), system_clock())
        partner, body = admitted(content)
        setup: Any = read_setup(body, test=False)
        token = sessions.open(setup, partner, journal_setup(means, partner.key, "PunchOutSetupRequest", setup))
        entered = sessions.visit(sessions.enter(token).rpartition("=")[2])
        handed = carts.hand_over(carts.post(entered, cart).id)
        if handed.form is None:
            raise SystemExit(f"punch-out: the cart did not leave: {handed.findings}")

    return visit


def _door(partners: Any) -> Callable[[bytes], tuple[Any, Any]]:
    """Return what reads a document and proves its Sender."""
    from orderwire.config.secrets import Secrets
    from orderwire.connectors.punchout.authenticate import Door
    from orderwire.connectors.punchout.decoder import open_document
    from orderwire.connectors.punchout.settings import XmlLimits
    from orderwire.ports.clock import system_clock

    door, limits = Door(partners, Secrets({})), XmlLimits()

    def admitted(content: bytes) -> tuple[Any, Any]:
        opened: Any = open_document(content, limits)
        return door.admit(opened.envelope, system_clock()), opened.envelope.body

    return admitted


def _means(folder: Path) -> Any:
    """Make a store and a configuration in the folder."""
    from fakes.erp import FakeErp
    from orderwire.config.partners import Partners
    from orderwire.config.settings import Settings
    from orderwire.connectors.punchout.cart_message import CxmlCarts
    from orderwire.pipeline.punchout import Means
    from orderwire.ports.clock import system_clock
    from orderwire.store.store import open_store
    from orderwire.telemetry.logging import set_up_logging
    from shopping import SETTINGS

    set_up_logging(level="warning", form="json")
    _configure(folder)
    store = open_store(Settings.model_validate({"config_dir": folder, "store": {"url": f"sqlite:///{folder}/o.db"}}))
    store.migrate()
    return Means(
        store, FakeErp(), Partners(folder), system_clock, SETTINGS, {"cxml": CxmlCarts()}, lambda _events: None
    )


def _configure(folder: Path) -> None:
    (folder / "partners/officeworks").mkdir(parents=True)
    (folder / "partners/officeworks/partner.yaml").write_text(_PROFILE)
    (folder / "codes").mkdir()
    (folder / "codes/units.csv").write_text("code,erp_unit\nPCE,PCS\n")
