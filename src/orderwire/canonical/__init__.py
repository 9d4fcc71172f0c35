"""What we say to ourselves: frozen models, no I/O."""
