"""The lanes to NAV: at most so many calls at once, each on a session of its own, none after a refused password."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.connection import Reply
from orderwire.connectors.nav.faults import Call, from_status
from orderwire.connectors.nav.session import NavSession
from orderwire.errors import ConfigurationError, CredentialsError, InDoubtError, OutageError, UnavailableError

#: Seconds that only go up.
Monotonic = Callable[[], float]

_REFUSED: Final = frozenset({401, 403})
#: The fault with which NAV itself refuses a login that the web server let pass.
_REFUSAL: Final = b"NavInvalidCredentialException"


class Lanes:
    """A bulkhead of sessions. A session that failed is thrown away, so that no half-read answer is left on it."""

    def __init__(self, nav: NavSettings, monotonic: Monotonic = time.monotonic) -> None:
        if nav.ca_file and not nav.ca_file.is_file():
            raise ConfigurationError(f"nav.ca_file: there is no file {nav.ca_file}")
        self._nav = nav
        self._patience_seconds = nav.connect_timeout_seconds + nav.read_timeout_seconds
        # Last in, first out: NTLM hand-shakes are paid only for as many lanes as are needed.
        self._free: queue.LifoQueue[NavSession | None] = queue.LifoQueue()
        for _ in range(nav.max_calls):
            self._free.put(None)
        self._gate = _Gate(nav.credentials_pause_seconds, self._patience_seconds, monotonic)

    def get(self, call: Call, url: str) -> Reply:
        """Read a document. Raises as `post`."""
        return self._through(call, lambda session: session.get(call, url))

    def post(self, call: Call, url: str, action: str, body: bytes) -> Reply:
        """Send a SOAP request on a free lane.

        Raises:
            CredentialsError: NAV refused them, now or lately.
            BusyError, UnavailableError: all lanes stayed taken.
            OutageError, InDoubtError, LimitError: as `NavSession.post`.
        """
        return self._through(call, lambda session: session.post(call, url, action, body))

    def close(self) -> None:
        """Close the sessions that nobody uses; the lanes stay usable."""
        lanes = 0
        with suppress(queue.Empty):
            while True:
                session = self._free.get_nowait()
                lanes += 1
                if session is not None:
                    session.close()
        for _ in range(lanes):
            self._free.put_nowait(None)

    def _through(self, call: Call, send: Callable[[NavSession], Reply]) -> Reply:
        with self._lane(call) as session, self._gate.passage(call):
            reply = send(session)
            if reply.status in _REFUSED or (reply.status == 500 and _REFUSAL in reply.content):
                raise from_status(call, 401)
            return reply

    @contextmanager
    def _lane(self, call: Call) -> Iterator[NavSession]:
        try:
            session = self._free.get(timeout=self._patience_seconds)
        except queue.Empty:
            raise call.busy("all lanes to NAV are taken") from None
        session = session or NavSession(self._nav)
        keep = False
        try:
            yield session
            keep = True
        finally:
            if not keep:
                session.close()
            self._free.put(session if keep else None)


class _Gate:
    """Keeps a wrong password from locking the account.

    Until NAV has taken our credentials once, one call at a time goes through. After a refusal none does for a while,
    and then again one.
    """

    def __init__(self, pause_seconds: float, patience_seconds: float, monotonic: Monotonic) -> None:
        self._pause_seconds = pause_seconds
        self._patience_seconds = patience_seconds
        self._monotonic = monotonic
        self._proven = False
        self._closed_until: float | None = None
        self._single = threading.Lock()

    @contextmanager
    def passage(self, call: Call) -> Iterator[None]:
        if self._proven:
            with self._judged():
                yield
            return
        if not self._single.acquire(timeout=self._patience_seconds):
            raise call.busy("NAV has not yet taken our credentials")
        try:
            self._refuse_while_closed(call)
            with self._judged():
                yield
        finally:
            self._single.release()

    @contextmanager
    def _judged(self) -> Iterator[None]:
        try:
            yield
        except CredentialsError:
            self._closed_until = self._monotonic() + self._pause_seconds
            self._proven = False
            raise
        except (OutageError, UnavailableError, InDoubtError):
            raise  # no answer proves nothing
        # A call that was under way when another one was refused does not open the gate again.
        self._proven = self._closed_for_seconds() <= 0

    def _closed_for_seconds(self) -> float:
        return 0 if self._closed_until is None else self._closed_until - self._monotonic()

    def _refuse_while_closed(self, call: Call) -> None:
        left_seconds = self._closed_for_seconds()
        if left_seconds > 0:
            raise CredentialsError(
                "NAV refused our credentials lately",
                service=call.service,
                operation=call.operation,
                next_try_in_seconds=round(left_seconds),
            )
