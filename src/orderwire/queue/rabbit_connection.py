"""A connection to RabbitMQ that comes back, on an event loop in a thread of its own."""

import asyncio
import random
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol
from urllib.parse import urlsplit, urlunsplit

import pika  # type: ignore[import-untyped]
from pika import frame, spec
from pika.adapters.asyncio_connection import AsyncioConnection  # type: ignore[import-untyped]

from orderwire.config.settings import QueueSettings
from orderwire.errors import ConfigurationError, UnavailableError
from orderwire.queue.rabbit_frames import FrameReader, Gap
from orderwire.queue.rabbit_properties import DEFECTS, unreadable

FIRST_BACK_OFF_SECONDS: Final = 0.1
LONGEST_BACK_OFF_SECONDS: Final = 5.0
READ_BYTES: Final = 64 * 1024

_any = random.SystemRandom()


def connection_parameters(settings: QueueSettings) -> list[Any]:
    """Read the URL and the time-outs: one set of parameters for each node, in any order, so that load spreads.

    Raises:
        ConfigurationError: it is no AMQP URL.
    """
    try:
        nodes = [pika.URLParameters(url) for url in _of_each_node(settings.url.get_secret_value())]
    except (ValueError, TypeError, AttributeError, KeyError):
        raise ConfigurationError(
            "queue.url: must be amqp(s)://user:password@host:port/vhost or embedded:"
        ) from None  # the library's sentence may hold the password
    for parameters in nodes:
        parameters.heartbeat = settings.heartbeat_seconds
        parameters.connection_attempts = 1
        parameters.socket_timeout = settings.connect_timeout_seconds
        parameters.stack_timeout = settings.connect_timeout_seconds
        parameters.blocked_connection_timeout = settings.confirm_timeout_seconds
    _any.shuffle(nodes)
    return nodes


def _of_each_node(url: str) -> list[str]:
    """Return a URL for each host of `amqp://user:password@one:5672,two:5672/vhost`."""
    parts = urlsplit(url)
    person, at, hosts = parts.netloc.rpartition("@")
    return [urlunsplit(parts._replace(netloc=f"{person}{at}{host}")) for host in hosts.split(",")]


class Connection(AsyncioConnection):  # type: ignore[misc]
    """pika's connection, which reads what comes in hundreds with our own reader, and sends it with one write.

    It is no death by a header that cannot be read either. The methods are private to pika, hence the exact pin and the
    tests of the conformance suite.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self.reader = FrameReader()
        super().__init__(*arguments, **more)

    def widen(self) -> None:
        """Read more from the socket at a time than pika's 4 KiB, which are three messages."""
        self._transport._MAX_RECV_BYTES = READ_BYTES  # noqa: SLF001  there is no public way

    def send(self, pieces: list[bytes]) -> None:
        """Write frames of our own making."""
        super()._output_marshaled_frames([b"".join(pieces)])

    @property
    def largest_body(self) -> int:
        """How much of a message's body one frame holds."""
        return int(self._body_max_length)

    def _output_marshaled_frames(self, marshaled_frames: list[bytes]) -> None:
        self.send(marshaled_frames)

    def _on_data_available(self, data_in: bytes) -> None:
        self._frame_buffer += data_in
        while self._frame_buffer:
            at, gap = self.reader.read(self._frame_buffer, 0)
            if at:
                self._trim_frame_buffer(at)
            if gap is Gap.MORE:
                return
            size, frame_value = self._read_frame()
            if not frame_value:
                return
            self._trim_frame_buffer(size)
            self._process_frame(frame_value)

    def _read_frame(self) -> tuple[int, Any]:
        # A field that pika cannot decode (a time far off, an unknown type) would end the connection, and so would
        # every redelivery of that message. Its body follows in frames of its own, so only the properties are lost.
        try:
            return super()._read_frame()  # type: ignore[no-any-return]
        except DEFECTS:
            buffer = self._frame_buffer
            if buffer[0] != spec.FRAME_HEADER:
                raise
            _, channel, size = struct.unpack_from(">BHL", buffer)
            (body_size,) = struct.unpack_from(">Q", buffer, 11)
            return 7 + size + 1, frame.Header(channel, body_size, unreadable())


class LoopThread:
    """An asyncio event loop in a daemon thread."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Run it there, soon.

        Raises:
            UnavailableError: the loop has been closed.
        """
        try:
            self.loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            raise UnavailableError("the transport is closed") from None

    def stop(self) -> None:
        """End the loop, and wait until it has ended."""
        self.call(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()


class LinkUser(Protocol):
    """What lives on a link; called in the loop."""

    def link_up(self, connection: Any) -> None: ...

    def link_down(self, reason: str) -> None: ...


class Link:
    """One connection, opened again with back-off whenever it is lost, to the next node if there are several.

    Everything but `outage` runs in the loop.
    """

    def __init__(self, thread: LoopThread, nodes: Sequence[Any], user: LinkUser) -> None:
        self._thread = thread
        self._nodes = deque(nodes)
        self._user = user
        self._connection: Any = None
        self._back_off = FIRST_BACK_OFF_SECONDS
        self._on_closed: Callable[[], None] | None = None
        self.outage = Outage("not connected yet")
        thread.call(self._open)

    def close(self, on_closed: Callable[[], None]) -> None:
        """Close for good."""
        self._on_closed = on_closed
        connection = self._connection
        if connection is None or connection.is_closed:
            on_closed()
        elif connection.is_open:
            connection.close()

    def _open(self) -> None:
        if self._on_closed is not None:
            return
        self._connection = Connection(
            self._nodes[0],
            on_open_callback=self._opened,
            on_open_error_callback=self._lost,
            on_close_callback=self._lost,
            custom_ioloop=self._thread.loop,
        )

    def _opened(self, connection: Any) -> None:
        if self._on_closed is not None:
            connection.close()
            return
        self._back_off = FIRST_BACK_OFF_SECONDS
        connection.widen()
        self.outage.end()
        self._user.link_up(connection)

    def _lost(self, _connection: Any, error: BaseException) -> None:
        self._connection = None
        self._nodes.rotate(-1)
        self.outage.begin(reason_of(error))
        self._user.link_down(self.outage.reason)
        if self._on_closed is not None:
            self._on_closed()
            return
        self._thread.loop.call_later(self._back_off * _any.uniform(0.5, 1), self._open)
        self._back_off = min(self._back_off * 2, LONGEST_BACK_OFF_SECONDS)


class Outage:
    """Whether something is away, since when, and why. Written in the loop, read from any thread."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self._since: float | None = time.monotonic()

    def begin(self, reason: str) -> None:
        """Note the newest reason; the beginning stays."""
        self.reason = reason
        if self._since is None:
            self._since = time.monotonic()

    def end(self) -> None:
        self._since = None

    def lasts(self, seconds: float) -> bool:
        """Whether it has been away for at least that long."""
        since = self._since
        return since is not None and time.monotonic() - since >= seconds


def reason_of(error: BaseException) -> str:
    """Say why, in one short line; pika wraps the cause of a failed connection several times."""
    while True:
        inner = getattr(error, "exception", None) or next(reversed(getattr(error, "exceptions", [])), None)
        inner = inner or next((argument for argument in error.args if isinstance(argument, BaseException)), None)
        if not isinstance(inner, BaseException):
            break
        error = inner
    text = getattr(error, "reply_text", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:200]
