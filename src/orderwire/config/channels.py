"""How bytes travel to and from a partner: SFTP, HTTP, AS2, and when which acknowledgement is due. No secrets."""

from ipaddress import ip_address
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from orderwire.config.section import Section


def _below(path: str) -> str:
    if ".." in PureWindowsPath(path).parts or PurePosixPath(path).is_absolute() or PureWindowsPath(path).anchor:
        raise ValueError("must be a path below its folder")
    return path


def _web_address(url: str) -> str:
    parts = urlsplit(url)  # ValueError: no address at all
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("must be an https:// address")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must be an https:// address: http:// is for this machine alone")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    return url


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


#: A path that stays below the folder it is relative to.
PathBelow = Annotated[str, Field(min_length=1), AfterValidator(_below)]
#: https, and on the machine itself http.
WebAddress = Annotated[str, AfterValidator(_web_address)]
Seconds = Annotated[float, Field(gt=0)]
Minutes = Annotated[int, Field(gt=0)]
#: Printable, without quotes and backslashes (RFC 4130, 6.2).
As2Name = Annotated[str, Field(pattern=r"^[\x20\x21\x23-\x5b\x5d-\x7e]{1,128}$")]


class SftpProfile(Section):
    host: str = Field(min_length=1, description="The partner's server")
    port: int = Field(default=22, ge=1, le=65535, description="Of the server")
    username: str = Field(min_length=1, description="Password or private key: a variable, see below")
    host_keys: tuple[Annotated[str, Field(pattern=r"^[a-z0-9@.-]+ [A-Za-z0-9+/]+=*$")], ...] = Field(
        min_length=1, description="The server's public keys, e.g. `ssh-ed25519 AAAA…`; any other server is refused"
    )
    inbox: str | None = Field(default=None, min_length=1, description="Remote folder we read; None: none")
    outbox: str | None = Field(default=None, min_length=1, description="Remote folder we write; None: none")
    done: str | None = Field(
        default="done", min_length=1, description="Where files go that were taken in, from the inbox; None: deleted"
    )
    refused: str = Field(default="refused", min_length=1, description="Where refused files go, from the inbox")
    poll_seconds: Seconds = Field(default=60, description="Time between looks into the inbox")
    settle_seconds: Seconds = Field(default=5, description="A file is finished when it has not changed for so long")
    timeout_seconds: Seconds = Field(default=20, description="To connect, to log in, and for each answer")


class HttpProfile(Section):
    url: WebAddress = Field(description="Documents are sent there by POST")
    auth: Literal["none", "api_key", "basic"] = Field(
        default="api_key", description="The secret: a variable, see below"
    )
    header: str = Field(default="X-Api-Key", pattern=r"^[A-Za-z0-9-]+$", description="api_key: the header it goes in")
    username: str | None = Field(default=None, min_length=1, description="basic: the user")
    ca_file: PathBelow | None = Field(
        default=None, description="Certificates to trust, in the partner's folder; None: the system's"
    )
    timeout_seconds: Seconds = Field(default=30, description="To connect, and for the answer")


class As2Profile(Section):
    name: As2Name = Field(description="AS2 name of the partner")
    ours: As2Name | None = Field(default=None, description="AS2 name the partner knows us by; None: as2.name")
    url: WebAddress | None = Field(default=None, description="Where the partner takes messages; None: takes none")
    certificate: PathBelow = Field(description="PEM file in the partner's folder: the partner's certificate")
    sign: bool = Field(default=True, description="Sign what we send, and take in nothing unsigned")
    encrypt: bool = Field(default=True, description="Encrypt what we send, and take in nothing that is not")
    compress: bool = Field(default=False, description="Compress what we send")
    digest: Literal["sha1", "sha256", "sha384", "sha512"] = Field(default="sha256", description="Of signatures")
    cipher: Literal["aes_128_cbc", "aes_256_cbc", "tripledes_192_cbc"] = Field(
        default="aes_256_cbc", description="Of encryption"
    )
    mdn: Literal["sync", "async", "none"] = Field(default="sync", description="Receipt we ask for")
    mdn_signed: bool = Field(default=True, description="Whether the receipt must be signed")
    mdn_url: WebAddress | None = Field(
        default=None, description="Where receipts may go that the partner wants sent later; None: the host of `url`"
    )
    ca_file: PathBelow | None = Field(
        default=None, description="Certificates to trust for https, in the partner's folder; None: the system's"
    )
    timeout_seconds: Seconds = Field(default=60, description="To connect, and for the answer")


class DueProfile(Section):
    """When acknowledgements are late. None: nobody waits for one."""

    contrl_minutes: Minutes | None = Field(default=60, description="Our CONTRL, after it is owed")
    ordrsp_minutes: Minutes | None = Field(
        default=1440, description="Our answer (ORDRSP, in cXML ConfirmationRequest), after the order came"
    )
    their_contrl_minutes: Minutes | None = Field(
        default=None, description="The partner's CONTRL, after delivery; None: the partner sends none"
    )
    their_mdn_minutes: Minutes | None = Field(default=120, description="A receipt that comes later (AS2, async)")
