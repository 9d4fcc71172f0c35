"""Run the benchmarks: `python -m benchmarks [--only GROUP]`; results go to build/bench.json."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from benchmarks import console, cxml, edi, nav, punchout, queue
from benchmarks.measure import Result

#: Groups by name; each prints its table and returns its results.
GROUPS: dict[str, Callable[[int], list[Result]]] = {
    "console": console.run,
    "cxml": lambda repetitions: cxml.run(repetitions) + punchout.run(repetitions),
    "edi": edi.run,
    "nav": nav.run,
    "queue": queue.run,
}


def main() -> None:
    """Run the groups asked for, and keep the results of the others from the last run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=sorted(GROUPS), help="one group; all by default")
    parser.add_argument("--repetitions", type=int, default=5, help="at least five, for the spread")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"))
    arguments = parser.parse_args()
    results: list[Result] = []
    for name, run in GROUPS.items():
        if arguments.only in {None, name}:
            results += run(max(5, arguments.repetitions))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    kept = [] if arguments.only is None else _others(arguments.out, arguments.only)
    arguments.out.write_text(json.dumps([*kept, *(each.as_json() for each in results)], indent=2) + "\n")
    print(f"\nwritten to {arguments.out}")


def _others(file: Path, group: str) -> list[dict[str, str | float]]:
    if not file.is_file():
        return []
    return [entry for entry in json.loads(file.read_text()) if entry["group"] != group]


if __name__ == "__main__":
    main()
