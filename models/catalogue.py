"""What the shop knows: printers, cartridges, what fits what, at which price, from which stock.

Owns the catalogue's values; knows nothing of how they are stored or found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class PrinterKind(StrEnum):
    INKJET = "inkjet"
    LASER = "laser"
    OTHER = "other"


class Colour(StrEnum):
    BLACK = "black"
    CYAN = "cyan"
    MAGENTA = "magenta"
    YELLOW = "yellow"
    TRICOLOUR = "tricolour"
    PHOTO_BLACK = "photo-black"
    PHOTO_COLOUR = "photo-colour"
    PHOTO_BLUE = "photo-blue"
    LIGHT_CYAN = "light-cyan"
    LIGHT_MAGENTA = "light-magenta"
    MATTE_BLACK = "matte-black"
    GREY = "grey"
    LIGHT_GREY = "light-grey"
    DARK_GREY = "dark-grey"
    RED = "red"
    GREEN = "green"
    BLUE = "blue"
    ORANGE = "orange"
    GLOSS_OPTIMISER = "gloss-optimiser"
    BLACK_RED = "black-red"
    NONE = "none"
    """A drum, or a pack of several colours."""


class Capacity(StrEnum):
    STANDARD = "standard"
    XL = "xl"
    XXL = "xxl"


class Technology(StrEnum):
    INK = "ink"
    TONER = "toner"
    DRUM = "drum"
    RIBBON = "ribbon"


class Origin(StrEnum):
    """Who made the cartridge."""

    MANUFACTURER = "manufacturer"
    SHOP = "shop"
    """The shop's own compatible cartridge."""


@dataclass(frozen=True, slots=True)
class Printer:
    """A printer as the caller names it."""

    printer_id: str
    brand: str
    family: str
    model: str
    kind: PrinterKind

    @property
    def label(self) -> str:
        return f"{self.brand} {self.model}"


@dataclass(frozen=True, slots=True)
class Cartridge:
    """One thing that is sold: one colour in one capacity, or a pack.

    ``series`` is what a customer says ("une 301"), ``oem_reference`` what is printed on
    the box. ``contents`` are the skus of a pack, empty for a single cartridge.
    """

    sku: str
    brand: str
    series: str
    oem_reference: str
    colour: Colour
    capacity: Capacity
    technology: Technology
    page_yield: int | None = None
    ean13: str | None = None
    origin: Origin = Origin.MANUFACTURER
    contents: tuple[str, ...] = ()

    @property
    def is_pack(self) -> bool:
        return bool(self.contents)


@dataclass(frozen=True, slots=True)
class Offer:
    """At which price and from which stock a cartridge is sold, as known at ``known_at``.

    ``previous_price_cents`` is set while a price drop runs (R20). ``restock_on`` is the
    supplier's date when stock is 0, None where it is not known (R14: "délai inconnu").
    """

    sku: str
    price_cents: int
    stock: int
    known_at: datetime
    previous_price_cents: int | None = None
    restock_on: date | None = None
    vat_rate_bp: int = 2000
    """VAT rate in basis points; 2000 is 20 % (CGI art. 278)."""
    is_demo: bool = False

    @property
    def is_in_stock(self) -> bool:
        return self.stock > 0


@dataclass(frozen=True, slots=True)
class Article:
    """A cartridge together with its offer: what can be put in a cart."""

    cartridge: Cartridge
    offer: Offer

    @property
    def sku(self) -> str:
        return self.cartridge.sku
