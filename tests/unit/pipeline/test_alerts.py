"""What is wrong is told once, reminded of, and cleared; whoever looks, and however often."""

from typing import Any

import pytest

from fakes.documents import an_order, order_event
from fakes.world import World
from orderwire.config.alerts import AlertKind, AlertPlan
from orderwire.pipeline.alert_conditions import Conditions, Trouble
from orderwire.pipeline.alerts import AlertWatch
from orderwire.ports.journal import DocumentState
from orderwire.ports.ledger import LedgerEntry, LedgerSide, LedgerState
from orderwire.ports.overview import WorkerRecord
from orderwire.ports.parking import Parked

NIGHT = {"email": ["night@example.com"]}
MINUTE = 60.0
HOUR = 60 * MINUTE
FACTS = {"value": "secret", "segment": "QTY"}


def plan_of(**changes: Any) -> AlertPlan:
    smtp = {"host": "localhost", "security": "none", "sender": "o@example.com"}
    return AlertPlan.model_validate({"receivers": {"night": NIGHT}, "smtp": smtp, "remind_hours": 4, **changes})


class Watched:
    """A process that looks, and what its receivers are told."""

    def __init__(self, world: World, plan: AlertPlan | None = None) -> None:
        self.world, self.plan = world, plan or plan_of()
        self.troubles: list[Trouble] = []
        conditions = Conditions(world.store, lambda: self.troubles, world.clock())
        self.watch = AlertWatch(world.store, conditions, lambda: self.plan, world.clock, 30)

    def look(self, after_seconds: float = 0) -> list[str]:
        """Look after some time at which a worker was alive, and return what was told by now."""
        self.world.clock.sleep(after_seconds)
        alive(self.world)
        self.watch.turn()
        return self.told()

    def told(self) -> list[str]:
        with self.world.store.begin() as tx:
            notices = sorted(tx.alerts.notices(100), key=lambda one: (one.created_at, one.receiver))
        return [f"{one.receiver}: {entry['what']} {entry['cause']}" for one in notices for entry in one.body["alerts"]]

    def entries(self) -> list[dict[str, Any]]:
        with self.world.store.begin() as tx:
            return [dict(entry) for notice in tx.alerts.notices(100) for entry in notice.body["alerts"]]


def alive(world: World, **paused: Any) -> None:
    now = world.clock()
    with world.store.begin() as tx:
        tx.workers.beat(WorkerRecord("w", "host", 1, "1.0", now, now, paused))


def park(world: World, parked_id: str, fingerprint: str = "mapping|x", **changes: Any) -> None:
    now = world.clock()
    fields: dict[str, Any] = {
        "id": parked_id, "document_id": None, "order_no": "PO-1", "partner": "baumarkt", "flow": "decode",
        "code": "mapping", "reason": "no unit code for 'Erika Mustermann'", "facts": FACTS,
        "fingerprint": fingerprint, "body": b"UNB+UNOC:3", "attempts": 1, "first_at": now, "last_at": now,
    }  # fmt: skip
    with world.store.begin() as tx:
        tx.parked.add(Parked(**{**fields, **changes}))


def settle(world: World, *parked_ids: str) -> None:
    with world.store.begin() as tx:
        for parked_id in parked_ids:
            tx.parked.settle(parked_id, "discarded", "")


def test_many_messages_of_one_cause_are_one_alert(world: World) -> None:
    """Told at the first one; those that come later are counted, and told of by the reminder."""
    watched = Watched(world)
    park(world, "p1")
    first = watched.look()
    for number in range(2, 12):
        park(world, f"p{number}")

    later = watched.look(MINUTE)
    reminded = watched.look(4 * HOUR)

    assert len(first) == 1
    assert first[0].startswith("night: raised parked:")
    assert later == first
    assert reminded == [*first, first[0].replace("raised", "reminder")]
    assert {entry["what"]: entry["count"] for entry in watched.entries()} == {"raised": 1, "reminder": 11}


def test_what_is_over_is_cleared_once_and_may_come_back(world: World) -> None:
    """All clear after it has been over for a while; what flickers is one alert, and a return is another episode."""
    watched = Watched(world)
    park(world, "p1")
    watched.look()
    settle(world, "p1")
    assert len(watched.look(MINUTE)) == 1
    park(world, "p2")
    assert len(watched.look(MINUTE)) == 1
    settle(world, "p2")

    cleared = watched.look(2 * MINUTE)
    again = watched.look(10 * MINUTE)
    park(world, "p3")

    assert [one.split()[1] for one in cleared] == ["raised", "ended"]
    assert again == cleared
    assert [one.split()[1] for one in watched.look()] == ["raised", "ended", "raised"]
    assert max(entry["episode"] for entry in watched.entries()) == 2


def test_another_process_repeats_nothing_and_a_restart_loses_nothing(world: World) -> None:
    """What was told stands in the store, and so does what has not been cleared."""
    park(world, "p1")
    one, other = Watched(world), Watched(world)
    one.look()
    told = other.look()
    restarted = Watched(world)
    settle(world, "p1")

    assert len(told) == 1
    assert [each.split()[1] for each in restarted.look(3 * MINUTE)] == ["raised", "ended"]
    assert [each.split()[1] for each in other.look()] == ["raised", "ended"]


