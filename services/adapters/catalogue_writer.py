"""Writes a whole catalogue file: aside, in one go, renamed into place when it is complete.

Owns the making of the file; ``catalogue_file`` reads and amends it. Rows may come in any
order and any number; memory stays flat, because what is not yet in order waits in tables,
temporary ones or those of ``catalogue_staging``. No step holds the interpreter for long:
sorting is SQLite's, which leaves it to the thread that draws.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path

from models.catalogue import Article, Printer
from models.errors import Conflict, Defect, Unavailable
from services.adapters.catalogue_schema import (
    ARTICLE_COLUMNS,
    FORMAT,
    INDEXES,
    PRINTER_COLUMNS,
    TABLES,
    Row,
    article_row,
    printer_row,
)
from services.adapters.derived_file import connect, written_aside
from services.adapters.file_lock import exclusive
from services.query import shorter_forms
from services.reading_order import brand_rank

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all, now and then."""

_SHORTEST_FORGIVEN = 2
_LONGEST_FORGIVEN = 24
_ROWS_BETWEEN_REPORTS = 2000

STAGED_TABLES = f"""
{{create}} new_printer (rank INTEGER, {", ".join(PRINTER_COLUMNS)});
{{create}} new_article (rank INTEGER, {", ".join(ARTICLE_COLUMNS)});
{{create}} new_pair (printer_id TEXT, sku TEXT);
"""
"""Rows that are not yet in order, wherever they wait: temporary, or in an attached file."""

Counted = Callable[[Iterable[Row]], Iterable[Row]]


class StagedRows:
    """Writes rows into STAGED_TABLES, with the words they are found by."""

    def __init__(self, connection: sqlite3.Connection, counted: Counted = iter) -> None:
        self._connection = connection
        self._counted = counted

    def add_all(
        self,
        printers: Iterable[Printer],
        articles: Iterable[Article],
        pairs: Iterable[tuple[str, str]],
    ) -> None:
        self._insert(
            "new_printer",
            len(PRINTER_COLUMNS) + 1,
            ((brand_rank(p.brand), *printer_row(p)) for p in printers),
        )
        self._insert(
            "new_article",
            len(ARTICLE_COLUMNS) + 1,
            ((brand_rank(a.cartridge.brand), *article_row(a)) for a in articles),
        )
        self._insert("new_pair", 2, pairs)

    def _insert(self, table: str, width: int, rows: Iterable[Row]) -> None:
        marks = ", ".join("?" * width)
        self._connection.executemany(
            f"INSERT INTO {table} VALUES ({marks})",  # noqa: S608 - our own names, and marks
            self._counted(rows),
        )


