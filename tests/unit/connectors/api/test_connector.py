"""The API's decoder: whatever the bytes, a file of one interchange of one message, and never an exception."""

import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.documents import PartnersOf, a_partner
from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.config.settings import Settings
from orderwire.connectors.api.connector import ApiDecoder, connect
from orderwire.ports.intake import DecodedInterchange, DecodeHint, Severity

PARTNERS = PartnersOf(a_partner(key="webshop"))
ORDER: dict[str, Any] = {"order_no": "WS-1", "lines": [{"item_no": "1001", "quantity": 1}]}


def decode(content: bytes, hint: DecodeHint | None = None) -> DecodedInterchange:
    decoded = ApiDecoder().decode(content, hint or DecodeHint(partner="webshop"), PARTNERS)
    [interchange] = decoded.interchanges
    assert len(interchange.messages) == 1
    return interchange


def order_of(document: dict[str, Any]) -> PurchaseOrder:
    order = decode(json.dumps(document).encode()).messages[0].order
    assert order is not None
    return order


def sentences(content: bytes) -> list[str]:
    findings = decode(content).messages[0].findings
    assert all(finding.severity is Severity.REJECT for finding in findings)
    return [finding.text for finding in findings]


def test_connector_offers_a_decoder_and_webhooks() -> None:
    """The API decodes, and tells by webhook; the answer to an order is the HTTP response."""
    connector = connect(Settings())

    assert (list(connector.decoders), list(connector.encoders)) == ([Channel.API], [Channel.API])
    assert (connector.deliverers, connector.erp) == ({}, None)


def test_key_tells_documents_apart() -> None:
    """With an Idempotency-Key, that is the reference; the partner is part of it."""
    interchange = decode(b"{}", DecodeHint(partner="webshop", control_ref="key-1"))

    assert (interchange.control_ref, interchange.duplicate_key) == ("key-1", "api:webshop:key-1")


def test_bytes_tell_documents_apart() -> None:
    """Without a key, the bytes are the reference: the same file twice is the same document."""
    digest = hashlib.sha256(b"{}").hexdigest()

    assert (decode(b"{}").control_ref, decode(b"{}").sha256) == (digest, digest)


@pytest.mark.parametrize(("key", "known"), [("webshop", "webshop"), ("nobody", None), (None, None)])
def test_partner_is_the_channels(key: str | None, known: str | None) -> None:
    """Who sends is known from the channel; a key without a profile is nobody."""
    interchange = decode(json.dumps(ORDER).encode(), DecodeHint(partner=key))

    assert interchange.partner == known
    assert interchange.acknowledge is None


def test_lines_are_numbered_where_the_buyer_did_not() -> None:
    """A line without a number gets its position."""
    lines = [{"item_no": "1001", "quantity": 1, "line_no": "10"}, {"item_no": "1002", "quantity": 1}]

    assert [line.line_no for line in order_of({**ORDER, "lines": lines}).lines] == ["10", "2"]


def test_test_order() -> None:
    """A test says so on the order and on the interchange."""
    interchange = decode(json.dumps({**ORDER, "test": True}).encode())

    assert interchange.test
    assert interchange.messages[0].order
    assert interchange.messages[0].order.test


@pytest.mark.parametrize("quantity", ["0.1", '"0.1"', "1e-1"])
def test_quantities_are_decimal(quantity: str) -> None:
    """A tenth is a tenth, however it is written."""
    content = f'{{"order_no": "WS-1", "lines": [{{"item_no": "1001", "quantity": {quantity}}}]}}'

    order = decode(content.encode()).messages[0].order

    assert order is not None
    assert order.lines[0].quantity == Decimal("0.1")


def test_every_problem_is_named() -> None:
    """All that is wrong is told at once, by its path, and no wrong line makes the lines missing."""
    lines = [{"item_no": "1001", "quantity": -1}, {"quantity": 1}]

    texts = sentences(json.dumps({"lines": lines}).encode())

    assert [text.partition(":")[0] for text in texts] == ["order_no", "lines.0.quantity", "lines.1"]


def test_at_least_one_line() -> None:
    """An order without lines is none."""
    assert sentences(b'{"order_no": "WS-1", "lines": []}') == ["lines: Value error, at least one line is needed"]


def test_findings_stay_short() -> None:
    """A hundred findings are enough, and none repeats a sender's megabyte."""
    document = {**ORDER, **{f"{number}{'x' * 10_000}": 1 for number in range(200)}}

    texts = sentences(json.dumps(document).encode())

    assert len(texts) == 100
    assert max(map(len, texts)) < 310


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"lines": ' * 50_000, b"1" * 5000, b'"\xff"', b"\x00"])
def test_hostile_bytes_are_findings(content: bytes) -> None:
    """Depth, length and bad text are refused like any other mistake."""
    assert len(sentences(content)) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(values=st.dictionaries(st.sampled_from(["order_no", "lines", "test", "ship_to", "currency", "x"]), json_values))
def test_any_json_is_an_order_or_findings(values: dict[str, Any]) -> None:
    """There is no third way."""
    message = decode(json.dumps(values).encode()).messages[0]

    assert (message.order is None) is bool(message.findings)


@given(content=st.binary(max_size=200))
def test_any_bytes_are_an_order_or_findings(content: bytes) -> None:
    """Nor for bytes."""
    assert decode(content).messages[0].findings
