"""What went over the wire to the ERP and came back: taped where it happens, kept with the steps of its document."""

import secrets
import time
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from orderwire.errors import OrderwireError

if TYPE_CHECKING:
    from orderwire.ports.store import Transaction

#: Kept of a request, and of an answer.
MAX_BYTES: Final = 256 * 1024
#: Of one try of one message; a try that asks more often is a defect, and shall not fill the memory.
MAX_EXCHANGES: Final = 200
OK: Final = "ok"
_WINDOW: Final = -12  # 4 KiB, and no header
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, or what came instead of one.

    It has the bytes of the bodies alone: credentials travel in headers, and never come here. What bodies say of
    persons is masked for readers, not here, as in the archive.
    """

    id: str  # grows with time
    at: datetime  # when it was asked
    milliseconds: int
    service: str
    operation: str
    outcome: str  # ok, or the code of the error that it was taken for
    status: int | None  # HTTP's; None: no answer came
    problem: str | None
    request_bytes: int  # of the whole; `bodies` gives no more than MAX_BYTES of each
    answer_bytes: int
    packed: bytes  # both, the request first, deflated

    def bodies(self) -> tuple[bytes, bytes]:
        """Return what was asked, and what was answered; empty: nothing."""
        both = zlib.decompressobj(_WINDOW).decompress(self.packed, 2 * MAX_BYTES)
        split = min(self.request_bytes, MAX_BYTES)
        return both[:split], both[split:]


class Exchanges(Protocol):
    """The exchanges with the ERP that belong to documents."""

    def add(self, document_id: str, exchanges: Collection[Exchange]) -> None:
        """Insert; one already there is left as it is."""
        ...

    def of(self, document_ids: Collection[str], limit: int) -> Sequence[tuple[str, Exchange]]:
        """Return the last of these documents with the ids of their documents, the oldest first."""
        ...


class Tape:
    """Takes down the exchanges of one try of one message."""

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._kept = 0

    def running(self) -> "Running":
        """Take down what this thread exchanges inside."""
        return Running(self)

    @property
    def exchanges(self) -> Sequence[Exchange]:
        return self._exchanges

    def add(self, exchanges: Sequence[Exchange]) -> None:
        self._exchanges += exchanges[: MAX_EXCHANGES - len(self._exchanges)]

    def keep(self, tx: "Transaction", document_id: str, *, again: bool = False) -> None:
        """Write those down that were not yet; `again`, all of them: a transaction before this one may have failed."""
        left = self._exchanges[0 if again else self._kept :]
        self._kept = len(self._exchanges)
        if left:
            tx.exchanges.add(document_id, left)


class Running:
    """A tape that runs while its block does; every message has one, so that it is no generator."""

    __slots__ = ("_tape", "_token")

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def __enter__(self) -> None:
        self._token = _running.set(self._tape)

    def __exit__(self, *_error: object) -> None:
        _running.reset(self._token)


_running: ContextVar[Tape | None] = ContextVar("exchanges", default=None)


def keep_exchanges(tx: "Transaction", document_id: str) -> None:
    """Write down what the running tape has, in the transaction of the step that it led to."""
    tape = _running.get()
    if tape is not None:
        tape.keep(tx, document_id)


def tell_exchanges(exchanges: Sequence[Exchange]) -> None:
    """Add what another thread exchanged for us to the running tape."""
    tape = _running.get()
    if tape is not None:
        tape.add(exchanges)


class Answer:
    """What came back; nothing yet."""

    status: int | None = None
    content: bytes = b""


@contextmanager
def taped(service: str, operation: str, request: bytes) -> Iterator[Answer]:
    """Take an exchange down, if a tape is running; the block says what came back, or raises what it is taken for."""
    tape, answer = _running.get(), Answer()
    if tape is None:
        yield answer
        return
    started, at = time.perf_counter(), time.time_ns()
    outcome, problem = OK, None
    try:
        yield answer
    except OrderwireError as error:
        outcome, problem = error.code, str(error)
        raise
    except BaseException:
        outcome = "internal"
        raise
    finally:
        milliseconds = round((time.perf_counter() - started) * 1000)
        tape.add(
            [
                Exchange(
                    id=f"{at:016x}{secrets.token_hex(4)}",
                    at=_EPOCH + timedelta(microseconds=at // 1000),
                    milliseconds=milliseconds,
                    service=service,
                    operation=operation,
                    outcome=outcome,
                    status=answer.status,
                    problem=problem,
                    request_bytes=len(request),
                    answer_bytes=len(answer.content),
                    packed=_packed(request, answer.content),
                )
            ]
        )


def _packed(request: bytes, answer: bytes) -> bytes:
    # Here, and not where it is stored: while a transaction is open, others wait for it. A small window, because to set
    # a large one up costs more than to pack a few kilobytes.
    packer = zlib.compressobj(1, zlib.DEFLATED, _WINDOW, 4)
    return packer.compress(request[:MAX_BYTES]) + packer.compress(answer[:MAX_BYTES]) + packer.flush()
