"""Exchanges with NAV as people read them."""

from typing import Any

import pytest

from orderwire.connectors.nav.shown import MAX_CHARS, exchange_shown
from orderwire.ports.exchange import MAX_BYTES, Tape, taped

ENVELOPE = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'
FAULT = "<s:Fault><faultcode>a:Microsoft.Dynamics.Nav.Types.Exceptions.NavNCLDialogException</faultcode>{}</s:Fault>"


def seen(answer: bytes, status: int = 200, *, persons: bool = False) -> dict[str, Any]:
    tape = Tape()
    with tape.running(), taped("SalesOrder", "Create", answer) as told:
        told.status, told.content = status, answer
    return exchange_shown(tape.exchanges[0], persons=persons)


def record(name: str, value: str) -> bytes:
    return ENVELOPE.format(
        f'<n:Create xmlns:n="urn:n"><n:{name}>{value}</n:{name}><n:No>S-1</n:No></n:Create>'
    ).encode()


@pytest.mark.parametrize("name", ["Web_Service_Password", "Access_Token", "API_Key"])
def test_secrets_are_shown_to_nobody(name: str) -> None:
    """Whatever field somebody put on NAV's page."""
    told = seen(record(name, "open sesame"), persons=True)

    assert "open sesame" not in str(told)
    assert f"<n:{name}>***</n:{name}>" in told["answer"]
    assert "<n:No>S-1</n:No>" in told["request"]


@pytest.mark.parametrize(
    "name", ["Sell_to_Contact", "Phone_No", "E_Mail", "Assigned_User_ID", "Salesperson_Code", "Ship_to_Name"]
)
def test_persons_are_shown_to_those_who_act(name: str) -> None:
    """Others see that something stands there."""
    content = record(name, "Ada Lovelace")

    assert "Ada Lovelace" not in str(seen(content))
    assert "Ada Lovelace" in seen(content, persons=True)["answer"]


def test_soap_is_set_in_lines() -> None:
    """An element a line."""
    assert "\n      <n:No>S-1</n:No>\n" in seen(record("Name", "x"))["answer"]


def test_a_fault_is_told_in_nav_s_words() -> None:
    """With the exception's name before it; what only looks like one is none."""
    content = ENVELOPE.format(FAULT.format("<faultstring>Item 4711\ndoes not exist.</faultstring>")).encode()

    assert seen(content, 500)["fault"] == "NavNCLDialogException: Item 4711 does not exist."
    assert seen(content, 200)["fault"] == ""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>Bad gateway",
        b"\xff\xfe\x00",
        b"<a>" * 5000,
        b"<" + b"contact" * 50_000,
        b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        b"<a>" + b"x" * MAX_BYTES + b"</a>",
    ],
)
def test_odd_answers_are_shown_as_text(content: bytes) -> None:
    """Bounded, without an entity followed."""
    told = seen(content, 500)

    assert "root:" not in told["answer"]
    assert len(told["answer"]) <= MAX_CHARS + 100
    assert told["fault"] == ""
