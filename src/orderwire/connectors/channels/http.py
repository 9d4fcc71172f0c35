"""HTTP: documents are posted to the partner's address."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from orderwire.config.authorities import trusted
from orderwire.config.channels import HttpProfile
from orderwire.config.profile import PartnerProfile
from orderwire.config.secrets import Secrets, variable_of
from orderwire.connectors.channels.names import is_plain
from orderwire.connectors.channels.posting import Posting
from orderwire.errors import DeliveryRefusedError
from orderwire.ports.intake import Delivered

_MAX_ANSWER_BYTES: Final = 64 * 1024


@dataclass(frozen=True)
class HttpDeliverer:
    """Posts a document with its file name; the same document bears the same Idempotency-Key every time."""

    config_dir: Path
    secrets: Secrets

    def deliver(self, name: str, content: bytes, media_type: str, partner: PartnerProfile) -> str | Delivered:
        """Post the document, and return where it went; of XML also what was answered, for cXML says there how it went.

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
        whom = trusted(self.config_dir / "partners" / partner.key, profile.ca_file)
        posting, via = Posting(partner.key, profile.url, whom, profile.timeout_seconds), f"http:{profile.url}"
        if not media_type.startswith("text/xml"):
            posting.send(headers, content)
            return via
        return Delivered(via, answer=posting.send(headers, content, answer_bytes=_MAX_ANSWER_BYTES).content)

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
