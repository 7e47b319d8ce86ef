"""Walking the three columns of step 1: which column is active, where the marks stand.

Pure: a walk is a value and each key gives another one. Knows no widget.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from models.catalogue import Article
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


def _within(index: int, count: int) -> int:
    return max(0, min(count - 1, index))
