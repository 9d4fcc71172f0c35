"""Character sets: from UNB 0001 to a codec that fits the bytes."""

import codecs
from typing import Final

from orderwire.connectors.edi.finding import reject, warn
from orderwire.ports.intake import Finding

#: UNB 0001 to a Python codec. IATA, IBMA and the like are supersets of ASCII.
CODECS: Final = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOL": "iso8859-15",
    "UNOW": "utf-8",
    "UNOX": "iso2022_jp",
    "UNOY": "utf-8",
    "UNOZ": "utf-8",
    "KECA": "euc_kr",
}
#: Codecs that what goes out may be written in.
WRITABLE: Final = frozenset(CODECS.values()) - {"iso2022_jp"}
#: C0 controls that no character set of EDIFACT has; TAB and line breaks are padding.
CONTROLS: Final = bytes({*range(0x20), 0x7F} - {*b"\t\r\n\x1a"})
_PRINTABLE: Final = bytes(range(0x20, 0x7F))
_C1: Final = bytes(range(0x80, 0xA0))
_STEP: Final = 1 << 20


def codec_of(syntax_id: str) -> str:
    """Return the codec that a syntax identifier declares; ASCII where nobody knows it."""
    return CODECS.get(syntax_id.upper(), "ascii")


def choose(body: bytes, syntax_id: str, override: str | None) -> tuple[str, tuple[Finding, ...]]:
    """Return the codec to read an interchange with, and a finding where it is not the one declared.

    UTF-8 under a single-byte name is read as UTF-8: no text in those sets looks like it by accident.
    """
    declared = codec_of(syntax_id)
    if body.isascii() and b"\x1b" not in body:
        return declared, ()
    if declared == "iso2022_jp":
        text = "Code extension (UNOX with escape sequences) is not supported"
        return declared, (reject("charset", text, tag="UNB", element_no=1, component_no=1, syntax_code=46),)
    agreed = override if override is not None and _transparent(override) and fits(body, override) else None
    codec = agreed or _read_as(body, declared)
    return codec, () if codec in {declared, agreed} else (_instead(codec, syntax_id),)


def _read_as(body: bytes, declared: str) -> str:
    if fits(body, "utf-8"):
        return "utf-8"
    if fits(body, declared) and not (declared.startswith("iso8859") and _has_c1(body)):
        return declared
    return "cp1252" if fits(body, "cp1252") else "iso8859-1"


def fits(body: bytes, codec: str) -> bool:
    """Whether the bytes are text in the codec, without keeping the text."""
    try:
        decoder = codecs.getincrementaldecoder(codec)("strict")
        for start in range(0, len(body), _STEP):
            decoder.decode(body[start : start + _STEP])
        decoder.decode(b"", final=True)
    except (UnicodeError, LookupError):
        return False
    return True


def fits_text(text: str, codec: str) -> bool:
    """Whether the text can be written in the codec."""
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _transparent(codec: str) -> bool:
    """Whether ASCII stands for itself in the codec, so that separators can be found in the bytes."""
    try:
        return _PRINTABLE.decode(codec) == _PRINTABLE.decode("ascii")
    except (UnicodeError, LookupError):
        return False


def _has_c1(body: bytes) -> bool:
    return len(body.translate(None, _C1)) != len(body)


def _instead(codec: str, syntax_id: str) -> Finding:
    text = f"The bytes are not in the character set that {syntax_id or 'the UNB'} declares; they were read as {codec}"
    return warn("charset", text, tag="UNB", element_no=1, component_no=1, syntax_code=21)
