"""The DTDs, where the operator has them: what they have against a document is told, and never decides anything."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lxml import etree

from orderwire.connectors.punchout.document import XmlDocument
from orderwire.connectors.punchout.finding import warn
from orderwire.ports.intake import Finding

#: First words of a document's name to the file that describes it; every other is in cXML.dtd.
_FILES: Final = {
    "Confirmation": "Fulfill.dtd",
    "ShipNotice": "Fulfill.dtd",
    "Receipt": "Fulfill.dtd",
    "InvoiceDetail": "InvoiceDetail.dtd",
    "Quote": "Quote.dtd",
    "Catalog": "Catalog.dtd",
}
_MAX_FINDINGS: Final = 20


@dataclass(frozen=True)
class Dtds:
    """A folder with cXML.dtd, Fulfill.dtd and so on, each read once; None: there is none."""

    folder: Path | None = None
    _read: dict[str, Any] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)  # a DTD keeps what it found in itself

    def findings(self, document: XmlDocument, name: str) -> list[Finding]:
        """Return what the DTD of a document says; nothing where the folder does not have it."""
        file = next((file for word, file in _FILES.items() if name.startswith(word)), "cXML.dtd")
        with self._turn:
            dtd = self._dtd(file)
            if dtd is None or dtd.validate(document.root):
                return []
            errors = list(dtd.error_log)[:_MAX_FINDINGS]
        return [warn("dtd", f"{file}: {error.message}", f"line {error.line}") for error in errors]

    def _dtd(self, file: str) -> Any:
        if self.folder is None or not (path := self.folder / file).is_file():
            return None
        if file not in self._read:
            try:
                self._read[file] = etree.DTD(file=str(path))
            except (etree.DTDParseError, OSError):
                self._read[file] = None
        return self._read[file]