class CatalogueWriter:
    """A catalogue in the making. Use ``new_catalogue``; nothing is seen before it ends well."""

    def __init__(self, connection: sqlite3.Connection, progress: Progress | None) -> None:
        self._connection = connection
        self._progress = progress
        self._done = 0
        self.is_finished = False

    def add_all(
        self,
        printers: Iterable[Printer],
        articles: Iterable[Article],
        pairs: Iterable[tuple[str, str]],
    ) -> None:
        StagedRows(self._connection, self._counted).add_all(printers, articles, pairs)

    def _counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            yield row
            self._done += 1
            if self._progress and self._done % _ROWS_BETWEEN_REPORTS == 0:
                self._progress(self._done, self._done)

    def finish(self, *, version: str, is_demo: bool, source: str = "") -> None:
        """Put everything in its order and index it. ``source`` is the central it came from.

        Raises Conflict("catalogue_inconsistent") where an id comes twice or a pair names
        an unknown one.
        """
        try:
            self._order_rows()
        except sqlite3.IntegrityError as error:
            raise Conflict("catalogue_inconsistent", reason=str(error)) from error
        self._index_words()
        for statement in INDEXES:
            self._connection.execute(statement)
        self._connection.executemany(
            "INSERT INTO fact VALUES (?, ?)",
            [("version", version), ("is_demo", str(int(is_demo))), ("source", source)],
        )
        self._connection.execute(f"PRAGMA user_version = {FORMAT}")
        self.is_finished = True
        if self._progress:
            self._progress(self._done, self._done)

    def _order_rows(self) -> None:
        execute = self._connection.execute
        printer, article = ", ".join(PRINTER_COLUMNS), ", ".join(ARTICLE_COLUMNS)
        execute(
            f"INSERT INTO printer ({printer}) SELECT {printer} FROM new_printer"  # noqa: S608 - our own names
            " ORDER BY rank, brand, sort_key, printer_id"
        )
        execute(
            f"INSERT INTO article ({article}) SELECT {article} FROM new_article"  # noqa: S608 - our own names
            " ORDER BY origin = 'shop', rank, brand, sort_key"
        )
        execute(
            "INSERT INTO fits SELECT DISTINCT printer.n, article.n FROM new_pair"
            " LEFT JOIN printer USING (printer_id) LEFT JOIN article USING (sku) ORDER BY 1, 2"
        )
        rows = execute("SELECT n, contents FROM article WHERE contents <> ''").fetchall()
        parts = sorted((sku, n) for n, contents in rows for sku in contents.split())
        self._connection.executemany("INSERT OR IGNORE INTO part VALUES (?, ?)", parts)

    def _index_words(self) -> None:
        connection = self._connection
        for kind in ("printer", "article"):
            connection.execute(
                f"INSERT INTO {kind}_index (rowid, words) SELECT n, words FROM {kind} ORDER BY n"  # noqa: S608 - our own names
            )
            connection.execute(f"INSERT INTO {kind}_index ({kind}_index) VALUES ('optimize')")  # noqa: S608 - see above
        everything = connection.execute(
            "SELECT words FROM printer UNION ALL SELECT words FROM article"
        )
        vocabulary = set(chain.from_iterable(row[0].split() for row in everything))
        connection.execute("CREATE TEMP TABLE new_form (form TEXT, word TEXT)")
        connection.executemany("INSERT INTO new_form VALUES (?, ?)", forms_of(vocabulary))
        connection.execute("INSERT INTO near SELECT form, word FROM new_form ORDER BY 1, 2")


def forms_of(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Rows of ``near``: what makes a word be found in spite of one typo."""
    for word in words:
        if _SHORTEST_FORGIVEN <= len(word) <= _LONGEST_FORGIVEN:
            for form in shorter_forms(word):
                yield form, word


@contextmanager
def new_catalogue(
    path: Path, *, progress: Progress | None = None, staged: Path | None = None
) -> Iterator[CatalogueWriter]:
    """A writer whose work takes the place of ``path`` when the block ends well and it was
    finished; on any error ``path`` stays as it was. One at a time on a machine (lock file).
    Begins with the rows of the file ``staged``, where one is given.
    """
    with exclusive(path), new_catalogue_unlocked(path, progress=progress, staged=staged) as writer:
        yield writer


@contextmanager
def new_catalogue_unlocked(
    path: Path, *, progress: Progress | None = None, staged: Path | None = None
) -> Iterator[CatalogueWriter]:
    """As ``new_catalogue``, for a caller that holds the lock.

    Raises Unavailable("store_full" | "catalogue_unwritable") for what SQLite says.
    """
    with (
        written_aside(path) as aside,
        closing(connect(aside, is_read_only=False)) as connection,
    ):
        try:
            _wait_for_rows(connection, staged)
            connection.executescript(
                f"PRAGMA main.journal_mode = OFF; PRAGMA main.synchronous = OFF; BEGIN; {TABLES}"
            )
            writer = CatalogueWriter(connection, progress)
            yield writer
            if not writer.is_finished:
                raise Defect("catalogue_not_finished")
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            is_full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
            raise Unavailable("store_full" if is_full else "catalogue_unwritable") from error


def _wait_for_rows(connection: sqlite3.Connection, staged: Path | None) -> None:
    """STAGED_TABLES under their own names: those of a file, or empty ones."""
    if staged is None:
        connection.executescript(STAGED_TABLES.format(create="CREATE TEMP TABLE"))
    else:
        connection.execute("ATTACH ? AS staged", (f"{staged.absolute().as_uri()}?mode=rw",))
