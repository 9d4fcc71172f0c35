"""Before an order from a procurement system is fulfilled: is it what was in the cart it came from?"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orderwire.canonical.cart import Cart
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.canonical.response import AnsweredOrder, OrderOutcome
from orderwire.config.profile import PartnerProfile
from orderwire.errors import CartDiffersError
from orderwire.pipeline.answer import REASONS, refuse
from orderwire.pipeline.parking import Failure, park
from orderwire.pipeline.punchout_compare import Comparison, Match, Snapshots, compare
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.clock import Clock
from orderwire.ports.journal import Step
from orderwire.ports.punchout import CartRecord
from orderwire.ports.store import Store, Transaction

#: Carts looked through for a line without an auxiliary id.
_RECENT: Final = 50


@dataclass(frozen=True)
class Gate:
    store: Store
    clock: Clock

    def compared(self, order: PurchaseOrder, event: Event, partner: PartnerProfile, content: str) -> Comparison | None:
        """Compare, and write the outcome down. None: the order may go on.

        A person who replays an order that was held lets that content through.
        """
        if order.channel is not Channel.PUNCHOUT or partner.punchout is None:
            return None
        with self.store.begin() as tx:
            comparison = compare(order, _snapshots(tx, order), partner, partner.punchout.order)
            released = comparison.verdict == "hold" and _released(tx, order, content)
            detail = {"verdict": "released" if released else comparison.verdict, "lines": _told(comparison)}
            tx.journal.step(Step(event.documentid, self.clock(), "cart_compared", event.id, detail))
        return None if released or comparison.verdict == "accept" else comparison

    def hold(
        self, tx: Transaction, order: PurchaseOrder, event: Event, comparison: Comparison, content: str
    ) -> list[Event]:
        """Park the order for a person, and tell of it."""
        now, reason = self.clock(), comparison.reason
        lines = json.dumps(_told(comparison))
        error = CartDiffersError(REASONS[reason], reason=reason, lines=lines, content=content)
        failure = Failure(error, "fulfil", json.dumps(event.data).encode())
        refused = refuse(order, reason, now)
        response = refused.model_copy(update={"outcome": OrderOutcome.HELD, "reason": reason})
        held = AnsweredOrder(order=order, response=response.model_copy(update={"reason_text": REASONS[reason]}))
        source = Source.of(event)
        return [
            park(tx, source, failure, now),
            next_event(EventType.ORDER_HELD, held, source, now, subject=order.order_no),
        ]


def _snapshots(tx: Transaction, order: PurchaseOrder) -> Snapshots:
    named = {line.auxiliary_id for line in order.lines if line.auxiliary_id}
    by_auxiliary = tx.punchouts.carts_by_auxiliary(order.partner, named) if named else {}
    unknown = any(line.auxiliary_id not in by_auxiliary for line in order.lines)
    recent = _carts(tx.punchouts.last_carts(order.partner, _RECENT)) if unknown else []
    return Snapshots(_by_key(by_auxiliary), recent)


def _by_key(records: Mapping[str, CartRecord]) -> dict[str, Cart]:
    return {key: Cart.model_validate_json(record.cart) for key, record in records.items() if record.cart}


def _carts(records: Iterable[CartRecord]) -> list[Cart]:
    return [Cart.model_validate_json(record.cart) for record in records if record.cart]


def _released(tx: Transaction, order: PurchaseOrder, content: str) -> bool:
    settled = tx.parked.find(
        state="replayed", code=CartDiffersError.code, partner=order.partner, order_no=order.order_no
    )
    return any(entry.facts.get("content") == content for entry in settled)


def _told(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {
            "line_no": line.line_no,
            "match": line.match.value,
            **({"differences": list(line.differences)} if line.match is Match.DIFFERENT else {}),
        }
        for line in comparison.lines
    ]
