"""Channel sections of a partner profile."""

from typing import Any

import pytest
from pydantic import ValidationError

from fakes.documents import a_partner
from orderwire.config.channels import HttpProfile, SftpProfile

SFTP: dict[str, Any] = {"host": "sftp.example.com", "username": "us", "host_keys": ("ssh-ed25519 AAAA",)}


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example.com/edi",
        "ftp://partner.example.com",
        "https://",
        "https://us:secret@partner.example.com/",
        "partner.example.com",
        "https://[",
    ],
)
def test_only_https_leaves_the_machine(url: str) -> None:
    """Plain http is for this machine alone, and no address holds a secret."""
    with pytest.raises(ValidationError):
        HttpProfile(url=url)


@pytest.mark.parametrize("url", ["https://partner.example.com/edi", "http://127.0.0.1:8080/", "http://[::1]/"])
def test_https_and_loopback_are_addresses(url: str) -> None:
    """As written."""
    assert HttpProfile(url=url).url == url


@pytest.mark.parametrize("keys", [(), ("",), ("ssh-ed25519",), ("AAAA",), ("ssh-ed25519 AAAA comment",)])
def test_sftp_wants_the_servers_keys(keys: tuple[str, ...]) -> None:
    """There is no way to trust whoever answers."""
    with pytest.raises(ValidationError):
        SftpProfile.model_validate({**SFTP, "host_keys": keys})


def test_the_only_way_to_deliver_is_the_way() -> None:
    """Nothing need be said where there is no choice; without a way there is none."""
    assert a_partner().outlet == "folder"
    assert a_partner(folder={"inbox": "in"}).outlet is None
    assert a_partner(folder={"inbox": "in"}, sftp={**SFTP, "outbox": "out"}).outlet == "sftp"
    assert a_partner(folder=None, http={"url": "https://p.example.com"}).outlet == "http"


def test_of_several_ways_to_deliver_one_is_named() -> None:
    """A document goes out once."""
    with pytest.raises(ValidationError, match="say which of folder, sftp"):
        a_partner(sftp={**SFTP, "outbox": "out"})
    assert a_partner(sftp={**SFTP, "outbox": "out"}, deliver="sftp").outlet == "sftp"


def test_a_way_that_leads_nowhere_is_refused() -> None:
    """Found when the profile is read, not when the first document waits."""
    with pytest.raises(ValidationError, match="sftp names no place"):
        a_partner(sftp=SFTP, deliver="sftp")
