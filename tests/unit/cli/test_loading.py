"""What a command loads: each process pays for it again."""

import gc
import subprocess
import sys

import pytest

from orderwire.cli.loading import loading

HELP = "from orderwire.cli.program import app; app(['work', '--help'], standalone_mode=False)"
SERVE = "import orderwire.cli.running"
WORK = "import orderwire.cli.running, orderwire.bootstrap.worker"


@pytest.mark.parametrize(
    ("done", "spared"),
    [
        (HELP, ("sqlalchemy", "structlog", "orderwire.config.settings")),
        (SERVE, ("zeep", "pika", "psycopg", "httpx", "alembic", "orderwire.pipeline.fulfil")),
        (WORK, ("fastapi", "zeep", "pika", "psycopg", "httpx", "alembic")),
    ],
)
def test_a_command_loads_what_it_uses(done: str, spared: tuple[str, ...]) -> None:
    """Help needs no database, serving no worker's code, and a worker no web; what the settings name comes later."""
    script = f"import sys\n{done}\nprint(*(name for name in {spared!r} if name in sys.modules))"

    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert not ran.stdout.splitlines()[-1]


def test_nothing_is_collected_while_loading() -> None:
    """And seldom afterwards, also when something could not be loaded."""
    collecting, before = [], gc.get_threshold()

    def load() -> None:
        collecting.append(gc.isenabled())
        raise ImportError

    with pytest.raises(ImportError), loading():
        load()
    gc.unfreeze()
    after = gc.get_threshold()
    gc.set_threshold(*before)

    assert (collecting, gc.isenabled()) == ([False], True)
    assert after[0] > before[0]
