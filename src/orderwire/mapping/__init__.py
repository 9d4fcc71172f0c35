"""Rules that all maps share; pure."""
