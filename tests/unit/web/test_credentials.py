"""A key is one partner's, or nobody's."""

import base64
from pathlib import Path

import pytest

from orderwire.config.partners import Partners
from orderwire.web.credentials import partner_of
from unit.web.conftest import Site, add_partner


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_a_key_leads_to_its_partner(tmp_path: Path) -> None:
    """By the digest alone; a prefix, another case or the digest itself lead nowhere."""
    add_partner(tmp_path, "acme", "acme-key")
    add_partner(tmp_path, "keyless", None)
    partners = Partners(tmp_path)
    found = partner_of("acme-key", partners)

    assert found is not None
    assert found.key == "acme"
    digest = found.api.key_sha256 if found.api else ""
    for wrong in ("acme-ke", "Acme-Key", "acme-key ", digest, "\U0001f511"):
        assert partner_of(wrong, partners) is None


def test_a_key_of_two_partners_is_nobodys(tmp_path: Path) -> None:
    """An order must not reach the wrong customer."""
    add_partner(tmp_path, "acme", "same")
    add_partner(tmp_path, "other", "same")

    assert partner_of("same", Partners(tmp_path)) is None


def test_a_key_is_compared_as_the_bytes_it_came_as(tmp_path: Path) -> None:
    """HTTP hands headers over as Latin-1; the profile's digest is of the bytes."""
    add_partner(tmp_path, "acme", "schlüssel")

    assert partner_of("schlüssel".encode().decode("latin-1"), Partners(tmp_path)) is not None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"X-Api-Key": ""}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Basic YWNtZS1rZXk="}, 401),
        ({"Authorization": basic("acme", "wrong")}, 401),
        ({"Authorization": basic("rival", "acme-key")}, 401),
        ({"Authorization": basic("", "acme-key")}, 401),
        ({"Authorization": basic("acme", "")}, 401),
        ({"Authorization": "Basic !"}, 401),
        ({"Authorization": basic("acme", "acme-key")}, 200),
        ({"Authorization": basic("acme", "acme-key"), "X-Api-Key": "rival-key"}, 401),
        ({"Authorization": "Bearer acme-key"}, 200),
        ({"X-Api-Key": "acme-key"}, 200),
        ({"X-Api-Key": "acme-key", "Authorization": "Bearer acme-key"}, 200),
        ({"X-Api-Key": "acme-key", "Authorization": "Bearer rival-key"}, 401),
        ({"X-Api-Key": "wrong"}, 401),
    ],
)
def test_a_call_needs_one_key(site: Site, headers: dict[str, str], status: int) -> None:
    """In either header, or as the password of the partner's own user name; two that differ are none."""
    reply = site.call("GET", "/api/v1/orders", partner=None, headers=headers)

    assert reply.status_code == status
    assert ("WWW-Authenticate" in reply.headers) == (status == 401)
    assert status == 200 or reply.json()["code"] == "unauthorized"


def test_a_key_is_wanted_before_the_body_is_looked_at(site: Site) -> None:
    """A stranger learns nothing about what would be wrong with it."""
    reply = site.call("POST", "/api/v1/orders", partner=None, content=b"{", headers={"Idempotency-Key": ""})

    assert reply.status_code == 401
