"""What a log entry never carries."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwire.telemetry.redaction import MAX_TEXT, redact


def clean(**event: object) -> dict[str, object]:
    return dict(redact(None, "info", dict(event)))


@pytest.mark.parametrize(
    "name",
    ["password", "nav_password", "api_key", "apiKey", "Authorization", "session_token", "cookie", "client_secret"],
)
def test_secret_keys_lose_their_value(name: str) -> None:
    """A key that says secret never shows its value, however it is spelt."""
    assert clean(**{name: "hunter2"}) == {name: "[redacted]"}


@pytest.mark.parametrize("name", ["payload", "body", "content", "raw", "data", "email", "phone"])
def test_payload_and_person_keys_lose_their_value(name: str) -> None:
    """A payload or a person's particulars are in the archive, not in the log."""
    assert clean(**{name: "UNB+UNOC:3"}) == {name: "[redacted]"}


def test_secrets_are_found_inside_mappings_and_lists() -> None:
    """Nesting hides nothing."""
    assert clean(facts={"calls": [{"password": "hunter2", "no": "1"}]}) == {
        "facts": {"calls": [{"password": "[redacted]", "no": "1"}]}
    }


def test_user_and_password_are_cut_out_of_an_address() -> None:
    """An address keeps its host and loses its credentials."""
    cleaned = clean(error="no answer from amqp://orderwire:hunter2@rabbit:5672/ow")

    assert cleaned == {"error": "no answer from amqp://[redacted]@rabbit:5672/ow"}


def test_a_value_cannot_forge_a_second_entry() -> None:
    """Line breaks, escape sequences and direction marks of foreign text are written out."""
    cleaned = clean(order_no='4711\n{"event": "forged"}\r\x1b[2J\u2028\u202e', **{"a\nb": 1})

    assert cleaned == {"order_no": '4711\\n{"event": "forged"}\\r\\x1b[2J\\u2028\\u202e', "a\\nb": 1}


def test_a_value_cannot_fill_the_disk() -> None:
    """Long text is cut, long lists and deep nesting end."""
    deep: object = "x" * 10 * MAX_TEXT
    for _ in range(50):
        deep = [deep]

    cleaned = clean(text="x" * 10 * MAX_TEXT, numbers=list(range(10_000)), deep=deep)

    assert cleaned["text"] == "x" * MAX_TEXT + f"… ({10 * MAX_TEXT} characters)"
    assert cleaned["numbers"] == list(range(50))
    assert len(str(cleaned["deep"])) < 2 * MAX_TEXT


def test_values_that_json_does_not_know_become_text() -> None:
    """A Decimal keeps its digits, bytes show their number only, and a broken __str__ ends nothing."""

    class Broken:
        def __str__(self) -> str:
            raise ValueError("no text")

    assert clean(quantity=Decimal("1.50"), file=b"UNA", thing=Broken(), none=None, on=True) == {
        "quantity": "1.50",
        "file": "[3 bytes]",
        "thing": "[Broken: ValueError]",
        "none": None,
        "on": True,
    }


def test_a_traceback_keeps_its_lines() -> None:
    """An exception may span lines; its text is still free of control characters."""
    cleaned = clean(exception="Traceback:\n  ValueError: \x1b[2J")

    assert cleaned == {"exception": "Traceback:\n  ValueError: \\x1b[2J"}


def test_a_traceback_does_not_quote_a_document() -> None:
    """Libraries repeat the value that they stumbled over; where it was is kept, and what was wrong."""
    lines = [
        '  File "orders.py", line 3, in decode',
        "    value = rows['name']",
        "KeyError: 'Erika Mustermann'",
        '  Input should be valid [type=int, input_value="Musterweg 1", input_type=str]',
    ]

    cleaned = str(clean(exception="\n".join(lines))["exception"])

    assert not any(words in cleaned for words in ("Erika", "Musterweg"))
    assert all(
        words in cleaned for words in ('File "orders.py", line 3', "KeyError", "Input should be valid", "input_type")
    )


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=200), max_size=5))
def test_no_entry_holds_a_control_character(event: dict[str, str]) -> None:
    """Whatever text comes in, nothing below a space goes out."""
    cleaned = redact(None, "info", dict(event))

    written = [text for name, text in cleaned.items() if name not in {"exception", "stack"}] + list(cleaned)
    assert not any(ord(char) < 32 or char in "\x7f\u2028\u2029" for text in written for char in text)
