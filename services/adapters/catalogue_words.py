"""The word index of the catalogue file, as ``services.search`` asks for it.

Owns the SQL; knows nothing of ranking. Answers come in the file's best-first order, so that
a LIMIT stops early even where a word is in every row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from models.catalogue import Article
from services.adapters.catalogue_schema import (
    READ_ARTICLE,
    READ_PRINTER,
    article_from,
    printer_from,
)
from services.search import Candidate

_PRINTERS = (
    f"SELECT {READ_PRINTER}, printer.n, printer.names, printer.words FROM printer_index"  # noqa: S608 - our own names
    " JOIN printer ON printer.n = printer_index.rowid"
    " WHERE printer_index MATCH ? ORDER BY printer_index.rowid LIMIT ?"
)
_ARTICLES = (
    f"SELECT {READ_ARTICLE}, article.n, article.names, article.words FROM article_index"  # noqa: S608 - our own names
    " JOIN article ON article.n = article_index.rowid"
    " WHERE article_index MATCH ? ORDER BY article_index.rowid LIMIT ?"
)
_ARTICLES_FOR = (
    f"SELECT {READ_ARTICLE}, article.n, article.names, article.words FROM printer"  # noqa: S608 - our own names
    " JOIN fits ON fits.printer = printer.n JOIN article ON article.n = fits.article"
    " WHERE printer.printer_id = ? ORDER BY article.sort_key"
)
_BY_EAN = f"SELECT {READ_ARTICLE} FROM article WHERE ean13 = ? ORDER BY sort_key"  # noqa: S608 - our own names


class WordTables:
    """``services.search.WordIndex`` on one connection, in its thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def printers(self, expression: str, limit: int) -> list[Candidate]:
        rows = self._connection.execute(_PRINTERS, (expression, limit)).fetchall()
        return [Candidate(row[-3], row[-2], row[-1], printer_from(row)) for row in rows]

    def articles(self, expression: str, limit: int) -> list[Candidate]:
        rows = self._connection.execute(_ARTICLES, (expression, limit)).fetchall()
        return [Candidate(row[-3], row[-2], row[-1], article_from(row)) for row in rows]

    def articles_for(self, printer_id: str) -> list[Candidate]:
        rows = self._connection.execute(_ARTICLES_FOR, (printer_id,)).fetchall()
        return [Candidate(row[-3], row[-2], row[-1], article_from(row)) for row in rows]

    def by_ean(self, ean13: str) -> Sequence[Article]:
        return tuple(map(article_from, self._connection.execute(_BY_EAN, (ean13,))))

    def near(self, forms: Collection[str]) -> list[tuple[str, str]]:
        marks = ", ".join("?" * len(forms))
        rows = self._connection.execute(
            f"SELECT form, word FROM near WHERE form IN ({marks})",  # noqa: S608 - marks only
            tuple(forms),
        )
        return [(row[0], row[1]) for row in rows]
