"""Traces by OpenTelemetry, of the extra `otel`: where they go, and how many, its OTEL_… variables say.

Loaded only where `tracing.on` is set. Spans bear ids, codes and partners, never what a document or an error says.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Final

import structlog
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from orderwire import __version__
from orderwire.canonical.envelope import Event
from orderwire.errors import OrderwireError

if TYPE_CHECKING:
    from opentelemetry.context import Context

_CONTEXT: Final = TraceContextTextMapPropagator()


class OtelTracer:
    """A `Tracer`."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("orderwire", __version__)

    def received(self, channel: str, document_id: str) -> AbstractContextManager[str | None]:
        about = {"orderwire.channel": channel, "orderwire.document_id": document_id}
        return self._span(f"receive {channel}", SpanKind.SERVER, about, _CONTEXT.extract({}))

    def handled(self, flow: str, event: Event, attempt: int) -> AbstractContextManager[str | None]:
        about: dict[str, str | int] = {
            "messaging.operation.type": "process",
            "messaging.destination.name": flow,
            "messaging.message.id": event.id,
            "messaging.message.conversation_id": event.correlationid,
            "orderwire.event": event.type.value,
            "orderwire.document_id": event.documentid,
            "orderwire.attempt": attempt,
        }
        if event.partner is not None:
            about["orderwire.partner"] = event.partner
        parent = _CONTEXT.extract({"traceparent": event.traceparent} if event.traceparent else {})
        return self._span(flow, SpanKind.CONSUMER, about, parent)

    def called(self, operation: str) -> AbstractContextManager[str | None]:
        return self._span(f"nav {operation}", SpanKind.CLIENT, {"rpc.system": "soap", "rpc.method": operation}, None)

    def close(self) -> None:
        self._provider.shutdown()

    @contextmanager
    def _span(
        self, name: str, kind: SpanKind, about: Mapping[str, str | int], parent: "Context | None"
    ) -> Iterator[str | None]:
        """Open a span; of an error it gets the code alone, for sentences may quote a document."""
        carried: dict[str, str] = {}
        with self._tracer.start_as_current_span(
            name, parent, kind, about, record_exception=False, set_status_on_exception=False
        ) as span:
            _CONTEXT.inject(carried)
            trace_id = f"{span.get_span_context().trace_id:032x}"
            try:
                with structlog.contextvars.bound_contextvars(trace_id=trace_id):
                    yield carried.get("traceparent")
            except BaseException as error:
                code = error.code if isinstance(error, OrderwireError) else type(error).__name__
                span.set_status(StatusCode.ERROR)
                span.set_attribute("error.type", code)
                raise


def tracer_to_collector() -> OtelTracer:
    """Return a tracer that sends to the collector of OTEL_EXPORTER_OTLP_ENDPOINT, by OTLP over HTTP."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    named = Resource({"service.name": "orderwire", "service.version": __version__})
    provider = TracerProvider(resource=named.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OtelTracer(provider)
