"""A demo webshop behind punch-out: a few pages, to try things with and to test."""
