"""The inside on a real SQLite store, with an ERP and a broker in memory, and no waiting."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from fakes.documents import PartnersOf, WoundClock, a_partner, order_event
from fakes.erp import FakeErp
from fakes.transport import FakeTransport
from orderwire.canonical.envelope import BODIES, Event
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import AnsweredOrder, OrderResponse
from orderwire.canonical.stock import StockKey
from orderwire.config.partners import PartnerProfile
from orderwire.config.settings import Settings, StoreSettings
from orderwire.pipeline.fulfil import Fulfil, order_id
from orderwire.pipeline.lane import Batch, Lane, Surroundings
from orderwire.pipeline.recovery import Pause, RetryPolicy
from orderwire.pipeline.work import Commit, Handler
from orderwire.ports.clock import no_checkpoint
from orderwire.ports.meter import NoMeter
from orderwire.ports.queue import Delivery
from orderwire.ports.store import Document, DocumentState, OrderRecord, Transaction
from orderwire.store.store import SqlStore, open_store

POLICY = RetryPolicy(max_attempts=12, first_delay_seconds=5, max_delay_seconds=3600, pause_seconds=5)


class Crash(BaseException):
    """The process dies here: nothing is cleaned up."""


def crash_at(*names: str) -> Callable[[str], None]:
    """Return a checkpoint that dies at each of these, once."""
    left = list(names)

    def checkpoint(name: str) -> None:
        if left and name == left[0]:
            left.pop(0)
            raise Crash(name)

    return checkpoint


def make_template(folder: Path) -> Path:
    """Make an empty, migrated database to copy."""
    path = folder / "template.db"
    store = open_sqlite(path, WoundClock())
    store.migrate()
    store.close()
    return path


def open_sqlite(path: Path, clock: WoundClock) -> SqlStore:
    url = SecretStr(f"sqlite:///{path}")
    return open_store(Settings(config_dir=path.parent, store=StoreSettings(url=url)), clock)


class World:
    """All there is."""

    def __init__(self, store: SqlStore, clock: WoundClock) -> None:
        self.store, self.clock = store, clock
        self.erp = FakeErp()
        self.transport = FakeTransport()
        self.partners = PartnersOf(a_partner())
        self.checkpoint: Callable[[str], None] = no_checkpoint
        self.worker = "worker-1"
        self.own_number = True

    @classmethod
    @contextmanager
    def opened(cls, template: Path, folder: Path) -> Iterator["World"]:
        path, clock = folder / "orderwire.db", WoundClock()
        shutil.copyfile(template, path)
        store = open_sqlite(path, clock)
        yield cls(store, clock)
        store.close()

    def profile(self, *args: Any, **changes: Any) -> PartnerProfile:
        """Set up a partner; see `a_partner`."""
        profile = a_partner(*args, **changes)
        self.partners.profiles[profile.key] = profile
        return profile

    @property
    def fulfil(self) -> Fulfil:
        return Fulfil(
            store=self.store,
            erp=self.erp,
            partners=self.partners,
            clock=self.clock,
            checkpoint=lambda name: self.checkpoint(name),
            sleep=self.clock.sleep,
            owner=lambda: self.worker,
            lease_seconds=90,
            settle_seconds=5,
            own_number=self.own_number,
        )

    @property
    def around(self) -> Surroundings:
        return Surroundings(
            self.store, self.transport, POLICY, self.clock, NoMeter(), lambda name: self.checkpoint(name)
        )

    def commit(self, commit: Commit) -> list[Event]:
        with self.store.begin() as tx:
            return list(commit(tx))

    def place(self, order: PurchaseOrder, document_id: str | None = None) -> OrderResponse:
        """Have an order fulfilled, and return the answer."""
        [event] = self.commit(self.fulfil(order_event(order, document_id)))
        answered = BODIES[event.type].model_validate(event.data)
        assert isinstance(answered, AnsweredOrder)
        return answered.response

    def batch(self, handler: Handler, deliveries: Sequence[Delivery], flow: str = "flow") -> Pause | None:
        return Batch(Lane(flow, "q", handler), self.around, deliveries).run()

    def record(self, order: PurchaseOrder) -> OrderRecord:
        with self.store.begin() as tx:
            record = tx.orders.get(order_id(order))
        assert record is not None
        return record

    def journal(self, document_id: str, state: DocumentState = DocumentState.WAITING, **changes: Any) -> Document:
        """Add a row to the journal."""
        fields: dict[str, Any] = {
            "id": document_id,
            "direction": "in",
            "channel": "edi",
            "kind": "ORDERS",
            "state": state,
            "correlation_id": document_id,
            "received_at": self.clock(),
        }
        document = Document(**fields | changes)
        with self.store.begin() as tx:
            tx.journal.add(document)
        return document

    def document(self, document_id: str) -> Document:
        with self.store.begin() as tx:
            document = tx.journal.get(document_id)
        assert document is not None
        return document

    def read(self, look: Callable[[Transaction], Any]) -> Any:
        with self.store.begin() as tx:
            return look(tx)

    def pending(self, item_no: str = "1001") -> Any:
        """Return what of an item is held and not yet confirmed in NAV."""
        key = StockKey(item_no=item_no)
        return self.read(lambda tx: tx.holds.unsettled([key], 10**9, but="")).get(key, 0)
