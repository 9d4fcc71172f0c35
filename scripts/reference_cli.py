"""The command line's reference page, from the commands themselves."""

from collections.abc import Iterator
from typing import Any

import typer

from orderwire.cli.program import app

HEAD = """# Command line

Generated from the code by `make docs`. Every command that prints a table takes `--json`.

Exit codes: 0 done · 1 failed, or found what it looked for to be wrong · 2 wrong usage or configuration · 3 something
needed did not answer. For completion in your shell: `orderwire --install-completion`.
"""


def page() -> str:
    """Return the page."""
    return HEAD + "".join(_commands(typer.main.get_command(app), "orderwire"))


def _commands(command: Any, name: str) -> Iterator[str]:
    if not hasattr(command, "list_commands"):
        yield from _one(command, name)
        return
    for key in sorted(command.list_commands(None)):
        yield from _commands(command.get_command(None, key), f"{name} {key}")


def _one(command: Any, name: str) -> Iterator[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and one.name != "help"]
    usage = " ".join([name, *(_argument(one) for one in arguments)])
    yield f"\n## {name}\n\n{(command.help or '').strip()}\n\n```\n{usage}{' [options]' if options else ''}\n```\n"
    rows = [(_argument(one), getattr(one, "help", None) or "") for one in arguments]
    rows += [(", ".join(one.opts), one.help or "") for one in options]
    if any(text for _, text in rows):
        yield "\n| | |\n|---|---|\n"
        yield from (f"| `{what}` | {text} |\n" for what, text in rows)


def _argument(one: Any) -> str:
    name = one.name.upper() + ("…" if one.nargs == -1 else "")
    return name if one.required else f"[{name}]"
