"""Documents as people may see them: what proves a sender's identity is struck out, whatever else is wrong with them."""

import re
from typing import Final

#: Elements of cXML whose text is a secret, or as good as one. Each stretch is looked at once, so this takes no time.
_SECRETS: Final = re.compile(
    rb"(<(?:\w+:)?(?:SharedSecret|CredentialMac|DigitalSignature)(?:\s[^<>]*)?>)(?:\s*<!\[CDATA\[[^\]]*|[^<]+)"
)
#: How XML begins in which wide encoding.
_WIDE: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}


def masked(content: bytes) -> bytes:
    """Return a document with its secrets struck out; one in UTF-16 comes back in UTF-8."""
    wide = _WIDE.get(content[:2])
    narrow = content.decode(wide, "replace").encode("utf-8", "replace") if wide else content
    return _SECRETS.sub(rb"\1***", narrow)
