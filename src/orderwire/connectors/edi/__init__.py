"""EDIFACT: orders in, acknowledgements and order responses out."""
