"""The only place that wires implementations together: the services, and what works by them."""
