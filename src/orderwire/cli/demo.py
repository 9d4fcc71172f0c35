"""`orderwire demo`: the main job on one machine, with a simulated NAV behind real HTTP and SOAP."""

import tempfile
from pathlib import Path

from orderwire.cli.context import ConfigDir, read_settings
from orderwire.cli.output import Json, emit_json
from orderwire.errors import ConfigurationError


def demo(config: ConfigDir = None, *, as_json: Json = False) -> None:
    """Show the main job: four buyers, live stock, sales orders, answers, a shipment. Leaves nothing behind."""
    from pydantic import SecretStr

    from orderwire.cli.demo_scene import play
    from orderwire.cli.demo_screen import show
    from orderwire.cli.simulate import simulated_nav
    from orderwire.config.settings import QueueSettings, StoreSettings
    from orderwire.telemetry.logging import set_up_logging

    with tempfile.TemporaryDirectory(prefix="orderwire-demo-") as folder:
        settings = read_settings(
            config,
            data_dir=Path(folder),
            store=StoreSettings(url=SecretStr(f"sqlite:///{folder}/orderwire.db")),
            queue=QueueSettings(url=SecretStr("embedded:")),
        )
        if not (settings.config_dir / "partners").is_dir():
            raise ConfigurationError(
                "no partners here: run the demo in the project's folder, or name one with --config"
            )
        set_up_logging(level="error", form="console")
        with simulated_nav(settings) as simulated:
            scene = play(simulated)
    if as_json:
        emit_json(scene.as_json())
    else:
        show(scene)
