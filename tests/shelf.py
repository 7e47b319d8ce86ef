"""A made-up shelf for the tests of the rules: a few articles, a cart of them, a moment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from models.cart import Cart, CartLine
from models.catalogue import Article, Capacity, Cartridge, Colour, Offer, Technology
from models.pricing import PricingFacts
from models.vouchers import Voucher

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
"""Monday 23 November 2026, 10:30 in Paris."""

TODAY = date(2026, 11, 23)


def vectors(name: str) -> Any:
    return json.loads((Path(__file__).parent / "vectors" / f"{name}.json").read_text("utf-8"))


def article(
    sku: str,
    price_cents: int,
    *,
    brand: str = "Brother",
    stock: int = 50,
    contents: tuple[str, ...] = (),
    vat_rate_bp: int = 2000,
    restock_on: date | None = None,
) -> Article:
    cartridge = Cartridge(
        sku, brand, sku, sku, Colour.BLACK, Capacity.STANDARD, Technology.INK, contents=contents
    )
    offer = Offer(sku, price_cents, stock, NOW, restock_on=restock_on, vat_rate_bp=vat_rate_bp)
    return Article(cartridge, offer)


def cart_of(*lines: tuple[str, int], codes: Sequence[str] = ()) -> Cart:
    """Lines without a price that was said: the current price counts."""
    return Cart(tuple(CartLine(sku, quantity) for sku, quantity in lines), tuple(codes))


def facts_of(
    articles: Iterable[Article], vouchers: Iterable[Voucher] = (), **more: Any
) -> PricingFacts:
    return PricingFacts(
        {one.sku: one for one in articles},
        vouchers={voucher.code: voucher for voucher in vouchers},
        **more,
    )


class Shelf:
    """Finds the cheapest as the catalogue's port promises, in a plain list."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self.articles = list(articles)

    def cheapest(
        self, *, brands: Sequence[str] = (), skus: Sequence[str] = (), at_least_cents: int = 0
    ) -> Article | None:
        found = [
            one
            for one in self.articles
            if one.offer.is_in_stock
            and one.offer.price_cents >= at_least_cents
            and (not brands or one.cartridge.brand in brands)
            and (not skus or one.sku in skus)
        ]
        return min(found, key=lambda one: one.offer.price_cents, default=None)
