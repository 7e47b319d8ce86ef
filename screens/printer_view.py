"""Step 1 as rows: which brands, printers and cartridges to show for a text or a choice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from models.catalogue import Article, Printer, Technology
from models.money import format_cents
from models.wording.labels import cartridge_label
from screens.words import _
from services.hits import CartridgeHit, PrinterHit, SearchResult
from services.look_alikes import look_alikes

if TYPE_CHECKING:
    from services.ports import Catalogue

LISTED = 50
_CAPACITY = re.compile(r"(?<=\d)(X?XL)$")
"""Written 301XL, said 301 XL."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the three columns hold, and which row of each is marked (-1: none)."""

    brands: tuple[str, ...] = ()
    printers: tuple[Printer, ...] = ()
    articles: tuple[Article, ...] = ()
    brand: int = -1
    printer: int = -1
    best_is_article: bool = False
    """The text names a cartridge rather than a printer."""
    corrected: str | None = None
    is_search: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.printers or self.articles)

    @property
    def chosen_printer(self) -> Printer | None:
        return self.printers[self.printer] if 0 <= self.printer < len(self.printers) else None


def guided(catalogue: Catalogue, *, brand: int = -1, printer: int = -1) -> Finding:
    """The path without typing: all brands, the printers of one, what fits one of them."""
    brands = tuple(catalogue.brands())
    if not 0 <= brand < len(brands):
        return Finding(brands=brands)
    printers = tuple(catalogue.printers(brands[brand], limit=2000))
    articles: tuple[Article, ...] = ()
    if 0 <= printer < len(printers):
        articles = tuple(catalogue.articles_for(printers[printer].printer_id))
    return Finding(brands, printers, articles, brand, printer)


def found(catalogue: Catalogue, text: str) -> Finding:
    """What the text names: printers with what fits the best one, or cartridges themselves."""
    result = catalogue.search(text, limit=LISTED)
    printers = tuple(hit.printer for hit in result.hits if isinstance(hit, PrinterHit))
    hits = tuple(hit.article for hit in result.hits if isinstance(hit, CartridgeHit))
    best_is_article = bool(result.hits) and isinstance(result.hits[0], CartridgeHit)
    printer = 0 if printers and not best_is_article else -1
    articles = hits
    if printer == 0:
        articles = tuple(catalogue.articles_for(printers[0].printer_id))
    return _with_brands(
        Finding(
            printers=printers,
            articles=articles,
            printer=printer,
            best_is_article=best_is_article,
            corrected=result.corrected,
            is_search=True,
        ),
        result,
    )


def with_printer(catalogue: Catalogue, finding: Finding, printer: int) -> Finding:
    """The same printers with another one chosen."""
    articles = catalogue.articles_for(finding.printers[printer].printer_id)
    brands = finding.brands
    brand = _index(brands, finding.printers[printer].brand)
    return replace(finding, articles=tuple(articles), printer=printer, brand=brand)


def with_printer_of(catalogue: Catalogue, finding: Finding, printer_id: str | None) -> Finding:
    """The finding with the printer of a call chosen again, on either path."""
    printer = catalogue.printer(printer_id) if printer_id else None
    if printer is None:
        return finding
    if not finding.is_search:
        brand = _index(finding.brands, printer.brand)
        printers = guided(catalogue, brand=brand).printers
        return guided(catalogue, brand=brand, printer=_index_of(printers, printer))
    row = _index_of(finding.printers, printer)
    return with_printer(catalogue, finding, row) if row >= 0 else finding


def look_alike_line(article: Article, beside: Sequence[Article]) -> str:
    """Which references are easily taken for this one: "attention : 301 ou 302 ?"; or nothing."""
    alike = look_alikes(article.cartridge, [other.cartridge for other in beside])
    if not alike:
        return ""
    cartridge = article.cartridge
    is_ink = cartridge.technology is Technology.INK
    names = (cartridge.series if is_ink else cartridge.oem_reference, *alike)
    *others, last = (_CAPACITY.sub(r" \1", name) for name in names)
    return _("attention : {others} ou {last} ?").format(others=", ".join(others), last=last)


def gone_line(name: str) -> str:
    """What was marked left the catalogue while the operator looked at it."""
    return _("{name} n'est plus dans la liste.").format(name=name)


def nothing_done_line(gone: str = "") -> str:
    """A key was pressed on what is gone, or on a row that was another a moment ago."""
    if not gone:
        return _("La liste vient de changer : rien n'a été choisi.")
    return _("{name} n'est plus dans la liste : rien n'a été choisi.").format(name=gone)


def new_price_line(article: Article) -> str:
    """A key was pressed on a row that showed the price before this one."""
    name, price = cartridge_label(article.cartridge), format_cents(article.offer.price_cents)
    return _("{name} : nouveau prix, {price}. Entrée pour l'ajouter.").format(
        name=name, price=price
    )


def _index_of(printers: Sequence[Printer], printer: Printer) -> int:
    return printers.index(printer) if printer in printers else -1


def _with_brands(finding: Finding, result: SearchResult) -> Finding:
    brands: list[str] = []
    for hit in result.hits:
        name = hit.printer.brand if isinstance(hit, PrinterHit) else hit.article.cartridge.brand
        if name not in brands:
            brands.append(name)
    return replace(finding, brands=tuple(brands), brand=0 if brands else -1)


def _index(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else -1
