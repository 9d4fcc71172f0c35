"""The HTTP interface: REST API, EDI over HTTP, health and metrics."""
