"""Central's database by its name: a file of SQLite, or the URL of a PostgreSQL.

Owns what the harness has to know of the difference, which is how the two are opened.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from central.database import Database, migrate


def migrated(database: str) -> Database:
    """Open, at the newest version."""
    migrate(_place(database))
    return opened(database)


def opened(database: str) -> Database:
    return Database(_place(database))


def _place(database: str) -> Any:
    return database if "://" in database else Path(database)
