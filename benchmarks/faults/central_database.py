"""Central's database by its name: a file of SQLite, or the URL of a PostgreSQL.

Owns what the harness has to know of the difference, which is how the two are opened.
"""

from __future__ import annotations

from central.database import Database, migrate, where_is


def migrated(database: str) -> Database:
    """Open, at the newest version."""
    migrate(where_is(database))
    return opened(database)


def opened(database: str) -> Database:
    return Database(where_is(database))
