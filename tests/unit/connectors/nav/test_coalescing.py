"""Questions put together."""

import threading
from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from orderwire.connectors.nav.coalescing import Coalescing
from orderwire.errors import OrderwireError, UnavailableError
from orderwire.ports.exchange import Tape, taped
from waiting import PATIENCE_SECONDS, until


class Nav:
    """Answers each question with the number of the call; a call goes on until it is let through."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.arrived = threading.Semaphore(0)
        self.open = threading.Semaphore(0)
        self.failing: BaseException | None = None

    def ask(self, keys: Collection[str]) -> Mapping[str, int]:
        self.calls.append(tuple(keys))
        number = len(self.calls)
        self.arrived.release()
        assert self.open.acquire(timeout=PATIENCE_SECONDS)
        if self.failing:
            raise self.failing
        return dict.fromkeys((key for key in keys if key != "unknown"), number)


def test_a_question_never_joins_a_call_that_has_left() -> None:
    """What is asked while a call is under way is read by the next one, which leaves after the question was asked."""
    nav = Nav()
    stock = Coalescing(nav.ask)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(stock.read, ["1001"])
        assert nav.arrived.acquire(timeout=PATIENCE_SECONDS)
        later = [pool.submit(stock.read, [no]) for no in ("1001", "1002", "1003")]
        until(lambda: stock.waiting == 3)
        nav.open.release(2)
        assert first.result() == {"1001": 1}
        assert [one.result() for one in later] == [{"1001": 2}, {"1002": 2}, {"1003": 2}]
    assert sorted(nav.calls[1]) == ["1001", "1002", "1003"]


def test_two_hundred_questions_are_two_calls() -> None:
    """However many ask while a call is under way, one more call serves them all."""
    nav = Nav()
    stock = Coalescing(nav.ask)
    with ThreadPoolExecutor(200) as pool:
        first = pool.submit(stock.read, ["0"])
        assert nav.arrived.acquire(timeout=PATIENCE_SECONDS)
        others = [pool.submit(stock.read, [str(no)]) for no in range(1, 200)]
        until(lambda: stock.waiting == 199)
        nav.open.release(200)
        assert [one.result() for one in (first, *others)] == [{"0": 1}, *({str(no): 2} for no in range(1, 200))]
    assert len(nav.calls) == 2


def test_no_more_calls_at_once_than_allowed() -> None:
    """With two at once, a second asker need not wait, and a third one does."""
    nav = Nav()
    stock = Coalescing(nav.ask, at_once=2)
    with ThreadPoolExecutor(3) as pool:
        answers: list[Future[dict[str, int]]] = []
        for no in ("1", "2"):
            answers.append(pool.submit(stock.read, [no]))
            assert nav.arrived.acquire(timeout=PATIENCE_SECONDS)
        answers.append(pool.submit(stock.read, ["3"]))
        until(lambda: stock.waiting == 1)
        assert nav.calls == [("1",), ("2",)]
        nav.open.release(3)
        assert answers[2].result() == {"3": 3}


def test_a_call_for_several_waits_for_more_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls for several askers leave apart from each other; who asks alone never waits."""
    slept: list[float] = []
    monkeypatch.setattr("orderwire.connectors.nav.coalescing.time.sleep", slept.append)
    nav = Nav()
    stock = Coalescing(nav.ask, apart_seconds=3600)
    nav.open.release(2)
    assert [stock.read(["1"]), stock.read(["1"])] == [{"1": 1}, {"1": 2}]
    assert slept == []
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(stock.read, ["1"])
        until(lambda: len(nav.calls) == 3)
        others = [pool.submit(stock.read, [no]) for no in ("2", "3")]
        until(lambda: stock.waiting == 2)
        nav.open.release(2)
        assert first.result() == {"1": 3}
        assert [one.result() for one in others] == [{"2": 4}, {"3": 4}]
    assert [round(seconds / 3600) for seconds in slept] == [1]


def test_everybody_gets_his_own_part() -> None:
    """An asker sees only what he asked for, and nothing of what NAV does not know."""
    nav = Nav()
    nav.open.release()
    assert Coalescing(nav.ask).read(["1001", "unknown"]) == {"1001": 1}


def test_nothing_is_asked_for_nothing() -> None:
    """No keys, no call."""
    nav = Nav()
    assert Coalescing(nav.ask).read([]) == {}
    assert nav.calls == []


