"""Step 2 as lines: what is in the cart, what the codes did, what it comes to."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from models.catalogue import Article
from models.money import format_cents
from models.pricing import CodeOutcome, PricedLine, Quote
from models.wording.rules import discount_reason, refusal_sentence, short_date
from screens.status_view import labels_of
from screens.widgets.ink import DIM, STRONG, WARNING
from screens.widgets.rows import columns, line, wrapped
from screens.words import _
from services.desk_state import DeskState


def cart_lines(quote: Quote, articles: Mapping[str, Article], width: int) -> list[Text]:
    """One line for each article: quantity, name, unit price, stock, sum."""
    names = [f"{priced.quantity:>2} × {priced.label}" for priced in quote.lines]
    prices = [format_cents(priced.unit_price_cents) for priced in quote.lines]
    name_width, price_width = (max(map(cell_len, texts), default=0) for texts in (names, prices))
    heads = [
        (name + " " * (name_width - cell_len(name)), f"  {price:>{price_width}}")
        for name, price in zip(names, prices, strict=True)
    ]
    return [
        _cart_line(priced, head, articles.get(priced.sku), width)
        for priced, head in zip(quote.lines, heads, strict=True)
    ] + [
        line((_("{sku} n'est plus au catalogue").format(sku=sku), WARNING))
        for sku in quote.unknown_skus
    ]


def _cart_line(
    priced: PricedLine, head: tuple[str, str], article: Article | None, width: int
) -> Text:
    left = line(
        (head[0], STRONG),
        head[1],
        *_price_note(priced),
        *_stock_note(priced, article),
    )
    return columns(left, format_cents(priced.total_cents), width)


def _price_note(priced: PricedLine) -> list[tuple[str, Style]]:
    if priced.current_price_cents == priced.unit_price_cents:
        return []
    now = format_cents(priced.current_price_cents)
    return [(_("  prix annoncé gardé (tarif actuel {now})").format(now=now), DIM)]


def _stock_note(priced: PricedLine, article: Article | None) -> list[tuple[str, Style]]:
    if article is None or article.offer.stock >= priced.quantity:
        return []
    offer = article.offer
    if offer.restock_on:
        text = _("  rupture, retour {day}").format(day=short_date(offer.restock_on))
    else:
        text = _("  rupture, délai inconnu")
    return [(text, WARNING)]


def code_lines(state: DeskState, width: int) -> list[Text]:
    """For each code what it took off, or why not and what would make it work, uncut."""
    return [row for outcome in state.quote.codes for row in _code_rows(outcome, state, width)]


def _code_rows(outcome: CodeOutcome, state: DeskState, width: int) -> list[Text]:
    if outcome.refusal is None:
        return [_accepted_line(outcome, state, width)]
    mark = f"! {outcome.code}  "
    why = refusal_sentence(outcome.refusal, labels_of(state))
    first, *more = wrapped(why, width - cell_len(mark))
    return [
        line((mark, STRONG), (first, WARNING)),
        *(line(" " * cell_len(mark), (text, WARNING)) for text in more),
    ]


def _accepted_line(outcome: CodeOutcome, state: DeskState, width: int) -> Text:
    left = line(
        (f"  {outcome.code}", STRONG),
        "  " + discount_reason(outcome, state.vouchers.get(outcome.code), labels_of(state)),
    )
    saved = outcome.discount_cents
    return columns(left, format_cents(-saved) if saved else "", width)


def total_lines(quote: Quote, width: int) -> list[Text]:
    """From the goods to what is paid, and the VAT in it."""
    rows = [(_("Articles"), format_cents(quote.goods_cents))]
    if quote.discount_cents:
        rows.append((_("Remises"), format_cents(-quote.discount_cents)))
    rows.append((_delivery_label(quote), _delivery(quote)))
    if quote.credit_cents:
        rows.append((_("Avoirs"), format_cents(-quote.credit_cents)))
    lines = [columns(line(label), amount, width) for label, amount in rows]
    vat = quote.vat_mention or _("dont TVA {vat}").format(vat=format_cents(quote.vat_cents))
    amount = format_cents(quote.total_cents)
    total = columns(line((_("Total TTC"), STRONG), (f"  {vat}", DIM)), amount, width)
    total.stylize(STRONG, len(total) - len(amount))
    return [*lines, total]


def _delivery_label(quote: Quote) -> str:
    if quote.free_delivery_missing_cents > 0 and quote.delivery_cents:
        missing = format_cents(quote.free_delivery_missing_cents)
        return _("Livraison (offerte pour {missing} de plus)").format(missing=missing)
    return _("Livraison")


def _delivery(quote: Quote) -> str:
    return format_cents(quote.delivery_cents) if quote.delivery_cents else _("offerte")


def pack_line(quote: Quote) -> str:
    """What a pack would save: "un pack coûterait 4,10 € de moins"; or nothing."""
    hint = quote.pack_hint
    if hint is None:
        return ""
    return _("{label} coûterait {saving} de moins (Ctrl+R : le prendre)").format(
        label=hint.label, saving=format_cents(hint.saving_cents)
    )
