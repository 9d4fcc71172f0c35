"""A worker's metrics over HTTP."""

import httpx

from orderwire.telemetry.metrics import Metrics, served


def test_a_process_without_a_web_server_shows_its_metrics() -> None:
    """Prometheus finds them at /metrics while the block runs, and nobody listens afterwards."""
    metrics = Metrics()
    metrics.parked("decode", "mapping")

    with served(metrics, "127.0.0.1", 0) as port:
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics")

    assert answer.status_code == 200
    assert 'orderwire_parked_total{code="mapping",flow="decode"} 1.0' in answer.text
    try:
        httpx.get(f"http://127.0.0.1:{port}/metrics")
    except httpx.ConnectError:
        return
    raise AssertionError("somebody still listens")
