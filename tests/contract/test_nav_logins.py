"""Ways to log in to NAV, and what a connection is trusted for."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from navwire import answer
from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.endpoints import service_url
from orderwire.connectors.nav.faults import Call
from orderwire.connectors.nav.lanes import Lanes
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.session import NavSession
from orderwire.connectors.nav.wants import Page
from orderwire.errors import ConfigurationError, CredentialsError, OutageError
from orderwire.simulators.nav.server import DEMO_PASSWORD, DEMO_USER, NavSimulator
from services.partner_server import make_certificate, serving

THREADS, CALLS = 8, 2000


def nav(sim: NavSimulator, **more: Any) -> NavSettings:
    told = {"url": sim.url, "company": sim.company, "username": DEMO_USER, "password": DEMO_PASSWORD}
    return NavSettings.model_validate(told | more)


def test_ntlm_shakes_hands_once_per_thread() -> None:
    """Eight threads make 2,000 calls over eight connections; no call is refused, none logs in again."""
    with NavSimulator(auth="ntlm", latency_seconds=0.005) as sim:
        settings = nav(sim, auth="ntlm", max_calls=THREADS)
        lanes = Lanes(settings)
        customers = PageService(Page.CUSTOMER, "Customer", settings, lanes)
        customers.contract()
        with ThreadPoolExecutor(THREADS) as threads:
            found = list(threads.map(lambda _: len(customers.read([("No", "C10000")])), range(CALLS)))
        lanes.close()
        counted = sim.gateway.counters

    assert found == [1] * CALLS
    assert counted["Customer.Read"] == CALLS
    assert counted["connections"] == THREADS
    assert counted["http_401"] == 2 * THREADS, "the two of each handshake, and no other"


@pytest.fixture
def bearer() -> Iterator[NavSimulator]:
    with NavSimulator(auth="bearer", password="first.token") as sim:
        yield sim


def read(settings: NavSettings) -> int:
    lanes = Lanes(settings)
    found = len(PageService(Page.CUSTOMER, "Customer", settings, lanes).read([("No", "C10000")]))
    lanes.close()
    return found


def test_a_bearer_token_opens_the_door(bearer: NavSimulator) -> None:
    """The token is a secret like a password; another one is refused as a password is."""
    assert read(nav(bearer, auth="bearer", password="first.token")) == 1
    with pytest.raises(CredentialsError):
        read(nav(bearer, auth="bearer", password="second.token"))


def test_a_renewed_token_is_taken_up(bearer: NavSimulator, tmp_path: Path) -> None:
    """Whoever renews tokens writes them into a file; no restart is needed, and a missing one pauses."""
    file = tmp_path / "token"
    settings = nav(bearer, auth="bearer", token_file=file)
    session = NavSession(settings)
    url = service_url(settings, "Page", "Customer")
    with pytest.raises(CredentialsError):
        session.get(Call("Customer", "WSDL"), url)
    file.write_text("stale.token\n")
    assert session.get(Call("Customer", "WSDL"), url).status == 401
    file.write_text("first.token\n")
    assert session.get(Call("Customer", "WSDL"), url).status == 200
    session.close()


def test_only_a_trusted_certificate_is_spoken_to(tmp_path: Path) -> None:
    """Our own authority is named by a setting; without it, or with another one, nothing is sent."""
    certificate = make_certificate(tmp_path, "nav")
    other, _ = make_certificate(tmp_path, "other")
    with serving(certificate) as server:
        server.reply = lambda _got: ({}, answer("Customer", "Read", "").content)
        server.statuses = [200]

        def post(ca_file: Path | None) -> int:
            session = NavSession(NavSettings(url=server.url, ca_file=ca_file, auth="basic"))
            try:
                return session.post(Call("Customer", "Read"), server.url, "Read", b"<a/>").status
            finally:
                session.close()

        assert post(certificate[0]) == 200
        for untrusted in (None, other):
            with pytest.raises(OutageError, match="not trusted"):
                post(untrusted)
        assert len(server.got) == 1
    with pytest.raises(ConfigurationError, match=r"nav\.ca_file"):
        Lanes(NavSettings(ca_file=tmp_path / "missing.pem"))
