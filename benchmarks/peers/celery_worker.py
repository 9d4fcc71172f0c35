"""Celery: a task that sends the next one, acknowledged late, with publisher confirms."""

import sys
from typing import Any

from celery import Celery
from kombu import Queue

app = Celery("bench", broker=sys.argv[1].replace("%2F", "/"))
app.conf.update(
    task_queues=[Queue(name, queue_arguments={"x-queue-type": "quorum"}) for name in ("peer.in", "peer.out")],
    task_default_queue="peer.in",
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=4000,
    worker_concurrency=1,
    broker_transport_options={"confirm_publish": True},
)


@app.task(name="forward", queue="peer.out")
def forward(_body: dict[str, Any]) -> None:
    """Nobody works this queue."""


@app.task(name="transform", queue="peer.in")
def transform(body: dict[str, Any]) -> None:
    body["type"] = "order.accepted"
    body["order"]["total"] = "259.14"
    body["pad"] = body["pad"][:-40]
    forward.apply_async((body,), queue="peer.out")


if sys.argv[2] == "fill":
    import json

    document = json.loads(sys.stdin.read())
    for _ in range(int(sys.argv[3])):
        transform.apply_async((document,), queue="peer.in")
else:
    app.worker_main(
        ["worker", "--pool=solo", "--queues=peer.in", "--loglevel=ERROR", "--without-gossip", "--without-mingle"]
    )
