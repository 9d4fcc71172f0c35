"""What we write ourselves is what zeep would have written."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from navwire import SALES_LINE, SALES_ORDER, WRITES, wsdl
from orderwire.connectors.nav.messages import Writer
from orderwire.connectors.nav.wsdl import Wsdl, read_wsdl
from orderwire.errors import ContractError

CONTENT = wsdl("SalesOrder", SALES_ORDER, WRITES)
CONTRACT = read_wsdl(CONTENT)
CORPUS = Path(__file__).parents[4].parent / "shared/corpus/nav"
REAL = sorted(CORPUS.glob("*.wsdl")) if CORPUS.is_dir() else []

#: Any text that XML can carry, and how NAV's fields are filled with it.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20)
LINES = st.lists(st.dictionaries(st.sampled_from(sorted(SALES_LINE)), TEXT), min_size=1, max_size=3)
HEADER = st.dictionaries(st.sampled_from(sorted(name for name in SALES_ORDER if name != "SalesLines")), TEXT)


def writer(content: bytes = CONTENT, contract: Wsdl = CONTRACT) -> Writer:
    return Writer(contract, content, "SalesOrder")


def order(header: dict[str, str], lines: list[dict[str, str]]) -> dict[str, Any]:
    return {"SalesOrder": {**header, "SalesLines": {"Sales_Order_Line": lines}}}


def canonical(message: bytes) -> list[tuple[str, str, int]]:
    """Return what the message says, whatever its prefixes."""
    return [(str(element.tag), element.text or "", len(element)) for element in etree.fromstring(message).iter()]


@given(HEADER, LINES)
def test_a_second_message_is_as_zeep_writes_it(header: dict[str, str], lines: list[dict[str, str]]) -> None:
    """Whatever the fields, their order here and their texts: both write the same."""
    writes, parameters = writer(), order(header, lines)
    theirs = writes.message("Create", parameters)
    ours = writes.message("Create", parameters)
    assert canonical(ours) == canonical(theirs)


def test_zeep_writes_the_first_of_each_kind_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """More lines of the same fields are no new kind; another field is."""
    writes = writer()
    writes.message("Create", order({"No": "1"}, [{"No": "1001", "Quantity": "1"}]))

    def refuse(*_args: object, **_fields: object) -> object:
        raise ValueError("asked again")

    monkeypatch.setattr(writes._client, "create_message", refuse)
    again = writes.message(
        "Create", order({"No": "2"}, [{"Quantity": "2", "No": "1001"}, {"No": "1", "Quantity": "3"}])
    )
    assert again.count(b"Sales_Order_Line>") == 4
    with pytest.raises(ContractError):
        writes.message("Create", order({"No": "3"}, [{"No": "1001"}]))
    with pytest.raises(ContractError):
        writes.message("Update", order({"No": "3"}, [{"No": "1001", "Quantity": "1"}]))


def test_a_field_without_a_place_is_refused_each_time() -> None:
    """What the schema does not have is never left out in silence."""
    writes = writer()
    for _ in range(2):
        with pytest.raises(ContractError):
            writes.message("Create", order({"No": "1", "Colour": "red"}, []))


def test_a_key_is_written() -> None:
    """What is deleted is named by its key, which may hold any letter."""
    writes = writer()
    theirs, ours = (writes.message("Delete", {"Key": "12;<&>Ü"}) for _ in range(2))
    assert canonical(ours) == canonical(theirs)
    assert "12;&lt;&amp;&gt;Ü".encode() in ours


@pytest.mark.skipif(not REAL, reason="no corpus of real WSDLs beside this repository")
@pytest.mark.parametrize("file", REAL, ids=lambda file: file.stem[-30:])
def test_real_services_are_written_alike(file: Path) -> None:
    """On every real page that can be written, our record of all its fields is zeep's."""
    content = file.read_bytes()
    contract = read_wsdl(content)
    if contract.entity is None or "Create" not in contract.actions:
        pytest.skip("a codeunit, or a page that cannot be written")
    rows = {name: {part.name: [dict.fromkeys(part.fields, "true")]} for name, part in contract.parts.items()}
    kinds = {name: kind.kind for name, kind in contract.entity.fields.items() if kind.kind != "list"}
    plain = {name: "true" if kind == "boolean" else "1" for name, kind in kinds.items()}
    writes = writer(content, contract)
    theirs, ours = (writes.message("Create", {contract.entity.name: plain | rows}) for _ in range(2))
    assert canonical(ours) == canonical(theirs)
    assert writes._proven
