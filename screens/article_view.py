"""Cartridges as rows of the third column: figures, notes and headings between them."""

from __future__ import annotations

from collections.abc import Sequence

from models.catalogue import Article, Origin
from models.money import format_cents
from models.wording.labels import cartridge_label
from models.wording.rules import short_date
from screens.widgets.columns import ArticleRow, RowKind
from screens.words import _


def article_rows(articles: Sequence[Article]) -> list[ArticleRow]:
    """The rows for ``articles``, with the heading of the shop's own and notes beneath."""
    rows: list[ArticleRow] = []
    origin = Origin.MANUFACTURER
    for article in articles:
        if article.cartridge.origin is not origin:
            origin = article.cartridge.origin
            if origin is Origin.SHOP:
                rows.append(ArticleRow(RowKind.HEADING, _("de la boutique")))
        rows.append(_row(article))
        notes = _notes(article, articles)
        rows.extend(ArticleRow(RowKind.NOTE, note) for note in notes)
    return rows


def _row(article: Article) -> ArticleRow:
    offer, cartridge = article.offer, article.cartridge
    label = cartridge_label(cartridge)
    if cartridge.origin is Origin.SHOP:  # said once, by the heading above
        label = label.removesuffix(" compatible")
    series, word = _in_two(label, cartridge.series)
    pages = cartridge.page_yield
    return ArticleRow(
        kind=RowKind.CARTRIDGE,
        label=series,
        word=word,
        colour=cartridge.colour,
        page_yield=f"{pages} p." if pages else "",
        per_page=_price_per_page(article),
        price=format_cents(offer.price_cents),
        stock=str(offer.stock),
        is_in_stock=offer.is_in_stock,
    )


def _in_two(label: str, series: str) -> tuple[str, str]:
    """The series and the rest ("LC-970", "noir"), so that colours stand below each other."""
    if label.startswith(series + " "):
        return series, label[len(series) + 1 :]
    return label, ""


def _price_per_page(article: Article) -> str:
    """Cents a page with one decimal, for comparing standard and XL: "6,5 c/p."."""
    pages = article.cartridge.page_yield
    if not pages:
        return ""
    tenths = (article.offer.price_cents * 10 + pages // 2) // pages
    return f"{tenths // 10},{tenths % 10} c/p."


def _notes(article: Article, articles: Sequence[Article]) -> list[str]:
    notes: list[str] = []
    offer = article.offer
    if not offer.is_in_stock:
        notes.append(
            _("rupture, de retour le {day}").format(day=short_date(offer.restock_on))
            if offer.restock_on
            else _("rupture, délai inconnu")
        )
    saving = _pack_saving(article, articles)
    if saving > 0:
        notes.append(_("{amount} de moins qu'à l'unité").format(amount=format_cents(saving)))
    if offer.previous_price_cents:
        notes.append(
            _("au lieu de {amount}").format(amount=format_cents(offer.previous_price_cents))
        )
    return notes


def _pack_saving(article: Article, articles: Sequence[Article]) -> int:
    """Cents a pack saves against its parts; 0 where a part is not listed or it is no pack."""
    prices = {other.sku: other.offer.price_cents for other in articles}
    contents = article.cartridge.contents
    if not contents or any(sku not in prices for sku in contents):
        return 0
    return sum(prices[sku] for sku in contents) - article.offer.price_cents
