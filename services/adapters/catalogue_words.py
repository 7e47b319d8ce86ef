"""The word index of the catalogue file, as ``services.search`` asks for it.

Owns the SQL; knows nothing of ranking.
"""

from __future__ import annotations

import sqlite3


class WordTables:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
