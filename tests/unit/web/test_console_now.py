"""Now: what stands still is said with its reason."""

from datetime import timedelta
from typing import Any

import pytest

from fakes.browser import Browser
from orderwire.config.alerts import AlertKind
from orderwire.ports.access import Role
from orderwire.ports.alerts import Alert
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
