"""What a search gives: printers and cartridges, best first."""

from __future__ import annotations

from dataclasses import dataclass

from models.catalogue import Article, Printer


@dataclass(frozen=True, slots=True)
class PrinterHit:
    printer: Printer


@dataclass(frozen=True, slots=True)
class CartridgeHit:
    article: Article
    label: str
    """As said on the phone: LC-970 noir."""


Hit = PrinterHit | CartridgeHit


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Best first. ``corrected`` is what was understood where a typo was forgiven."""

    text: str
    hits: tuple[Hit, ...]
    corrected: str | None = None
