"""Walking the three columns of step 1: which column is active, where the marks stand.

Pure: a walk is a value and each key gives another one. Knows no widget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from models.catalogue import Article
from models.wording.labels import cartridge_label
from screens.printer_view import Finding, found, guided, with_printer, with_printer_of
from screens.widgets.columns import Column

if TYPE_CHECKING:
    from models.draft import Draft
    from services.ports import Catalogue


@dataclass(frozen=True, slots=True)
class Walk:
    """What was found, the active column, and the marked cartridge (-1: none)."""

    finding: Finding = field(default_factory=Finding)
    column: Column = Column.BRANDS
    article: int = -1

    @property
    def chosen(self) -> Article | None:
        """The cartridge that a digit or Enter would put in the cart."""
        if self.column is Column.ARTICLES and 0 <= self.article < len(self.finding.articles):
            return self.finding.articles[self.article]
        return None

    @property
    def on_enter(self) -> Article | None:
        """The cartridge that Enter would put in the cart: the chosen one, or what was named."""
        if self.chosen is not None:
            return self.chosen
        finding = self.finding
        names_one = finding.is_search and finding.best_is_article and finding.articles
        return finding.articles[0] if names_one else None

    @property
    def is_at_start(self) -> bool:
        """Nothing was typed and nothing was marked."""
        return not self.finding.is_search and self.finding.brand < 0

    def moved(self, delta: int, catalogue: Catalogue) -> Walk:
        """The mark of the active column so many rows further, not past either end."""
        finding = self.finding
        if self.column is Column.ARTICLES:
            return replace(self, article=_within(self.article + delta, len(finding.articles)))
        if self.column is Column.PRINTERS and finding.printers:
            row = _within(finding.printer + delta, len(finding.printers))
            return replace(self, finding=with_printer(catalogue, finding, row))
        if self.column is Column.BRANDS and not finding.is_search:
            row = _within(finding.brand + delta, len(finding.brands))
            return replace(self, finding=guided(catalogue, brand=row))
        return self

    def turned(self, delta: int, catalogue: Catalogue) -> Walk:
        """The column to the left or right, where there is something in it to walk."""
        wanted = Column(_within(self.column + delta, len(Column)))
        finding = self.finding
        if wanted is Column.ARTICLES and finding.articles:
            return replace(self, column=wanted, article=max(0, self.article))
        if wanted is Column.PRINTERS and finding.printers:
            finding = with_printer(catalogue, finding, max(0, finding.printer))
            return Walk(finding, wanted)
        if wanted is Column.BRANDS and not finding.is_search:
            return Walk(finding, wanted)
        return self

    def on_first_article(self) -> Walk:
        return replace(self, column=Column.ARTICLES, article=0)


def begin(catalogue: Catalogue, text: str) -> Walk:
    """What ``text`` finds; without one, the guided path from its beginning."""
    if not text.strip():
        return Walk(guided(catalogue))
    finding = found(catalogue, text)
    return Walk(finding, Column.ARTICLES if finding.best_is_article else Column.PRINTERS)


def again(catalogue: Catalogue, draft: Draft) -> Walk:
    """The walk of a call that is taken up again, its marks where they were."""
    walk = begin(catalogue, draft.search)
    finding = with_printer_of(catalogue, walk.finding, draft.printer_id)
    skus = [article.sku for article in finding.articles]
    if draft.chosen_sku in skus:
        return Walk(finding, Column.ARTICLES, skus.index(draft.chosen_sku))
    return replace(walk, finding=finding)


def refreshed(catalogue: Catalogue, walk: Walk, text: str) -> Walk:
    """The same walk in a catalogue that changed. Marks stay on what they marked; where that is
    gone, on what stood next to it, and the column goes back to where something is missing.
    """
    before = walk.finding
    if text.strip():
        finding = found(catalogue, text)
    else:
        finding = guided(catalogue, brand=_near(before.brands, before.brand, catalogue.brands()))
        if _brand(finding) != _brand(before):
            return Walk(finding)
    row = _near(_printer_ids(before), before.printer, _printer_ids(finding))
    if row >= 0:
        finding = with_printer(catalogue, finding, row)
        finding = replace(finding, best_is_article=before.best_is_article)
    if walk.column is not Column.ARTICLES:
        return Walk(finding, walk.column)
    article = _near(_skus(before), walk.article, _skus(finding))
    if _is_printer_lost(before, finding) or article < 0 <= walk.article:
        return Walk(finding, Column.PRINTERS)
    return Walk(finding, Column.ARTICLES, article)


def lost(before: Walk, after: Walk) -> str:
    """What Enter was about before and is not there any more, by its name; "" if all is there."""
    brand, printer, article = _brand(before.finding), before.finding.chosen_printer, before.on_enter
    if not before.finding.is_search and brand != _brand(after.finding):
        return brand
    if printer is not None and _is_printer_lost(before.finding, after.finding):
        return printer.label
    if article is not None and article.sku not in _skus(after.finding):
        return cartridge_label(article.cartridge)
    return ""


def _near(before: Sequence[str], mark: int, after: Sequence[str]) -> int:
    """Where the marked one stands now; if it is gone the next that is left, else the one
    before; -1 where none was marked or none is left.
    """
    if mark < 0:
        return -1
    rows = {name: row for row, name in enumerate(after)}
    left = (rows[name] for name in (*before[mark:], *reversed(before[:mark])) if name in rows)
    return next(left, min(mark, len(after) - 1))


def _brand(finding: Finding) -> str:
    return finding.brands[finding.brand] if 0 <= finding.brand < len(finding.brands) else ""


def _printer_ids(finding: Finding) -> Sequence[str]:
    return [printer.printer_id for printer in finding.printers]


def _skus(finding: Finding) -> Sequence[str]:
    return [article.sku for article in finding.articles]


def _is_printer_lost(before: Finding, after: Finding) -> bool:
    was, now = before.chosen_printer, after.chosen_printer
    return was is not None and (now is None or now.printer_id != was.printer_id)


def _within(index: int, count: int) -> int:
    return max(0, min(count - 1, index))
