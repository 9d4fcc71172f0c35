"""Spans on the wire: OTLP over HTTP, to where the standard variables say."""

import pytest

from orderwire.telemetry.tracing import tracer_to_collector
from services.partner_server import serving


def test_spans_go_where_the_standard_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the service's own name unless a variable gives another."""
    with serving() as collector:
        collector.statuses = [200]
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.removesuffix("/edi"))
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=trial")
        tracer = tracer_to_collector()
        with tracer.received("edi", "document-1"):
            pass
        tracer.close()

    [got] = collector.got
    assert (got.path, got.headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
    assert all(words in got.content for words in (b"receive edi", b"document-1", b"orderwire", b"trial"))
