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
from orderwire.canonical.envelope import Event
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import AnsweredOrder, OrderResponse
from orderwire.canonical.stock import StockKey
from orderwire.config.profile import PartnerProfile
from orderwire.config.settings import Settings, StoreSettings
from orderwire.pipeline.fulfil import Fulfil, order_id
from orderwire.pipeline.lane import Batch, Lane, Surroundings
from orderwire.pipeline.outbox import Sent
from orderwire.pipeline.recovery import Pause, RetryPolicy
from orderwire.pipeline.work import Commit, Handler
from orderwire.ports.clock import no_checkpoint
from orderwire.ports.journal import Document, DocumentState
from orderwire.ports.meter import Meter, NoMeter
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.queue import Delivery
from orderwire.ports.store import Transaction
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
        self.overlaps = False
        self.meter: Meter = NoMeter()

    @classmethod
    @contextmanager
    def opened(cls, template: Path, folder: Path) -> Iterator["World"]:
        path, clock = folder / "orderwire.db", WoundClock()
        shutil.copyfile(template, path)
        store = open_sqlite(path, clock)
        yield cls(store, clock)
        store.close()

    def watched_by(self, store: Any) -> None:
        """Put a store in place of ours that passes on all that it is asked."""
        self.store = store

    def profile(self, *args: Any, **changes: Any) -> PartnerProfile:
        """Set up a partner; see `a_partner`."""
        profile = a_partner(*args, **changes)
        self.partners.profiles[profile.key] = profile
        return profile

    @property
    def fulfil(self) -> Fulfil:
        return self.fulfil_of(None, self.clock.sleep)

    def fulfil_of(self, worker: str | None, sleep: Callable[[float], None]) -> Fulfil:
        """Return the flow as one worker runs it; None: as whoever `worker` names at the time."""
        return Fulfil(
            store=self.store,
            erp=self.erp,
            partners=self.partners,
            clock=self.clock,
            checkpoint=self.checkpoint,
            sleep=sleep,
            owner=lambda: worker or self.worker,
            lease_seconds=90,
            settle_seconds=5,
            own_number=self.own_number,
        )

    @property
    def around(self) -> Surroundings:
        return Surroundings(self.store, self.transport, POLICY, self.clock, self.meter, self.checkpoint)

    def commit(self, commit: Commit) -> list[Event]:
        with self.store.begin() as tx:
            return list(commit(tx))

    def place(
        self,
        order: PurchaseOrder,
        document_id: str | None = None,
        *,
        sleep: Callable[[float], None] | None = None,
        answers: list[OrderResponse] | None = None,
    ) -> OrderResponse:
        """Have an order fulfilled, and return the answer; `answers` gets it as well."""
        flow = self.fulfil_of(None, sleep or self.clock.sleep)
        [event] = self.commit(flow(order_event(order, document_id)))
        response = AnsweredOrder.model_validate(event.data).response
        if answers is not None:
            answers.append(response)
        return response

    def batch(self, handler: Handler, deliveries: Sequence[Delivery], flow: str = "flow") -> Pause | None:
        sent = Sent()
        pause = Batch(Lane(flow, "q", handler, overlaps=self.overlaps), self.around, deliveries, sent).run()
        sent.mark(self.store, self.clock)
        return pause

    def record(self, order: PurchaseOrder) -> OrderRecord:
        with self.store.begin() as tx:
            record = tx.orders.get(order_id(order))
        assert record is not None
        return record

    def record_id(self, order: PurchaseOrder) -> str:
        return order_id(order)

    def forget(self, order: PurchaseOrder) -> None:
        """Lose what the store knows of an order, as when an old backup was put back."""
        with self.store.begin() as tx:
            record = tx.orders.get(order_id(order))
            assert record is not None
            fence = tx.orders.lease(record.id, "backup", self.clock(), 1)
            assert fence is not None
            tx.orders.save(record.id, fence, state=OrderState.NEW, draft=None, response=None, outcome=None, erp_no=None)
            tx.orders.free(record.id, fence)

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
