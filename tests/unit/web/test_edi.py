"""EDIFACT over HTTP: archived for exactly the partner whose key it is."""

import pytest

from orderwire.ports.journal import DocumentState
from unit.web.conftest import Build, Site, add_partner, without_store

CONTENT = b"UNB+UNOA:3+1+2+260309:1200+1'UNZ+0+1'"


def test_the_bytes_are_archived_before_the_answer(site: Site) -> None:
    """202 with the document's id; the journal and the archive have it."""
    reply = site.call("POST", "/edi/acme", content=CONTENT)

    assert reply.status_code == 202
    with site.services.store.begin() as tx:
        document = tx.journal.get(reply.json()["document_id"])
        assert document is not None
        assert (document.partner, document.channel, document.state) == ("acme", "edi", DocumentState.RECEIVED)
        assert tx.archive.get(document.sha256 or "") == CONTENT


@pytest.mark.parametrize(
    "partner", ["rival", "nobody", "%2e%2e", "..%2f..%2fetc%2fpasswd", "ACME", "acme%2f", "acme/x", ""]
)
def test_any_other_partner_does_not_exist(site: Site, partner: str) -> None:
    """404, whether there is one of that name or not, and however it is written."""
    reply = site.call("POST", f"/edi/{partner}", content=CONTENT)

    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
    assert site.files() == 0


def test_without_a_key_nothing_is_read(site: Site) -> None:
    """401."""
    reply = site.call("POST", "/edi/acme", content=CONTENT, partner=None)

    assert reply.status_code == 401
    assert site.files() == 0


def test_a_partner_without_edifact_has_no_such_place(site: Site) -> None:
    """Its profile names no identifier, so nothing it sends could be its own."""
    add_partner(site.services.settings.config_dir, "shop", "shop-key", edi=False)

    reply = site.call("POST", "/edi/shop", content=CONTENT, headers={"X-Api-Key": "shop-key"}, partner=None)

    assert reply.status_code == 404


def test_an_empty_or_too_large_body_is_refused(build: Build) -> None:
    """422 and 413; nothing is taken in."""
    site = build(limits={"max_document_bytes": len(CONTENT)})

    statuses = [
        site.call("POST", "/edi/acme", content=content).status_code for content in (b"", CONTENT, CONTENT + b"\n")
    ]

    assert statuses == [422, 202, 413]
    assert site.files() == 1


def test_without_the_store_nothing_is_accepted(site: Site) -> None:
    """503: the sender keeps the file and comes again."""
    reply = without_store(site).call("POST", "/edi/acme", content=CONTENT)

    assert (reply.status_code, reply.json()["code"]) == (503, "unavailable")


def test_without_the_broker_it_is_accepted(site: Site) -> None:
    """The outbox has it."""
    site.transport.away = True

    assert site.call("POST", "/edi/acme", content=CONTENT).status_code == 202
    assert site.files() == 1
