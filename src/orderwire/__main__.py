"""Run the command line: ``python -m orderwire``."""

from orderwire.cli import main

if __name__ == "__main__":
    main()
