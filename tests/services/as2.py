"""An independent AS2 party: libas2 on Node.js does its MIME and its cryptography."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import SecretStr

from fakes.documents import a_partner
from orderwire.config.profile import PartnerProfile
from orderwire.config.settings import As2Settings, Settings, StoreSettings
from services.partner_server import make_certificate

#: Later versions of pkijs take an RSA key for one that only encrypts.
_PACKAGES: Final = ("libas2@0.8.2", "pkijs@2.1.90", "asn1js@2.0.26")
#: The way most AS2 parties wrap their keys, which Node.js otherwise refuses to unwrap.
_OPTIONS: Final = ("--security-revert=CVE-2023-46809",)
_ROOT: Final = Path(__file__).resolve().parents[2]
_MODULES: Final = _ROOT / "build/node/as2"
_SCRIPT: Final = Path(__file__).with_name("as2_peer.js")
_ENVELOPED: Final = {"Content-Type": "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"}


def require() -> Path:
    """Return where the package is installed, or skip; in CI, fail."""
    if (_MODULES / "node_modules/libas2").is_dir():
        return _MODULES
    reason = "node and npm are needed for the AS2 peer" if not shutil.which("npm") else _install()
    if reason is None:
        return _MODULES
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _install() -> str | None:
    """Install the package, and return why that failed."""
    _MODULES.mkdir(parents=True, exist_ok=True)
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-save")
    command = ("npm", "install", "--prefix", _MODULES, *options, *_PACKAGES)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, cwd=_MODULES)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"libas2 cannot be installed: {error}"
    return None if done.returncode == 0 else f"libas2 cannot be installed: {done.stderr[-300:]}"


@dataclass(frozen=True)
class Entity:
    """Head and body, as HTTP carries them."""

    headers: dict[str, str]
    content: bytes


@dataclass(frozen=True)
class As2Peer:
    """The partner. `us` is Orderwire, as the partner knows it."""

    certificate: Path
    key: Path
    ours: Path
    url: str = "http://127.0.0.1:1/"
    them: str = "BAUMARKT"
    us: str = "NORTHWIND"

    def open(self, entity: Entity) -> tuple[bool, bytes, Entity]:
        """Decrypt and verify what we sent: whether it is good, what is in it, and the receipt for it."""
        answer = self._run("open", **_written(entity))
        return answer["processed"], base64.b64decode(answer["content"]), _read(answer["receipt"])

    def compose(self, content: bytes, filename: str, message_id: str, **headers: str) -> Entity:
        """Sign a document with libas2, and encrypt it for us with OpenSSL: libas2's own way few can read."""
        return self.encrypted(self.signed(content, filename), message_id, **headers)

    def signed(self, content: bytes, filename: str) -> bytes:
        """Sign a document, and return the MIME entity."""
        given = {"content": base64.b64encode(content).decode(), "filename": filename}
        inner = _read(self._run("compose", **given))
        kept = {name: text for name, text in inner.headers.items() if name.lower().startswith("content-")}
        return "".join(f"{name}: {text}\r\n" for name, text in kept.items()).encode() + b"\r\n" + inner.content

    def encrypted(self, whole: bytes, message_id: str, **headers: str) -> Entity:
        """Encrypt a MIME entity for us, and put the head of an AS2 message before it."""
        command = ("openssl", "cms", "-encrypt", "-binary", "-aes-256-cbc", "-outform", "DER", self.ours)
        done = subprocess.run(command, input=whole, capture_output=True, timeout=60, check=True)
        return Entity({**self.head(message_id), **_ENVELOPED, **headers}, done.stdout)

    def head(self, message_id: str) -> dict[str, str]:
        """Return the head of an AS2 message that asks for a signed receipt."""
        return {
            "AS2-Version": "1.0",
            "AS2-From": self.them,
            "AS2-To": self.us,
            "Message-ID": f"<{message_id}>",
            "Disposition-Notification-To": self.them,
            "Disposition-Notification-Options": "signed-receipt-protocol=required,pkcs7-signature; "
            "signed-receipt-micalg=required,sha-256",
        }

    def receipt(self, entity: Entity) -> dict[str, Any]:
        """Verify a receipt of ours, and read it."""
        return self.receipts([entity])[0]

    def receipts(self, entities: Sequence[Entity]) -> list[dict[str, Any]]:
        """Verify receipts of ours, and read them; in one go, for Node.js takes long to start."""
        answers: list[dict[str, Any]] = self._run("receipts", receipts=[_written(entity) for entity in entities])
        return answers

    def _run(self, command: str, **told: Any) -> Any:
        given = {
            "command": command,
            "certificate": self.certificate.read_text(),
            "key": self.key.read_text(),
            "ours": self.ours.read_text(),
            "url": self.url,
            "them": self.them,
            "us": self.us,
            "later": False,
            **told,
        }
        done = subprocess.run(
            ("node", *_OPTIONS, _SCRIPT),
            input=json.dumps(given).encode(),
            env={"PATH": os.environ["PATH"], "NODE_PATH": str(require() / "node_modules")},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout.splitlines()[-1])  # before it stands a warning


def _written(entity: Entity) -> dict[str, Any]:
    return {"headers": entity.headers, "content": base64.b64encode(entity.content).decode()}


def _read(answer: Mapping[str, Any]) -> Entity:
    return Entity(dict(answer["headers"]), base64.b64decode(answer["content"]))


@dataclass(frozen=True)
class Exchange:
    """Both parties with their keys, and what Orderwire knows: a folder of configuration and its settings."""

    peer: As2Peer
    settings: Settings

    @classmethod
    def made(cls, folder: Path) -> "Exchange":
        require()
        theirs = folder / "partners/baumarkt"
        theirs.mkdir(parents=True)
        certificate, key = make_certificate(theirs, "theirs")
        ours, our_key = make_certificate(folder, "ours")
        both = folder / "both.pem"
        both.write_text(our_key.read_text() + ours.read_text())
        as2 = As2Settings(name="NORTHWIND", key_file=both, url="https://orderwire.example.com/as2")
        settings = Settings(
            config_dir=folder,
            data_dir=folder,
            as2=as2,
            store=StoreSettings(url=SecretStr(f"sqlite:///{folder}/orderwire.db")),
        )
        return cls(As2Peer(certificate, key, ours), settings)

    def profile(self, **changes: Any) -> PartnerProfile:
        section = {"name": "BAUMARKT", "certificate": "theirs.pem", "timeout_seconds": 10, **changes}
        return a_partner(folder=None, as2=section)
