"""Who is let in: the Sender proves a secret, From is a partner it may speak for, To is us."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from orderwire.config.cxml import CxmlIdentity, CxmlProfile
from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.config.secrets import Secrets
from orderwire.connectors.punchout.elements import to_instant
from orderwire.connectors.punchout.envelope import Credential, CredentialMac, Envelope
from orderwire.connectors.punchout.finding import reject
from orderwire.ports.intake import Finding

#: Clocks may differ by so much.
_SKEW: Final = timedelta(minutes=5)
_MAC_BYTES: Final = 12


@dataclass(frozen=True)
class Door:
    """Decides on one envelope after another."""

    partners: Partners
    secrets: Secrets

    def admit(self, envelope: Envelope, now: datetime) -> PartnerProfile | Finding:
        """Return the partner that sends, or the refusal.

        Who cannot prove a secret learns nothing but that: not whether a name is known.
        """
        proven = [
            (profile, profile.cxml)
            for profile in self.partners.all()
            if profile.cxml is not None and self._proves(envelope, profile.key, profile.cxml, now)
        ]
        if not proven:
            return reject("credentials", "The Sender's credentials are not known here", "cXML/Header/Sender")
        meant = [(profile, cxml) for profile, cxml in proven if _names(cxml.identities, envelope.from_)]
        if len(meant) != 1:
            return reject("not_authorised", "The Sender may not speak for the party in From", "cXML/Header/From")
        [(partner, cxml)] = meant
        if not _names(cxml.ours, envelope.to):
            return reject("wrong_recipient", "The party in To is nobody here", "cXML/Header/To")
        return partner

    def _proves(self, envelope: Envelope, key: str, cxml: CxmlProfile, now: datetime) -> bool:
        known = [each for each in envelope.sender if _names((*cxml.identities, *cxml.hubs), (each,))]
        secret = self.secrets.get(key, "cxml.shared_secret") if known else None
        ours = secret.get_secret_value().strip() if secret is not None else None
        return any(
            _shows(each, ours, cxml.shared_secret_sha256) or _proves_by_mac(each, envelope.from_, ours, now)
            for each in known
        )


def sent_by(envelope: Envelope, partners: Iterable[PartnerProfile]) -> PartnerProfile | None:
    """Return the one partner that From names; nothing is proved by it."""
    found = [each for each in partners if each.cxml is not None and _names(each.cxml.identities, envelope.from_)]
    return found[0] if len(found) == 1 else None


def mac_of(secret: str, from_: Credential, sender: Credential, created: str, expires: str) -> str:
    """Return the CredentialMac of HMAC-SHA1-96 (cXML 1.2, User's Guide, message authentication code)."""
    names = (from_.domain, from_.identity, sender.domain, sender.identity)
    data = b"".join(part.encode() + b"\0" for part in (*(name.lower() for name in names), created, expires))
    return base64.b64encode(hmac.digest(secret.encode(), data, "sha1")[:_MAC_BYTES]).decode()


def _names(known: Iterable[CxmlIdentity], credentials: Iterable[Credential]) -> bool:
    named = [(credential.domain, credential.identity) for credential in credentials]
    return any(one.is_named(domain, identity) for one in known for domain, identity in named)


def _shows(credential: Credential, secret: str | None, digest: str | None) -> bool:
    """Compare with the secret where we have it, else with its digest."""
    if credential.secret is None:
        return False
    if secret is not None:
        return _same(credential.secret, secret)
    return digest is not None and _same(hashlib.sha256(_bytes(credential.secret)).hexdigest(), digest)


def _proves_by_mac(sender: Credential, from_: Iterable[Credential], secret: str | None, now: datetime) -> bool:
    mac = sender.mac
    if mac is None or secret is None or not _is_current(mac, now):
        return False
    return any(_same(mac.value, mac_of(secret, each, sender, mac.created, mac.expires)) for each in from_)


def _is_current(mac: CredentialMac, now: datetime) -> bool:
    if (mac.kind, mac.algorithm) != ("FromSenderCredentials", "HMAC-SHA1-96"):
        return False
    created, expires = to_instant(mac.created), to_instant(mac.expires)
    return created is not None and expires is not None and created <= now + _SKEW and now < expires


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(_bytes(given), _bytes(wanted))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