@pytest.mark.parametrize("failing", [UnavailableError("no answer", service="Item"), ValueError("a defect")])
def test_an_error_reaches_everybody_of_the_call_and_nobody_else(failing: Exception) -> None:
    """All who joined get the error, each an error of his own; the next question is a new call."""
    nav = Nav()
    stock = Coalescing(nav.ask)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(stock.read, ["1"])
        assert nav.arrived.acquire(timeout=PATIENCE_SECONDS)
        others = [pool.submit(stock.read, [no]) for no in ("2", "3")]
        until(lambda: stock.waiting == 2)
        nav.open.release()
        assert first.result() == {"1": 1}
        nav.failing = failing
        nav.open.release()
        errors = [one.exception() for one in others]
        assert [(type(error), str(error)) for error in errors] == [(type(failing), str(failing))] * 2
        assert len(set(map(id, errors))) == (2 if isinstance(failing, OrderwireError) else 1)
    nav.failing = None
    nav.open.release()
    assert stock.read(["2"]) == {"2": 3}


def test_a_thread_that_is_ended_leaves_nobody_waiting() -> None:
    """When the thread that makes the call is ended in it, the others are told, and the next question is a new call."""
    nav = Nav()
    stock = Coalescing(nav.ask)
    with ThreadPoolExecutor(2) as pool:
        nav.failing = KeyboardInterrupt()
        first = pool.submit(stock.read, ["1"])
        assert nav.arrived.acquire(timeout=PATIENCE_SECONDS)
        second = pool.submit(stock.read, ["2"])
        until(lambda: stock.waiting == 1)
        nav.open.release()
        assert isinstance(first.exception(), KeyboardInterrupt)
        assert nav.arrived.acquire(timeout=PATIENCE_SECONDS)
        nav.failing = None
        nav.open.release()
        assert second.result() == {"2": 2}


def test_followers_of_an_ended_thread_get_an_error() -> None:
    """Who joined the call of a thread that was ended is told that there is no answer."""
    nav = Nav()
    stock = Coalescing(nav.ask)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(stock.read, ["1"])
        assert nav.arrived.acquire(timeout=PATIENCE_SECONDS)
        others = [pool.submit(stock.read, [no]) for no in ("2", "3")]
        until(lambda: stock.waiting == 2)
        nav.open.release()
        assert first.result() == {"1": 1}
        nav.failing = KeyboardInterrupt()
        nav.open.release()
        assert {type(one.exception()) for one in others} == {KeyboardInterrupt, UnavailableError}


def test_each_asker_has_the_exchange_on_his_tape() -> None:
    """Whoever's thread made the call, and also where it failed."""
    failing: list[Exception] = []

    def ask(_keys: Collection[str]) -> Mapping[str, int]:
        with taped("Item", "ReadMultiple", b"<ask/>"):
            if failing:
                raise failing[0]
        return {}

    stock = Coalescing(ask)
    tape = Tape()
    with tape.running():
        stock.read(["1001"])
        failing.append(UnavailableError("no answer"))
        with pytest.raises(UnavailableError):
            stock.read(["1001"])

    assert [one.outcome for one in tape.exchanges] == ["ok", "unavailable"]


def test_who_joined_has_the_exchange_too() -> None:
    """One call, and one exchange of the same id on both tapes."""
    nav = Nav()

    def ask(keys: Collection[str]) -> Mapping[str, int]:
        with taped("Item", "ReadMultiple", b"<ask/>"):
            return nav.ask(keys)

    stock = Coalescing(ask)
    tapes = [Tape(), Tape(), Tape()]

    def read(tape: Tape) -> None:
        with tape.running():
            stock.read(["1001"])

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(read, tapes[0])
        assert nav.arrived.acquire(timeout=PATIENCE_SECONDS)
        joined = [pool.submit(read, tape) for tape in tapes[1:]]
        until(lambda: stock.waiting == 2)
        nav.open.release(2)
        for each in (first, *joined):
            each.result(PATIENCE_SECONDS)

    assert [len(tape.exchanges) for tape in tapes] == [1, 1, 1]
    assert tapes[1].exchanges[0].id == tapes[2].exchanges[0].id != tapes[0].exchanges[0].id
