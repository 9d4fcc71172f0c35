"""`make chaos MINUTES=n`: break everything at random under load, and count what became of the orders."""

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from chaos.run import run


def main() -> int:
    """Return 0 when all counters are 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2, help="about so long in all")
    parser.add_argument("--seed", type=int, help="of the faults and the orders; none: any")
    parser.add_argument("--folder", type=Path, help="keep logs and files here; none: they go with the run")
    asked = parser.parse_args()
    seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    with tempfile.TemporaryDirectory(prefix="orderwire-chaos-") as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        report = run(folder, asked.minutes, seed, lambda line: print(line, flush=True))  # noqa: T201  what it is for
    print("\n".join(report.lines()))  # noqa: T201  what it is for
    return 0 if report.counters.clean else 1


if __name__ == "__main__":
    sys.exit(main())
