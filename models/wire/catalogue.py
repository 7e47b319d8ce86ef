"""The catalogue on the wire: its version, and pages of a snapshot or of the change feed."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import StringConstraints

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
from models.wire.fields import BasisPoints, Cents, Count, Day, Moment, Text, WireModel, Word

Pair = tuple[Word, Word]
"""A printer_id and a sku that fits it."""

CURSOR_MAX = 2_000
Cursor = Annotated[
    str, StringConstraints(min_length=1, max_length=CURSOR_MAX, pattern=r"^[^\x00]*$")
]
"""Longer than a Word: inside a snapshot it names the last key of the page."""


class PrinterWire(WireModel):
    printer_id: Word
    brand: Word
    family: Text
    model: Word
    kind: PrinterKind

    def to_domain(self) -> Printer:
        return Printer(self.printer_id, self.brand, self.family, self.model, self.kind)


class CartridgeWire(WireModel):
    sku: Word
    brand: Word
    series: Text
    oem_reference: Text
    colour: Colour
    capacity: Capacity
    technology: Technology
    page_yield: Count | None = None
    ean13: Text | None = None
    origin: Origin = Origin.MANUFACTURER
    contents: tuple[Word, ...] = ()

    def to_domain(self) -> Cartridge:
        return Cartridge(**dict(self))


class OfferWire(WireModel):
    sku: Word
    price_cents: Cents
    stock: Count
    known_at: Moment
    previous_price_cents: Cents | None = None
    restock_on: Day | None = None
    vat_rate_bp: BasisPoints = 2000
    is_demo: bool = False

    def to_domain(self) -> Offer:
        return Offer(**dict(self))


class ArticleWire(WireModel):
    cartridge: CartridgeWire
    offer: OfferWire

    def to_domain(self) -> Article:
        return Article(self.cartridge.to_domain(), self.offer.to_domain())


class CatalogueOut(WireModel):
    """``version`` is also the cursor from which later changes are asked for; null: none yet."""

    version: Word | None
    is_demo: bool


class ChangesOut(WireModel):
    """One page; see ``services.ports.CatalogueChanges`` for what the fields mean."""

    cursor: Cursor
    after: Text | None = None
    """The cursor that this page follows; "" for the first page of a snapshot."""
    printers: tuple[PrinterWire, ...] = ()
    articles: tuple[ArticleWire, ...] = ()
    pairs: tuple[Pair, ...] = ()
    removed_printers: tuple[Word, ...] = ()
    removed_skus: tuple[Word, ...] = ()
    removed_pairs: tuple[Pair, ...] = ()
    has_more: bool = False
    is_full: bool = False
    is_demo: bool = False
    rows_total: Count = 0

    ADDED: ClassVar[frozenset[str]] = frozenset({"after"})
