"""pika's BlockingConnection: consume, transform, publish confirmed, ack."""

import json
import sys
from typing import Any

import pika

connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
channel.confirm_delivery()
channel.basic_qos(prefetch_count=4000)
PERSISTENT = pika.BasicProperties(content_type="application/json", delivery_mode=2)


def handle(_channel: Any, method: Any, _properties: Any, content: bytes) -> None:
    body = json.loads(content)
    body["type"] = "order.accepted"
    body["order"]["total"] = "259.14"
    body["pad"] = body["pad"][:-40]
    channel.basic_publish("", "peer.out", json.dumps(body, separators=(",", ":")).encode(), PERSISTENT, mandatory=True)
    channel.basic_ack(method.delivery_tag)


channel.basic_consume("peer.in", handle)
channel.start_consuming()
