"""Write docs/reference from the code, or with --check say what there differs from it."""

import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic.json_schema import GenerateJsonSchema
from scripts import reference_cli, reference_tables

from orderwire.canonical.envelope import BODIES, Event, EventType
from orderwire.canonical.model import Canonical
from orderwire.queue.topology import DEFAULT_TOPOLOGY

ROOT: Final = Path(__file__).resolve().parent.parent
REFERENCE: Final = ROOT / "docs/reference"
#: By hand; by tests/acceptance/test_edi_corpus_table.py and test_cxml_corpus.py.
WRITTEN_ELSEWHERE: Final = frozenset({"README.md", "edifact-corpus.md", "cxml-corpus.md"})
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

SUMMARIES: Final = {
    EventType.DOCUMENT_RECEIVED: "Raw bytes of a partner are archived and wait to be decoded",
    EventType.DOCUMENT_READY: "A document for a partner is archived and waits to be delivered",
    EventType.DOCUMENT_DELIVERED: "A document was delivered to its partner",
    EventType.ORDER_RECEIVED: "A purchase order was understood and waits for stock and a sales order",
    EventType.ORDER_CHANGE_REQUESTED: "A buyer wants an order changed",
    EventType.ORDER_CANCEL_REQUESTED: "A buyer wants an order cancelled",
    EventType.ORDER_ACCEPTED: "A sales order stands in NAV with every line as ordered",
    EventType.ORDER_CHANGED: "A sales order stands in NAV, but some line was cut, back-ordered, substituted or refused",
    EventType.ORDER_REJECTED: "No sales order stands in NAV; the response says why",
    EventType.ORDER_HELD: "A person decides what becomes of the order",
    EventType.SHIPMENT_POSTED: "Goods of an order left; the partner gets a despatch advice",
    EventType.INVOICE_POSTED: "An invoice or credit note stands in NAV; the partner gets it",
    EventType.INVENTORY_REPORTED: "A partner told stock or sales figures",
    EventType.STOCK_REPORTED: "A partner is told of stock: what it may order of its items",
    EventType.RECEIPT_ADVISED: "A buyer told what of a delivery was taken in",
    EventType.ACKNOWLEDGEMENT_RECEIVED: "A partner said how it took a document of ours",
    EventType.STOCK_CHANGED: "NAV's stock figure of an item is another one",
    EventType.CART_RETURNED: "A punch-out cart was handed to the browser that brings it into the buyer's system.",
    EventType.ACKNOWLEDGEMENT_LATE: "A CONTRL, ORDRSP or receipt that was due has not come, or not gone",
    EventType.MESSAGE_PARKED: "A message failed for good and waits for a person",
}


class Untitled(GenerateJsonSchema):
    """Schemas without a title on each property that only repeats its name."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002  the library's signature
        return False


def main(arguments: list[str]) -> int:
    """Write the files; with --check only compare, and return how many differ."""
    wanted = dict(documents())
    standing = {path for path in REFERENCE.rglob("*") if path.is_file() and path.name not in WRITTEN_ELSEWHERE}
    if "--check" not in arguments:
        for path, text in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for path in standing - set(wanted):
            path.unlink()
        return 0
    stale = [path for path, text in wanted.items() if path not in standing or path.read_text("utf-8") != text]
    stale += sorted(standing - set(wanted))
    for path in stale:
        print(f"{path.relative_to(ROOT)} is not what the code says: run `make docs`", file=sys.stderr)
    return len(stale)


def documents() -> Iterator[tuple[Path, str]]:
    """Yield every generated file with its text."""
    models: tuple[type[Canonical], ...] = (Event, *BODIES.values())
    for model in dict.fromkeys(models):
        schema = {"$schema": DIALECT, "$id": f"urn:orderwire:{_slug(model)}", **_schema(model)}
        yield REFERENCE / "schemas" / f"{_slug(model)}.json", json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    head = "# Generated from the code by `make docs`.\n"
    yield (
        REFERENCE / "asyncapi.yaml",
        head + yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=110),
    )
    for name, text in reference_tables.pages().items():
        yield REFERENCE / name, text
    yield REFERENCE / "cli.md", reference_cli.page()


def asyncapi() -> dict[str, object]:
    """Return the AsyncAPI document: one channel for each event type on the topic exchange."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Orderwire events",
            "version": project["version"],
            "description": "CloudEvents 1.0 in binary mode on one topic exchange of RabbitMQ; the routing key is the"
            " event type. Bind a queue of your own; the queues named ow.* belong to Orderwire.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {_camel(kind): _channel(kind) for kind in EventType},
        "operations": {f"publish{_camel(kind)[0].upper()}{_camel(kind)[1:]}": _operation(kind) for kind in EventType},
        "components": {
            "messages": {_camel(kind): _message(kind) for kind in EventType},
            "schemas": {"headers": _headers()},
        },
    }


def _channel(kind: EventType) -> dict[str, object]:
    exchange = {"name": DEFAULT_TOPOLOGY.events, "type": "topic", "durable": True, "autoDelete": False, "vhost": "/"}
    return {
        "address": kind.value,
        "description": SUMMARIES[kind],
        "messages": {_camel(kind): {"$ref": f"#/components/messages/{_camel(kind)}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def _operation(kind: EventType) -> dict[str, object]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_camel(kind)}"},
        "summary": SUMMARIES[kind],
        "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": "0.3.0"}},
    }


def _message(kind: EventType) -> dict[str, object]:
    return {
        "name": kind.value,
        "summary": SUMMARIES[kind],
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/headers"},
        "payload": {"$ref": f"./schemas/{_slug(BODIES[kind])}.json"},
        "correlationId": {"location": "$message.header#/cloudEvents:correlationid"},
        "bindings": {"amqp": {"messageType": kind.value, "bindingVersion": "0.3.0"}},
    }


def _headers() -> dict[str, object]:
    schema = _schema(Event)
    properties = {
        f"cloudEvents:{name}": {"type": "string", "enum": [kind.value for kind in EventType]}
        if name == "type"
        else _given(field)
        for name, field in schema["properties"].items()
        if name not in {"data", "datacontenttype"}
    }
    always = [f"cloudEvents:{name}" for name in schema["required"] if name != "data"]
    return {
        "type": "object",
        "description": "Attributes without a value are left out; datacontenttype is the message's content type.",
        "properties": {
            **properties,
            "ow-attempt": {"type": "integer", "minimum": 0, "description": "0 the first time"},
            "ow-epoch": {"type": "integer", "minimum": 0, "description": "n: the n-th replay"},
        },
        "required": ["cloudEvents:specversion", *always, "ow-attempt", "ow-epoch"],
    }


def _given(field: dict[str, object]) -> dict[str, object]:
    """Return the schema of an attribute that is there: headers have no null."""
    choices = field.get("anyOf")
    kinds = [choice for choice in choices if choice != {"type": "null"}] if isinstance(choices, list) else [{}]
    return {**kinds[0], **{name: value for name, value in field.items() if name not in {"anyOf", "default"}}}


def _schema(model: type[Canonical]) -> dict[str, Any]:
    return model.model_json_schema(mode="serialization", schema_generator=Untitled)


def _slug(model: type[Canonical]) -> str:
    return "".join(f"-{char.lower()}" if char.isupper() else char for char in model.__name__).lstrip("-")


def _camel(kind: EventType) -> str:
    first, *rest = kind.value.replace(".", "_").split("_")
    return first + "".join(word.capitalize() for word in rest)


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
