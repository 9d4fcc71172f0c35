"""The access log holds nothing that the caller chose."""

import pytest
from structlog.testing import capture_logs

from unit.web.conftest import Site


@pytest.mark.parametrize(
    ("method", "path", "logged"),
    [
        ("GET", "/api/v1/orders/4711?key=secret", ("GET", "/api/v1/orders/{order_id}", 404)),
        ("GET", "/secret%0d%0aforged%1b[31m", ("GET", "none", 404)),
        ("SECRET", "/api/v1/orders", ("other", "/api/v1/orders", 405)),
        ("GET", "/api/v1/stock?item=secret", ("GET", "/api/v1/stock", 200)),
        ("GET", "/health/live", ("GET", "/health/live", 200)),
    ],
)
def test_an_entry_names_the_route_and_not_the_path(
    site: Site, method: str, path: str, logged: tuple[str, str, int]
) -> None:
    """Method, template, status, milliseconds."""
    with capture_logs() as entries:
        site.call(method, path)

    [entry] = [entry for entry in entries if entry["event"] == "request_handled"]
    assert (entry["method"], entry["route"], entry["status"]) == logged
    assert entry["ms"] >= 0
    assert entry["log_level"] == ("debug" if path == "/health/live" else "info")
    text = str(entries)
    assert "secret" not in text
    assert "forged" not in text
    assert "acme-key" not in text
