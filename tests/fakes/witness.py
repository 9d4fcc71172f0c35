"""Sees every decision on stock as it is committed, and knows what was really free while it was made."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any, Final, cast

from fakes.erp import FakeErp
from orderwire.canonical.order import OrderLine
from orderwire.pipeline.amendment import AmendedLine, Amendment
from orderwire.pipeline.plan import Plan
from orderwire.ports.holds import Hold
from orderwire.ports.orders import OrderRecord
from orderwire.ports.store import Store, Transaction

#: Reasons that say: there was not enough.
SHORT: Final = frozenset({"out_of_stock", "part_delivery", "back_ordered"})
#: More turns than any reading is old.
_REMEMBERED: Final = 4000

#: Item → what is in NAV and not yet sold; and what orders hold that NAV has not seen: order id, item, quantity.
Moment = tuple[dict[str, Decimal], list[tuple[str, str, Decimal]]]


class Witness:
    """A store that passes everything on. Refusals for which there was stock all the time are put into `wrong`."""

    def __init__(self, store: Store, erp: FakeErp, items: tuple[str, ...]) -> None:
        self._store, self._erp, self._items = store, erp, items
        self._moments: deque[Moment] = deque(maxlen=_REMEMBERED)
        self._seen = 0  # moments so far, forgotten ones too
        self._drawn: dict[int, int] = {}  # number of a reading → moments seen when it was drawn
        #: Order id → line → item, quantity, and whether the order is a new one.
        self._holds: dict[str, dict[str, tuple[str, Decimal, bool]]] = {}
        self._numbers: dict[str, str] = {}  # order id → the buyer's number
        self.wrong: list[str] = []

    def look(self) -> None:
        """Note what is free now."""
        standing = {order.external_document_no for order in self._erp.orders.values()}
        unseen = [
            (order_id, item_no, quantity)
            for order_id, holds in self._holds.items()
            for item_no, quantity, new in holds.values()
            if not (new and self._numbers.get(order_id) in standing)
        ]
        self._moments.append(({item_no: self._erp.available(item_no) for item_no in self._items}, unseen))
        self._seen += 1

    def next_sequence(self) -> int:
        number = self._store.next_sequence()
        self._drawn[number] = self._seen
        return number

    @contextmanager
    def begin(self, *, lasting: bool = True) -> Iterator[Transaction]:
        heard: list[Callable[[], None]] = []
        with self._store.begin(lasting=lasting) as tx:
            yield cast("Transaction", _Heard(tx, self._listeners(heard)))
        for act in heard:  # it was committed
            act()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        with self._store.read() as tx:
            yield tx

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def _listeners(self, heard: list[Callable[[], None]]) -> dict[tuple[str, str], Callable[..., None]]:
        def hear(act: Callable[..., None]) -> Callable[..., None]:
            return lambda *args, **changes: heard.append(partial(act, *args, **changes))

        return {
            ("orders", "open"): hear(self._opened),
            ("holds", "add"): hear(self._held),
            ("holds", "confirm"): hear(self._ended),
            ("holds", "release"): hear(self._ended),
            ("orders", "save"): hear(self._decided),
            ("changes", "save"): hear(self._amended),
        }

    def _opened(self, record: OrderRecord) -> None:
        self._numbers[record.id] = record.order_no

    def _held(self, holds: list[Hold], _at: object) -> None:
        standing = {order.external_document_no for order in self._erp.orders.values()}
        for hold in holds:
            new = self._numbers.get(hold.order_id) not in standing
            self._holds.setdefault(hold.order_id, {})[hold.line_no] = (hold.key.item_no, hold.quantity, new)

    def _ended(self, order_id: str, _why: object) -> None:
        self._holds.pop(order_id, None)

    def _decided(self, order_id: str, _fence: int, **changes: Any) -> None:
        if changes.get("draft") is None or changes.get("state") not in {"intended", "new"}:
            return
        plan = Plan.model_validate_json(changes["draft"])
        for line in plan.lines:
            if line.reason in SHORT and line.item_no:
                wanted = sum(one.wanted for one in plan.lines if line.item_no in {one.item_no, one.substitute_no})
                self._judge(order_id, plan.reading, {line.item_no: Decimal(wanted)})

    def _amended(self, _change_id: str, **changes: Any) -> None:
        if changes.get("state") != "intended":
            return
        amendment = Amendment.model_validate_json(changes["draft"])
        for line in amendment.lines:
            if line.touched and line.asked and _short(line):
                items = _items(line)
                wanted = {
                    item_no: sum((_more(one, item_no) for one in amendment.lines), Decimal(0)) for item_no in items
                }
                order_id = next(key for key, no in self._numbers.items() if no == amendment.order.order_no)
                self._judge(order_id, amendment.plan.reading, wanted)

    def _judge(self, order_id: str, reading: int, wanted: dict[str, Decimal]) -> None:
        """Some time since the reading was drawn, one of the items must have been short."""
        since = self._seen - self._drawn[reading] + 1
        for free, unseen in list(self._moments)[-since:]:
            for item_no, quantity in wanted.items():
                held = sum(held for other, item, held in unseen if item == item_no and other != order_id)
                if free[item_no] - held < quantity:
                    return
        self.wrong.append(f"{self._numbers.get(order_id)} was refused {wanted}, for which there was stock all the time")


class _Heard:
    """Passes everything on, and says what was called."""

    def __init__(self, real: Any, listeners: dict[tuple[str, str], Callable[..., None]], path: str = "") -> None:
        self._real, self._listeners, self._path = real, listeners, path

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not self._path:
            parts = {part for part, _ in self._listeners}
            return _Heard(found, self._listeners, name) if name in parts else found
        listener = self._listeners.get((self._path, name))
        if listener is None:
            return found

        def call(*args: Any, **changes: Any) -> Any:
            listener(*args, **changes)
            return found(*args, **changes)

        return call


def _short(line: AmendedLine) -> bool:
    """Return whether the line lacks some of what it wants more; an earlier back-order that stays is no such lack."""
    if line.refused is not None:
        return line.refused in SHORT
    if line.planned.reason == "back_ordered":
        return line.planned.backordered > (line.before.backordered if line.before else 0)
    return line.planned.reason in SHORT


def _items(line: AmendedLine) -> set[str]:
    """Return the item that is asked for, and the one that stands."""
    standing = line.before.sold_item_no if line.before and line.before.standing else None
    return {item_no for item_no in (_named(line.asked), standing) if item_no}


def _named(line: OrderLine | None) -> str | None:
    return line.item_ids[0].value if line else None


def _more(line: AmendedLine, item_no: str) -> Decimal:
    """Return how much more of the item a line may want than stands."""
    if line.asked is None or not line.touched or item_no not in _items(line):
        return Decimal(0)
    stands = line.before.standing if line.before and line.before.sold_item_no == item_no else Decimal(0)
    return max(line.asked.quantity - stands, Decimal(0))
