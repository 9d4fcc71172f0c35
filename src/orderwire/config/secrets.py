"""Secrets by name: ORDERWIRE_PARTNERS__<KEY>__SFTP__PASSWORD, or that name with _FILE for a file that holds it."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from orderwire.config.profile import PartnerProfile
from orderwire.config.variables import FILE_SUFFIX, PREFIX

#: Every secret of a partner, by its place below the partner, with what it is.
KNOWN: Final[Mapping[str, str]] = {
    "sftp.password": "Password on the partner's SFTP server",
    "sftp.key": "Private key for it, OpenSSH or PEM",
    "sftp.key_passphrase": "What the private key is locked with",
    "cxml.shared_secret": "SharedSecret by which the partner, or its hub, proves who it is",
    "cxml.our_secret": "SharedSecret by which we prove who we are; none: `cxml.shared_secret`",
    "http.api_key": "API key the partner gave us",
    "http.password": "Password of `http.username`",
}
_STEM: Final = PREFIX + "PARTNERS__"
#: Password of `smtp.username` in alerts.yaml.
SMTP_PASSWORD: Final = PREFIX + "ALERTS__SMTP__PASSWORD"
_RECEIVERS: Final = PREFIX + "ALERTS__RECEIVERS__"


def variable_of(partner: str, name: str) -> str:
    """Return the variable of a partner's secret."""
    return f"{_STEM}{partner}.{name}".replace(".", "__").replace("-", "_").upper()


def signing_variable(receiver: str) -> str:
    """Return the variable of the secret by which alerts to a receiver's webhook are signed."""
    return f"{_RECEIVERS}{receiver}__SECRET".replace("-", "_").upper()


class Secrets:
    """Reads secrets when they are used, so that a new password needs no restart."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def get(self, partner: str, name: str) -> SecretStr | None:
        """Return a secret of `KNOWN`; None: it is not given, is empty, or its file cannot be read."""
        return self.named(variable_of(partner, name))

    def named(self, variable: str) -> SecretStr | None:
        """Return what a variable, or the file that it names, holds; None: as for `get`."""
        text = self._variables.get(variable)
        if not text and (file := self._variables.get(variable + FILE_SUFFIX)):
            text = _read(file)
        return SecretStr(text) if text else None


def missing(profile: PartnerProfile, secrets: Secrets) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each way to the partner that lacks its secret, with the variables of which one would do."""
    wanted: dict[str, tuple[str, ...]] = {}
    if profile.sftp is not None:
        wanted["sftp"] = ("sftp.password", "sftp.key")
    if profile.http is not None and profile.http.auth != "none":
        wanted["http"] = ("http.api_key" if profile.http.auth == "api_key" else "http.password",)
    if profile.cxml is not None and profile.cxml.shared_secret_sha256 is None:
        wanted["cxml"] = ("cxml.shared_secret",)
    for way, names in wanted.items():
        if not any(secrets.get(profile.key, name) for name in names):
            yield way, tuple(variable_of(profile.key, name) for name in names)


def is_secret(variable: str) -> bool:
    """Tell whether a variable is named as a secret of some partner or receiver of alerts, whoever that is."""
    name = variable.upper().removesuffix(FILE_SUFFIX)
    if name == SMTP_PASSWORD or (name.startswith(_RECEIVERS) and name.endswith("__SECRET")):
        return True
    return name.startswith(_STEM) and any(name.endswith(ending) for ending in _endings())


def _endings() -> Iterable[str]:
    return (f"__{name.replace('.', '__')}".upper() for name in KNOWN)


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError):  # ValueError: not UTF-8, or a null character in the path
        return None
