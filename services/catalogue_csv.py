"""Catalogue tables as CSV: the form of ``assets/catalogue`` and of an import.

Owns the columns and what a cell may hold; says for each line what is wrong with it. Knows
neither prices nor where the rows go.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from io import StringIO

from models.catalogue import Capacity, Cartridge, Colour, Printer, PrinterKind, Technology

PRINTERS = "printers.csv"
CARTRIDGES = "cartridges.csv"
COMPATIBILITY = "compatibility.csv"
OFFERS = "offers.csv"

HEADERS = {
    PRINTERS: ("printer_id", "brand", "family", "model", "kind"),
    CARTRIDGES: (
        "sku",
        "brand",
        "series",
        "oem_reference",
        "colour",
        "capacity",
        "technology",
        "page_yield",
        "volume_ml",
        "ean13",
    ),
    COMPATIBILITY: ("printer_id", "sku"),
    OFFERS: ("sku", "price_cents", "stock", "restock_on"),
}


@dataclass(frozen=True, slots=True)
class CatalogueTables:
    """What the three files hold."""

    printers: tuple[Printer, ...]
    cartridges: tuple[Cartridge, ...]
    pairs: tuple[tuple[str, str], ...]


def builtin() -> CatalogueTables:
    """The catalogue that comes with the program; its files are checked by a test."""
    folder = files("assets") / "catalogue"
    return CatalogueTables(
        printers=tuple(map(printer_of, _rows((folder / PRINTERS).read_text("utf-8")))),
        cartridges=tuple(map(cartridge_of, _rows((folder / CARTRIDGES).read_text("utf-8")))),
        pairs=tuple((row[0], row[1]) for row in _rows((folder / COMPATIBILITY).read_text("utf-8"))),
    )


def _rows(text: str) -> Iterator[list[str]]:
    reader = csv.reader(StringIO(text))
    next(reader)
    return reader


def printer_of(row: list[str]) -> Printer:
    printer_id, brand, family, model, kind = row
    return Printer(printer_id, brand, family, model, PrinterKind(kind))


def cartridge_of(row: list[str]) -> Cartridge:
    sku, brand, series, reference, colour, capacity, technology, page_yield, _volume, ean13 = row
    return Cartridge(
        sku=sku,
        brand=brand,
        series=series,
        oem_reference=reference,
        colour=Colour(colour),
        capacity=Capacity(capacity),
        technology=Technology(technology),
        page_yield=int(page_yield) if page_yield else None,
        ean13=ean13 or None,
    )
