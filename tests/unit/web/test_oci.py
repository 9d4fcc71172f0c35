"""Catalogue calls: the browser logs in, shops, and takes the cart home as fields."""

import hashlib
import re
from html import unescape
from typing import Final

import pytest
from structlog.testing import capture_logs

from unit.web.conftest import Build
from unit.web.test_punchout import Street, opened

PASSWORD: Final = "pass word"
OCI: Final = f"""  oci:
    username: ada
    password_sha256: {hashlib.sha256(PASSWORD.encode()).hexdigest()}
"""
CALL: Final = {
    "USERNAME": "ada",
    "PASSWORD": PASSWORD,
    "HOOK_URL": "https://buyer.example.com/sap?sid=1",
    "~OkCode": "ADDI",
    "http_content_charset": "utf-8",
}


@pytest.fixture
def street(build: Build) -> Street:
    return opened(build, OCI)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_leads_to_the_shop_and_back(street: Street, method: str) -> None:
    """Its cart is a form for the hook, whose query has become fields."""
    with capture_logs() as logs:
        given = {"params": CALL} if method == "GET" else {"data": CALL}
        reply = street.site.call(method, "/oci/procure", partner=None, **given)
        session = reply.headers["location"].rpartition("=")[2]
        page = street.page(street.posted(session))

    assert reply.status_code == 303
    fields = {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', page.text)}
    assert 'action="https://buyer.example.com/sap"' in page.text
    assert (fields["sid"], fields["~OkCode"]) == ("1", "ADDI")
    assert (fields["NEW_ITEM-VENDORMAT[1]"], fields["NEW_ITEM-QUANTITY[1]"]) == ("1001", "2")
    assert PASSWORD not in str(logs)
    assert PASSWORD.replace(" ", "+") not in str(logs)


@pytest.mark.parametrize(
    ("path", "changes", "status"),
    [
        ("/oci/procure", {"PASSWORD": "wrong"}, 403),
        ("/oci/acme", {}, 403),
        ("/oci/nobody", {}, 403),
        ("/oci/procure", {"HOOK_URL": "https://evil.example/"}, 422),
        ("/oci/procure", {"HOOK_URL": ""}, 422),
        ("/oci/procure", {f"f{number}": "x" for number in range(300)}, 422),
    ],
)
def test_a_call_that_is_wrong_is_refused(street: Street, path: str, changes: dict[str, str], status: int) -> None:
    """Who may not call learns no more than that."""
    reply = street.site.call("POST", path, partner=None, data=CALL | changes)

    assert reply.status_code == status
    assert "evil" not in reply.text


def test_passwords_are_not_guessed(build: Build) -> None:
    """After some wrong ones even the right one waits."""
    street = opened(build, OCI, misses_per_minute=2)

    statuses = [
        street.site.call("POST", "/oci/procure", partner=None, data=CALL | {"PASSWORD": password}).status_code
        for password in ("a", "b", PASSWORD)
    ]

    assert statuses == [403, 403, 429]
