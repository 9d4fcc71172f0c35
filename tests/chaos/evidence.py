"""What is looked at in the end: the store, NAV's commit log, what was answered, and the archive."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from chaos.buyers import Sale, Sent
from chaos.town import FOLDERS, POSTS, SHOP, Town
from orderwire.canonical.response import OrderOutcome, OrderResponse
from orderwire.ports.journal import Document, DocumentQuery, DocumentState

_ENDS: Final = frozenset({DocumentState.DONE, DocumentState.REJECTED})
#: Others wait for these: why they have no end is the first question.
_HOLDING: Final = """
    SELECT DISTINCT o.order_no, o.state, o.lease_until, d.state, d.attempts, d.code, d.reason
    FROM holds h JOIN orders o ON o.id = h.order_id JOIN documents d ON d.id = o.document_id WHERE h.ended_at IS NULL
"""


@dataclass
class Evidence:
    """Everything that the counters are computed from."""

    sent: list[Sent]
    answers: dict[tuple[str, str], OrderResponse]  # (partner, order number) → answer
    documents: list[Document]
    archived: set[str]  # SHA-256 of every blob
    nav: dict[str, Any]  # the simulator's state
    outboxes: dict[str, list[str]]  # partner → documents that it got
    left: dict[str, int] = field(default_factory=dict)  # what is not at its end: unsent events, holds, messages …
    holding: list[str] = field(default_factory=list)  # orders that stock is held for
    oddities: list[str] = field(default_factory=list)  # what happened that nobody can explain


@dataclass
class Counters:
    """What must be 0, each with its cases."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    oversold: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> tuple[list[str], ...]:
        """All of them, what explains the others first."""
        return self.unexplained, self.lost, self.doubled, self.oversold

    @property
    def clean(self) -> bool:
        return not any(self.kinds)

    def __str__(self) -> str:
        return (
            f"lost={len(self.lost)} doubled={len(self.doubled)} oversold={len(self.oversold)} "
            f"unexplained={len(self.unexplained)}"
        )


def gather(town: Town, sale: Sale, left: dict[str, int], oddities: list[str]) -> Evidence:
    """Look at everything, once all is healed and quiet."""
    answers = {
        (partner, order_no): OrderResponse.model_validate_json(response)
        for partner, order_no, response in town.ask(
            "SELECT partner, order_no, response FROM orders WHERE response IS NOT NULL"
        )
    }
    with town.deployment.services.store.read() as tx:
        documents = tx.journal.find(DocumentQuery(limit=10**6))
    archived = {digest for (digest,) in town.ask("SELECT sha256 FROM blobs")}
    outboxes = {key: town.deployment.replies(key) for key in (*FOLDERS, POSTS[0])}
    holding = [
        f"{order_no} holds stock: {state}, leased until {until}; {document} after {attempts} attempts: {code} {reason}"
        for order_no, state, until, document, attempts, code, reason in town.ask(_HOLDING)
    ]
    odd = oddities + sale.refused
    return Evidence(sale.sent, answers, documents, archived, town.nav_state(), outboxes, left, holding, odd)


def count(evidence: Evidence) -> Counters:
    """Compute the counters."""
    counters = Counters()
    _orders(evidence, counters)
    _answers(evidence, counters)
    _stock(evidence, counters)
    _rest(evidence, counters)
    return counters


def _orders(evidence: Evidence, counters: Counters) -> None:
    """Each order sent is archived, decided once, and stands in NAV exactly as it was answered."""
    standing: dict[str, list[dict[str, Any]]] = {}
    for order in evidence.nav["orders"]:
        standing.setdefault(order["external_document_no"], []).append(order)
    created = Counter(one["external_document_no"] for one in evidence.nav["commit_log"] if one["action"] == "create")
    for sent in evidence.sent:
        no, answer = sent.order.order_no, evidence.answers.get((sent.partner, sent.order.order_no))
        found = standing.pop(no, [])
        if sha256(sent.content).hexdigest() not in evidence.archived:
            counters.lost.append(f"{no}: not in the archive")
        if len(found) > 1 or created[no] > 1:
            counters.doubled.append(f"{no}: {len(found)} sales orders, {created[no]} times created")
        if answer is None:
            counters.lost.append(f"{no}: not decided")
        elif (answer.outcome is OrderOutcome.REJECTED) == bool(found):
            where = counters.unexplained if found else counters.lost
            where.append(f"{no}: answered {answer.outcome}, {len(found)} sales orders")
        elif found and _promised(answer) != _ordered(found[0]):
            counters.unexplained.append(f"{no}: promised {_promised(answer)}, in NAV {_ordered(found[0])}")
    counters.unexplained += [f"{no}: in NAV, and nobody sent it" for no in standing]


def _promised(answer: OrderResponse) -> dict[str, Decimal]:
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in answer.lines:
        if line.item_no and line.confirmed_base + line.backordered:
            totals[line.item_no] += line.confirmed_base + line.backordered
    return totals


def _ordered(order: dict[str, Any]) -> dict[str, Decimal]:
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in order["lines"]:
        totals[line["item_no"]] += Decimal(line["quantity_base"])
    return totals


def _answers(evidence: Evidence, counters: Counters) -> None:
    """Each order sent as EDIFACT has one answer in its sender's outbox, and nobody else's."""
    for partner, replies in evidence.outboxes.items():
        got = Counter(_order_no(reply) for reply in replies)
        for sent in evidence.sent:
            if sent.partner != partner:
                continue
            times = got.pop(sent.order.order_no, 0)
            if times == 0:
                counters.lost.append(f"{sent.order.order_no}: no answer delivered")
            elif times > 1:
                counters.doubled.append(f"{sent.order.order_no}: {times} answers delivered")
        counters.unexplained += [f"{partner} got an answer to {no}" for no in got]


def _order_no(reply: str) -> str:
    return reply.partition("RFF+ON:")[2].partition("'")[0]


def _stock(evidence: Evidence, counters: Counters) -> None:
    """Nothing was promised that is not there, and nothing refused that is."""
    backordered: defaultdict[str, Decimal] = defaultdict(Decimal)
    for answer in evidence.answers.values():
        for line in answer.lines:
            backordered[line.item_no or ""] += line.backordered
    left = {no: Decimal(item["available"]) + backordered[no] for no, item in evidence.nav["items"].items()}
    counters.oversold += [f"{no}: {free}" for no, free in left.items() if free < 0]
    for (partner, order_no), answer in evidence.answers.items():
        if partner == SHOP:  # all or nothing: a line may be refused for another's sake
            continue
        for line in answer.lines:
            refused = line.ordered - line.confirmed - line.backordered
            if line.reason == "out_of_stock" and 0 < refused <= left.get(line.item_no or "", Decimal(0)):
                counters.unexplained.append(f"{order_no}: {refused} of {line.item_no} refused, and so many are left")


def _rest(evidence: Evidence, counters: Counters) -> None:
    """Every document is at an end that nobody has to act on, and nothing is under way."""
    counters.unexplained += evidence.oddities
    counters.unexplained += [f"{what}: {number} left" for what, number in evidence.left.items() if number]
    counters.unexplained += evidence.holding
    counters.unexplained += [
        f"{one.kind} {one.order_no or one.name} is {one.state}: {one.code} {one.reason}"
        for one in evidence.documents
        if one.state not in _ENDS
    ]
