"""A document as text to edit, and the edited text as bytes again, in the document's own character set."""

import codecs
import re
import unicodedata
from typing import Final

from orderwire.connectors.edi import charset
from orderwire.connectors.punchout.parts import Entity, open_entity
from orderwire.web.console.words import HIDDEN

_UNB: Final = re.compile(rb"UNB[^\w\s]([A-Za-z]{4})\b")
_XML: Final = re.compile(rb"<\?xml[^>]{0,100}encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
#: Codecs that XML is read in, by Python's names. Others that Python has are no character sets.
_SETS: Final = re.compile(r"ascii|utf-(8|16|16-le|16-be)|iso8859-\d+|cp\d+|koi8-\w|gb\w+|big5|euc_\w+|shift_jis")
_WIDE: Final = frozenset({"utf-16", "utf-16-le", "utf-16-be"})
#: Where a document names its character set, a MIME head before it.
_HEAD_CHARS: Final = 2048


class LostCharacterError(Exception):
    """The document's character set has no such character."""


def text_of(content: bytes, agreed: str | None = None) -> str:
    """Return a document as it is edited: EDIFACT without line breaks gets one after each segment."""
    text = content.decode(_codec(content, agreed))
    return _broken(text) if _in_one_line(content) else text


def copy_of(text: str, before: bytes, agreed: str | None = None) -> bytes:
    """Return an edited text as bytes, without the breaks that were put in; `agreed`: the codec of the profile.

    Raises:
        LostCharacterError: the character set has not every character of the text.
    """
    text = text.replace("\r\n", "\n")
    if text.rstrip("\n") == text_of(before, agreed).replace("\r\n", "\n").rstrip("\n"):
        return before
    codec = _codec_of_copy(text, before, agreed)
    try:
        text.encode(codec)
    except UnicodeEncodeError as error:
        raise LostCharacterError(_lost(text, error.start, codec)) from None
    if _in_one_line(before):
        text = text.replace("\n", "")
    elif b"\r\n" in before:
        text = text.replace("\n", "\r\n")
    return text.encode(codec)


def _codec_of_copy(text: str, before: bytes, agreed: str | None) -> str:
    """Return the codec that a copy will be read in: its own, if it declares another one than the original."""
    declared = _declared(text[:_HEAD_CHARS].encode("ascii", "replace"))
    if declared is None or _by_transport(before) is not None:
        return _codec(before, agreed)
    if declared != _declared(before[:_HEAD_CHARS]) or declared in _WIDE:
        return declared
    return _codec(before, agreed)


def _codec(content: bytes, agreed: str | None) -> str:
    """Return the codec that a document is read in."""
    declared = _declared(content[:_HEAD_CHARS])
    if _is_edifact(content):
        chosen = charset.choose(content, _syntax_id(content[:_HEAD_CHARS]), agreed)[0]
        wanted: tuple[str | None, ...] = (_known(agreed) if agreed and content.isascii() else None, chosen)
    else:
        wanted = (_by_transport(content), None if content.startswith(codecs.BOM_UTF8) else declared)
    fitting = (codec for codec in (*wanted, "utf-8") if codec and codec not in _WIDE)  # the wide come back in UTF-8
    return next((codec for codec in fitting if charset.fits(content, codec)), "iso8859-1")


def _by_transport(content: bytes) -> str | None:
    entity = open_entity(content)
    return _known(entity.charset) if isinstance(entity, Entity) and entity.charset else None


def _declared(head: bytes) -> str | None:
    """Return the codec that EDIFACT's syntax identifier or XML's declaration names."""
    if _is_edifact(head):
        return charset.codec_of(_syntax_id(head))
    found = _XML.search(head)
    return _known(found[1].decode("ascii")) if found else None


def _known(name: str) -> str | None:
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return codec if _SETS.fullmatch(codec) else None


def _syntax_id(head: bytes) -> str:
    found = _UNB.search(head)
    return found[1].decode("ascii") if found else ""


def _is_edifact(content: bytes) -> bool:
    return content.startswith((b"UNA", b"UNB"))


def _in_one_line(content: bytes) -> bool:
    return _is_edifact(content) and b"\n" not in content


def _broken(text: str) -> str:
    """Break after each segment; what is cut off in its UNA stays as it is."""
    if text.startswith("UNA") and len(text) < len("UNA:+.? '"):
        return text
    end, release = ("'", "?") if text.startswith("UNB") else (text[8], text[6])
    out, free = [], True
    for sign in text:
        out.append(sign)
        if sign == end and free:
            out.append("\n")
        free = not (sign == release and free)
    return "".join(out)


def _lost(text: str, at: int, codec: str) -> str:
    sign = text[at]
    name = unicodedata.name(sign, "")
    written = "" if HIDDEN.match(sign) else f"{sign} "
    place = f"line {text.count(chr(10), 0, at) + 1}"
    said = f"{written}(U+{ord(sign):04X}{f' {name.lower()}' if name else ''}) in {place}"
    return f"this document is in {codec.upper()}, which has no {said}: write it otherwise, or declare another one"
