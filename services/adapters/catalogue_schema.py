"""Tables of the derived catalogue file, and how a row becomes a domain value and back.

Owns the file's format and its version; everything else that touches the file goes through
here. Standard library only: the catalogue is read before anything heavy is imported. The file
is derived (from the assets, an import or central) and can be thrown away at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from models.catalogue import (
    Article,
    Capacity,
    Cartridge,
    Colour,
    Offer,
    Origin,
    Printer,
    PrinterKind,
    Technology,
)
from services.query import cartridge_words, printer_words
from services.reading_order import natural_key, reading_key

FORMAT = 9
"""PRAGMA user_version. Raise it with every change of tables or of how words are taken apart."""

TABLES = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE printer (
  n INTEGER PRIMARY KEY, -- best first when built: answers of the word index come in this order
  printer_id TEXT NOT NULL UNIQUE,
  brand TEXT NOT NULL, family TEXT NOT NULL, model TEXT NOT NULL, kind TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  names TEXT NOT NULL, words TEXT NOT NULL
);
CREATE TABLE article (
  n INTEGER PRIMARY KEY, -- as above
  sku TEXT NOT NULL UNIQUE,
  brand TEXT NOT NULL, series TEXT NOT NULL, oem_reference TEXT NOT NULL,
  colour TEXT NOT NULL, capacity TEXT NOT NULL, technology TEXT NOT NULL,
  page_yield INTEGER, ean13 TEXT, origin TEXT NOT NULL, contents TEXT NOT NULL,
  price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
  stock INTEGER NOT NULL,
  known_at TEXT NOT NULL,
  previous_price_cents INTEGER, restock_on TEXT,
  vat_rate_bp INTEGER NOT NULL, is_demo INTEGER NOT NULL,
  sort_key TEXT NOT NULL,
  names TEXT NOT NULL, words TEXT NOT NULL
);
CREATE TABLE fits (
  printer INTEGER NOT NULL, article INTEGER NOT NULL, PRIMARY KEY (printer, article)
) WITHOUT ROWID;
CREATE TABLE part (
  sku TEXT NOT NULL, pack INTEGER NOT NULL, PRIMARY KEY (sku, pack)
) WITHOUT ROWID;

-- Words without the text they come from: it is in printer.words and article.words.
CREATE VIRTUAL TABLE printer_index USING fts5 (
  words, content='', columnsize=0, detail='none', prefix='1 2 3 4 5 6 7', tokenize='ascii');
CREATE VIRTUAL TABLE article_index USING fts5 (
  words, content='', columnsize=0, detail='none', prefix='1 2 3 4 5 6 7', tokenize='ascii');

-- Each word under each of its shorter forms: see services.query.shorter_forms.
CREATE TABLE near (
  form TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (form, word)
) WITHOUT ROWID;
"""

INDEXES = (
    "CREATE INDEX printer_by_brand ON printer (brand, sort_key)",
    "CREATE INDEX article_by_ean ON article (ean13) WHERE ean13 IS NOT NULL",
    "CREATE INDEX article_by_price ON article (price_cents) WHERE stock > 0",
    "CREATE INDEX article_by_brand ON article (brand, price_cents) WHERE stock > 0",
    "CREATE INDEX fits_by_article ON fits (article)",
)

_PRINTER = "printer_id, brand, family, model, kind, sort_key, names, words"
_ARTICLE = (
    "sku, brand, series, oem_reference, colour, capacity, technology, page_yield, ean13, origin, "
    "contents, price_cents, stock, known_at, previous_price_cents, restock_on, vat_rate_bp, "
    "is_demo, sort_key, names, words"
)
_OFFER_COLUMNS = (
    "price_cents", "stock", "known_at", "previous_price_cents", "restock_on", "vat_rate_bp",
    "is_demo",
)  # fmt: skip
PRINTER_COLUMNS = _PRINTER.split(", ")
ARTICLE_COLUMNS = _ARTICLE.split(", ")
READ_PRINTER = "printer.printer_id, printer.brand, printer.family, printer.model, printer.kind"
READ_ARTICLE = ", ".join(f"article.{name}" for name in ARTICLE_COLUMNS[:18])

UPDATE_OFFER = (
    f"UPDATE article SET {', '.join(f'{name} = ?' for name in _OFFER_COLUMNS)} WHERE sku = ?"  # noqa: S608 - see above
)

Row = Sequence[Any]
"""What sqlite3 gives and takes: its stubs know no more."""


# --- rows ---------------------------------------------------------------------


def printer_row(printer: Printer) -> Row:
    indexed = printer_words(printer)
    return (
        printer.printer_id,
        printer.brand,
        printer.family,
        printer.model,
        printer.kind.value,
        natural_key(printer.model),
        " ".join(indexed.names),
        " ".join(indexed.words),
    )


def article_row(article: Article) -> Row:
    cartridge = article.cartridge
    indexed = cartridge_words(cartridge)
    return (
        cartridge.sku,
        cartridge.brand,
        cartridge.series,
        cartridge.oem_reference,
        cartridge.colour.value,
        cartridge.capacity.value,
        cartridge.technology.value,
        cartridge.page_yield,
        cartridge.ean13,
        cartridge.origin.value,
        " ".join(cartridge.contents),
        *offer_row(article.offer)[:-1],
        reading_key(cartridge),
        " ".join(indexed.names),
        " ".join(indexed.words),
    )


def offer_row(offer: Offer) -> Row:
    """In the order of UPDATE_OFFER."""
    return (
        offer.price_cents,
        offer.stock,
        offer.known_at.isoformat(),
        offer.previous_price_cents,
        offer.restock_on.isoformat() if offer.restock_on else None,
        offer.vat_rate_bp,
        int(offer.is_demo),
        offer.sku,
    )


_KINDS = {kind.value: kind for kind in PrinterKind}
_COLOURS = {colour.value: colour for colour in Colour}
_CAPACITIES = {capacity.value: capacity for capacity in Capacity}
_TECHNOLOGIES = {technology.value: technology for technology in Technology}
_ORIGINS = {origin.value: origin for origin in Origin}


def printer_from(row: Row) -> Printer:
    """From READ_PRINTER."""
    return Printer(row[0], row[1], row[2], row[3], _KINDS[row[4]])


def article_from(row: Row) -> Article:
    """From READ_ARTICLE."""
    cartridge = Cartridge(
        sku=row[0],
        brand=row[1],
        series=row[2],
        oem_reference=row[3],
        colour=_COLOURS[row[4]],
        capacity=_CAPACITIES[row[5]],
        technology=_TECHNOLOGIES[row[6]],
        page_yield=row[7],
        ean13=row[8],
        origin=_ORIGINS[row[9]],
        contents=tuple(row[10].split()),
    )
    return Article(cartridge=cartridge, offer=_offer_from(row))


def _offer_from(row: Row) -> Offer:
    return Offer(
        sku=row[0],
        price_cents=row[11],
        stock=row[12],
        known_at=datetime.fromisoformat(row[13]),
        previous_price_cents=row[14],
        restock_on=date.fromisoformat(row[15]) if row[15] else None,
        vat_rate_bp=row[16],
        is_demo=bool(row[17]),
    )
