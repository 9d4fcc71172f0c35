"""The log of a process: ours and the libraries', in one form."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
import structlog

from orderwire.telemetry.logging import bound, get_logger, set_up_logging


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("pika", "zeep", "uvicorn.access")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    logging.captureWarnings(False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line_with_time_level_and_logger(stream: io.StringIO) -> None:
    """An entry says what happened, when in UTC, how grave, and where."""
    set_up_logging("info", "json", stream)

    get_logger("orderwire.pipeline").info("order_received", order_no="4711", partner="acme")

    (entry,) = entries(stream)
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {
        "event": "order_received",
        "level": "info",
        "logger": "orderwire.pipeline",
        "order_no": "4711",
        "partner": "acme",
    }


def test_bound_context_is_on_every_entry_inside_the_block(stream: io.StringIO) -> None:
    """The correlation id needs to be said once, and libraries' entries bear it too."""
    set_up_logging("info", "json", stream)

    with bound(correlation_id="c-1"):
        get_logger("orderwire.a").info("inside")
        logging.getLogger("library").warning("also inside")
    get_logger("orderwire.a").info("outside")

    assert [entry.get("correlation_id") for entry in entries(stream)] == ["c-1", "c-1", None]


def test_bound_context_stays_in_its_thread(stream: io.StringIO) -> None:
    """One worker's order is never named in another worker's entry."""
    set_up_logging("info", "json", stream)

    with bound(correlation_id="c-1"):
        other = Thread(target=lambda: get_logger("orderwire.a").info("elsewhere"))
        other.start()
        other.join()

    assert "correlation_id" not in entries(stream)[0]


def test_library_entries_have_our_form_and_are_redacted(stream: io.StringIO) -> None:
    """A library's message passes the same processors: no line break, no credentials."""
    set_up_logging("info", "json", stream)

    logging.getLogger("library").warning("lost %s", "amqp://user:hunter2@host\nforged", extra={"password": "hunter2"})

    (entry,) = entries(stream)
    assert entry["event"] == "lost amqp://[redacted]@host\\nforged"
    assert entry["password"] == "[redacted]"
    assert entry["level"] == "warning"


@pytest.mark.parametrize("name", ["pika", "pika.adapters.utils", "zeep.transports", "httpx", "uvicorn.access"])
def test_normal_operation_of_a_library_is_no_news(name: str, stream: io.StringIO) -> None:
    """Libraries that talk about every connection or call are silent unless something is wrong."""
    set_up_logging("debug", "json", stream)

    logging.getLogger(name).info("connected")

    assert stream.getvalue() == ""


def test_an_exception_is_written_with_its_traceback(stream: io.StringIO) -> None:
    """An operator sees where it happened, in the same entry."""
    set_up_logging("info", "json", stream)

    try:
        int("no unit")
    except ValueError:
        get_logger("orderwire.a").exception("handling_failed")

    (entry,) = entries(stream)
    assert entry["event"] == "handling_failed"
    assert "Traceback" in entry["exception"]
    assert "ValueError" in entry["exception"]


def test_entries_below_the_level_are_not_written(stream: io.StringIO) -> None:
    """The level holds for us and for libraries."""
    set_up_logging("warning", "json", stream)

    get_logger("orderwire.a").info("order_received")
    logging.getLogger("library").info("noise")

    assert stream.getvalue() == ""


def test_console_form_is_for_people(stream: io.StringIO) -> None:
    """On a console an entry is a readable line without colours where there is no terminal."""
    set_up_logging("info", "console", stream)

    get_logger("orderwire.a").info("order_received", order_no="4711")

    line = stream.getvalue()
    assert "order_received" in line
    assert "order_no=4711" in line
    assert "\x1b" not in line


def test_python_warnings_become_entries(stream: io.StringIO) -> None:
    """A warning is an entry of its own, not text between entries."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        set_up_logging("info", "json", stream)
        warnings.warn("old call", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(False)

    (entry,) = entries(stream)
    assert entry["logger"] == "py.warnings"
    assert "old call" in entry["event"]
