"""Makes the catalogue that a console starts with.

Owns what to do where there is no usable file: the rows of a file of another format are kept,
anything else is made anew from the assets. Imported only when there is something to make.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from models.catalogue import Article, Printer
from models.errors import Unavailable
from services import catalogue_csv
from services.adapters.catalogue_schema import (
    FORMAT,
    READ_ARTICLE,
    READ_PRINTER,
    article_from,
    printer_from,
)
from services.adapters.catalogue_writer import new_catalogue_unlocked
from services.adapters.derived_file import connect, format_of, is_whole, roll_back
from services.adapters.file_lock import exclusive
from services.demo_shop import demo_shop


def make(path: Path, as_of: datetime, *, version: str) -> None:
    """The file is there, whole and of this format on return. Idempotent, one process at a time."""
    with exclusive(path):
        roll_back(path)
        if is_whole(path, FORMAT):  # another process made it while we waited
            return
        if not _carry_over(path, builtin_version=version):
            _build(path, as_of, version)


def _carry_over(path: Path, *, builtin_version: str) -> bool:
    """Write an imported or synced catalogue anew in this format; whether that could be done."""
    if format_of(path) < 1:
        return False
    try:
        with closing(connect(path)) as old:
            facts = dict(old.execute("SELECT name, value FROM fact").fetchall())
            if facts["version"] == builtin_version:
                return False
            with new_catalogue_unlocked(path) as writer:
                writer.add_all(*_all_rows(old))
                writer.finish(
                    version=facts["version"],
                    is_demo=facts["is_demo"] == "1",
                    source=facts.get("source", ""),
                )
    except (sqlite3.Error, Unavailable, KeyError, ValueError):
        return False
    return True


def _all_rows(
    old: sqlite3.Connection,
) -> tuple[Iterator[Printer], Iterator[Article], Iterator[tuple[str, str]]]:
    pairs = old.execute(
        "SELECT printer_id, sku FROM fits JOIN printer ON printer.n = fits.printer"
        " JOIN article ON article.n = fits.article"
    )
    printers = old.execute(f"SELECT {READ_PRINTER} FROM printer")  # noqa: S608 - our own names
    articles = old.execute(f"SELECT {READ_ARTICLE} FROM article")  # noqa: S608 - our own names
    return map(printer_from, printers), map(article_from, articles), pairs


def _build(path: Path, as_of: datetime, version: str) -> None:
    tables = catalogue_csv.builtin()
    shop = demo_shop(tables.cartridges, tables.pairs, as_of)
    with new_catalogue_unlocked(path) as writer:
        writer.add_all(tables.printers, shop.articles, shop.pairs)
        writer.finish(version=version, is_demo=True)
