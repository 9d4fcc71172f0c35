"""Settings and partner profiles; the only reader of the environment."""
