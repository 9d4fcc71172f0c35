"""Traces: one for a document from receive to answer, without a word of what it says; and none at all when off."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from fakes.documents import an_order, order_event
from fakes.erp import FakeErp
from orderwire.canonical.envelope import Event
from orderwire.errors import MappingError
from orderwire.queue.codec import decode, encode
from orderwire.telemetry.erp import MeteredErp
from orderwire.telemetry.metrics import Metrics
from orderwire.telemetry.tracing import OtelTracer

HEADER = "cloudEvents:traceparent"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(exporter: InMemorySpanExporter) -> Iterator[OtelTracer]:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    opened = OtelTracer(provider)
    yield opened
    opened.close()


def carrying(traceparent: str | None) -> Event:
    return order_event(an_order()).model_copy(update={"traceparent": traceparent})


def test_what_an_event_carries_is_the_parent_of_what_is_done_with_it(
    tracer: OtelTracer, exporter: InMemorySpanExporter
) -> None:
    """Receive, handle, and the call to NAV are one trace, each below the one before."""
    with tracer.received("edi", "d1") as traceparent:
        pass
    erp = MeteredErp(FakeErp(), Metrics(), tracer)
    with tracer.handled("fulfil", carrying(traceparent), 0):
        erp.ping()

    received, pinged, fulfilled = exporter.get_finished_spans()
    assert [span.name for span in (received, fulfilled, pinged)] == ["receive edi", "fulfil", "nav ping"]
    assert len({span.context.trace_id for span in (received, fulfilled, pinged)}) == 1
    assert fulfilled.parent is not None
    assert pinged.parent is not None
    assert (fulfilled.parent.span_id, pinged.parent.span_id) == (received.context.span_id, fulfilled.context.span_id)


def test_a_span_bears_the_code_of_an_error_and_nothing_it_says(
    tracer: OtelTracer, exporter: InMemorySpanExporter
) -> None:
    """A sentence may quote the document."""
    with pytest.raises(MappingError), tracer.handled("decode", carrying(None), 2):
        raise MappingError("no unit for 'Erika Mustermann'", value="secret")

    [span] = exporter.get_finished_spans()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert (span.attributes or {})["error.type"] == "mapping"
    assert not any(word in span.to_json() for word in ("Erika", "secret"))


def test_the_log_names_the_trace(tracer: OtelTracer, exporter: InMemorySpanExporter) -> None:
    """Inside the block, and not after it."""
    with tracer.received("edi", "d1"):
        named = structlog.contextvars.get_contextvars().get("trace_id")

    [span] = exporter.get_finished_spans()
    assert named == f"{span.context.trace_id:032x}"
    assert "trace_id" not in structlog.contextvars.get_contextvars()


def test_the_header_is_there_only_where_there_is_a_trace(tracer: OtelTracer) -> None:
    """It comes back as it went; without tracing an event is as small as before."""
    with tracer.received("edi", "d1") as traceparent:
        wire = encode(carrying(traceparent))

    assert wire.headers[HEADER] == traceparent
    decoded = decode(wire).event
    assert decoded is not None
    assert decoded.traceparent == traceparent
    assert HEADER not in encode(carrying(None)).headers


@pytest.mark.parametrize("odd", ["", "00-1-2-3", "x" * 5000, 17, "00-" + "g" * 32 + "-" + "0" * 16 + "-01\n"])
def test_an_odd_header_of_others_refuses_no_order(odd: object) -> None:
    """It is passed over."""
    wire = encode(carrying(None))

    decoded = decode(wire._replace(headers={**wire.headers, HEADER: odd}))

    assert decoded.event is not None
    assert decoded.event.traceparent is None


def test_a_forged_trace_of_zeros_begins_another(tracer: OtelTracer, exporter: InMemorySpanExporter) -> None:
    """The form is right and the id is none."""
    with tracer.handled("decode", carrying("00-" + "0" * 32 + "-" + "0" * 16 + "-01"), 0) as traceparent:
        assert traceparent is not None

    [span] = exporter.get_finished_spans()
    assert (span.parent, span.context.trace_id != 0) == (None, True)


def test_off_it_is_not_even_loaded() -> None:
    """Neither the SDK nor our own module, by all that a worker needs."""
    script = (
        "import sys, orderwire.bootstrap.worker, orderwire.cli.running\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry.sdk') or name.endswith('.tracing')])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout == "['orderwire.ports.tracing']\n"
