"""How a partner's procurement system speaks cXML with us: who is who, and what it is used to. No secrets."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from orderwire.config.section import Section

#: Documents that we write, but for responses. A decided order is told of in one of the first two.
CxmlKind = Literal["ConfirmationRequest", "StatusUpdateRequest", "ShipNoticeRequest", "InvoiceDetailRequest"]


class CxmlIdentity(Section):
    """A Credential: its domain and its Identity. Upper and lower case are one."""

    domain: str = Field(min_length=1, description="E.g. NetworkID, DUNS, AribaNetworkUserId")
    identity: str = Field(min_length=1, description="The number or name in that domain")

    def is_named(self, domain: str, identity: str) -> bool:
        """Tell whether a Credential names this one."""
        return (self.domain.casefold(), self.identity.casefold()) == (domain.casefold(), identity.casefold())


class CxmlProfile(Section):
    """Secrets are variables: see below."""

    identities: tuple[CxmlIdentity, ...] = Field(min_length=1, description="Under which the partner stands in From")
    ours: tuple[CxmlIdentity, ...] = Field(
        min_length=1, description="Under which the partner knows us, in To; the first stands in From of what we send"
    )
    hubs: tuple[CxmlIdentity, ...] = Field(
        default=(), description="Senders that may speak for the partner, e.g. a network; the shared secret is theirs"
    )
    shared_secret_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        default=None,
        description="SHA-256 of the partner's SharedSecret, in hex, instead of the variable; proves no CredentialMac",
    )
    deployment_mode: Literal["production", "test"] = Field(
        default="production", description="test: everything the partner sends is a test, and so is what we send"
    )
    version: Annotated[str, Field(pattern=r"^1\.[0-9]\.[0-9]{3}$")] = Field(
        default="1.2.050", description="DTD version that our documents name, e.g. 1.2.014 for a system pinned to it"
    )
    lang: str = Field(default="en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$", description="xml:lang of what we say")
    send: tuple[CxmlKind, ...] = Field(
        default=("ConfirmationRequest",), description="Kinds of document that the partner takes from us"
    )
    confirm: Literal["lines", "header"] = Field(
        default="lines", description="header: whole orders are accepted or refused without naming their lines"
    )

    @property
    def answer(self) -> CxmlKind | None:
        """Return the kind of document that tells of a decided order; None: the partner takes none."""
        kinds: tuple[CxmlKind, ...] = ("ConfirmationRequest", "StatusUpdateRequest")
        return next((kind for kind in kinds if self.takes(kind)), None)

    def takes(self, kind: CxmlKind) -> bool:
        """Tell whether the partner takes a kind of document."""
        return kind in self.send


class CxmlSettings(Section):
    dtd_dir: Path | None = Field(
        default=None,
        description="Folder with cXML.dtd and the others: what they have against documents is told, and is no gate",
    )
