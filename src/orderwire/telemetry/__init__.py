"""How operations see Orderwire at work: logs and metrics."""
