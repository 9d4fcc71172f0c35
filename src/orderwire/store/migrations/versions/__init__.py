"""The schema's versions, oldest first by number."""
