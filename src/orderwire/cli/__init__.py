"""The command line: thin, one module per noun. `main` is the program."""

from orderwire.cli.program import main

__all__ = ["main"]
