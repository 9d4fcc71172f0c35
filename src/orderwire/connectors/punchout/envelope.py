"""The cXML envelope: who sends what to whom; lenient where real systems are."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from lxml import etree

from orderwire.connectors.punchout.document import XmlDocument
from orderwire.connectors.punchout.elements import text_of
from orderwire.connectors.punchout.finding import reject, warn
from orderwire.ports.intake import Finding

_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


class DocumentKind(StrEnum):
    """What stands in cXML, of which there is exactly one."""

    REQUEST = "Request"
    MESSAGE = "Message"
    RESPONSE = "Response"


@dataclass(frozen=True, slots=True)
class CredentialMac:
    """Proof of the shared secret without showing it."""

    kind: str
    algorithm: str
    created: str
    expires: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    domain: str
    identity: str
    secret: str | None = field(default=None, repr=False)
    mac: CredentialMac | None = None

    def __str__(self) -> str:
        return f"{self.domain}:{self.identity}"


@dataclass(frozen=True, slots=True)
class Status:
    code: str
    text: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One document. Credentials of a marketplace are left out: they name nobody."""

    kind: DocumentKind
    name: str  # OrderRequest, PunchOutOrderMessage …; '': a Response with nothing but its Status
    payload_id: str
    timestamp: str  # as it came
    version: str
    lang: str
    sender: tuple[Credential, ...]
    from_: tuple[Credential, ...]
    to: tuple[Credential, ...]
    user_agent: str
    deployment_mode: Literal["production", "test"]
    in_reply_to: str | None
    status: Status | None
    body: etree._Element | None  # the OrderRequest; None: a Response with nothing but its Status
    carrier: etree._Element  # the Request, Message or Response around it
    findings: tuple[Finding, ...] = ()

    @property
    def test(self) -> bool:
        return self.deployment_mode == "test"


def read_envelope(document: XmlDocument) -> Envelope | Finding:
    """Read who sends what to whom, or say why that cannot be told."""
    root = document.root
    if root.tag != "cXML":
        return reject("not_cxml", f"The root element is {root.tag[:80]}, not cXML", root.tag[:80])
    carriers = [child for child in root if child.tag in set(DocumentKind)]
    if len(carriers) != 1:
        return reject("not_cxml", f"There are {len(carriers)} of Request, Message and Response; one is wanted", "cXML")
    carrier = carriers[0]
    kind = DocumentKind(carrier.tag)
    bodies = [child for child in carrier if child.tag != "Status"]
    if len(bodies) > 1 or (not bodies and kind is not DocumentKind.RESPONSE):
        return reject("not_cxml", f"There are {len(bodies)} documents in {kind}; one is wanted", f"cXML/{kind}")
    header = root.find("Header")
    if header is None and kind is not DocumentKind.RESPONSE:
        return reject("not_cxml", "There is no Header", "cXML/Header")
    return _envelope(root, header, kind, carrier, bodies[0] if bodies else None)


def _envelope(
    root: etree._Element,
    header: etree._Element | None,
    kind: DocumentKind,
    carrier: etree._Element,
    body: etree._Element | None,
) -> Envelope:
    parties = {role: _credentials(header, role) for role in ("From", "To", "Sender")}
    status = carrier.find("Status")
    return Envelope(
        kind=kind,
        name=body.tag if body is not None else "",
        payload_id=root.get("payloadID", "").strip(),
        timestamp=root.get("timestamp", ""),
        version=root.get("version", ""),
        lang=root.get(_LANG, ""),
        sender=parties["Sender"],
        from_=parties["From"],
        to=parties["To"],
        user_agent=text_of(header, "Sender/UserAgent"),
        deployment_mode="test" if carrier.get("deploymentMode", "").strip().lower() == "test" else "production",
        in_reply_to=carrier.get("inReplyTo"),
        status=None if status is None else Status(status.get("code", ""), status.get("text", ""), text_of(status)),
        body=body,
        carrier=carrier,
        findings=tuple(_findings(root, header, kind, parties)),
    )


def _credentials(header: etree._Element | None, role: str) -> tuple[Credential, ...]:
    found = header.iterfind(f"{role}/Credential") if header is not None else ()
    return tuple(_credential(each) for each in found if each.get("type", "").strip() != "marketplace")


def _credential(element: etree._Element) -> Credential:
    secret, mac = element.find("SharedSecret"), element.find("CredentialMac")
    return Credential(
        domain=element.get("domain", "").strip(),
        identity=text_of(element, "Identity"),
        secret=None if secret is None else text_of(secret),
        mac=None
        if mac is None
        else CredentialMac(
            mac.get("type", ""),
            mac.get("algorithm", ""),
            mac.get("creationDate", ""),
            mac.get("expirationDate", ""),
            text_of(mac),
        ),
    )


def _findings(
    root: etree._Element, header: etree._Element | None, kind: DocumentKind, parties: dict[str, tuple[Credential, ...]]
) -> list[Finding]:
    """Tell of what the DTD asks for and real systems leave out."""
    found = []
    if not root.get("payloadID", "").strip():
        found.append(warn("missing", "There is no payloadID: a document sent again is not known by it", "cXML"))
    if not root.get("timestamp", "").strip():
        found.append(warn("missing", "There is no timestamp", "cXML"))
    if kind is DocumentKind.RESPONSE:
        return found
    unnamed = (role for role, some in parties.items() if not some)
    found += [warn("missing", f"{role} has no Credential", f"cXML/Header/{role}") for role in unnamed]
    if header is not None and header.find("Sender/UserAgent") is None:
        found.append(warn("missing", "Sender has no UserAgent", "cXML/Header/Sender"))
    return found
