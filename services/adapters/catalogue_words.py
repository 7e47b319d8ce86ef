"""The word index of the catalogue file, as the search asks for it (``services.matching``).

Owns the SQL; knows nothing of ranking. Answers come in the file's best-first order, so that
a LIMIT stops early even where a word is in every row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from functools import partial

from services.adapters.catalogue_schema import (
    READ_ARTICLE,
    READ_PRINTER,
    article_from,
    printer_from,
)
from services.matching import Candidate

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
    f"SELECT {READ_ARTICLE}, article.n, article.names, article.words FROM fits"  # noqa: S608 - our own names
    " JOIN article ON article.n = fits.article WHERE fits.printer = ? ORDER BY article.sort_key"
)
_BY_EAN = (
    f"SELECT {READ_ARTICLE}, article.n, article.names, article.words FROM article"  # noqa: S608 - our own names
    " WHERE ean13 = ? ORDER BY sort_key"
)


class WordTables:
    """``services.matching.WordIndex`` on one connection, in its thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def printers(self, expression: str, limit: int) -> list[Candidate]:
        return [
            Candidate(True, row[-3], row[-2], row[-1], partial(printer_from, row))  # noqa: FBT003
            for row in self._connection.execute(_PRINTERS, (expression, limit))
        ]

    def articles(self, expression: str, limit: int) -> list[Candidate]:
        return self._articles(_ARTICLES, (expression, limit))

    def articles_for(self, printer: Candidate) -> list[Candidate]:
        return self._articles(_ARTICLES_FOR, (printer.number,))

    def by_ean(self, ean13: str) -> list[Candidate]:
        return self._articles(_BY_EAN, (ean13,))

    def _articles(self, statement: str, values: tuple[object, ...]) -> list[Candidate]:
        return [
            Candidate(False, row[-3], row[-2], row[-1], partial(article_from, row))  # noqa: FBT003
            for row in self._connection.execute(statement, values)
        ]

    def near(self, forms: Collection[str]) -> list[tuple[str, str]]:
        marks = ", ".join("?" * len(forms))
        rows = self._connection.execute(
            f"SELECT form, word FROM near WHERE form IN ({marks})",  # noqa: S608 - marks only
            tuple(forms),
        )
        return [(row[0], row[1]) for row in rows]
