"""The catalogue as one derived SQLite file: reads, and the small changes a sync brings.

Implements ``services.ports.Catalogue`` and ``CatalogueSink``. Standard library only (it is
read before anything heavy is imported); one read-only connection per thread, each statement
releases the GIL and takes about a millisecond. A whole new file is written by
``catalogue_writer`` and renamed into place, which readers notice at their next read. The
journal is SQLite's default, not WAL: a write-ahead log left beside a renamed file would be
played into the wrong one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import wraps
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, cast

from models.catalogue import Article, Offer, Printer
from models.errors import Unavailable
from services import query
from services.adapters.catalogue_schema import (
    FORMAT,
    READ_ARTICLE,
    READ_PRINTER,
    UPDATE_OFFER,
    article_from,
    offer_row,
    printer_from,
)
from services.adapters.catalogue_words import WordTables
from services.adapters.derived_file import (
    asked,
    connect,
    is_whole,
    roll_back,
    written_aside,
)
from services.adapters.derived_readers import Readers
from services.adapters.file_lock import exclusive
from services.hits import SearchResult

if TYPE_CHECKING:
    from services.adapters.catalogue_staging import IncomingSnapshot
    from services.adapters.catalogue_writer import Progress
    from services.ports import CatalogueChanges

BUILTIN_VERSION = "builtin-1"
"""Version of the catalogue that comes with the program."""

_SQL_VARIABLES = 900

_ROWS_IN_PLACE = 500
"""More changes than that are made in a copy: readers would wait for the transaction's end."""

P = ParamSpec("P")
T = TypeVar("T")


