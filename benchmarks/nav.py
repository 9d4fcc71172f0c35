"""NAV: parsing, questions put together, the way of an order, and what the REST answer adds. All on the simulator."""

import tempfile
from pathlib import Path

from benchmarks.measure import Result
from benchmarks.nav_company import LATENCY, company
from benchmarks.nav_orders import orders_per_second
from benchmarks.nav_parse import parsing
from benchmarks.nav_stock import added_latency, put_together
from orderwire.telemetry.logging import set_up_logging


def run(repetitions: int) -> list[Result]:
    """Measure, print, and return the results."""
    set_up_logging(level="error", form="json")
    print(f"NAV: simulator figures, every call takes {LATENCY * 1000:.0f} ms, {repetitions} interleaved repetitions\n")
    results = []
    with (
        tempfile.TemporaryDirectory() as folder,
        company(Path(folder)) as simulated,
        company(Path(folder), "--gateway") as gateway,
    ):
        results += parsing(simulated, repetitions)
        results += put_together(simulated, Path(folder))
        results += orders_per_second(simulated, gateway, Path(folder), repetitions)
        results += added_latency(simulated, Path(folder))
    return results
