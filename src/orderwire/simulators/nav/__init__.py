"""Dynamics NAV as its web services show it, with its faults."""
