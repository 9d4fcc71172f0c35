"""Publishing with pipelined confirms: what is not confirmed is published again, until its time is up."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from orderwire.errors import UnavailableError
from orderwire.ports.queue import Confirmation
from orderwire.queue.rabbit_connection import LoopThread, reason_of
from orderwire.queue.rabbit_frames import Confirm, publish_frames
from orderwire.queue.rabbit_properties import Letter

#: Unconfirmed messages and bytes on the channel: enough to keep the broker busy, little enough to publish again.
WINDOW_MESSAGES: Final = 1000
WINDOW_BYTES: Final = 32 * 1024 * 1024
#: After a nack (the queue is full) or a return (no queue there).
FIRST_WAIT_SECONDS: Final = 0.05
LONGEST_WAIT_SECONDS: Final = 2.0


class Batch:
    """What one caller wants confirmed."""

    def __init__(self, size: int, on_confirmed: Callable[[], None], accepted_before: int = 0) -> None:
        self.remaining = size
        self.accepted_before = accepted_before
        self.abandoned = False
        self._on_confirmed = on_confirmed

    def confirm_one(self) -> None:
        self.remaining -= 1
        if self.remaining == 0:
            self._on_confirmed()


class Item:
    """One message on its way."""

    __slots__ = ("_properties", "address", "batch", "body", "message_id", "refusals", "returned")

    def __init__(self, exchange: str, routing_key: str, message_id: str | None, letter: Letter) -> None:
        self.address = exchange, routing_key
        self.message_id = message_id
        self._properties, self.body = letter
        self.batch: Batch
        self.refusals = 0
        self.returned = False

    def frames(self, channel: int, largest: int) -> Sequence[bytes]:
        """Return it as it goes out on that channel; `largest` is how much of a body a frame holds."""
        self.returned = False
        return publish_frames(channel, self.address, self._properties, self.body, largest)


def _done() -> None:
    """Nothing was sent, and nothing is waited for."""


class Publisher:
    """Publishes on a link of its own, so that a blocked one holds up no acks. Public methods are thread-safe."""

    def __init__(self, thread: LoopThread) -> None:
        self._thread = thread
        self._channel: Any = None
        self._ready = False  # in confirm mode, and not blocked by an alarm
        self._waiting: deque[Item] = deque()
        self._unconfirmed: dict[int, Item] = {}
        self._bytes = 0
        self._published = 0  # newest publish sequence number on this channel
        self._settled = 0  # everything up to here has been confirmed
        self._accepted = 0  # how many, on all channels so far
        self._trouble: str | None = "not connected"
        self._closed = False
        self._batches: dict[Batch, threading.Event] = {}  # of the callers that wait

    def submit(self, items: Sequence[Item], timeout_seconds: float) -> Confirmation:
        """Publish, and return what waits until every item is confirmed.

        Raises:
            UnavailableError: when waiting, not within the time-out; any of them may be published.
        """
        if not items:
            return _done
        settled = threading.Event()
        batch = Batch(len(items), settled.set, self._accepted)
        deadline = time.monotonic() + timeout_seconds
        self._batches[batch] = settled
        if self._closed:
            settled.set()
        try:
            self._thread.call(self._submit, batch, items)
        except UnavailableError:
            del self._batches[batch]
            raise
        return partial(self._wait, batch, deadline)

    def _wait(self, batch: Batch, deadline: float) -> None:
        try:
            self._batches[batch].wait(max(0.0, deadline - time.monotonic()))
        finally:
            batch.abandoned = True
            del self._batches[batch]
        if batch.remaining:
            reason = self._trouble  # before the channel is closed for it
            self._thread.call(self._doubt, batch)
            raise UnavailableError("the broker did not confirm in time", unconfirmed=batch.remaining, reason=reason)

    def send(self, item: Item, on_confirmed: Callable[[], None]) -> None:
        """Publish without waiting; only in the loop."""
        self._submit(Batch(1, on_confirmed), [item])

    def close(self) -> None:
        """Let nobody wait any longer; only in the loop."""
        self._closed = True
        self._trouble = "the transport is closed"
        for settled in tuple(self._batches.values()):
            settled.set()

    def link_up(self, connection: Any) -> None:
        connection.add_on_connection_blocked_callback(self._blocked)
        connection.add_on_connection_unblocked_callback(self._unblocked)
        self._connection = connection
        self._open_channel()

    def link_down(self, reason: str) -> None:
        self._connection = None
        self._channel_lost(reason)

    def _submit(self, batch: Batch, items: Sequence[Item]) -> None:
        for item in items:
            item.batch = batch
        self._waiting.extend(items)
        self._pump()

    def _open_channel(self) -> None:
        if self._channel is None and self._connection is not None and self._connection.is_open:
            self._connection.channel(on_open_callback=self._channel_open)

    def _channel_open(self, channel: Any) -> None:
        if self._channel is not None:  # asked for twice: after an error of the channel, and by a new connection
            channel.close()
            return
        self._channel = channel
        self._published = self._settled = 0
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._refused, callback=self._confirming)
        self._connection.reader.confirm_to(channel.channel_number, self._confirmed)

    def _confirming(self, _frame: Any) -> None:
        self._ready = True
        self._trouble = None
        self._pump()

    def _channel_closed(self, channel: Any, error: Exception) -> None:
        """Go on after an error of this channel alone, such as a missing exchange."""
        if channel is self._channel:
            channel.connection.reader.forget(channel.channel_number)
            self._channel_lost(reason_of(error))
            self._thread.loop.call_later(LONGEST_WAIT_SECONDS / 4, self._open_channel)

    def _channel_lost(self, reason: str) -> None:
        self._channel = None
        self._ready = False
        self._trouble = reason
        self._waiting.extendleft(reversed(self._unconfirmed.values()))
        self._unconfirmed.clear()
        self._bytes = 0

    def _blocked(self, _connection: Any, frame: Any) -> None:
        self._ready = False
        self._trouble = f"blocked by the broker: {frame.method.reason}"

    def _unblocked(self, _connection: Any, _frame: Any) -> None:
        self._ready = self._channel is not None
        self._trouble = None
        self._pump()

    def _doubt(self, batch: Batch) -> None:
        """Open another channel if this one has taken nothing for the whole time of a batch.

        A quorum queue does not tell a channel that it refused that its limit is gone (RabbitMQ 3.10).
        """
        if self._ready and self._channel.is_open and self._accepted == batch.accepted_before:
            self._channel.close()

    def _pump(self) -> None:
        """Fill the window, with one write."""
        if not self._ready or not self._waiting or not self._channel.is_open:
            return  # closing: the callback that follows opens another
        number, largest = self._channel.channel_number, self._connection.largest_body
        pieces: list[bytes] = []
        while self._waiting and self._has_room():
            item = self._waiting.popleft()
            if not item.batch.abandoned:
                self._published += 1
                self._unconfirmed[self._published] = item
                self._bytes += len(item.body)
                pieces += item.frames(number, largest)
        if pieces:
            self._connection.send(pieces)

    def _has_room(self) -> bool:
        return len(self._unconfirmed) < WINDOW_MESSAGES and self._bytes < WINDOW_BYTES

    def _confirmed(self, confirms: Sequence[Confirm]) -> None:
        for number, multiple in confirms:
            self._answered(number, multiple=multiple, accepted=True)
        self._pump()

    def _refused(self, frame: Any) -> None:
        """Take an answer that the library has read: in practice, a nack."""
        method = frame.method
        self._answered(method.delivery_tag, multiple=method.multiple, accepted=method.NAME == "Basic.Ack")
        self._pump()

    def _answered(self, number: int, *, multiple: bool, accepted: bool) -> None:
        """Settle one message, or all up to it."""
        first = self._settled + 1 if multiple else number
        for sequence in range(first, number + 1):
            item = self._unconfirmed.pop(sequence, None)
            if item is not None:
                self._settle(item, accepted=accepted)
        if multiple:
            self._settled = max(self._settled, number)

    def _settle(self, item: Item, *, accepted: bool) -> None:
        self._bytes -= len(item.body)
        if accepted and not item.returned:
            self._trouble = None
            self._accepted += 1
            item.batch.confirm_one()
            return
        wait = min(FIRST_WAIT_SECONDS * 2**item.refusals, LONGEST_WAIT_SECONDS)
        item.refusals = min(item.refusals + 1, 10)
        self._trouble = f"no queue behind {item.address[0]}" if item.returned else "a queue is full"
        self._thread.loop.call_later(wait, self._again, item)

    def _again(self, item: Item) -> None:
        self._waiting.appendleft(item)
        self._pump()

    def _returned(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        """Note that the ack which follows means nothing. Two on their way with one id: both go again, none is lost."""
        for item in self._unconfirmed.values():
            if item.message_id == properties.message_id:
                item.returned = True
