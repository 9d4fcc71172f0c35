"""cXML and OCI: procurement systems and their punch-outs."""
