"""The broker: one topology, and a `Transport` for RabbitMQ (pika) and for one machine (SQLite)."""
