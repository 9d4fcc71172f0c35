"""HTTP: documents are posted to the partner's address."""

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from orderwire.config.channels import HttpProfile
from orderwire.config.partners import PartnerProfile
from orderwire.config.secrets import Secrets, variable_of
from orderwire.connectors.channels.names import is_plain
from orderwire.errors import DeliveryRefusedError, UnavailableError

#: Refusals that are none for good: the same request may be taken later.
_LATER: Final = frozenset({408, 421, 423, 425, 429})


@dataclass(frozen=True)
class HttpDeliverer:
    """Posts a document with its file name; the same document bears the same Idempotency-Key every time."""

    config_dir: Path
    secrets: Secrets

    def deliver(self, name: str, content: bytes, media_type: str, partner: PartnerProfile) -> str:
        """Post the document, and return where it went.

        Raises:
            DeliveryRefusedError: no address, no secret, or an answer that says no (3xx, 4xx).
            UnavailableError: no answer in time, or one that says later (5xx, 408, 429).
        """
        profile = partner.http
        if profile is None:
            raise DeliveryRefusedError("the partner's profile names no address", partner=partner.key)
        if not is_plain(name):
            raise DeliveryRefusedError("not a file name", name=name[:100])
        headers = {
            "Content-Type": media_type,
            "Content-Disposition": f'attachment; filename="{name.encode("ascii", "replace").decode("ascii")}"',
            "Idempotency-Key": hashlib.sha256(name.encode() + b"\0" + content).hexdigest(),
            **self._credentials(partner.key, profile),
        }
        status = self._post(profile, partner, headers, content)
        if status // 100 == 2:
            return f"http:{profile.url}"
        host = httpx.URL(profile.url).host
        if status in _LATER or status >= 500:
            raise UnavailableError(
                "the partner's server answered: later", partner=partner.key, host=host, status=status
            )
        raise DeliveryRefusedError("the partner's server said no", partner=partner.key, host=host, status=status)

    def _post(self, profile: HttpProfile, partner: PartnerProfile, headers: dict[str, str], content: bytes) -> int:
        verify = trusted(self.config_dir / "partners" / partner.key, profile.ca_file)
        try:
            with (
                httpx.Client(verify=verify, timeout=profile.timeout_seconds, trust_env=False) as client,
                client.stream("POST", profile.url, content=content, headers=headers) as answer,
            ):
                return answer.status_code  # the rest of the answer is not read
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnavailableError(
                "the partner's server did not answer",
                partner=partner.key,
                host=httpx.URL(profile.url).host,
                reason=type(error).__name__,
            ) from error

    def _credentials(self, partner: str, profile: HttpProfile) -> dict[str, str]:
        if profile.auth == "none":
            return {}
        name = "http.api_key" if profile.auth == "api_key" else "http.password"
        secret = self.secrets.get(partner, name)
        if secret is None:
            raise DeliveryRefusedError(f"no secret for the partner's server: give {variable_of(partner, name)}")
        text = secret.get_secret_value()
        if profile.auth == "basic":
            request = httpx.Request("POST", profile.url)
            flow = httpx.BasicAuth(profile.username or "", text).auth_flow(request)
            return {"Authorization": next(flow).headers["Authorization"]}
        return {profile.header: f"Bearer {text}" if profile.header.lower() == "authorization" else text}


def trusted(folder: Path, ca_file: str | None) -> ssl.SSLContext:
    """Return what decides whether a server is who it says: the partner's own authority, or the system's.

    Raises:
        DeliveryRefusedError: the file is missing, or holds no certificates.
    """
    try:
        return ssl.create_default_context(cafile=str(folder / ca_file) if ca_file else None)
    except OSError as error:  # ssl.SSLError is one
        raise DeliveryRefusedError("the file of trusted certificates cannot be read", file=ca_file) from error
