"""FastStream: handler with a publisher, confirms on (its default), persistent."""

import asyncio
import sys
from typing import Any

from faststream import FastStream
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue

broker = RabbitBroker(sys.argv[1], default_channel=Channel(prefetch_count=4000), logger=None)


@broker.subscriber(RabbitQueue("peer.in", declare=False))
@broker.publisher(RabbitQueue("peer.out", declare=False), persist=True)
async def handle(body: dict[str, Any]) -> dict[str, Any]:
    body["type"] = "order.accepted"
    body["order"]["total"] = "259.14"
    body["pad"] = body["pad"][:-40]
    return body


asyncio.run(FastStream(broker, logger=None).run())
