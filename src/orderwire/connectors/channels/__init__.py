"""How bytes travel: no meaning."""
