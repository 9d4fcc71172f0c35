"""The bulkhead, and the gate that keeps accounts from being locked."""

import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest

from navwire import NAV, fault
from orderwire.connectors.nav import lanes as module
from orderwire.connectors.nav.connection import Reply
from orderwire.connectors.nav.faults import Call
from orderwire.connectors.nav.lanes import Lanes
from orderwire.connectors.nav.session import NavSession
from orderwire.errors import (
    BusyError,
    CredentialsError,
    InDoubtError,
    OrderwireError,
    OutageError,
    UnavailableError,
)

READ = Call("Item", "ReadMultiple")
CREATE = Call("SalesOrder", "Create")


class FakeSession(NavSession):
    """Answers with what the class is told; a gate lets a test hold calls in flight."""

    script: ClassVar[list[Reply | Exception]]
    made = 0
    closed = 0
    running = 0
    most = 0
    lock = threading.Lock()
    hold: threading.Event

    def __init__(self, _nav: object) -> None:
        type(self).made += 1

    def get(self, call: Call, url: str) -> Reply:
        return self.post(call, url, "", b"")

    def post(self, _call: Call, _url: str, _action: str, _body: bytes) -> Reply:
        kind = type(self)
        with kind.lock:
            kind.running += 1
            kind.most = max(kind.most, kind.running)
            reply = kind.script.pop(0) if kind.script else Reply(200, b"")
            hold = kind.hold
        hold.wait(5)
        with kind.lock:
            kind.running -= 1
        if isinstance(reply, Exception):
            raise reply
        return reply

    def close(self) -> None:
        type(self).closed += 1


class Seconds:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakeSession]]:
    class Session(FakeSession):
        script: ClassVar[list[Reply | Exception]] = []
        hold = threading.Event()
        lock = threading.Lock()

    kind = Session
    kind.hold.set()
    monkeypatch.setattr(module, "NavSession", kind)
    yield kind
    kind.hold.set()


def many(lanes: Lanes, count: int) -> tuple[list[threading.Thread], list[Exception]]:
    errors: list[Exception] = []

    def call() -> None:
        try:
            lanes.post(READ, "", "", b"")
        except OrderwireError as error:
            errors.append(error)

    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, errors


def test_no_more_calls_at_once_than_lanes(session: type[FakeSession]) -> None:
    """Sixteen threads share four lanes, and so at most four sessions."""
    lanes = Lanes(NAV.model_copy(update={"max_calls": 4}))
    lanes.post(READ, "", "", b"")
    threads, errors = many(lanes, 16)
    for thread in threads:
        thread.join(5)
    assert not errors
    assert session.most <= 4
    assert session.made <= 4


@pytest.mark.parametrize(("call", "kind"), [(READ, UnavailableError), (CREATE, BusyError)])
def test_a_call_waits_for_a_lane_only_so_long(
    session: type[FakeSession], call: Call, kind: type[OrderwireError]
) -> None:
    """When all lanes stay taken, the caller gets an error and nothing was sent."""
    patience = {"max_calls": 1, "connect_timeout_seconds": 0.01, "read_timeout_seconds": 0.01}
    lanes = Lanes(NAV.model_copy(update=patience))
    session.hold.clear()
    threads, _errors = many(lanes, 1)
    while session.running == 0:
        threads[0].join(0.001)
    with pytest.raises(kind, match="lanes"):
        lanes.post(call, "", "", b"")
    session.hold.set()
    threads[0].join(5)


def test_a_failed_session_is_thrown_away(session: type[FakeSession]) -> None:
    """What is left on a broken connection never becomes the answer to the next call."""
    session.script.append(InDoubtError("lost"))
    lanes = Lanes(NAV.model_copy(update={"max_calls": 1}))
    with pytest.raises(InDoubtError):
        lanes.post(CREATE, "", "", b"")
    lanes.post(CREATE, "", "", b"")
    lanes.post(CREATE, "", "", b"")
    assert (session.made, session.closed) == (2, 1)


def test_close_closes_free_sessions_and_keeps_the_lanes(session: type[FakeSession]) -> None:
    """After `close` a call just opens a new session."""
    lanes = Lanes(NAV)
    lanes.post(READ, "", "", b"")
    lanes.close()
    lanes.post(READ, "", "", b"")
    assert (session.made, session.closed) == (2, 1)


@pytest.mark.parametrize("refusal", [Reply(401, b""), Reply(403, b""), fault("NavInvalidCredentialException", "?")])
def test_after_a_refused_password_nothing_is_sent_for_a_while(session: type[FakeSession], refusal: Reply) -> None:
    """One try per pause: no account is locked by a loop."""
    session.script = [refusal]
    clock = Seconds()
    lanes = Lanes(NAV.model_copy(update={"credentials_pause_seconds": 600}), clock)
    with pytest.raises(CredentialsError):
        lanes.post(READ, "", "", b"")

    for _ in range(50):
        with pytest.raises(CredentialsError, match="lately"):
            lanes.get(READ, "")
    assert session.most == 1
    assert session.script == []

    session.script = [refusal, Reply(200, b"never asked")]
    clock.now = 601
    with pytest.raises(CredentialsError):
        lanes.post(READ, "", "", b"")
    with pytest.raises(CredentialsError, match="lately"):
        lanes.post(READ, "", "", b"")
    assert len(session.script) == 1

    session.script = []
    clock.now = 1202
    assert lanes.post(READ, "", "", b"").status == 200


def test_until_the_password_is_proven_calls_go_one_by_one(session: type[FakeSession]) -> None:
    """Threads that start together cost one refused try, not one each."""
    session.script = [Reply(401, b"")]
    lanes = Lanes(NAV.model_copy(update={"max_calls": 8}))
    threads, errors = many(lanes, 8)
    for thread in threads:
        thread.join(5)
    assert session.most == 1
    assert session.script == []
    assert [type(error) for error in errors] == [CredentialsError] * 8


def test_an_outage_proves_nothing(session: type[FakeSession]) -> None:
    """A call that got no answer does not open the gate for all."""
    session.script = [OutageError("away"), Reply(401, b"")]
    lanes = Lanes(NAV)
    with pytest.raises(OutageError):
        lanes.post(READ, "", "", b"")
    threads, errors = many(lanes, 4)
    for thread in threads:
        thread.join(5)
    assert session.most == 1
    assert len(errors) == 4


def test_a_call_under_way_does_not_open_a_closed_gate(session: type[FakeSession]) -> None:
    """Of two calls at once one is refused and the other comes through later: the gate stays closed."""
    lanes = Lanes(NAV)
    lanes.post(READ, "", "", b"")
    session.hold.clear()
    threads, errors = many(lanes, 1)
    while session.running < 1:
        threads[0].join(0.001)

    session.hold, slow = threading.Event(), session.hold
    session.hold.set()
    session.script = [CredentialsError("refused")]
    with pytest.raises(CredentialsError):
        lanes.post(READ, "", "", b"")
    slow.set()
    threads[0].join(5)

    assert not errors
    with pytest.raises(CredentialsError, match="lately"):
        lanes.post(READ, "", "", b"")
