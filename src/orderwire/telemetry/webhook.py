"""Notices as HTTP posts, signed as Standard Webhooks wants it: id, time and body under HMAC-SHA256."""

import base64
import binascii
import hashlib
import hmac
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr

from orderwire.config.alerts import AlertPlan, Receiver
from orderwire.config.authorities import trusted
from orderwire.config.secrets import Secrets, signing_variable
from orderwire.errors import DeliveryRefusedError, UnavailableError
from orderwire.ports.alerts import Notice
from orderwire.ports.clock import Clock


@dataclass(frozen=True)
class WebhookMessenger:
    """Certificates are verified, proxies of the environment and redirects are not followed, answers are not read."""

    config_dir: Path
    secrets: Secrets
    clock: Clock

    def send(self, plan: AlertPlan, notice: Notice) -> None:
        """Post the notice; any 2xx is a yes.

        Raises:
            UnavailableError: no answer in time, or one that is no yes.
            DeliveryRefusedError: there is no secret, or the file of trusted certificates cannot be read.
        """
        receiver = plan.receivers[notice.receiver]
        variable = signing_variable(notice.receiver)
        secret = self.secrets.named(variable)
        if secret is None or receiver.webhook is None:
            raise DeliveryRefusedError(f"no secret to sign alerts with: give {variable}")
        body = json.dumps(notice.body, ensure_ascii=False).encode()
        headers = signed(notice.id, int(self.clock().timestamp()), body, secret)
        facts = {"receiver": notice.receiver, "host": httpx.URL(receiver.webhook).host}
        try:
            with (
                httpx.Client(
                    verify=self._trusted(receiver), timeout=receiver.timeout_seconds, trust_env=False
                ) as client,
                client.stream("POST", receiver.webhook, content=body, headers=headers) as answer,
            ):
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnavailableError("the webhook did not answer", **facts, reason=type(error).__name__) from error
        if not httpx.codes.is_success(status):
            raise UnavailableError("the webhook did not say yes", **facts, status=status)

    def _trusted(self, receiver: Receiver) -> ssl.SSLContext:
        return trusted(self.config_dir, receiver.ca_file)


def signed(notice_id: str, seconds: int, body: bytes, secret: SecretStr) -> Mapping[str, str]:
    """Return the headers of a signed post."""
    message = f"{notice_id}.{seconds}.".encode() + body
    digest = hmac.new(_key(secret.get_secret_value()), message, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "orderwire",
        "webhook-id": notice_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key(secret: str) -> bytes:
    """Return the key: of `whsec_…` what its base64 says, else the text itself."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise DeliveryRefusedError("the secret begins with whsec_ and is not base64") from error
