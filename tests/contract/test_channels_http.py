"""Delivery over HTTP, against a server that answers as it is told."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.documents import a_partner
from orderwire.config.secrets import Secrets
from orderwire.connectors.channels.http import HttpDeliverer
from orderwire.errors import DeliveryRefusedError, UnavailableError
from orderwire.ports.intake import Delivered
from services.partner_server import PartnerServer, make_certificate, serving

SECRETS = Secrets(
    {
        "ORDERWIRE_PARTNERS__BAUMARKT__HTTP__API_KEY": "their-key",
        "ORDERWIRE_PARTNERS__BAUMARKT__HTTP__PASSWORD": "pass:wörd",
    }
)


@pytest.fixture
def partner() -> Iterator[PartnerServer]:
    with serving() as server:
        yield server


def deliver(url: str, config_dir: Path, secrets: Secrets = SECRETS, **section: Any) -> str | Delivered:
    profile = a_partner(folder=None, http={"url": url, "timeout_seconds": 5, **section})
    return HttpDeliverer(config_dir, secrets).deliver("ORDRSP_1.edi", b"UNB'", "application/edifact", profile)


def test_a_document_is_posted_with_its_name_and_the_api_key(partner: PartnerServer, tmp_path: Path) -> None:
    """Bytes, media type and file name arrive; the key goes in the header the profile names."""
    via = deliver(partner.url, tmp_path)

    [got] = partner.got
    assert via == f"http:{partner.url}"
    assert (got.path, got.content, got.headers["content-type"]) == ("/edi", b"UNB'", "application/edifact")
    assert got.headers["content-disposition"] == 'attachment; filename="ORDRSP_1.edi"'
    assert got.headers["x-api-key"] == "their-key"


def test_a_key_in_authorization_is_a_bearer_token(partner: PartnerServer, tmp_path: Path) -> None:
    """As servers expect it there."""
    deliver(partner.url, tmp_path, header="Authorization")

    assert partner.got[0].headers["authorization"] == "Bearer their-key"


def test_basic_sends_user_and_password(partner: PartnerServer, tmp_path: Path) -> None:
    """Any password goes, as UTF-8."""
    deliver(partner.url, tmp_path, auth="basic", username="northwind")

    expected = base64.b64encode("northwind:pass:wörd".encode()).decode()
    assert partner.got[0].headers["authorization"] == f"Basic {expected}"


def test_the_same_document_bears_the_same_key_again(partner: PartnerServer, tmp_path: Path) -> None:
    """The partner can tell a repetition."""
    deliver(partner.url, tmp_path)
    deliver(partner.url, tmp_path)

    assert len({got.headers["idempotency-key"] for got in partner.got}) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 408, 429, None])
def test_later_is_tried_again(partner: PartnerServer, tmp_path: Path, status: int | None) -> None:
    """A server in trouble, one that asks for patience, and a connection that ends without an answer."""
    partner.statuses = [status]

    with pytest.raises(UnavailableError):
        deliver(partner.url, tmp_path)


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 413, 422])
def test_no_is_not_tried_again(partner: PartnerServer, tmp_path: Path, status: int) -> None:
    """A refusal parks at once; a redirection is one too, for it could lead the document and the key anywhere."""
    partner.statuses = [status]

    with pytest.raises(DeliveryRefusedError) as refused:
        deliver(partner.url, tmp_path)

    assert refused.value.facts["status"] == status
    assert len(partner.got) == 1


def test_without_a_secret_nothing_is_sent(partner: PartnerServer, tmp_path: Path) -> None:
    """The error names the variable that is missing."""
    with pytest.raises(DeliveryRefusedError, match="ORDERWIRE_PARTNERS__BAUMARKT__HTTP__API_KEY"):
        deliver(partner.url, tmp_path, secrets=Secrets({}))

    assert partner.got == []


def test_a_server_without_a_trusted_certificate_gets_nothing(tmp_path: Path) -> None:
    """Https is verified, and no setting turns that off."""
    with serving(make_certificate(tmp_path, "theirs")) as partner:
        with pytest.raises(UnavailableError):
            deliver(partner.url, tmp_path)

        assert partner.got == []


def test_a_partners_own_authority_is_trusted_where_the_profile_names_it(tmp_path: Path) -> None:
    """For servers with a certificate of their own."""
    folder = tmp_path / "partners/baumarkt"
    folder.mkdir(parents=True)
    with serving(make_certificate(folder, "theirs")) as partner:
        deliver(partner.url, tmp_path, ca_file="theirs.pem")

        assert len(partner.got) == 1


def test_a_missing_authority_file_is_a_refusal(partner: PartnerServer, tmp_path: Path) -> None:
    """It does not fall back to anything."""
    with pytest.raises(DeliveryRefusedError, match="trusted certificates"):
        deliver(partner.url, tmp_path, ca_file="none.pem")


def test_xml_comes_with_what_was_answered(partner: PartnerServer, tmp_path: Path) -> None:
    """For cXML says there, and not in HTTP, how the document was taken."""
    profile = a_partner(folder=None, http={"url": partner.url, "auth": "none"})
    partner.statuses, partner.reply = [200], lambda _got: ({}, b"<cXML/>")

    delivered = HttpDeliverer(tmp_path, SECRETS).deliver("a.xml", b"<cXML/>", "text/xml; charset=UTF-8", profile)

    assert delivered == Delivered(f"http:{partner.url}", answer=b"<cXML/>")
