"""Health and metrics stay quick, whatever hangs."""

import asyncio
import threading

import pytest

from orderwire.errors import BusyError
from orderwire.web.probes import Probe
from unit.web.conftest import NAV_AWAY, Site, without_store


def test_all_is_well(site: Site) -> None:
    """200, and every component says so."""
    reply = site.call("GET", "/health/ready", partner=None)

    ok = {"status": "ok", "code": None}
    assert (reply.status_code, reply.json()) == (
        200,
        {"status": "ok", "components": {"store": ok, "broker": ok, "erp": ok}, "configuration": "ok"},
    )
    assert site.call("GET", "/health/live", partner=None).json() == {"status": "ok"}


def test_without_the_erp_intake_goes_on(site: Site) -> None:
    """Degraded, but ready."""
    site.erp.error = NAV_AWAY

    reply = site.call("GET", "/health/ready")

    assert (reply.status_code, reply.json()["status"]) == (200, "degraded")
    assert reply.json()["components"]["erp"] == {"status": "away", "code": "outage"}


def test_without_the_broker_it_is_not_ready(site: Site) -> None:
    """503."""
    site.transport.away = True

    reply = site.call("GET", "/health/ready")

    assert (reply.status_code, reply.json()["status"]) == (503, "away")
    assert reply.json()["components"]["broker"]["code"] == "unavailable"


def test_without_the_store_it_is_not_ready(site: Site) -> None:
    """503; the process lives all the same."""
    away = without_store(site)

    assert away.call("GET", "/health/ready").status_code == 503
    assert away.call("GET", "/health/live").status_code == 200
    assert away.call("GET", "/metrics").status_code == 200


def test_metrics_hold_what_only_this_process_knows(site: Site) -> None:
    """The depths of the queues, and the outbox."""
    site.transport.away = True
    site.call("POST", "/edi/acme", content=b"UNA")
    site.transport.away = False

    reply = site.call("GET", "/metrics", partner=None)

    assert reply.headers["Content-Type"].startswith("text/plain")
    assert 'orderwire_queue_depth{queue="ow.fulfil",state="ready"} 7.0' in reply.text
    assert "orderwire_outbox_unsent 1.0" in reply.text


def test_a_question_that_hangs_is_asked_once() -> None:
    """However often somebody wants to know: one thread, and an answer in time."""
    asked: list[str] = []
    go_on = threading.Event()

    def hang() -> None:
        asked.append(threading.current_thread().name)
        go_on.wait(10)

    probe = Probe("erp", hang, patience_seconds=0.01)

    async def ask() -> list[str | None]:
        return list(await asyncio.gather(*(probe.trouble() for _ in range(50))))

    troubles = asyncio.run(ask())
    go_on.set()

    assert set(troubles) == {"timeout"}
    assert len(asked) == 1


@pytest.mark.parametrize(("error", "code"), [(BusyError("locked"), "busy"), (KeyError("x"), "internal")])
def test_an_answer_is_kept_for_a_moment(error: Exception, code: str) -> None:
    """A flood of questions is one question; a defect is trouble as well."""
    asked = []

    def refuse() -> None:
        asked.append(1)
        raise error

    probe = Probe("store", refuse)

    assert [asyncio.run(probe.trouble()) for _ in range(20)] == [code] * 20
    assert len(asked) == 1