def _translated(
    work: Callable[Concatenate[CatalogueFile, P], T],
) -> Callable[Concatenate[CatalogueFile, P], T]:
    """What SQLite says, in our words: a file that broke under us can be built again."""

    @wraps(work)
    def wrapper(self: CatalogueFile, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return work(self, *args, **kwargs)
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
            raise Unavailable("catalogue_busy" if busy else "catalogue_broken") from error
        except (sqlite3.DatabaseError, FileNotFoundError) as error:
            raise Unavailable("catalogue_broken") from error

    return cast("Callable[Concatenate[CatalogueFile, P], T]", wrapper)


def _reads(
    read: Callable[Concatenate[CatalogueFile, P], T],
) -> Callable[Concatenate[CatalogueFile, P], T]:
    """One state of one file for the whole answer. Where the file was replaced meanwhile, what
    is written to the new one stands beside the old one under its name, and SQLite takes it for
    a reason not to read: then the new one is read.
    """

    @wraps(read)
    def wrapper(self: CatalogueFile, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with self._readers.reading():
                return read(self, *args, **kwargs)
        except sqlite3.DatabaseError:
            if not self._readers.is_replaced():
                raise
        with self._readers.reading():
            return read(self, *args, **kwargs)

    return _translated(cast("Callable[Concatenate[CatalogueFile, P], T]", wrapper))


class CatalogueFile:
    """``services.ports.Catalogue`` on a file; see ``open``. Usable from any thread.

    Every method raises Unavailable("catalogue_busy" | "catalogue_broken") for what SQLite says.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._readers = Readers(path)

    @classmethod
    def open(cls, path: Path) -> CatalogueFile:
        """Raises Unavailable("catalogue_missing" | "catalogue_broken") where there is no
        file of this format.
        """
        if not path.exists():
            raise Unavailable("catalogue_missing")
        if not is_whole(path, FORMAT):
            raise Unavailable("catalogue_broken")
        return cls(path)

    @property
    def path(self) -> Path:
        return self._path

    # --- about itself

    @property
    def version(self) -> str:
        return self._fact("version")

    @property
    def is_demo(self) -> bool:
        return self._fact("is_demo") == "1"

    @property
    def source(self) -> str:
        """``Catalogue.source``."""
        return self._fact("source")

    @_reads
    def _fact(self, name: str) -> str:
        row = (
            self._readers.connection()
            .execute("SELECT value FROM fact WHERE name = ?", (name,))
            .fetchone()
        )
        return str(row[0]) if row else ""

    @_reads
    def counts(self) -> tuple[int, int, int]:
        """Printers, articles, pairs: for the doctor."""
        row = (
            self._readers.connection()
            .execute(
                "SELECT (SELECT count(*) FROM printer), (SELECT count(*) FROM article),"
                " (SELECT count(*) FROM fits)"
            )
            .fetchone()
        )
        return int(row[0]), int(row[1]), int(row[2])

    def is_intact(self) -> bool:
        """Every page of the file, by SQLite's own check: 50 ms, for the doctor."""
        try:
            answer = self._readers.connection().execute("PRAGMA quick_check").fetchone()
        except (OSError, sqlite3.Error):
            return False
        return bool(answer == ("ok",))

    # --- reads

    @_reads
    def search(self, text: str, *, limit: int = 50) -> SearchResult:
        """See ``services.search``. Takes any text; bounded work."""
        from services.search import search  # noqa: PLC0415 - not before the first key

        return search(text, WordTables(self._readers.connection()), limit=limit)

    @_reads
    def brands(self) -> Sequence[str]:
        rows = self._rows("SELECT DISTINCT brand FROM printer")
        return tuple(sorted((row[0] for row in rows), key=str.casefold))

    @_reads
    def printers(self, brand: str, *, prefix: str = "", limit: int = 50) -> Sequence[Printer]:
        """Of one brand, as people count; ``prefix`` is of the model or of a word in it."""
        rows = self._rows(
            f"SELECT {READ_PRINTER} FROM printer WHERE brand = ?"  # noqa: S608 - our own names
            " AND ' ' || words LIKE ? ORDER BY sort_key LIMIT ?",
            (brand, f"% {query.joined(prefix)}%", limit),
        )
        return tuple(map(printer_from, rows))

    @_reads
    def printer(self, printer_id: str) -> Printer | None:
        row = self._rows(
            f"SELECT {READ_PRINTER} FROM printer WHERE printer_id = ?",  # noqa: S608 - our own names
            (printer_id,),
        ).fetchone()
        return printer_from(row) if row else None

    @_reads
    def articles_for(self, printer_id: str) -> Sequence[Article]:
        rows = self._rows(
            f"SELECT {READ_ARTICLE} FROM printer JOIN fits ON fits.printer = printer.n"  # noqa: S608 - our own names
            " JOIN article ON article.n = fits.article WHERE printer.printer_id = ?"
            " ORDER BY article.sort_key",
            (printer_id,),
        )
        return tuple(map(article_from, rows))

    @_reads
    def articles(self, skus: Iterable[str]) -> Mapping[str, Article]:
        """Those that exist, by sku, in the order asked for."""
        wanted = list(dict.fromkeys(skus))
        found: dict[str, Article] = {}
        for start in range(0, len(wanted), _SQL_VARIABLES):
            some = wanted[start : start + _SQL_VARIABLES]
            found |= {article.sku: article for article in self._where_in("article.sku", some)}
        return {sku: found[sku] for sku in wanted if sku in found}

    @_reads
    def packs_holding(self, skus: Iterable[str]) -> Sequence[Article]:
        wanted = list(dict.fromkeys(skus))[:_SQL_VARIABLES]
        marks = ", ".join("?" * len(wanted))
        rows = self._rows(
            f"SELECT {READ_ARTICLE} FROM article WHERE n IN"  # noqa: S608 - our own names
            f" (SELECT pack FROM part WHERE sku IN ({marks})) ORDER BY sort_key",
            wanted,
        )
        return tuple(map(article_from, rows))

    @_reads
    def cheapest(
        self, *, brands: Sequence[str] = (), skus: Sequence[str] = (), at_least_cents: int = 0
    ) -> Article | None:
        conditions, values = ["stock > 0", "price_cents >= ?"], [str(at_least_cents)]
        for column, wanted in (("brand", brands), ("sku", skus)):
            if wanted:
                conditions.append(f"{column} IN ({', '.join('?' * len(wanted))})")
                values.extend(wanted)
        row = self._rows(
            f"SELECT {READ_ARTICLE} FROM article WHERE {' AND '.join(conditions)}"  # noqa: S608 - our own names
            " ORDER BY price_cents, n LIMIT 1",
            values,
        ).fetchone()
        return article_from(row) if row else None

    def _where_in(self, column: str, values: Sequence[str]) -> Iterator[Article]:
        rows = self._rows(
            f"SELECT {READ_ARTICLE} FROM article"  # noqa: S608 - our own names
            f" WHERE {column} IN ({', '.join('?' * len(values))})",
            values,
        )
        return map(article_from, rows)

    def _rows(self, statement: str, values: Iterable[object] = ()) -> sqlite3.Cursor:
        return self._readers.connection().execute(statement, tuple(map(asked, values)))

    # --- changes, for the sync

    def has_incoming(self, source: str) -> bool:
        """``CatalogueSink.has_incoming``."""
        return self._incoming.place(source) is not None

    @_translated
    def take_up(self, source: str) -> str | None:
        """``CatalogueSink.take_up``."""
        with exclusive(self._path):
            roll_back(self._path)
        place = self._incoming.place(source)
        if place is not None and place.is_whole:
            self._incoming.switch(place)
        elif place is not None:
            return place.cursor
        return self.version if self.source in {"", source} else None

    @_translated
    def apply(
        self,
        pages: Iterable[CatalogueChanges],
        source: str,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """``CatalogueSink.apply``: a snapshot becomes a new file, changes one transaction."""
        rest = iter(pages)
        first = next(rest, None)
        if first is None:
            return
        if first.is_full:
            self._incoming.take_all(chain([first], rest), source, progress)
        else:
            self.apply_changes(chain([first], rest))

    @_translated
    def note_source(self, source: str) -> None:
        """``CatalogueSink.note_source``."""
        if self.source != source:
            with self._write() as connection:
                connection.execute("INSERT OR REPLACE INTO fact VALUES ('source', ?)", (source,))

    def forget_incoming(self) -> None:
        """``CatalogueSink.forget_incoming``."""
        self._incoming.forget()

    @property
    def _incoming(self) -> IncomingSnapshot:
        from services.adapters.catalogue_staging import IncomingSnapshot  # noqa: PLC0415 - sync only

        return IncomingSnapshot(self._path)

    @_translated
    def apply_changes(self, pages: Iterable[CatalogueChanges]) -> None:
        """All pages in one transaction, or none of them. Raises Unavailable("central_unclear")
        for pages that are not, one after the other, what follows the catalogue in use.
        """
        from services.adapters.catalogue_changes import apply_pages  # noqa: PLC0415 - sync only

        everything = tuple(pages)  # before the lock: they come over the network
        rows = sum(page.row_count + page.removed_count for page in everything)
        writing = self._write() if rows <= _ROWS_IN_PLACE else self._write_aside()
        with writing as connection:
            apply_pages(connection, everything)

    @_translated
    def apply_offers(self, offers: Iterable[Offer]) -> None:
        """New prices and stock in one short transaction; unknown skus are passed over."""
        rows = [offer_row(offer) for offer in offers]
        with self._write() as connection:
            connection.executemany(UPDATE_OFFER, rows)

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with (
            exclusive(self._path),
            closing(connect(self._path, is_read_only=False)) as connection,
            connection,
        ):
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def _write_aside(self) -> Iterator[sqlite3.Connection]:
        """On a copy that takes the place of the file: no reader waits for a long transaction."""
        with (
            exclusive(self._path),
            written_aside(self._path) as aside,
            closing(connect(aside, is_read_only=False)) as connection,
        ):
            connection.execute("PRAGMA synchronous = OFF")  # it is synced before it is seen
            with closing(connect(self._path, is_read_only=False)) as present:
                present.backup(connection)
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                yield connection

    def close(self) -> None:
        """Closes every thread's connection; no read may be under way."""
        self._readers.close()


def build_catalogue(
    path: Path,
    printers: Iterable[Printer],
    articles: Iterable[Article],
    pairs: Iterable[tuple[str, str]],
    *,
    version: str,
    is_demo: bool,
    source: str = "",
    progress: Progress | None = None,
) -> None:
    """Write a whole catalogue; it takes the place of ``path`` at the end, or not at all.

    Raises Conflict("catalogue_inconsistent") on an id that comes twice and on a pair of
    unknown ids, Unavailable("catalogue_unwritable" | "store_full").
    """
    from services.adapters.catalogue_writer import new_catalogue  # noqa: PLC0415 - rarely needed

    with new_catalogue(path, progress=progress) as writer:
        writer.add_all(printers, articles, pairs)
        writer.finish(version=version, is_demo=is_demo, source=source)


def ensure_builtin(path: Path, as_of: datetime) -> CatalogueFile:
    """The catalogue at ``path``; where there is none or a broken one, the built-in one is made
    from the assets, with demo offers as of that time. One of another format keeps its rows.

    Idempotent, and safe when several processes start at once: one builds, the others wait.
    Raises as ``build_catalogue``, and OSError where the folder cannot be written.
    """
    if not is_whole(path, FORMAT):
        from services.adapters.catalogue_builtin import make  # noqa: PLC0415 - once per console

        make(path, as_of, version=BUILTIN_VERSION)
    return CatalogueFile(path)
