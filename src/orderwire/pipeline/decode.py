"""Flow `decode`: archived bytes become one journal row and at most one order event per message."""

from collections.abc import Mapping
from dataclasses import dataclass

from orderwire.canonical.document import DocumentReceived
from orderwire.canonical.envelope import Event
from orderwire.canonical.order import Channel
from orderwire.config.partners import Partners
from orderwire.errors import DecodeError
from orderwire.pipeline.filing import Filing
from orderwire.pipeline.ledger import owe
from orderwire.pipeline.work import Commit
from orderwire.ports.clock import Clock
from orderwire.ports.intake import DecodeHint, Decoder
from orderwire.ports.store import Store, Transaction


@dataclass(frozen=True)
class Decode:
    """Handler of document.received."""

    store: Store
    decoders: Mapping[Channel, Decoder]
    rereaders: Mapping[Channel, Decoder]  # the same, for replays
    partners: Partners
    clock: Clock

    def __call__(self, event: Event) -> Commit:
        body = DocumentReceived.model_validate(event.data)
        decoder = (self.rereaders if body.replays else self.decoders).get(body.channel)
        if decoder is None:
            raise DecodeError("no connector decodes this channel", channel=body.channel.value)
        with self.store.begin() as tx:
            content = tx.archive.get(body.sha256)
            received = tx.journal.get(body.document_id)
        control_ref = received.control_ref if received else None
        hint = DecodeHint(partner=body.partner, name=body.name, control_ref=control_ref)
        decoded = decoder.decode(content, hint, self.partners)

        def commit(tx: Transaction) -> list[Event]:
            following = Filing(tx, event, body, self.clock()).file(decoded)
            for each in following:
                owe(tx, each, self.partners, since=event.time)
            return following

        return commit
