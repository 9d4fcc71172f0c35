"""What the demo plays, and what came of it."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx

from orderwire.bootstrap.services import Services, build
from orderwire.bootstrap.worker import build_worker
from orderwire.canonical.response import OrderResponse, ResponseLine
from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.cli.demo_shipping import followed, ship
from orderwire.cli.send import UNDER_WAY
from orderwire.config.settings import ApiSettings, Settings
from orderwire.errors import UnavailableError
from orderwire.ports.following import FollowedLine
from orderwire.ports.journal import Document, DocumentQuery, Step
from orderwire.ports.orders import OrderRecord
from orderwire.ports.parking import Parked
from orderwire.ports.store import Transaction
from orderwire.web.app import create_app
from orderwire.web.serve import BackgroundServer

#: Partner, sample, and the name under which it is sent. One file is sent twice; one is broken.
FILES: Final = (
    ("baumarkt", "order.edi", "baumarkt-4711.edi"),
    ("bricolage", "order.edi", "bricolage-30017.edi"),
    ("toolbox", "order.edi", "toolbox-0077.edi"),
    ("baumarkt", "order.edi", "baumarkt-4711.sent-again.edi"),
    ("baumarkt", "broken-segment-count.edi", "baumarkt-4712-broken.edi"),
)
#: The webshop of the demo; its profile holds the key's hash.
WEBSHOP_KEY: Final = "demo-webshop-key"
PATIENCE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Reply:
    """A document that went back to a partner."""

    partner: str
    kind: str
    name: str
    text: str


@dataclass(frozen=True)
class Scene:
    """Everything that can be seen after the demo."""

    orders: list[tuple[OrderRecord, OrderResponse, list[Step]]]
    before: Mapping[str, StockFigure]
    after: Mapping[str, StockFigure]
    replies: list[Reply]
    documents: list[Document]
    parked: list[Parked]
    rest_answer: dict[str, Any]
    shipped: Sequence[FollowedLine]  # lines of the order of which a part was shipped

    def as_json(self) -> dict[str, Any]:
        """Return the scene as one document; quantities are in the item's base unit."""
        return {
            "orders": [_order(record, response) for record, response, _ in self.orders],
            "stock": [
                {
                    "item_no": no,
                    "before": _number(self.before[no].available),
                    "after": _number(self.after[no].available),
                }
                for no in sorted(self.after)
            ],
            "replies": [reply.text for reply in self.replies],
            "parked": [
                {"id": one.id, "code": one.code, "reason": one.reason, "partner": one.partner} for one in self.parked
            ],
            "refused": [
                {"name": one.name, "partner": one.partner, "code": one.code, "reason": one.reason}
                for one in self.documents
                if one.direction == "in" and one.code == "syntax"
            ],
            "shipped": [
                {"item_no": line.item_no, "ordered": _number(line.ordered), "delivered": _number(line.delivered)}
                for line in self.shipped
            ],
            "duplicates": [one.name for one in self.documents if one.code == "duplicate"],
        }


def play(settings: Settings) -> Scene:
    """Start everything in this process, send the orders, ship a part, wait until every document has its end.

    Raises:
        UnavailableError: something did not come to an end in time.
    """
    settings = followed(settings).model_copy(update={"api": ApiSettings(port=0, wait_seconds=PATIENCE_SECONDS)})
    services = build(settings)
    services.transport.declare()
    worker, intake = build_worker(services), services.intake
    server = BackgroundServer(create_app(services), settings.api.host, 0)
    url = server.start()
    worker.start()
    intake.start()
    try:
        before = _stock(services)
        _drop_files(settings)
        rest_answer = _post_order(url, settings.config_dir)
        _settled(services, files=len(FILES) + 1)
        shipped = ship(services)
        documents = _settled(services, files=len(FILES) + 1)
        return replace(_seen(services, before, documents, rest_answer), shipped=shipped)
    finally:
        intake.stop()
        worker.stop()
        server.stop()
        services.close()


