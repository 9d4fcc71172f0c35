"""Stand-ins for systems that cannot run on a laptop."""
