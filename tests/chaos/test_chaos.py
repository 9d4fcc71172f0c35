"""Two minutes of chaos: whatever breaks, nothing is lost, doubled, oversold or left without a reason."""

import secrets
from pathlib import Path

from chaos.run import run


def test_nothing_is_lost_doubled_or_oversold(tmp_path: Path) -> None:
    """Broker nodes, database, NAV, workers and networks break at random under load; `make chaos` goes on for longer."""
    report = run(tmp_path, minutes=2, seed=secrets.randbelow(10**6))

    assert report.lines()[-1] == "lost=0 doubled=0 oversold=0 unexplained=0", "\n".join(report.lines())
    assert report.orders > 0
    assert report.faults.total() > 0
