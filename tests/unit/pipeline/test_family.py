"""Which documents belong together."""

from typing import Any, Final

import pytest

from fakes.world import World
from orderwire.pipeline.family import Family, family_of
from records import a_document, later

#: A file of two orders: the first was replayed, answered, shipped and its answer acknowledged; id → what it is.
FILE: Final[dict[str, dict[str, Any]]] = {
    "file": {"kind": "file"},
    "contrl": {"kind": "CONTRL", "direction": "out", "parent_id": "file"},
    "one": {"parent_id": "file"},
    "one again": {"parent_id": "file", "replay_of": "one"},
    "answer": {"kind": "ORDRSP", "direction": "out", "parent_id": "one again"},
    "response": {"kind": "Response", "parent_id": "answer"},
    "shipment": {"kind": "DESADV", "direction": "out", "parent_id": "one again"},
    "two": {"parent_id": "file"},
    "answer to two": {"kind": "ORDRSP", "direction": "out", "parent_id": "two"},
}
OF_ONE: Final = {"file", "contrl", "one", "one again", "answer", "response", "shipment"}


def put(world: World, documents: dict[str, dict[str, Any]]) -> None:
    with world.store.begin() as tx:
        for number, (document_id, changes) in enumerate(documents.items()):
            tx.journal.add(a_document(id=document_id, correlation_id="file", received_at=later(number), **changes))


def family(world: World, document_id: str, limit: int = 100) -> Family:
    with world.store.read() as tx:
        document = tx.journal.get(document_id)
        assert document is not None
        return family_of(tx, document, limit)


def ids(found: Family) -> set[str]:
    return {one.id for one in found.documents}


@pytest.mark.parametrize("opened", sorted(OF_ONE - {"file", "contrl"}))
def test_a_message_has_what_came_of_it(world: World, opened: str) -> None:
    """Whichever of its documents is opened: its file, its replays, and all that followed; nothing of its neighbour."""
    put(world, FILE)

    found = family(world, opened)

    assert (ids(found), found.whole, found.more) == (OF_ONE, False, False)
    assert [one.id for one in found.documents] == [one for one in FILE if one in OF_ONE]


@pytest.mark.parametrize("opened", ["file", "contrl"])
def test_a_file_has_everything(world: World, opened: str) -> None:
    """And so has what acknowledges it."""
    put(world, FILE)

    found = family(world, opened)

    assert (ids(found), found.whole, found.more) == (set(FILE), True, False)


def test_of_several_acknowledgements_none_is_the_orders(world: World) -> None:
    """A file of several interchanges has a CONTRL for each, and nothing says which is whose."""
    put(world, FILE | {"another": FILE["contrl"]})

    assert ids(family(world, "one")) == OF_ONE - {"contrl"}


@pytest.mark.parametrize("opened", ["one", "file"])
def test_a_large_family_is_cut(world: World, opened: str) -> None:
    """To its newest, the file and the message itself; it says that there are more."""
    put(world, FILE | {f"invoice {number}": FILE["shipment"] for number in range(9)})

    found = family(world, opened, limit=5)

    assert found.more
    assert {opened, *(f"invoice {number}" for number in range(4, 9))} <= ids(found)
    assert len(found.documents) <= 8
