"""What a transport brings: XML alone, or a MIME multipart of XML and attachments; as bytes that say what they are."""

import binascii
import quopri
import re
from base64 import b64decode
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Final

from orderwire.connectors.punchout.finding import reject
from orderwire.connectors.punchout.settings import XmlLimits
from orderwire.ports.intake import Finding

_LIMITS: Final = XmlLimits()
_MAX_HEAD_BYTES: Final = 16 * 1024
#: Begins an entity that has its head; XML never begins so.
_HEAD: Final = re.compile(rb"[A-Za-z-]+:")
_DECLARED: Final = re.compile(rb"<\?xml[^>]{0,100}encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with the document; `cid` is how the document names it."""

    cid: str
    media_type: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Entity:
    xml: bytes
    charset: str | None = None  # by the transport; None: as the XML says
    attachments: tuple[Attachment, ...] = ()


def whole_entity(content: bytes, content_type: str) -> bytes:
    """Return the body with the head it needs to be read again later: none, for XML that speaks for itself."""
    head = _parsed(f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace"))
    if head.get_content_maintype() != "multipart" and _charset(head, content) is None:
        return content
    return b"Content-Type: " + " ".join(content_type.split()).encode("latin-1", "replace") + b"\r\n\r\n" + content


def open_entity(content: bytes, limits: XmlLimits = _LIMITS) -> Entity | Finding:
    """Take apart what `whole_entity` returned, or a file with or without a MIME head."""
    if not _HEAD.match(content):
        return Entity(content)
    head, body = _split(content)
    boundary = head.get_boundary()
    if head.get_content_maintype() != "multipart":
        decoded = _decoded(head, body)
        return decoded if isinstance(decoded, Finding) else Entity(decoded, _charset(head, decoded))
    if not boundary:
        return reject("not_mime", "The multipart document names no boundary")
    return _multipart(head, body, boundary.encode("latin-1", "replace"), limits)


def _multipart(head: Message, body: bytes, boundary: bytes, limits: XmlLimits) -> Entity | Finding:
    """RFC 2046, 5.1: parts stand between lines of two hyphens and the boundary."""
    line = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(?:--)?[ \t]*(?=\r?\n|\Z)")
    chunks = line.split(body, maxsplit=limits.max_attachments + 3)
    if len(chunks) < 2:
        return reject("not_mime", "The multipart document has no part")
    if len(chunks) > limits.max_attachments + 3:
        return reject("limit", f"The multipart document has more than {limits.max_attachments} attachments")
    parts = []
    for chunk in chunks[1:]:
        if not chunk.strip():
            continue
        part_head, part = _split(chunk.removeprefix(b"\r").removeprefix(b"\n"))
        decoded = _decoded(part_head, part)
        if isinstance(decoded, Finding):
            return decoded
        parts.append((part_head, decoded))
    return _related(head, parts)


def _related(head: Message, parts: list[tuple[Message, bytes]]) -> Entity | Finding:
    """The root is the part that `start` names, else the first that is XML."""
    start = str(head.get_param("start") or "").strip("<> ")
    roots = [part for part in parts if start and _cid(part[0]) == start]
    roots += [part for part in parts if part[0].get_content_subtype() in {"xml", "cxml"}]
    roots += [part for part in parts if part[1].lstrip().startswith(b"<")]
    if not roots:
        return reject("not_mime", "No part of the multipart document is XML")
    root_head, xml = roots[0]
    attachments = tuple(
        Attachment(_cid(each), each.get_content_type(), each.get_filename() or "", content)
        for each, content in parts
        if each is not root_head
    )
    return Entity(xml, _charset(root_head, xml), attachments)


def _split(content: bytes) -> tuple[Message, bytes]:
    """Return the head and the body of an entity; one without a blank line has no body."""
    match = re.search(rb"(?:\A|\n)\r?\n", content[: _MAX_HEAD_BYTES + 4])
    end = match.end() if match else min(len(content), _MAX_HEAD_BYTES)
    return _parsed(content[:end]), content[end:]


def _parsed(head: bytes) -> Message:
    return BytesHeaderParser().parsebytes(head)


def _cid(head: Message) -> str:
    return str(head.get("Content-ID", "")).strip().strip("<>")


def _decoded(head: Message, body: bytes) -> bytes | Finding:
    match str(head.get("Content-Transfer-Encoding", "")).strip().lower():
        case "base64":
            try:
                return b64decode(re.sub(rb"\s+", b"", body), validate=True)
            except binascii.Error:
                return reject("not_mime", "A part that says it is base64 is not")
        case "quoted-printable":
            return quopri.decodestring(body)
        case _:
            return body


def _charset(head: Message, xml: bytes) -> str | None:
    """Return the charset that goes before what the XML says: only of text types (RFC 7303), and only another one."""
    given = head.get_content_charset("")
    declared = _DECLARED.match(xml.lstrip()[:200])
    said = declared[1].decode("ascii").lower() if declared else "utf-8"
    if head.get_content_maintype() != "text" or given in {"", said, "us-ascii"}:
        return None
    return None if given == "utf-8" and not _is_utf8(xml) else given


def _is_utf8(xml: bytes) -> bool:
    """Tell whether bytes are UTF-8: many senders say so of everything."""
    try:
        xml.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
