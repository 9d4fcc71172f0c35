"""A desk over a world: takes files in, decodes them, replays and tries what is parked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fakes.documents import (
    CannedDecoder,
    a_line,
    an_order,
)
from fakes.transport import a_delivery
from fakes.world import World
from orderwire.canonical.envelope import Event
from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.config.profile import PartnerProfile
from orderwire.errors import MappingError
from orderwire.pipeline.decode import Decode
from orderwire.pipeline.outgoing import Recipient, dispatch
from orderwire.pipeline.parking import Failure, park
from orderwire.pipeline.receive import Receiver
from orderwire.pipeline.replay import Replays
from orderwire.pipeline.respond import Respond
from orderwire.pipeline.trial import Trials
from orderwire.pipeline.work import Source
from orderwire.ports.intake import DecodeHint, OutboundDocument
from orderwire.ports.journal import Document, DocumentQuery
from orderwire.ports.parking import Parked

ORDER = an_order(a_line("1001", "2"))
BROKEN = MappingError("no such date", segment="DTM")


class Names:
    """An `Encoder` that writes what a body is called, and refuses those in `broken`."""

    def __init__(self) -> None:
        self.broken: set[str] = set()

    def encode(self, body: Any, _partner: PartnerProfile, control_no: int, _now: datetime) -> OutboundDocument:
        kind = type(body).__name__
        if kind in self.broken:
            raise MappingError("the buyer's GLN is missing", segment="NAD")
        content, name = f"{kind} {control_no}".encode(), f"{kind}_{control_no}.edi"
        return OutboundDocument(kind, content, name, "application/edifact")


class Desk:
    """Takes in, decodes, replays."""

    def __init__(self, world: World) -> None:
        self.world, self.decoder, self.encoder = world, CannedDecoder(), Names()
        self.announced: list[Event] = []

    def announce(self, events: Sequence[Event]) -> None:
        self.announced.extend(events)

    @property
    def replays(self) -> Replays:
        return Replays(self.world.store, self.announce, self.world.clock, 10**6)

    @property
    def trials(self) -> Trials:
        partners: Any = self.world.partners  # a fake of what is used
        return Trials(self.world.store, {Channel.EDI: self.decoder}, partners, self.respond)

    @property
    def respond(self) -> Respond:
        return Respond({Channel.EDI: self.encoder}, self.world.partners, self.world.clock)

    def receive(self, content: bytes) -> Event:
        receiver = Receiver(self.world.store, self.announce, self.world.clock, 1000, lambda _name: None)
        receiver(content, Channel.EDI, DecodeHint(partner="baumarkt", name="file.edi"))
        return self.announced.pop()

    def decode(self, event: Event) -> list[Event]:
        self.world.clock.sleep(1)
        decoders = {Channel.EDI: self.decoder}
        flow = Decode(self.world.store, decoders, decoders, self.world.partners, self.world.clock)
        self.world.transport.published.clear()
        self.world.batch(flow, [a_delivery(event)], "decode")
        return list(self.world.transport.published)

    def replay(self) -> list[Event]:
        """Replay the one parked message, decode it, and return what follows."""
        self.replays.replay(self.entry.id, who="ann", why="the map is mended")
        return self.decode(self.announced.pop())

    def parked(self) -> list[Parked]:
        entries: list[Parked] = self.world.read(lambda tx: tx.parked.find())
        return entries

    @property
    def entry(self) -> Parked:
        [entry] = self.parked()
        return entry

    def rows(self) -> list[Document]:
        rows: list[Document] = self.world.read(lambda tx: tx.journal.find(DocumentQuery()))
        return rows


def outbound(world: World) -> str:
    """Leave an answer behind that waits for delivery."""
    world.journal("d1")
    source = Source("d1", "d1", "baumarkt")
    answer = OutboundDocument("ORDRSP", b"answer", "ORDRSP_1.edi", "application/edifact")
    with world.store.begin() as tx:
        event = dispatch(tx, answer, Recipient("baumarkt", "edi", "answer", "PO-1"), source, world.clock())
    return event.documentid


def leave_parked(world: World, document_id: str, flow: str, order: PurchaseOrder | None = None) -> None:
    """Leave a document parked at a flow."""
    body = order.model_dump_json().encode() if order else b""
    with world.store.begin() as tx:
        park(tx, Source(document_id, document_id), Failure(BROKEN, flow, body), world.clock())
