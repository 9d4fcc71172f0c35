"""Notices on the wire: a webhook that verifies them, and a mail server with TLS and a login."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orderwire.config.alerts import AlertPlan
from orderwire.config.secrets import SMTP_PASSWORD, Secrets, signing_variable
from orderwire.errors import DeliveryRefusedError, UnavailableError
from orderwire.pipeline.alerts import notice_of
from orderwire.ports.alerts import Notice
from orderwire.telemetry.mail import MailMessenger, mail_of
from orderwire.telemetry.webhook import WebhookMessenger
from services.mail_server import PASSWORD, USER, mail_serving
from services.partner_server import make_certificate, serving

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
KEY = b"0123456789abcdef0123456789abcdef"
SECRETS = {signing_variable("ops"): f"whsec_{base64.b64encode(KEY).decode()}", SMTP_PASSWORD: PASSWORD}
ENTRY = {
    "what": "raised", "alert": "parked", "cause": "parked:1", "episode": 1, "severity": "ticket",
    "summary": "1 message is parked", "action": "Mend it.", "since": NOON.isoformat(), "run_book": "docs/x.md",
}  # fmt: skip


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"), "ours")


def notice(plan: AlertPlan, **changes: str) -> Notice:
    return notice_of("ops", [{**ENTRY, **changes}], plan, NOON)


def webhook(url: str, folder: Path, plan_changes: Mapping[str, Any], secrets: Mapping[str, str] = SECRETS) -> Notice:
    plan = AlertPlan.model_validate({"receivers": {"ops": {"webhook": url, **plan_changes}}})
    sent = notice(plan)
    WebhookMessenger(folder, Secrets(secrets), lambda: NOON).send(plan, sent)
    return sent


def test_a_webhook_is_signed_over_verified_https(certificate: tuple[Path, Path]) -> None:
    """The receiver finds id, time and body under the secret's HMAC, as Standard Webhooks says."""
    folder = certificate[0].parent
    with serving(certificate) as server:
        sent = webhook(server.url, folder, {"ca_file": "ours.pem"})

    [got] = server.got
    message = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.content
    expected = base64.b64encode(hmac.new(KEY, message, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{expected}"
    assert (got.headers["webhook-id"], got.headers["webhook-timestamp"]) == (sent.id, str(int(NOON.timestamp())))
    assert json.loads(got.content) == sent.body
    assert KEY not in got.content


def test_a_server_that_nobody_vouches_for_gets_nothing(certificate: tuple[Path, Path]) -> None:
    """The system's authorities do not know it."""
    with serving(certificate) as server, pytest.raises(UnavailableError, match="ConnectError"):
        webhook(server.url, certificate[0].parent, {})

    assert server.got == []


@pytest.mark.parametrize("status", [None, 302, 401, 500])
def test_only_a_yes_is_one(tmp_path: Path, status: int | None) -> None:
    """No answer, a redirect, which is not followed, and every other answer: told again later."""
    with serving() as server:
        server.statuses = [status]

        with pytest.raises(UnavailableError):
            webhook(server.url, tmp_path, {})

    assert len(server.got) == 1


def test_without_a_secret_nothing_is_sent(tmp_path: Path) -> None:
    """The error names the variable; the same for one that is no base64."""
    with serving() as server:
        with pytest.raises(DeliveryRefusedError, match=signing_variable("ops")):
            webhook(server.url, tmp_path, {}, {})
        with pytest.raises(DeliveryRefusedError, match="not base64"):
            webhook(server.url, tmp_path, {}, {signing_variable("ops"): "whsec_###"})

    assert server.got == []


def mailed(port: int, folder: Path, secrets: Mapping[str, str] = SECRETS, **smtp: Any) -> Notice:
    server = {"host": "127.0.0.1", "port": port, "sender": "ow@example.com", "ca_file": "ours.pem", **smtp}
    to = {"email": ["night@example.com", "day@example.com"]}
    plan = AlertPlan.model_validate({"smtp": server, "receivers": {"ops": to}})
    sent = notice(plan)
    MailMessenger(folder, Secrets(secrets)).send(plan, sent)
    return sent


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_encrypted_and_with_a_login(certificate: tuple[Path, Path], security: str) -> None:
    """By both ways; people read what is wrong, what to do, and where to look."""
    with mail_serving(certificate, at_once=security == "tls") as server:
        sent = mailed(server.port, certificate[0].parent, username=USER, security=security)

    [got] = server.got
    assert (got.encrypted, got.user, got.to) == (True, USER, ["night@example.com", "day@example.com"])
    mail = email.message_from_bytes(got.content, policy=email.policy.default)
    assert mail["Subject"] == "[Orderwire] ticket: 1 message is parked"
    assert mail["Message-ID"] == f"<{sent.id}@example.com>"
    assert "  run book: docs/x.md" in mail.get_content()


def test_a_mail_server_that_is_none_of_ours_gets_no_password(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    """One that offers no encryption, and one whose certificate nobody vouches for."""
    make_certificate(tmp_path, "ours")
    with mail_serving() as plain, mail_serving(certificate) as other:
        for server in (plain, other):
            with pytest.raises(UnavailableError):
                mailed(server.port, tmp_path, username=USER)

    assert plain.got + other.got == []


def test_what_a_mail_server_refuses_is_told_again_later(certificate: tuple[Path, Path]) -> None:
    """A wrong password, the mail itself, every address; one address of two is passed over."""
    folder = certificate[0].parent
    with mail_serving(certificate) as server:
        with pytest.raises(UnavailableError, match="status=535"):
            mailed(server.port, folder, {SMTP_PASSWORD: "wrong"}, username=USER)
        with pytest.raises(DeliveryRefusedError, match=SMTP_PASSWORD):
            mailed(server.port, folder, {}, username=USER)
        server.code = 451
        with pytest.raises(UnavailableError, match="status=451"):
            mailed(server.port, folder)
        server.code, server.refused = 250, {"night@example.com"}
        server.got.clear()
        mailed(server.port, folder)
        server.refused.add("day@example.com")
        with pytest.raises(UnavailableError):
            mailed(server.port, folder)

    assert [mail.to for mail in server.got] == [["day@example.com"]]


def test_no_text_of_an_alert_makes_a_header() -> None:
    """Line breaks and other control characters become spaces, whatever a partner is called."""
    evil = notice(AlertPlan(), summary="x\r\nBcc: evil@example.com\r\n\r\nbody\x00\u2028")

    raw = mail_of(evil, "ow@example.com", ["a@example.com"]).as_bytes()

    head = raw.partition(b"\r\n\r\n")[0]
    assert not any(line.startswith(b"Bcc") for line in head.splitlines())
    assert email.message_from_bytes(raw)["Bcc"] is None
