"""What the NAV benchmarks run on: the simulator in a process of its own, and settings that lead there."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from orderwire.config.nav import NavSettings

#: What every call to the simulator takes longer, in seconds.
LATENCY = 0.005
ITEMS = [str(number) for number in range(100_000, 100_400)]
CUSTOMER = "C10000"


@dataclass(frozen=True)
class Company:
    """A simulated NAV that runs."""

    url: str

    @property
    def settings(self) -> NavSettings:
        return NavSettings(
            url=self.url, company="Northwind Tools Ltd.", username="orderwire", password=SecretStr("demo"),
            production=False,
        )  # fmt: skip

    def calls(self) -> dict[str, int]:
        """Return how often each operation has been called."""
        root = self.url.partition("/DynamicsNAV")[0]
        with urllib.request.urlopen(f"{root}/simulator/state") as answer:  # noqa: S310  our own simulator
            counted: dict[str, int] = json.load(answer)["counters"]["requests"]
        return counted


@contextmanager
def company(folder: Path, *more: str) -> Iterator[Company]:
    """Run a simulator with the benchmarks' items, of which there is plenty; `more` are options of its command."""
    data = folder / "company.yaml"
    items = "".join(
        f"- {{no: {no}, description: Item {no}, inventory: 90000000, unit_price: 9.90, units: {{CARTON: 6}}}}\n"
        for no in ITEMS
    )
    data.write_text(f"items:\n{items}customers:\n- {{no: {CUSTOMER}, name: Buyer}}\n- {{no: C99999, name: Walk-in}}\n")
    command = ["simulate", "nav", "--port", "0", "--data", str(data), "--latency-seconds", str(LATENCY), *more]
    process = subprocess.Popen([sys.executable, "-m", "orderwire", *command], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield Company(next(word for word in line.split() if word.startswith("http")))
    finally:
        process.terminate()
        process.wait()
