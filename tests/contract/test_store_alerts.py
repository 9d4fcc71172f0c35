"""The store's contract: alerts and notices. One suite over both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

from orderwire.config.alerts import AlertKind
from orderwire.ports.alerts import Alert, Notice, NoticeState
from orderwire.store import SqlStore
from records import NOON, later

PAUSED = Alert("paused:fulfil", AlertKind.PAUSED, "page", NOON, NOON, NOON, facts={"flow": "fulfil"})
NOTICE = Notice("n1", "night", {"id": "n1", "alerts": []}, NOON, NOON)


def lasting(store: SqlStore) -> list[Alert]:
    with store.begin() as tx:
        return list(tx.alerts.all())


def both(store: SqlStore, claim: Callable[[SqlStore], object]) -> list[object]:
    """Let two processes do it at once."""
    ready = Barrier(2)

    def one() -> object:
        ready.wait(10)
        return claim(store)

    with ThreadPoolExecutor(2) as pool:
        return [future.result(60) for future in [pool.submit(one), pool.submit(one)]]


def begun(store: SqlStore) -> object:
    with store.begin() as tx:
        return tx.alerts.begin(PAUSED)


def test_of_two_that_find_the_same_one_begins_it(store: SqlStore) -> None:
    """Whoever was slower is told that it lasts already."""
    results = both(store, begun)

    assert sorted(results, key=str) == [1, None]
    assert lasting(store) == [PAUSED]


def test_what_comes_back_is_another_episode(store: SqlStore) -> None:
    """Ended once, it may begin again, and nobody is quiet about it any more."""
    begun(store)
    with store.begin() as tx:
        assert tx.alerts.quiet(PAUSED.cause, "cli:ann")
        assert tx.alerts.end(PAUSED, later(60))
        assert not tx.alerts.quiet(PAUSED.cause, "cli:ann")

    assert begun(store) == 2

    [alert] = lasting(store)
    assert (alert.episode, alert.quiet_by, alert.ended_at) == (2, None, None)


def test_what_somebody_saw_again_does_not_end(store: SqlStore) -> None:
    """The end compares with what was read; the same for reminders, and both work once."""
    begun(store)
    with store.begin() as tx:
        tx.alerts.see(replace(PAUSED, seen_at=later(30), count=7))
        assert not tx.alerts.end(PAUSED, later(60))
    [seen] = lasting(store)
    assert (seen.seen_at, seen.count) == (later(30), 7)
    with store.begin() as tx:
        assert [tx.alerts.remind(seen, later(60)) for _ in range(2)] == [True, False]
        assert [tx.alerts.end(seen, later(60)) for _ in range(2)] == [True, False]
        assert [one.ended_at for one in tx.alerts.all(ended=True)] == [later(60)]


def test_an_attempt_is_made_by_one(store: SqlStore) -> None:
    """Claimed, a notice is nobody else's until its time; sent, it never comes back."""

    def claim(store: SqlStore) -> object:
        with store.begin() as tx:
            return tx.alerts.claim(NOTICE, later(300))

    with store.begin() as tx:
        tx.alerts.tell(NOTICE)
        tx.alerts.tell(NOTICE)
        assert tx.alerts.due(NOON, 10) == [NOTICE]

    assert sorted(both(store, claim), key=str) == [False, True]

    with store.begin() as tx:
        assert tx.alerts.due(later(299), 10) == []
        [again] = tx.alerts.due(later(300), 10)
        assert again.attempts == 1
        tx.alerts.failed("n1", "no answer", later(600))
        assert [one.problem for one in tx.alerts.notices(10)] == ["no answer"]
        tx.alerts.sent("n1", later(400))
        tx.alerts.failed("n1", "said by somebody slower", None)
        assert tx.alerts.due(later(900), 10) == []
        [told] = tx.alerts.notices(10)
    assert (told.state, told.sent_at, told.problem) == (NoticeState.SENT, later(400), None)


def test_old_notices_and_alerts_go(store: SqlStore) -> None:
    """Those that wait and those that last stay, whatever their age."""
    begun(store)
    with store.begin() as tx:
        tx.alerts.begin(replace(PAUSED, cause="workers"))
        tx.alerts.end(replace(PAUSED, cause="workers"), NOON)
        tx.alerts.tell(NOTICE)
        tx.alerts.tell(replace(NOTICE, id="n2"))
        tx.alerts.sent("n2", NOON)

        assert tx.alerts.forget(NOON + timedelta(days=1), 10) == 2
        assert [one.id for one in tx.alerts.notices(10)] == ["n1"]
        assert [one.cause for one in tx.alerts.all(ended=True)] == [PAUSED.cause]
