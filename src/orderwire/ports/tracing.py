"""What the pipeline tells of its course, without knowing what draws it: spans of one trace from receive to answer."""

from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol

from orderwire.canonical.envelope import Event


class Tracer(Protocol):
    """Thread-safe, never raises. Each block is a span; it gives the W3C traceparent that what follows carries on."""

    def received(self, channel: str, document_id: str) -> AbstractContextManager[str | None]:
        """Begin the trace of a document."""
        ...

    def handled(self, flow: str, event: Event, attempt: int) -> AbstractContextManager[str | None]:
        """Work on an event, in the trace that it carries."""
        ...

    def called(self, operation: str) -> AbstractContextManager[str | None]:
        """Call the ERP, within what is being done in this thread."""
        ...

    def close(self) -> None:
        """Send what has not been sent."""
        ...


_NOTHING: Final = nullcontext(None)


class NoTracer:
    """Draws nothing, and costs nothing."""

    def received(self, channel: str, document_id: str) -> AbstractContextManager[str | None]:  # noqa: ARG002  the port
        return _NOTHING

    def handled(self, flow: str, event: Event, attempt: int) -> AbstractContextManager[str | None]:  # noqa: ARG002  the port
        return _NOTHING

    def called(self, operation: str) -> AbstractContextManager[str | None]:  # noqa: ARG002  the port
        return _NOTHING

    def close(self) -> None:
        pass


NO_TRACER: Final = NoTracer()
