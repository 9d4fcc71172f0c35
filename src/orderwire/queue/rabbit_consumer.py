"""Consuming: one channel per queue, a buffer that `receive` takes from, and the settling of what is in hand."""

import threading
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from orderwire.errors import UnavailableError
from orderwire.queue.codec import Wire
from orderwire.queue.rabbit_connection import LoopThread, Outage, reason_of
from orderwire.queue.rabbit_frames import Arrival
from orderwire.queue.rabbit_properties import Letter, read_wire, wire_of
from orderwire.queue.topology import Queue

REOPEN_SECONDS: Final = 0.5
#: A connection may take as long to come up, whatever the time-out of a `receive`.
GRACE_SECONDS: Final = 1.0
#: RabbitMQ 3.10 keeps the order of no more in one command, nor of more commands at a time.
RETURNED_TOGETHER: Final = 32


#: The broker's own header.
_COUNT: Final = "x-delivery-count"


class Session:
    """One channel's life: what it has given us, and our answers. In the loop, but for `holds` and `in_hand`."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.consumer_tag: str | None = None
        self.prefetch: int | None = None  # of the consumer that runs
        self._outstanding: dict[int, None] = {}  # delivery tags, growing

    @property
    def in_hand(self) -> int:
        return len(self._outstanding)

    def holds(self, number: int) -> bool:
        """Whether the broker still waits for our answer."""
        return number in self._outstanding and bool(self.channel.is_open)

    def take(self, numbers: Iterable[int]) -> None:
        self._outstanding.update(dict.fromkeys(numbers))

    def ack(self, numbers: Iterable[int]) -> None:
        oldest, others = self._settle(numbers)
        if oldest:
            self.channel.basic_ack(oldest[-1], multiple=True)
        for number in others:
            self.channel.basic_ack(number)

    def give_back(self, numbers: Iterable[int]) -> None:
        oldest, others = self._settle(numbers)
        for first in range(0, len(oldest), RETURNED_TOGETHER):
            self.channel.basic_nack(oldest[first : first + RETURNED_TOGETHER][-1], multiple=True, requeue=True)
        for number in others:
            self.channel.basic_nack(number, requeue=True)

    def give_all_back(self) -> None:
        self.give_back(tuple(self._outstanding))

    def _settle(self, numbers: Iterable[int]) -> tuple[list[int], list[int]]:
        """Return those with nothing older outstanding, which one answer can settle together, and the others."""
        if not self.channel.is_open:
            return [], []
        mine = sorted(number for number in set(numbers) if number in self._outstanding)
        for number in mine:
            del self._outstanding[number]
        oldest_left = next(iter(self._outstanding), float("inf"))
        together = bisect_left(mine, oldest_left)
        return mine[:together], mine[together:]


class Held(NamedTuple):
    """A message in hand."""

    session: Session
    number: int
    routing_key: str
    content: Letter | Wire

    @property
    def wire(self) -> Wire:
        return wire_of(self.content) if isinstance(self.content, Letter) else self.content

    @property
    def deaths(self) -> int:
        """Deliveries that the broker has counted before this one."""
        if isinstance(self.content, Letter) and _COUNT.encode() not in self.content.properties:
            return 0  # nearly always: thousands are given back at once when a flow is paused
        counted = self.wire.headers.get(_COUNT, 0)
        return counted if isinstance(counted, int) else 0


#: Publishes to that queue, and then calls back.
Copier = Callable[[str, Wire, Callable[[], None]], None]


class Lane:
    """One queue's consumer. `receive`, `pause` and `resume` come from any thread, all else runs in the loop."""

    def __init__(self, thread: LoopThread, queue: Queue, prefetch: int | None, copy: Copier) -> None:
        self.queue = queue.name
        self._thread = thread
        self._copy = copy
        self._worn_at = queue.delivery_limit // 2
        self._wanted = prefetch  # None: paused
        self._connection: Any = None
        self._session: Session | None = None
        self._changing = False  # between a consumer's request and its answer
        self._buffer: deque[Held] = deque()
        self._changed = threading.Condition()
        self._closing = self._closed = False
        self._outage = Outage("not connected")

    @property
    def in_hand(self) -> int:
        session = self._session
        return 0 if session is None else session.in_hand

    def receive(self, limit: int, timeout_seconds: float) -> list[Held]:
        """Return what has come, or wait for the first.

        Raises:
            UnavailableError: nothing has come, and the queue has been out of reach for longer than the time-out.
        """
        with self._changed:
            self._changed.wait_for(self._can_give, timeout_seconds)
            if self._closed:
                raise UnavailableError("the transport is closed")
            if self._can_give():
                return [self._buffer.popleft() for _ in range(min(limit, len(self._buffer)))]
        if self._outage.lasts(max(timeout_seconds, GRACE_SECONDS)):
            raise UnavailableError("the broker is out of reach", queue=self.queue, reason=self._outage.reason)
        return []

    def pause(self, timeout_seconds: float) -> None:
        """Stop; return when the broker has stopped too, or is away, and what was buffered has been given back."""
        with self._changed:
            self._wanted = None
        self._thread.call(self._converge)
        with self._changed:
            self._changed.wait_for(self._is_still, timeout_seconds)

    def resume(self, prefetch: int) -> None:
        with self._changed:
            self._wanted = prefetch
        self._thread.call(self._converge)

    def close(self, timeout_seconds: float) -> None:
        """Give back what is in hand, oldest first: the broker would do it in any order when the channel closes."""
        self._closing = True
        self.pause(timeout_seconds)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.call(self._give_all_back)

    def give_back(self, messages: Iterable[Held]) -> None:
        """Return messages to the queue; those the broker has counted too often already, as a fresh copy.

        RabbitMQ before 4.3 counts a return like a failure, and a lane that is paused again and again by an outage of
        the ERP must not bury its messages.
        """
        fresh: defaultdict[Session, list[int]] = defaultdict(list)
        for held in messages:
            if held.deaths < self._worn_at:
                fresh[held.session].append(held.number)
            elif held.session.holds(held.number):
                self._copy(self.queue, held.wire.clean(), partial(held.session.ack, [held.number]))
        for session, numbers in fresh.items():
            session.give_back(numbers)

    def link_up(self, connection: Any) -> None:
        self._connection = connection
        self._open()

    def link_down(self, reason: str) -> None:
        self._connection = None
        self._lost(reason)

    def _give_all_back(self) -> None:
        if self._session is not None:
            self._session.give_all_back()

    def _can_give(self) -> bool:
        return self._closed or (self._wanted is not None and bool(self._buffer))

    def _is_still(self) -> bool:
        session = self._session
        return self._closed or session is None or (session.prefetch is None and not self._changing)

    def _open(self) -> None:
        connection = self._connection
        if connection is not None and connection.is_open and self._session is None:
            connection.channel(on_open_callback=self._opened)

    def _opened(self, channel: Any) -> None:
        if self._session is not None:  # asked for twice: after an error of the channel, and by a new connection
            channel.close()
            return
        session = Session(channel)
        channel.add_on_close_callback(partial(self._channel_closed, session))
        channel.add_on_cancel_callback(lambda _frame: channel.close(reply_text="the queue is gone"))
        channel.connection.reader.deliver_to(channel.channel_number, partial(self._take, session))
        self._session = session
        self._changing = False
        if self._wanted is None:
            self._outage.end()
        self._converge()

    def _channel_closed(self, session: Session, _channel: Any, error: Exception) -> None:
        """Go on after an error of this channel alone, such as a missing queue."""
        if session is self._session:
            session.channel.connection.reader.forget(session.channel.channel_number)
            self._lost(reason_of(error))
            self._thread.loop.call_later(REOPEN_SECONDS, self._open)

    def _lost(self, reason: str) -> None:
        """Forget what was buffered: the broker gives it again."""
        self._outage.begin(reason)
        with self._changed:
            self._session = None
            self._changing = False
            self._buffer.clear()
            self._changed.notify_all()

    def _converge(self) -> None:
        """Take the next step from what is to what is wanted, unless one is under way."""
        session = self._session
        if session is None or self._changing or not session.channel.is_open:
            return
        if session.prefetch == self._wanted:
            with self._changed:
                self._changed.notify_all()
        elif session.consumer_tag is not None:
            self._stop(session, session.consumer_tag)
        elif self._wanted is not None:
            self._start(session, self._wanted)

    def _start(self, session: Session, wanted: int) -> None:
        self._changing = True
        session.channel.basic_qos(prefetch_count=wanted, callback=partial(self._limited, session, wanted))

    def _stop(self, session: Session, consumer_tag: str) -> None:
        self._changing = True
        session.channel.basic_cancel(consumer_tag, callback=partial(self._stopped, session))
        # pika would reject what is still on its way at once, before we give back what came earlier: out of order.
        session.channel._cancelled.discard(consumer_tag)  # noqa: SLF001  there is no public way, and pika is pinned

    def _stopped(self, session: Session, _frame: Any) -> None:
        if session is not self._session:
            return
        if self._wanted is None:
            self._empty_buffer()
        session.consumer_tag = session.prefetch = None
        self._changing = False
        self._converge()

    def _empty_buffer(self) -> None:
        with self._changed:
            buffered = list(self._buffer)
            self._buffer.clear()
        if not self._closing:  # else everything is given back, in its order
            self.give_back(buffered)

    def _limited(self, session: Session, wanted: int, _frame: Any) -> None:
        if session is self._session and session.channel.is_open:
            session.consumer_tag = session.channel.basic_consume(
                self.queue, partial(self._take_one, session), callback=partial(self._started, session, wanted)
            )

    def _started(self, session: Session, wanted: int, _frame: Any) -> None:
        if session is self._session:
            session.prefetch = wanted
            self._changing = False
            self._outage.end()
            self._converge()

    def _take_one(self, session: Session, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        """Take what the library has read: a body of several frames."""
        self._hold([Held(session, method.delivery_tag, method.routing_key, read_wire(properties, body))])

    def _take(self, session: Session, arrivals: Sequence[Arrival]) -> None:
        self._hold([Held(session, *arrival) for arrival in arrivals])

    def _hold(self, messages: Sequence[Held]) -> None:
        messages[0].session.take([held.number for held in messages])
        with self._changed:
            self._buffer.extend(messages)
            self._changed.notify()
