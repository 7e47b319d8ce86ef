"""What a cart adds up to and when it leaves: gathers the facts, asks the rules.

Owns no rule: ``models.pricing`` and ``models.promise`` do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from models.calendar import paris_day
from models.cart import Cart
from models.catalogue import Article
from models.draft import Draft
from models.payment import PaymentMethod
from models.pricing import PricingFacts, Quote, price_cart
from models.promise import Promise, promise_for
from models.shop import ShopRules
from services.former import Former
from services.ports import Catalogue, Vouchers


class WithVouchers(Protocol):
    """What is asked of a transaction; a quote without a console file brings its own."""

    @property
    def vouchers(self) -> Vouchers: ...


def quote_cart(
    cart: Cart,
    *,
    tx: WithVouchers,
    catalogue: Catalogue,
    customer_id: UUID | None,
    delivery_postcode: str,
    method: PaymentMethod | None,
    called_at: datetime,
    now: datetime,
    rules: ShopRules,
    printer_id: str | None = None,
    former: Former | None = None,
) -> tuple[Quote, Promise]:
    """Total and promise; writes nothing. Both times are aware.

    Codes and kept prices are judged at ``now``, the promise counts from the day in Paris
    of the call (R14); where credits pay for everything it waits for no payment. Articles the
    catalogue does not have are in ``Quote.unknown_skus``. What a refused code would need is
    looked for among what fits ``printer_id`` first.

    ``former``: the placed order that this cart changes (R8).
    """
    articles = _articles(cart, catalogue, former)
    facts = replace(
        _facts(cart, articles, tx.vouchers, catalogue, customer_id, delivery_postcode),
        find_cheapest=_cheapest_for(printer_id, catalogue),
    )
    if former is not None:
        facts = former.before_it(facts)
    items = [
        (articles[line.sku].offer, line.quantity) for line in cart.lines if line.sku in articles
    ]
    quote = price_cart(cart, facts, now=now, rules=rules)
    is_settled = quote.is_covered or (former is not None and former.awaits_nothing(quote))
    awaited = None if is_settled else method
    return quote, promise_for(paris_day(called_at), items, awaited, rules)


def quote_draft(
    draft: Draft,
    *,
    tx: WithVouchers,
    catalogue: Catalogue,
    rules: ShopRules,
    at: datetime,
    called_at: datetime | None = None,
    former: Former | None = None,
) -> tuple[Quote, Promise]:
    """``quote_cart`` with everything a draft says. ``called_at`` is ``at`` where none is given,
    and not the day the draft was begun and left open (R14).
    """
    return quote_cart(
        draft.cart,
        tx=tx,
        catalogue=catalogue,
        customer_id=draft.customer.customer_id,
        delivery_postcode=draft.delivery_postcode,
        method=draft.payment_method,
        called_at=called_at or at,
        now=at,
        rules=rules,
        printer_id=draft.printer_id,
        former=former,
    )


def _articles(cart: Cart, catalogue: Catalogue, former: Former | None) -> Mapping[str, Article]:
    articles = catalogue.articles(line.sku for line in cart.lines)
    if former is None:
        return articles
    return {sku: former.with_its_stock(article) for sku, article in articles.items()}


def _facts(
    cart: Cart,
    articles: Mapping[str, Article],
    vouchers: Vouchers,
    catalogue: Catalogue,
    customer_id: UUID | None,
    delivery_postcode: str,
) -> PricingFacts:
    known = {code: vouchers.get(code) for code in cart.codes}
    return PricingFacts(
        articles=articles,
        packs=catalogue.packs_holding(articles),
        vouchers={code: voucher for code, voucher in known.items() if voucher is not None},
        alike={code: vouchers.alike(code) for code, voucher in known.items() if voucher is None},
        uses_by_customer=vouchers.uses_by(customer_id) if customer_id and cart.codes else {},
        customer_id=customer_id,
        delivery_postcode=delivery_postcode,
    )


def _cheapest_for(printer_id: str | None, catalogue: Catalogue) -> Callable[..., Article | None]:
    """``Catalogue.cheapest``, but of what the caller can use, where any of that will do."""
    if printer_id is None:
        return catalogue.cheapest

    def find(
        *, brands: Sequence[str] = (), skus: Sequence[str] = (), at_least_cents: int = 0
    ) -> Article | None:
        fitting = (
            article
            for article in catalogue.articles_for(printer_id)
            if article.offer.is_in_stock
            and article.offer.price_cents >= at_least_cents
            and (not brands or article.cartridge.brand in brands)
            and (not skus or article.sku in skus)
        )
        cheapest = min(fitting, key=lambda article: article.offer.price_cents, default=None)
        return cheapest or catalogue.cheapest(
            brands=brands, skus=skus, at_least_cents=at_least_cents
        )

    return find
