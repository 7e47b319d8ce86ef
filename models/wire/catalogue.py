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
from models.wire.fields import (
    BasisPoints,
    Cents,
    Count,
    Day,
    Moment,
    Text,
    WireModel,
    Word,
    in_answers,
)

Pair = tuple[Word, Word]
"""A printer_id and a sku that fits it."""

CURSOR_MAX = 2_000
Cursor = Annotated[
    str, StringConstraints(min_length=1, max_length=CURSOR_MAX, pattern=r"^[^\x00]*$")
]
"""Longer than a Word: inside a snapshot it names the last key of the page."""


# A newer central may have words for an article that are not known here. It is kept all the
# same, because pairs join it, in the known word that promises least; its references say what
# it is.


class PrinterWire(WireModel):
    printer_id: Word
    brand: Word
    family: Text
    model: Word
    kind: Annotated[PrinterKind, in_answers(PrinterKind.OTHER)]

    def to_domain(self) -> Printer:
        return Printer(self.printer_id, self.brand, self.family, self.model, self.kind)


class CartridgeWire(WireModel):
    sku: Word
    brand: Word
    series: Text
    oem_reference: Text
    colour: Annotated[Colour, in_answers(Colour.NONE)]
    capacity: Annotated[Capacity, in_answers(Capacity.STANDARD)]
    technology: Annotated[Technology, in_answers(Technology.INK)]
    page_yield: Count | None = None
    ean13: Text | None = None
    origin: Annotated[Origin, in_answers(Origin.SHOP)] = Origin.MANUFACTURER
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
