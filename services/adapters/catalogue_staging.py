"""A snapshot on its way down: its pages on disk as they come, until the catalogue switches.

Owns the file beside the catalogue, which holds rows made ready for it and the cursor of the
last whole page, both in one transaction: whenever the process or the line dies, the next one
goes on from there. The file also says which central it comes from and which format its rows
have; in any doubt it is thrown away, and the snapshot begins anew. Knows no readers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from models.errors import Conflict, Unavailable
from services.adapters.catalogue_schema import FORMAT
from services.adapters.catalogue_writer import STAGED_TABLES, StagedRows, new_catalogue
from services.adapters.derived_file import connect
from services.ports import CatalogueChanges

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all, after each page."""

_FILE_MODE = 0o600
_BESIDE = ("", "-wal", "-shm", "-journal")
_MAY_PASS = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}
"""Primary result codes that say nothing against what is in the file."""

_TABLES = f"""
PRAGMA journal_mode = WAL;
BEGIN;
{STAGED_TABLES.format(create="CREATE TABLE")}
CREATE TABLE place (
  source TEXT NOT NULL, cursor TEXT NOT NULL, rows_done INTEGER NOT NULL,
  rows_total INTEGER NOT NULL, is_whole INTEGER NOT NULL, is_demo INTEGER NOT NULL
);
PRAGMA user_version = {FORMAT};
COMMIT;
"""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a snapshot came. ``cursor`` is "" before its first page."""

    source: str
    cursor: str = ""
    rows_done: int = 0
    rows_total: int = 0
    is_whole: bool = False
    """The last page is there; ``cursor`` is the version of the catalogue."""
    is_demo: bool = False

    def after(self, page: CatalogueChanges) -> Place:
        """Raises Unavailable("central_unclear") for a page that does not follow."""
        if not page.is_full or page.after not in {None, self.cursor} or page.cursor == self.cursor:
            raise Unavailable("central_unclear")
        done = self.rows_done + page.row_count
        total = max(self.rows_total, page.rows_total, done)
        return Place(self.source, page.cursor, done, total, not page.has_more, page.is_demo)


class IncomingSnapshot:
    """The snapshot that comes down for one catalogue file; only one process takes its pages."""

    def __init__(self, catalogue: Path) -> None:
        self._catalogue = catalogue
        self.path = catalogue.with_name(f"{catalogue.stem}.incoming{catalogue.suffix}")

    def place(self, source: str) -> Place | None:
        """Where one of ``source`` was broken off; None where there is none to go on with."""
        if not self.path.exists():
            return None
        try:
            with self._opened() as connection:
                place = _place(connection)
        except sqlite3.Error:
            return None
        return place if place is not None and place.source == source else None

    def forget(self) -> None:
        for suffix in _BESIDE:
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def take_all(
        self, pages: Iterable[CatalogueChanges], source: str, progress: Progress | None = None
    ) -> None:
        """Each page, and there is one, is kept as it comes; after the last the catalogue
        switches. Raises as ``CatalogueSink.apply``.
        """
        rest = iter(pages)
        first = next(rest)
        with self._forgotten_in_doubt():
            place = self._place_before(first, source)
            with self._opened() as connection:
                for page in chain([first], rest):
                    place = _take(connection, place, page)
                    if progress is not None:
                        progress(place.rows_done, place.rows_total)
        if not place.is_whole:
            raise Unavailable("central_cut_off")
        self.switch(place)

    def switch(self, place: Place) -> None:
        """What is whole takes the place of the catalogue, at once; then nothing is incoming."""
        with (
            self._forgotten_in_doubt(),
            new_catalogue(self._catalogue, staged=self.path) as writer,
        ):
            writer.finish(version=place.cursor, is_demo=place.is_demo, source=place.source)
        self.forget()

    def _place_before(self, first: CatalogueChanges, source: str) -> Place:
        """A central that does not say what a page follows gives the total with a first one."""
        is_first = first.rows_total > 0 if first.after is None else not first.after
        known = None if is_first else self.place(source)
        return known or self._begin(source)

    def _begin(self, source: str) -> Place:
        self.forget()
        self.path.touch(mode=_FILE_MODE)
        with self._opened() as connection:
            connection.executescript(_TABLES)
        return Place(source)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(connect(self.path, is_read_only=False)) as connection:
            # What is lost with the power, not with the process, are the last pages, each whole.
            connection.execute("PRAGMA synchronous = NORMAL")
            yield connection

    @contextmanager
    def _forgotten_in_doubt(self) -> Iterator[None]:
        try:
            yield
        except Conflict:
            self.forget()
            raise
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in _MAY_PASS:
                self.forget()
            raise


def _place(connection: sqlite3.Connection) -> Place | None:
    """None where the file is of another format, or without a page."""
    if connection.execute("PRAGMA user_version").fetchone() != (FORMAT,):
        return None
    row = connection.execute("SELECT * FROM place").fetchone()
    if row is None:
        return None
    source, cursor, done, total, is_whole, is_demo = row
    return Place(source, cursor, done, total, bool(is_whole), bool(is_demo))


def _take(connection: sqlite3.Connection, place: Place, page: CatalogueChanges) -> Place:
    """The page and its place, or neither."""
    following = place.after(page)
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if (_place(connection) or Place(place.source)) != place:
            raise Unavailable("sync_stopped")  # another process went on with it
        StagedRows(connection).add_all(page.printers, page.articles, page.pairs)
        _put_place(connection, following)
    return following


def _put_place(connection: sqlite3.Connection, place: Place) -> None:
    connection.execute("DELETE FROM place")
    connection.execute(
        "INSERT INTO place VALUES (?, ?, ?, ?, ?, ?)",
        (
            place.source,
            place.cursor,
            place.rows_done,
            place.rows_total,
            place.is_whole,
            place.is_demo,
        ),
    )
