"""dramatiq: an actor that sends to the next one, with publisher confirms, on quorum queues."""

import json
import sys
from threading import Event
from typing import Any

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker


class QuorumBroker(RabbitmqBroker):
    def _build_queue_arguments(self, queue_name: str) -> dict[str, Any]:
        return {**super()._build_queue_arguments(queue_name), "x-queue-type": "quorum"}


broker = QuorumBroker(url=sys.argv[1], confirm_delivery=True)
dramatiq.set_broker(broker)


@dramatiq.actor(queue_name="dramatiq.out")
def forward(_body: dict[str, Any]) -> None:
    """Nobody works this queue."""


@dramatiq.actor(queue_name="dramatiq.in")
def transform(body: dict[str, Any]) -> None:
    body["type"] = "order.accepted"
    body["order"]["total"] = "259.14"
    body["pad"] = body["pad"][:-40]
    forward.send(body)


if sys.argv[2] == "fill":
    broker.declare_queue("dramatiq.out", ensure=True)
    document = json.loads(sys.stdin.read())
    for _ in range(int(sys.argv[3])):
        transform.send(document)
else:
    worker = dramatiq.Worker(broker, queues={"dramatiq.in"}, worker_threads=8)
    worker.start()
    Event().wait()
