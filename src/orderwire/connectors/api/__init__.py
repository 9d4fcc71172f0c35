"""Orders as JSON, from a webshop or any program."""
