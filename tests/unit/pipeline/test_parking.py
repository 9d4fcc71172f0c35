"""Parking and recording: equal causes group together, and other systems' events leave their mark."""

from decimal import Decimal

import pytest

from fakes.documents import an_order, order_event
from fakes.world import World
from orderwire.errors import MappingError, OrderwireError
from orderwire.pipeline.parking import Failure, as_orderwire_error, fingerprint, park
from orderwire.pipeline.record import Record
from orderwire.pipeline.work import Source
from orderwire.ports.parking import Parked


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("no unit for 'ZZ' in line 3", "no unit for 'QQ' in line 14", True),
        ('no unit for "ZZ"', 'no unit for "QQ"', True),
        ("no unit", "no date", False),
    ],
)
def test_equal_causes_group(first: str, second: str, same: bool) -> None:  # noqa: FBT001  the table's column
    """The sentence counts without its particulars."""
    assert (fingerprint("mapping", first, {}, "a") == fingerprint("mapping", second, {}, "a")) is same


def test_place_and_partner_set_causes_apart() -> None:
    """The same sentence about another segment, or of another partner, is another cause; a line number is not."""
    prints = {
        fingerprint("mapping", "no unit", {"segment": "QTY", "line_no": 1}, "a"),
        fingerprint("mapping", "no unit", {"segment": "QTY", "line_no": 2}, "a"),
        fingerprint("mapping", "no unit", {"segment": "PRI"}, "a"),
        fingerprint("mapping", "no unit", {"segment": "QTY"}, "b"),
        fingerprint("mapping", "no unit", {"segment": "QTY"}, None),
    }

    assert len(prints) == 4


def test_defects_are_told_shortly() -> None:
    """A defect of our own becomes an internal error, and a library's whole document no sentence."""
    error = as_orderwire_error(ValueError("x" * 10_000))

    assert (error.code, len(error.message) < 600) == (OrderwireError.code, True)
    assert as_orderwire_error(MappingError("no unit")).code == "mapping"


def test_parked_again(world: World) -> None:
    """The same trouble again counts up its entry, and keeps when it first came."""
    world.journal("d1", partner="baumarkt", order_no="PO-1")
    error = MappingError("no unit", unit="ZZ", quantity=Decimal(3))
    with world.store.begin() as tx:
        park(tx, Source("d1", "d1"), Failure(error, "fulfil", b"{}", 0), world.clock())
    world.clock.sleep(60)

    with world.store.begin() as tx:
        event = park(tx, Source("d1", "d1"), Failure(error, "fulfil", b"{}", 3), world.clock())

    [entry] = world.read(lambda tx: tx.parked.find())
    assert isinstance(entry, Parked)
    assert (entry.partner, entry.order_no, entry.attempts) == ("baumarkt", "PO-1", 4)
    assert entry.facts == {"unit": "ZZ", "quantity": "3"}
    assert (entry.last_at - entry.first_at).total_seconds() == 60
    assert (event.data["parked_id"], event.data["reason"]) == (entry.id, "no unit (unit=ZZ, quantity=3)")


def test_published_events_are_recorded(world: World) -> None:
    """An event that only other systems want leaves a step in the journal."""
    world.journal("d1")
    event = order_event(an_order(), "d1")

    assert world.commit(Record(world.clock)(event)) == []

    [step] = world.read(lambda tx: tx.journal.steps("d1"))
    assert (step.name, step.event_id) == ("published order.received", event.id)
