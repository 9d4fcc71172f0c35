"""Notices reach their receivers: tried again, by one at a time, and written down."""

from typing import Any

from fakes.world import World
from orderwire.config.alerts import AlertPlan
from orderwire.errors import UnavailableError
from orderwire.pipeline.alerts import notice_of
from orderwire.pipeline.notices import Notices
from orderwire.ports.alerts import Notice, NoticeState

PLAN = AlertPlan.model_validate({"receivers": {"hook": {"webhook": "https://example.com/x"}}})
ENTRY = {"cause": "workers", "episode": 1, "what": "raised"}


class Hook:
    """A messenger that fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.failures, self.got = failures, list[str]()

    def send(self, plan: AlertPlan, notice: Notice) -> None:  # noqa: ARG002  the port
        if self.failures:
            self.failures -= 1
            raise UnavailableError("no answer", host="example.com")
        self.got.append(notice.id)


def told(world: World, receiver: str = "hook") -> Notice:
    notice = notice_of(receiver, [ENTRY], PLAN, world.clock())
    with world.store.begin() as tx:
        tx.alerts.tell(notice)
    return notice


def notices(world: World, hook: Any, plan: AlertPlan = PLAN) -> Notices:
    return Notices(world.store, {"webhook": hook}, lambda: plan, world.clock)


def stand(world: World) -> Notice:
    with world.store.begin() as tx:
        [notice] = tx.alerts.notices(10)
    return notice


def test_a_notice_is_sent_once(world: World) -> None:
    """By whichever process is first, and by none afterwards."""
    notice, hook = told(world), Hook()

    for _ in range(3):
        notices(world, hook).turn()

    assert hook.got == [notice.id]
    assert (stand(world).state, stand(world).sent_at) == (NoticeState.SENT, world.clock())


def test_a_failure_is_tried_again_with_growing_pauses(world: World) -> None:
    """Thirty seconds, a minute, two …; with what was in the way."""
    told(world)
    hook = Hook(failures=3)
    waits = []
    for _ in range(4):
        notices(world, hook).turn()
        wait = (stand(world).due_at - world.clock()).total_seconds()
        waits.append(wait)
        world.clock.sleep(wait)

    assert waits[:3] == [30, 60, 120]
    assert (stand(world).state, stand(world).attempts, len(hook.got)) == (NoticeState.SENT, 4, 1)


def test_after_a_day_it_is_given_up_and_says_why(world: World) -> None:
    """A receiver that never answers is not asked for ever."""
    told(world)
    hook = Hook(failures=1000)
    while stand(world).state is NoticeState.WAITING:
        notices(world, hook).turn()
        world.clock.sleep(3600)

    assert (stand(world).state, stand(world).problem) == (NoticeState.GIVEN_UP, "no answer (host=example.com)")
    assert 24 <= stand(world).attempts <= 26


def test_who_died_in_the_middle_is_followed_by_another(world: World) -> None:
    """Claimed and not sent, it is tried again after the time that an attempt may take, under the same id."""
    notice, hook = told(world), Hook()
    with world.store.begin() as tx:
        tx.alerts.claim(notice, world.clock.after(300))

    notices(world, hook).turn()
    assert hook.got == []
    world.clock.sleep(300)
    notices(world, hook).turn()

    assert hook.got == [notice.id]


def test_a_receiver_that_is_gone_is_written_down(world: World) -> None:
    """The notice waits as for any other failure: the receiver may come back."""
    told(world, "gone")

    notices(world, Hook()).turn()

    assert stand(world).problem == "alerts.yaml has no such receiver any more (receiver=gone)"


def test_a_trial_is_sent_at_once_and_tried_once(world: World) -> None:
    """The answer is for the one who asks; it is written down like every notice."""
    assert notices(world, Hook(failures=1)).trial("hook") == "no answer (host=example.com)"
    assert stand(world).state is NoticeState.GIVEN_UP
    world.clock.sleep(1)

    assert notices(world, Hook()).trial("hook") is None
