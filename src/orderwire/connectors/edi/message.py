"""Messages and groups as read."""

from dataclasses import dataclass

from orderwire.connectors.edi.finding import Findings
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.segments import Segments


@dataclass(slots=True)
class Group:
    """One group of messages, from UNG to UNE. Its findings are complete when it ends."""

    header: Segment
    findings: Findings
    messages: int = 0

    @property
    def ref(self) -> str:
        return self.header.value(5)


@dataclass(slots=True)
class Message:
    """One message as read: its segments from UNH to UNT."""

    message_no: int
    segments: Segments
    findings: Findings
    group: Group | None = None
    dropped: int = 0  # segments beyond the limit: counted, not kept

    @property
    def ref(self) -> str:
        return self.segments[0].value(1)

    @property
    def kind(self) -> str:
        return self.segments[0].value(2, 1)

    @property
    def version(self) -> str:
        """S009 as `D.96A`, or `D.96A/EAN008` with an association code."""
        header = self.segments[0]
        directory = ".".join(part for part in (header.value(2, 2), header.value(2, 3)) if part)
        association = header.value(2, 5)
        return f"{directory}/{association}" if association else directory
