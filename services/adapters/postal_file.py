"""Postcodes and communes on an SQLite file derived from ``assets/postal/communes.csv``.

Implements ``services.postal.PostalCodes``. The file is made at the first question, aside and
renamed, by one process at a time; standard library only. It can be thrown away at any time.
"""

from __future__ import annotations

import csv
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from importlib.resources import files
from io import StringIO
from pathlib import Path

from models.errors import Unavailable
from services.adapters.derived_file import asked, close_with, connect, is_whole, written_aside
from services.adapters.file_lock import exclusive
from services.postal import Commune, comparable

FORMAT = 1
"""PRAGMA user_version. Raise it with every change of tables, words or data."""

_TABLES = (
    """CREATE TABLE commune (
      n INTEGER PRIMARY KEY, -- in the order of the list: by postcode, then name
      postcode TEXT NOT NULL, name TEXT NOT NULL, insee TEXT NOT NULL,
      line5 TEXT NOT NULL, label TEXT NOT NULL)""",
    """CREATE TABLE called (
      name TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (name, n)) WITHOUT ROWID""",
)
_INDEX = "CREATE INDEX commune_by_postcode ON commune (postcode)"
_ARTICLES = frozenset({"L", "LE", "LA", "LES"})
_AFTER_ALL_LETTERS = "\U0010ffff"


class PostalFile:
    """``PostalCodes`` on the file at that path, which need not be there yet.

    Usable from any thread. Raises Unavailable("postal_unusable") when the file cannot be
    made or read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        close_with(self, self._opened)

    def communes(self, postcode: str) -> Sequence[Commune]:
        return self._ask(
            "SELECT postcode, name, insee, line5, label FROM commune WHERE postcode = ?"
            " ORDER BY name, line5",
            (postcode.strip(),),
        )

    def by_name(self, text: str, limit: int = 10) -> Sequence[Commune]:
        """Also by a hamlet's or former commune's name; the name itself before longer ones."""
        typed = comparable(text)
        if not typed:
            return ()
        return self._ask(
            "SELECT postcode, commune.name, insee, line5, label FROM commune JOIN"
            " (SELECT n, min(length(name)) AS length FROM called"
            "  WHERE name >= ?3 AND name < ?4 GROUP BY n) AS found USING (n)"
            " ORDER BY length > ?1, CASE WHEN length > ?1 THEN commune.name END, n LIMIT ?2",
            (len(typed), limit, typed, typed + _AFTER_ALL_LETTERS),
        )

    def _ask(self, statement: str, values: tuple[object, ...]) -> Sequence[Commune]:
        try:
            rows = self._connection().execute(statement, tuple(map(asked, values))).fetchall()
        except (OSError, sqlite3.Error) as error:
            raise Unavailable("postal_unusable") from error
        return tuple(Commune(*row) for row in rows)

    def _connection(self) -> sqlite3.Connection:
        held: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if held is None:
            ensure(self._path)
            held = self._local.connection = connect(self._path)
            self._opened.append(held)
        return held


def ensure(path: Path) -> None:
    """The file is there, whole and of this format. Idempotent; one process builds, others
    wait.
    """
    if not is_whole(path, FORMAT):
        with exclusive(path):
            if not is_whole(path, FORMAT):
                _build(path)


def _build(path: Path) -> None:
    text = (files("assets") / "postal" / "communes.csv").read_text("utf-8")
    rows = csv.reader(StringIO(text))
    next(rows)
    communes = [Commune(postcode, name, *rest) for postcode, name, *rest in rows]
    with written_aside(path) as aside, closing(connect(aside, is_read_only=False)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for statement in _TABLES:
            connection.execute(statement)
        connection.executemany(
            "INSERT INTO commune VALUES (?, ?, ?, ?, ?, ?)",
            ((n, c.postcode, c.name, c.insee, c.line5, c.label) for n, c in enumerate(communes)),
        )
        connection.executemany(
            "INSERT OR IGNORE INTO called VALUES (?, ?)", sorted(_names(communes))
        )
        connection.execute(_INDEX)
        connection.execute("COMMIT")
        connection.execute(f"PRAGMA user_version = {FORMAT}")


def _names(communes: Iterable[Commune]) -> Iterator[tuple[str, int]]:
    """What each row is called. A commune with several rows under one postcode answers to its
    own name with the first of them only, to a hamlet's name with that hamlet's row.
    """
    named = set()
    for n, commune in enumerate(communes):
        if commune.line5:
            yield from _with_and_without_article(commune.line5, n)
        if (commune.postcode, commune.insee) not in named:
            named.add((commune.postcode, commune.insee))
            yield from _with_and_without_article(commune.name, n)
            yield from _with_and_without_article(commune.label, n)


def _with_and_without_article(name: str, n: int) -> Iterator[tuple[str, int]]:
    """Callers from L'Haÿ-les-Roses may start at the L or at the H."""
    whole = comparable(name)
    yield whole, n
    article, _, rest = whole.partition(" ")
    if article in _ARTICLES and rest:
        yield rest, n
