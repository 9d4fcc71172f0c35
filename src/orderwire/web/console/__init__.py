"""The operations console: watch, find, mend, replay. Server-rendered; reading needs no script."""
