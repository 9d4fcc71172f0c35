"""Documents as people may see them: what proves a sender's identity is struck out, whatever else is wrong with them."""

import re
from typing import Final

#: Elements of cXML that are a secret, or as good as one, with all that is in them; without an end, all that follows.
#: Each stretch is looked at once, so this takes no time.
_SECRETS: Final = re.compile(
    rb"(<(?:\w+:)?(SharedSecret|CredentialMac|DigitalSignature)(?:\s[^<>]*)?(?<!/)>)(?!</).+?(?=</(?:\w+:)?\2|\Z)",
    re.DOTALL,
)
#: An element with text, by its name. Names are short, so that a long word takes no longer than it is.
_TEXTS: Final = re.compile(
    rb"(<(?:[\w.-]{1,100}:)?([\w.-]{1,100})(?:\s[^<>]*)?>)(?:\s*<!\[CDATA\[[^\]]*|[^<]+)", re.ASCII
)
#: What a field of the ERP's records that holds a secret would be called, whoever added it; and those about persons.
_PROOFS: Final = re.compile(rb"password|passwd|secret|token|api_?key", re.IGNORECASE)
_PERSONS: Final = re.compile(
    rb"contact|phone|mobile|fax_no|e_?mail|user_?id|salesperson|attention|^ship_to_(?:name|address)", re.IGNORECASE
)
#: How XML begins in which wide encoding.
_WIDE: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}


def masked(content: bytes) -> bytes:
    """Return a document with its secrets struck out; one in UTF-16 comes back in UTF-8."""
    return _SECRETS.sub(rb"\1***", _narrow(content))


def masked_record(content: bytes, *, persons: bool) -> bytes:
    """Return what went to the ERP or came from it without secrets; unless `persons`, without names of people too."""

    def told(element: re.Match[bytes]) -> bytes:
        name = element[2]
        struck = _PROOFS.search(name) or not (persons or _PERSONS.search(name) is None)
        return element[1] + b"***" if struck else element[0]

    return _TEXTS.sub(told, _narrow(content))


def _narrow(content: bytes) -> bytes:
    wide = _WIDE.get(content[:2])
    return content.decode(wide, "replace").encode("utf-8", "replace") if wide else content
