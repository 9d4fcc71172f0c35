"""Messages to meaning: one module per message, pure."""
