"""Changes of a catalogue that is in use, inside the caller's transaction.

Owns the statements that keep rows, pairs, packs and word index in step. The numbers of new
rows come after all others: the best-first order is made when a whole file is written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from models.catalogue import Article, Printer
from models.errors import Unavailable
from services.adapters.catalogue_schema import (
    ARTICLE_COLUMNS,
    PRINTER_COLUMNS,
    Row,
    article_row,
    printer_row,
)
from services.adapters.catalogue_writer import forms_of
from services.ports import CatalogueChanges

_KEY = {"printer": "printer_id", "article": "sku"}
_COLUMNS = {"printer": PRINTER_COLUMNS, "article": ARTICLE_COLUMNS}


def apply_pages(connection: sqlite3.Connection, pages: Iterable[CatalogueChanges]) -> None:
    """Rows in, rows out, pairs in, pairs out, page by page; the last cursor is the version.

    Raises Unavailable("central_unclear") for a page that does not follow the version so far.
    """
    for page in pages:
        if page.is_full or page.after not in {None, _version(connection)}:
            raise Unavailable("central_unclear")
        _put_all(connection, page.printers, page.articles)
        for printer_id in page.removed_printers:
            _remove(connection, "printer", printer_id)
        for sku in page.removed_skus:
            _remove(connection, "article", sku)
        _change_pairs(connection, page)
        connection.execute("INSERT OR REPLACE INTO fact VALUES ('version', ?)", (page.cursor,))


def _version(connection: sqlite3.Connection) -> str | None:
    row = connection.execute("SELECT value FROM fact WHERE name = 'version'").fetchone()
    return None if row is None else str(row[0])


def _put_all(
    connection: sqlite3.Connection, printers: Iterable[Printer], articles: Iterable[Article]
) -> None:
    for printer in printers:
        _put(connection, "printer", printer_row(printer))
    for article in articles:
        number = _put(connection, "article", article_row(article))
        connection.execute("DELETE FROM part WHERE pack = ?", (number,))
        parts = [(sku, number) for sku in article.cartridge.contents]
        connection.executemany("INSERT OR IGNORE INTO part VALUES (?, ?)", parts)


def _put(connection: sqlite3.Connection, table: str, row: Row) -> int:
    """Insert, or replace under the same number; gives the number."""
    number, words = _find(connection, table, row[0]) or (None, None)
    marks = ", ".join("?" * (len(row) + 1))
    cursor = connection.execute(
        f"INSERT OR REPLACE INTO {table} (n, {', '.join(_COLUMNS[table])}) VALUES ({marks})",  # noqa: S608 - our own names
        (number, *row),
    )
    if number is not None and words == row[-1]:
        return number  # another price or stock, mostly: what it is found by stays
    if number is not None:
        _unindex(connection, table, number, str(words))
    number = int(cursor.lastrowid or 0)
    _index(connection, table, number, str(row[-1]))
    return number


def _index(connection: sqlite3.Connection, table: str, number: int, words: str) -> None:
    connection.execute(
        f"INSERT INTO {table}_index (rowid, words) VALUES (?, ?)",  # noqa: S608 - our own names
        (number, words),
    )
    connection.executemany("INSERT OR IGNORE INTO near VALUES (?, ?)", forms_of(words.split()))


def _remove(connection: sqlite3.Connection, table: str, key: str) -> None:
    """Idempotent. Its words stay in ``near``: they lead to nothing, which is harmless."""
    known = _find(connection, table, key)
    if known is None:
        return
    _unindex(connection, table, *known)
    connection.execute(f"DELETE FROM {table} WHERE n = ?", known[:1])  # noqa: S608 - our own names
    connection.execute(f"DELETE FROM fits WHERE {table} = ?", known[:1])  # noqa: S608 - our own names
    if table == "article":
        connection.execute("DELETE FROM part WHERE pack = ?", known[:1])


def _find(connection: sqlite3.Connection, table: str, key: str) -> tuple[int, str] | None:
    row = connection.execute(
        f"SELECT n, words FROM {table} WHERE {_KEY[table]} = ?",  # noqa: S608 - our own names
        (key,),
    ).fetchone()
    return (int(row[0]), str(row[1])) if row else None


def _unindex(connection: sqlite3.Connection, table: str, number: int, words: str) -> None:
    """A contentless index forgets a row only when told the very words it was given."""
    connection.execute(
        f"INSERT INTO {table}_index ({table}_index, rowid, words) VALUES ('delete', ?, ?)",  # noqa: S608 - our own names
        (number, words),
    )


def _change_pairs(connection: sqlite3.Connection, page: CatalogueChanges) -> None:
    numbers = "SELECT printer.n, article.n FROM printer, article WHERE printer_id = ? AND sku = ?"
    connection.executemany(f"INSERT OR IGNORE INTO fits {numbers}", page.pairs)
    connection.executemany(
        f"DELETE FROM fits WHERE (printer, article) IN ({numbers})",  # noqa: S608 - our own names
        page.removed_pairs,
    )
