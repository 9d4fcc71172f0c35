"""cXML documents as bytes: plain ASCII, every other character a reference, so that no charset can spoil them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import uuid4

from lxml import etree
from pydantic import SecretStr

from orderwire import __version__
from orderwire.config.cxml import CxmlIdentity, CxmlProfile

MEDIA_TYPE: Final = "text/xml; charset=UTF-8"
USER_AGENT: Final = f"Orderwire {__version__}"
#: Of Responses, which name nobody's DTD but a recent one.
DEFAULT_VERSION: Final = "1.2.050"

_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
#: What XML 1.0 cannot hold, not even as a reference.
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Status text by code (cXML 1.2, User's Guide).
_TEXTS: Final = {
    200: "OK",
    201: "Accepted",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    406: "Not Acceptable",
    409: "Conflict",
    412: "Precondition Failed",
    417: "Expectation Failed",
    450: "Not Implemented",
    499: "Document Size Error",
    500: "Internal Server Error",
    560: "Temporary Server Error",
}

Content = str | etree._Element | None  # noqa: SLF001  lxml has no other name for it
Dtd = Literal["cXML.dtd", "Fulfill.dtd", "InvoiceDetail.dtd"]


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands around a document of ours."""

    profile: CxmlProfile
    payload_id: str
    now: datetime
    secret: SecretStr | None = None
    test: bool = False
    dtd: Dtd = "cXML.dtd"
    in_reply_to: str | None = None


def new_payload_id(now: datetime) -> str:
    """Return the id of a document that is made once and never again."""
    return f"{now:%Y%m%d%H%M%S}.{uuid4()}@orderwire"


def element(tag: str, *content: Content, lang: str | None = None, **attributes: str | None) -> etree._Element:
    """Make an element; None among its content or attributes is left out."""
    made = etree.Element(tag, {name: _writable(value) for name, value in attributes.items() if value is not None})
    if lang is not None:
        made.set(_LANG, lang)
    for part in content:
        if isinstance(part, str):
            if len(made):
                made[-1].tail = (made[-1].tail or "") + _writable(part)
            else:
                made.text = (made.text or "") + _writable(part)
        elif part is not None:
            made.append(part)
    return made


def elements(tag: str, texts: Iterable[str]) -> list[etree._Element]:
    """Make one element for each text."""
    return [element(tag, text) for text in texts]


def instant(when: datetime) -> str:
    """Write an instant with its offset as ±hh:mm; Z is not allowed (User's Guide)."""
    return when.replace(microsecond=0).isoformat()


def day(when: date) -> str:
    """Write a day as an instant, at noon UTC, which is the same day for all but a few."""
    return f"{when.isoformat()}T12:00:00+00:00"


def number(value: Decimal) -> str:
    """Write a number without exponent."""
    return f"{value or Decimal(0):f}"  # never -0


def money(tag: str, amount: Decimal, currency: str) -> etree._Element:
    """Make an element that holds Money."""
    return element(tag, element("Money", number(amount), currency=currency))


def status(code: int, text: str = "", lang: str | None = None) -> etree._Element:
    """Make a Status; `text` says more than the code's own words."""
    return element("Status", text or None, code=str(code), text=_TEXTS.get(code, "Error"), lang=lang)


def credential(who: CxmlIdentity, secret: SecretStr | None = None) -> etree._Element:
    """Make a Credential, with its proof where there is one."""
    proof = element("SharedSecret", secret.get_secret_value()) if secret is not None else None
    return element("Credential", element("Identity", who.identity), proof, domain=who.domain)


def write_request(body: etree._Element, heading: Heading) -> bytes:
    """Return a Request from us to the partner."""
    return _write_headed("Request", (body,), heading)


def write_message(body: etree._Element, heading: Heading, code: int | None = None) -> bytes:
    """Return a Message from us to the partner, with a Status where `code` is given."""
    said = status(code) if code is not None else None
    return _write_headed("Message", (said, body), heading)


def write_response(
    said: etree._Element, payload_id: str, now: datetime, body: etree._Element | None = None, version: str = ""
) -> bytes:
    """Return a Response; it has no Header."""
    root = _root(payload_id, now, version or DEFAULT_VERSION)
    root.append(element("Response", said, body))
    return _bytes(root, "cXML.dtd", version or DEFAULT_VERSION)


def _write_headed(kind: str, content: Iterable[Content], heading: Heading) -> bytes:
    profile = heading.profile
    ours, theirs = profile.ours[0], profile.identities[0]
    root = _root(heading.payload_id, heading.now, profile.version, profile.lang)
    header = element(
        "Header",
        element("From", credential(ours)),
        element("To", credential(theirs)),
        element("Sender", credential(ours, heading.secret), element("UserAgent", USER_AGENT)),
    )
    mode = "test" if heading.test or profile.deployment_mode == "test" else "production"
    root.extend((header, element(kind, *content, deploymentMode=mode, inReplyTo=heading.in_reply_to)))
    return _bytes(root, heading.dtd, profile.version)


def _root(payload_id: str, now: datetime, version: str, lang: str | None = None) -> etree._Element:
    return element("cXML", payloadID=payload_id, timestamp=instant(now), version=version, lang=lang)


def _bytes(root: etree._Element, dtd: Dtd, version: str) -> bytes:
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/{version}/{dtd}">\n'
    return head.encode("ascii") + etree.tostring(root, encoding="us-ascii", xml_declaration=False) + b"\n"


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
