"""The simulator as a thing to start and stop, in a thread or as a process of its own."""

import signal
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from threading import Event, RLock, Thread
from types import TracebackType
from typing import Any, Final, Self

from orderwire.simulators.nav.chaos import FaultKind, FaultPlan, weather
from orderwire.simulators.nav.connection import NavServer
from orderwire.simulators.nav.control import ControlEndpoint
from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.gateway import INSTANCE, Gateway
from orderwire.simulators.nav.keeping import Kept
from orderwire.simulators.nav.login import Account, Auth
from orderwire.simulators.nav.published import Published, read_folder
from orderwire.simulators.nav.slots import NAV_QUEUE, Pace
from orderwire.simulators.nav.users import OtherUsers, state
from orderwire.simulators.nav.world import World

DEMO_COMPANY: Final = "Northwind Tools Ltd."
DEMO_USER: Final = "orderwire"
DEMO_PASSWORD: Final = "demo"  # noqa: S105  a toy's password, in the documentation
_DRAIN_SECONDS: Final = 2.0
_REBIND_ATTEMPTS: Final = 40
_REBIND_SECONDS: Final = 0.05


class NavSimulator:
    """A NAV server of one company behind HTTP. Every figure measured on it is a simulator's figure."""

    def __init__(  # noqa: PLR0913  each is a setting of its own, all with defaults
        self,
        data: NavData | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        auth: Auth = "basic",
        user: str = DEMO_USER,
        password: str = DEMO_PASSWORD,
        company: str = DEMO_COMPANY,
        latency_seconds: float = 0.0,
        max_concurrent: int | None = None,
        queue_size: int = NAV_QUEUE,
        omit_zero: bool = False,
        published: Sequence[Published] = (),
        gateway_codeunit: bool = False,
        kept: Path | None = None,
    ) -> None:
        data = data or NavData.demo()
        self.world = World(data)
        self.users = OtherUsers(self.world)
        self._kept = Kept(kept) if kept else None
        if self._kept is None or not self._kept.open(self.world):
            self.users.open_company(data)
        pace = Pace(latency_seconds, max_concurrent, queue_size)
        self.gateway = Gateway(
            self.world,
            company,
            pace=pace,
            omit_zero=omit_zero,
            published=published,
            gateway_codeunit=gateway_codeunit,
        )
        self.company = company
        self._account = Account(user, password, auth)
        self._control = ControlEndpoint(self)
        self._host = host
        self._port = port
        self._lock = RLock()
        self._server: NavServer | None = None
        self._outages = 0

    def start(self) -> Self:
        """Listen; returns itself."""
        self.gateway.stopping.clear()
        self.listen()
        return self

    def stop(self) -> None:
        """End calls that wait, close everything."""
        self.gateway.stopping.set()
        self._close(_DRAIN_SECONDS)
        if self._kept is not None:
            self._kept.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port; chosen at the first start if none was given, and kept."""
        return self._port

    @property
    def base_url(self) -> str:
        return f"http://{self._host}:{self._port}"

    @property
    def url(self) -> str:
        """Up to and with `/WS`, as settings name it."""
        return f"{self.base_url}/{INSTANCE}/WS"

    def listen(self) -> None:
        """Listen (again) on the same port."""
        with self._lock:
            for attempt in range(_REBIND_ATTEMPTS):
                if self._server or self.gateway.stopping.is_set():
                    return
                try:
                    address = (self._host, self._port)
                    self._server = NavServer(address, self.gateway, self._account, self._control)
                    self._port = self._server.server_port
                except OSError:
                    if attempt == _REBIND_ATTEMPTS - 1:
                        raise
                    self.gateway.stopping.wait(_REBIND_SECONDS)

    def stop_listening(self) -> None:
        """Be away: nobody listens, open connections are cut. What is being done is still done."""
        self._close(drain_seconds=0)

    def away(self, seconds: float) -> None:
        """Be away for a while."""
        self.stop_listening()
        self._outages += 1
        Thread(target=self._return_after, args=(seconds, self._outages), name="nav-simulator-away", daemon=True).start()

    def _return_after(self, seconds: float, outage: int) -> None:
        if not self.gateway.stopping.wait(seconds) and outage == self._outages:
            self.listen()

    def _close(self, drain_seconds: float) -> None:
        with self._lock:
            server, self._server = self._server, None
        if server:
            server.stop(drain_seconds)

    def inject(self, kind: str, **fields: Any) -> None:
        """Arm a fault: `inject("reply_lost", operation="Create")`."""
        plan = FaultPlan(kind=FaultKind(kind), **fields)
        if plan.kind is FaultKind.AWAY:
            self.away(plan.seconds)
        else:
            self.arm(plan)

    def arm(self, plan: FaultPlan) -> None:
        """Arm a plan.

        Raises:
            NavFault: it names an item that does not exist.
        """
        if plan.item_no is not None:
            self.users.item(plan.item_no)
        self.gateway.chaos.arm(plan)

    def clear_faults(self) -> None:
        self.gateway.chaos.clear()

    def buy(self, item_no: str, quantity: Decimal | int) -> str:
        """Sell over NAV's counter; returns the sales order's number."""
        return self.users.buy(item_no, Decimal(quantity))

    def stock(self, item_no: str, inventory: Decimal | int) -> None:
        """Set an item's inventory."""
        self.users.stock(item_no, Decimal(inventory))

    def post(self, order_no: str) -> str:
        """Ship an order; returns the posted shipment's number."""
        return self.users.post(order_no)

    def state(self) -> dict[str, Any]:
        """Describe items, orders, commits, requests and faults in JSON's types."""
        chaos = self.gateway.chaos
        counters = {"requests": self.gateway.counters, "faults": chaos.struck, "armed": len(chaos.armed)}
        return {"company": self.company, **state(self.world), "counters": counters}

    def calls(self, **wanted: str) -> list[dict[str, Any]]:
        """Return the request log, or the calls with these facts: `calls(operation="Create", no="OW-1")`."""
        return self.gateway.calls.told(**wanted)

    def load(self, calls: int, seconds: float) -> None:
        """Be busy with so many calls of other programs, each for so long."""
        self.gateway.slots.occupy(calls, seconds)


def serve(  # noqa: PLR0913  the command's options
    *,
    host: str = "127.0.0.1",
    port: int = 7047,
    data: Path | None = None,
    wsdl: Path | None = None,
    auth: Auth = "basic",
    user: str = DEMO_USER,
    password: str = DEMO_PASSWORD,
    company: str = DEMO_COMPANY,
    latency_seconds: float = 0.0,
    max_concurrent: int | None = None,
    queue_size: int = NAV_QUEUE,
    chaos: float = 0.0,
    gateway_codeunit: bool = False,
    kept: Path | None = None,
    announce: Callable[[str], None] = lambda _url: None,
) -> None:
    """Run until SIGINT or SIGTERM; `announce` is called with the URL once calls are answered.

    Raises:
        ConfigurationError: `data`, `wsdl` or `kept` cannot be read.
        OSError: the port is taken.
    """
    simulator = NavSimulator(
        NavData.load(data) if data else None,
        host=host,
        port=port,
        auth=auth,
        user=user,
        password=password,
        company=company,
        latency_seconds=latency_seconds,
        max_concurrent=max_concurrent,
        queue_size=queue_size,
        published=read_folder(wsdl) if wsdl else (),
        gateway_codeunit=gateway_codeunit,
        kept=kept,
    )
    for plan in weather(chaos) if chaos else ():
        simulator.arm(plan)
    ended = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda _signal, _frame: ended.set())
    with simulator:
        announce(simulator.url)
        ended.wait()