def _drop_files(settings: Settings) -> None:
    """Put the files into the partners' inboxes, as a partner's program would."""
    for partner, sample, name in FILES:
        inbox = settings.data_dir / "partners" / partner / "in"
        inbox.mkdir(parents=True, exist_ok=True)
        content = (settings.config_dir / "partners" / partner / "samples" / sample).read_bytes()
        unfinished = inbox / f"{name}.tmp"
        unfinished.write_bytes(content)
        unfinished.replace(inbox / name)


def _post_order(url: str, config_dir: Path) -> dict[str, Any]:
    content = (config_dir / "partners/webshop/samples/order.json").read_bytes()
    headers = {
        "Authorization": f"Bearer {WEBSHOP_KEY}",
        "Idempotency-Key": "demo-1",
        "Content-Type": "application/json",
    }
    answer = httpx.post(f"{url}/api/v1/orders", content=content, headers=headers, timeout=PATIENCE_SECONDS + 10)
    if not answer.is_success:
        raise UnavailableError("the REST API did not take the order", status=answer.status_code, body=answer.text[:200])
    return dict(answer.json())


def _stock(services: Services) -> Mapping[str, StockFigure]:
    """Read live stock of every item of the demo."""
    keys = [StockKey(item_no=str(no)) for no in range(1001, 1009)]
    return {key.item_no: figure for key, figure in services.erp.stock(keys).items()}


def _settled(services: Services, files: int) -> list[Document]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with services.store.begin() as tx:
            documents = tx.journal.find(DocumentQuery(limit=1000))
        taken = sum(document.kind == "file" for document in documents)
        if taken >= files and not any(document.state in UNDER_WAY for document in documents):
            return documents
        if time.monotonic() > deadline:
            raise UnavailableError("the demo did not come to its end in time")
        time.sleep(0.05)


def _seen(
    services: Services, before: Mapping[str, StockFigure], documents: list[Document], rest_answer: dict[str, Any]
) -> Scene:
    with services.store.begin() as tx:
        orders = []
        for record in reversed(tx.orders.find(limit=100)):
            document = tx.journal.get(record.document_id)
            steps = tx.journal.steps(document.correlation_id) if document else []
            steps = [step for step in steps if step.document_id in {record.document_id, *_family(tx, record)}]
            orders.append((record, OrderResponse.model_validate_json(record.response or ""), steps))
        replies = [
            Reply(one.partner or "", one.kind, one.name or "", tx.archive.get(one.sha256 or "").decode("latin-1"))
            for one in reversed(documents)
            if one.direction == "out"
        ]
        parked = tx.parked.find()
    return Scene(orders, before, _stock(services), replies, documents, parked, rest_answer, shipped=())


def _family(tx: Transaction, record: OrderRecord) -> list[str]:
    """Return the file that an order came in, and the answers to it."""
    message = tx.journal.get(record.document_id)
    answers = tx.journal.find(DocumentQuery(parent_id=record.document_id))
    return [*([message.parent_id] if message and message.parent_id else []), *(answer.id for answer in answers)]


def _order(record: OrderRecord, response: OrderResponse) -> dict[str, Any]:
    return {
        "order_no": record.order_no,
        "partner": record.partner,
        "channel": json.loads(record.order)["channel"],
        "outcome": response.outcome.value,
        "erp_no": response.erp_no,
        "lines": [_line(line) for line in response.lines],
    }


def _line(line: ResponseLine) -> dict[str, Any]:
    return {
        "line_no": line.line_no,
        "item_no": line.item_no,
        "ordered": _number(line.ordered_base),
        "confirmed": _number(line.confirmed_base),
        "outcome": line.outcome.value,
        "reason": line.reason,
        "base_unit": line.base_unit,
        "reason_text": line.reason_text,
    }


def _number(value: Decimal | None) -> int | float | None:
    """Return a JSON number for people's eyes; Orderwire itself never turns a quantity into a float."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
