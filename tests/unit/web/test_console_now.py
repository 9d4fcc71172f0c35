"""Now: what stands still is said with its reason."""

from datetime import timedelta
from typing import Any

import pytest

from fakes.browser import Browser
from orderwire.config.alerts import AlertKind
from orderwire.ports.access import Role
from orderwire.ports.alerts import Alert
from orderwire.ports.ledger import LedgerEntry, LedgerSide, LedgerState
from orderwire.ports.overview import FlowPiece, WorkerRecord
from orderwire.web.console.page import HOME


@pytest.fixture
def stood(site: Any) -> Any:
    """A worker whose fulfilment is paused, and two alerts, one about a partner."""
    now = site.services.clock()
    with site.services.store.begin() as tx:
        pause = {"since": (now - timedelta(minutes=5)).isoformat(), "reason": "NAV <b>is away"}
        tx.workers.beat(WorkerRecord("w", "host", 1, "1.0", now, now, {"fulfil": pause}))
        tx.workers.tell("w", [FlowPiece("fulfil", now - timedelta(minutes=5), 3, 6.0, 4.0)])
        for cause, partner in (("paused:fulfil", None), ("parked:1", "rival")):
            kind = AlertKind.PARKED if partner else AlertKind.PAUSED
            facts = {"flow": "fulfil", "code": "mapping", "group": "g1"} if partner else {"flow": "fulfil"}
            tx.alerts.begin(Alert(cause, kind, "page", now, now, now, partner, count=7, facts=facts))
    return site


def test_a_paused_flow_says_since_when_and_why(stood: Any) -> None:
    """Beside what it was done with before, and how long that took."""
    page = Browser(stood.services, stood.app).become(Role.VIEWER).get(HOME).text

    assert "has been paused since" in page
    assert "(5 min ago) because NAV &lt;b&gt;is away" in page
    assert '2 s <span class="muted">worst 4 s</span>' in page


@pytest.mark.parametrize(("partners", "sees"), [((), True), (("rival",), True), (("acme",), False)])
def test_alerts_are_shown_to_whom_they_concern(stood: Any, partners: tuple[str, ...], *, sees: bool) -> None:
    """What concerns a partner, to those who may see the partner; the rest to everybody, with what to do."""
    page = Browser(stood.services, stood.app).become(Role.VIEWER, *partners).get(HOME).text

    assert ('href="/console/failures/g1"' in page) is sees
    assert ">page</span>" in page


@pytest.mark.parametrize(("partners", "count"), [((), "601"), (("acme",), "1"), (("rival",), "600")])
def test_late_answers_are_counted(site: Any, partners: tuple[str, ...], count: str) -> None:
    """All that he may see, however many others are late before them; the first of them are listed."""
    now = site.services.clock()
    with site.services.store.begin() as tx:
        for number in range(601):
            partner, due = ("acme", now) if number == 600 else ("rival", now - timedelta(hours=1))
            key, side, state = f"e{number}", LedgerSide.OWED, LedgerState.LATE
            tx.ledger.open(LedgerEntry(key, key, partner, side, "ORDRSP", f"PO-{partner}", due, due, state))

    page = Browser(site.services, site.app).become(Role.VIEWER, *partners).get(HOME).text

    assert f"<b>{count}</b><span>answers late" in page
    assert f">PO-{partners[0] if partners else 'rival'}</a>" in page
    assert ("the first 15" in page) is (count != "1")


def test_a_silent_worker_pauses_nothing(site: Any) -> None:
    """It died with its breaker open, and nobody says since when its flow goes on."""
    now = site.services.clock()
    with site.services.store.begin() as tx:
        pause, seen = {"since": (now - timedelta(hours=1)).isoformat(), "reason": "away"}, now - timedelta(minutes=10)
        tx.workers.beat(WorkerRecord("dead", "host", 1, "1.0", now, seen, {"fulfil": pause}))
        tx.workers.beat(WorkerRecord("alive", "host", 2, "1.0", now, now))

    assert "has been paused since" not in Browser(site.services, site.app).become(Role.VIEWER).get(HOME).text
