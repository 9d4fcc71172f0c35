"""The two parties of an AS2 exchange, with their keys and certificates, read from files when they are used."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from orderwire.config.channels import As2Profile
from orderwire.config.profile import PartnerProfile
from orderwire.config.settings import Settings
from orderwire.connectors.channels.as2_library import library
from orderwire.errors import DeliveryRefusedError

#: A certificate that holds no longer than this is to be renewed.
RENEW: Final = timedelta(days=30)
_MDN_MODES: Final = {"sync": "SYNC", "async": "ASYNC", "none": None}


@dataclass(frozen=True, slots=True)
class Expiry:
    """Until when a certificate holds."""

    whose: str
    until: datetime | None  # None: it cannot be read
    problem: str | None = None


@dataclass(frozen=True)
class As2Parties:
    """Makes pyas2lib's organization (we) and partner (they) from settings and profile."""

    settings: Settings

    def ours(self, profile: As2Profile) -> Any:
        """Return us, as this partner knows us.

        Raises:
            DeliveryRefusedError: no name, or no key that can be read.
        """
        as2 = self.settings.as2
        name = profile.ours or as2.name
        if name is None or as2.key_file is None:
            raise DeliveryRefusedError("we do not speak AS2: set as2.name and as2.key_file")
        key = _read(as2.key_file)
        password = as2.key_password.get_secret_value() if as2.key_password else None
        try:
            return library("pyas2lib.as2").Organization(
                as2_name=name,
                sign_key=key,
                sign_key_pass=password,
                decrypt_key=key,
                decrypt_key_pass=password,
                mdn_url=as2.url,
                domain=(urlsplit(as2.url).hostname if as2.url else None) or "orderwire",
            )
        except Exception as error:
            raise DeliveryRefusedError("our AS2 key cannot be read", file=as2.key_file.name) from error

    def theirs(self, partner: PartnerProfile, profile: As2Profile) -> Any:
        """Return the partner. Its certificate is the one in the file and no other, so no authority is asked.

        Raises:
            DeliveryRefusedError: no certificate that can be read.
        """
        certificate = _read(self._file(partner, profile))
        try:
            library("oscrypto.asymmetric").load_certificate(certificate)
        except Exception as error:
            raise DeliveryRefusedError("the partner's certificate cannot be read", file=profile.certificate) from error
        return library("pyas2lib.as2").Partner(
            as2_name=profile.name,
            verify_cert=certificate,
            encrypt_cert=certificate,
            validate_certs=False,
            compress=profile.compress,
            sign=profile.sign,
            digest_alg=profile.digest,
            encrypt=profile.encrypt,
            enc_alg=profile.cipher,
            mdn_mode=_MDN_MODES[profile.mdn],
            mdn_digest_alg=profile.digest if profile.mdn_signed else None,
        )

    def expiries(self, partner: PartnerProfile, profile: As2Profile) -> Iterator[Expiry]:
        """Yield until when the partner's certificate holds, and ours."""
        try:
            certificate = library("oscrypto.asymmetric").load_certificate(_read(self._file(partner, profile)))
            yield Expiry(profile.name, _until(certificate))
        except Exception as error:  # noqa: BLE001  whatever it is, people want to read it beside the others
            yield Expiry(profile.name, None, str(error))
        try:
            ours = self.ours(profile)
            yield Expiry(ours.as2_name, _until(ours.sign_key[1]))
        except DeliveryRefusedError as error:
            yield Expiry("ours", None, str(error))

    def _file(self, partner: PartnerProfile, profile: As2Profile) -> Path:
        return self.settings.config_dir / "partners" / partner.key / profile.certificate


def ending(settings: Settings, profiles: Iterable[PartnerProfile], now: datetime) -> Iterator[tuple[str, Expiry]]:
    """Yield each certificate that is to be renewed, or cannot be read, with the partner's key."""
    parties = As2Parties(settings)
    for profile in profiles:
        for expiry in parties.expiries(profile, profile.as2) if profile.as2 else ():
            if expiry.until is None or expiry.until - now < RENEW:
                yield profile.key, expiry


def _until(certificate: Any) -> datetime:
    until: datetime = certificate.asn1.not_valid_after
    return until.astimezone(UTC)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DeliveryRefusedError("a key or certificate cannot be read", file=file.name) from error
