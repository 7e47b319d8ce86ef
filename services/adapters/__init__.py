"""Ports made real: SQLite, HTTP, clock, ids."""