def test_an_alert_carries_no_payload_no_fact_and_no_person(world: World) -> None:
    """Code, flow, segment and partner say enough; the rest is in the console."""
    watched = Watched(world, plan_of(console_url="https://ow.example.com/", run_books_url="https://docs.example.com"))
    park(world, "p1")
    watched.look()

    [entry] = watched.entries()
    assert not any(word in str(entry) for word in ("Erika", "secret", "UNB", "PO-1"))
    assert entry["summary"] == "1 message is parked in flow decode with code mapping at QTY (partner baumarkt)"
    assert entry["facts"] == {"code": "mapping", "flow": "decode", "segment": "QTY"}
    assert entry["console"].startswith("https://ow.example.com/console/failures/")
    assert entry["run_book"] == "https://docs.example.com/OrderwireParked.md"


def test_who_asked_for_quiet_is_not_reminded_but_told_of_the_end(world: World) -> None:
    """The trouble is known; that it is over is news."""
    watched = Watched(world)
    park(world, "p1")
    watched.look()
    with world.store.begin() as tx:
        [alert] = tx.alerts.all()
        tx.alerts.quiet(alert.cause, "ann")
    assert len(watched.look(9 * HOUR)) == 1
    settle(world, "p1")

    assert [one.split()[1] for one in watched.look(3 * MINUTE)] == ["raised", "ended"]


def test_receivers_get_what_their_filters_let_through(world: World) -> None:
    """By severity, kind and partner; however many alerts there are, a receiver gets one notice of them."""
    receivers = {
        "all": NIGHT,
        "pages": {**NIGHT, "severities": ["page"]},
        "late": {**NIGHT, "alerts": ["late"]},
        "theirs": {**NIGHT, "partners": ["bricolage"]},
    }
    watched = Watched(world, plan_of(receivers=receivers))
    park(world, "p1")
    park(world, "p2", "other cause", partner="bricolage")

    told = watched.look()

    assert sorted(one.split(":")[0] for one in told) == ["all", "all", "theirs"]
    with world.store.begin() as tx:
        assert len(tx.alerts.notices(100)) == 2


def test_a_flow_that_stands_still_is_told_of_after_a_while(world: World) -> None:
    """Since its breaker opened, not since it was first looked at; a short pause is none."""
    watched, since = Watched(world), world.clock().isoformat()

    def look(after_seconds: float) -> list[str]:
        world.clock.sleep(after_seconds)
        alive(world, fulfil={"since": since, "reason": "no answer from https://nav"})
        watched.watch.turn()
        return watched.told()

    assert look(4 * MINUTE) == []
    assert look(MINUTE) == ["night: raised paused:fulfil"]
    [entry] = watched.entries()
    assert (entry["since"], entry["severity"], entry["facts"]) == (since, "page", {"flow": "fulfil"})


def test_nobody_at_work_is_told_of_also_after_a_planned_end(world: World) -> None:
    """Two minutes after the last sign of life, so that a restart is no alert."""
    watched = Watched(world)
    watched.look(HOUR)
    with world.store.begin() as tx:
        tx.workers.end("w")
    watched.watch.turn()
    world.clock.sleep(1.9 * MINUTE)
    watched.watch.turn()
    assert watched.told() == []

    world.clock.sleep(0.1 * MINUTE)
    watched.watch.turn()

    assert watched.told() == ["night: raised workers"]


def test_late_answers_are_one_alert_for_each_partner_and_kind(world: World) -> None:
    """Answers to cXML orders as well as CONTRL."""
    now = world.clock()
    with world.store.begin() as tx:
        for number, kind in enumerate(["CONTRL", "CONTRL", "ConfirmationRequest"]):
            entry = LedgerEntry(f"e{number}", "d", "acme", LedgerSide.OWED, kind, "17", now, now, LedgerState.LATE)
            tx.ledger.open(entry)

    watched = Watched(world)
    watched.look()

    assert {(entry["cause"], entry["count"]) for entry in watched.entries()} == {
        ("late:acme:owed:CONTRL", 2),
        ("late:acme:owed:ConfirmationRequest", 1),
    }


def test_what_is_tried_again_and_again_and_what_is_not_published(world: World) -> None:
    """Both after a while: a retry is normal, and so is an event on its way."""
    watched = Watched(world)
    world.journal("d1", state=DocumentState.RETRYING, code="busy", received_at=world.clock())
    with world.store.begin() as tx:
        tx.outbox.add(order_event(an_order(), "d1"), cause=None)

    assert watched.look(4 * MINUTE) == []
    assert watched.look(MINUTE + 1) == ["night: raised outbox"]
    assert watched.look(11 * MINUTE) == ["night: raised outbox", "night: raised retrying:busy"]


@pytest.mark.parametrize(
    ("trouble", "summary"),
    [
        (Trouble(AlertKind.CERTIFICATE, "ACME", {"until": "2026-12-01"}, "acme"), "A certificate ends on 2026-12-01"),
        (Trouble(AlertKind.CERTIFICATE, "ACME", {}, "acme"), "A certificate cannot be read"),
        (Trouble(AlertKind.CONFIGURATION, "partners", {"file": "partners"}), "partners is wrong"),
    ],
)
def test_what_only_a_process_knows_is_told_as_well(world: World, trouble: Trouble, summary: str) -> None:
    """Certificates that end, and files that are wrong."""
    watched = Watched(world)
    watched.troubles.append(trouble)

    watched.look()

    [entry] = watched.entries()
    assert entry["summary"].startswith(summary)


def test_a_rule_that_is_off_tells_nothing_and_nobody_is_told_without_receivers(world: World) -> None:
    """The plan is read at each look."""
    watched = Watched(world, plan_of(rules={"parked": {"tell": False}}))
    park(world, "p1")
    assert watched.look() == []
    watched.plan = plan_of(receivers={})
    assert watched.look() == []
    watched.plan = plan_of(rules={"parked": {"severity": "page"}})

    watched.look(HOUR)

    assert [entry["severity"] for entry in watched.entries()] == ["page"]
