"""Prices a cart: lines, codes, delivery, total, the VAT in it, and the pack that would be cheaper.

The same function prices a cart at the console and judges an order at central. It reads
nothing by itself: all facts are given to it. Its result is ``models.quote.Quote``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from models.calendar import paris_day
from models.cart import QUANTITY_MAX, Cart, CartLine
from models.catalogue import Article
from models.discounts import Settlement, combine
from models.quote import CodeOutcome, PackHint, PricedLine, Quote
from models.shop import ShopRules
from models.vat import VatRegime, VatShare, vat_regime, vat_shares
from models.voucher_rules import Circumstances, is_counted, refusal_of, refusal_of_unknown
from models.vouchers import Refusal, Voucher
from models.wording.labels import cartridge_label

__all__ = [
    "CodeOutcome",
    "PackHint",
    "PricedLine",
    "PricingFacts",
    "Quote",
    "VatShare",
    "price_cart",
]

PACKS_TRIED = 5
"""Each pack tried is the whole cart priced again; the hint must not be felt while typing."""


@dataclass(frozen=True, slots=True)
class PricingFacts:
    """What has to be known to price a cart: read once by the caller, so that pricing is pure.

    ``vouchers`` by exact code; ``alike`` what each unknown code may have been meant to be;
    ``uses_by_customer`` how often this customer used each code. ``agreed_cents``: unit prices
    of the placed order that this cart changes, by sku (R8). ``find_cheapest`` has the
    keywords of ``services.ports.Catalogue.cheapest``; without it no remedy is looked for
    outside the cart.
    """

    articles: Mapping[str, Article]
    packs: Sequence[Article] = ()
    vouchers: Mapping[str, Voucher] = field(default_factory=dict)
    alike: Mapping[str, Sequence[Voucher]] = field(default_factory=dict)
    uses_by_customer: Mapping[str, int] = field(default_factory=dict)
    agreed_cents: Mapping[str, int] = field(default_factory=dict)
    customer_id: UUID | None = None
    delivery_postcode: str = ""
    find_cheapest: Callable[..., Article | None] | None = None


def price_cart(cart: Cart, facts: PricingFacts, *, now: datetime, rules: ShopRules) -> Quote:
    """The cart added up at ``now`` (aware). Pure: same cart and facts, same quote.

    Guaranteed: all amounts are cents TTC and none is negative; ``total = goods - discount +
    delivery - credit``; the lines' discounts sum to the discount and none exceeds its line;
    the VAT shares sum to ``total + credit``, or there are none and a mention instead.

    A price that was said counts for ``rules.price_kept_seconds``, after that the current one;
    a price that was agreed on with the order this cart changes counts for good.
    Codes count exactly as written (R7); each has one outcome, in the order given. A cart
    without a known article costs nothing, delivery included. Where a refusal names something
    to add, the code counts once that is added, beside all other codes of the cart.

    A credit is a means of payment: the sale it came from was already corrected when it was
    given (CGI art. 272-1), so VAT is due on the whole new sale, whereas discounts lower the
    base (CGI art. 267 II 1). Overseas the customer pays the same total, and the shop keeps
    what would have been VAT: an assumption about its price policy, not a rule of law.
    """
    offered: dict[str, Article] = {}
    quote = _add_up(cart, _remembering(facts, offered), now=now, rules=rules)
    known = replace(facts, articles={**facts.articles, **offered})
    return replace(
        quote,
        codes=tuple(_proven(one, cart, known, now=now, rules=rules) for one in quote.codes),
        pack_hint=_pack_hint(cart, quote, facts, now=now, rules=rules),
    )


def _remembering(facts: PricingFacts, offered: dict[str, Article]) -> PricingFacts:
    """The same facts; what the catalogue offers as a remedy is kept in ``offered``."""
    ask = facts.find_cheapest
    if ask is None:
        return facts

    def find_cheapest(**wanted: object) -> Article | None:
        article = ask(**wanted)
        if article is not None:
            offered[article.sku] = article
        return article

    return replace(facts, find_cheapest=find_cheapest)


def _proven(
    outcome: CodeOutcome, cart: Cart, facts: PricingFacts, *, now: datetime, rules: ShopRules
) -> CodeOutcome:
    """The outcome without a remedy that would not do: one that brings free delivery by itself,
    one that leaves another code in the way, one that is no longer in stock.
    """
    refusal = outcome.refusal
    if refusal is None or refusal.remedy_sku is None:
        return outcome
    richer = _with_more(cart, refusal.remedy_sku, refusal.remedy_quantity)
    is_there = richer.quantity_of(refusal.remedy_sku) <= min(
        facts.articles[refusal.remedy_sku].offer.stock, QUANTITY_MAX
    )
    unquestioned = replace(facts, find_cheapest=None)
    other = _add_up(richer, unquestioned, now=now, rules=rules)
    if is_there and any(one.code == outcome.code and one.is_accepted for one in other.codes):
        return outcome
    mute = replace(refusal, remedy_sku=None, remedy_quantity=0, remedy_cents=0)
    return replace(outcome, refusal=mute)


def _add_up(cart: Cart, facts: PricingFacts, *, now: datetime, rules: ShopRules) -> Quote:
    known = [line for line in cart.lines if line.sku in facts.articles]
    lines = [_priced(line, facts, now, rules) for line in known]
    refusals, settled = _codes_applied(cart, lines, facts, now, rules)
    goods, discount = sum(line.total_cents for line in lines), sum(settled.line_discounts)
    missing = rules.free_delivery_from_cents - (goods - discount) if settled.delivery_cents else 0
    regime = vat_regime(facts.delivery_postcode)
    return Quote(
        lines=tuple(
            replace(line, discount_cents=off)
            for line, off in zip(lines, settled.line_discounts, strict=True)
        ),
        codes=tuple(_outcome(code, facts, refusal, settled) for code, refusal in refusals.items()),
        goods_cents=goods,
        discount_cents=discount,
        delivery_cents=settled.delivery_cents,
        delivery_saved_cents=settled.delivery_saved_cents,
        credit_cents=settled.credit_cents,
        total_cents=settled.due_cents - settled.credit_cents,
        vat=_vat(lines, settled, regime, rules),
        vat_mention=regime.mention,
        free_delivery_missing_cents=missing,
        unknown_skus=tuple(line.sku for line in cart.lines if line.sku not in facts.articles),
        article_count=sum(line.quantity for line in lines),
    )


def _codes_applied(
    cart: Cart, lines: Sequence[PricedLine], facts: PricingFacts, now: datetime, rules: ShopRules
) -> tuple[dict[str, Refusal | None], Settlement]:
    """Each code once, in the order given, with its refusal or None; and what they do together."""
    seen = Circumstances(
        lines,
        facts.articles,
        paris_day(now),
        facts.customer_id,
        facts.uses_by_customer,
        facts.find_cheapest,
    )
    judged = {code: _judged(code, facts, seen) for code in cart.codes}
    counting = [facts.vouchers[code] for code, refusal in judged.items() if refusal is None]
    combination = combine(counting, lines, rules)
    return judged | dict(combination.refusals), combination.settlement


def _priced(line: CartLine, facts: PricingFacts, now: datetime, rules: ShopRules) -> PricedLine:
    article = facts.articles[line.sku]
    is_agreed = line.said_price_cents == facts.agreed_cents.get(line.sku, -1)
    said = line.said_price_cents if is_agreed else None
    unit_price = _unit_price(line, article, now, rules) if said is None else said
    return PricedLine(
        sku=line.sku,
        label=cartridge_label(article.cartridge),
        brand=article.cartridge.brand,
        quantity=line.quantity,
        unit_price_cents=unit_price,
        total_cents=unit_price * line.quantity,
        discount_cents=0,
        vat_rate_bp=article.offer.vat_rate_bp,
        current_price_cents=article.offer.price_cents,
    )


def _unit_price(line: CartLine, article: Article, now: datetime, rules: ShopRules) -> int:
    if line.said_price_cents is None or line.said_at is None:
        return article.offer.price_cents
    is_kept = now - line.said_at <= timedelta(seconds=rules.price_kept_seconds)
    return line.said_price_cents if is_kept else article.offer.price_cents


def _judged(code: str, facts: PricingFacts, seen: Circumstances) -> Refusal | None:
    voucher = facts.vouchers.get(code)
    if voucher is None:
        return refusal_of_unknown(facts.alike.get(code, ()), seen)
    return refusal_of(voucher, seen)


def _outcome(
    code: str, facts: PricingFacts, refusal: Refusal | None, settled: Settlement
) -> CodeOutcome:
    voucher = facts.vouchers.get(code)
    kind = voucher.kind if voucher else None
    if voucher is None or refusal is not None:
        return CodeOutcome(code, kind, refusal=refusal)
    return CodeOutcome(code, kind, settled.taken[code], is_provisional=is_counted(voucher))


def _vat(
    lines: Sequence[PricedLine], settled: Settlement, regime: VatRegime, rules: ShopRules
) -> tuple[VatShare, ...]:
    if not regime.is_due:
        return ()
    gross: Counter[int] = Counter({rules.delivery_vat_rate_bp: settled.delivery_cents})
    for line, off in zip(lines, settled.line_discounts, strict=True):
        gross[line.vat_rate_bp] += line.total_cents - off
    return vat_shares(gross)


def _pack_hint(
    cart: Cart, quote: Quote, facts: PricingFacts, *, now: datetime, rules: ShopRules
) -> PackHint | None:
    """The pack that would lower what is to be paid the most, codes and delivery reckoned in."""
    unquestioned = replace(facts, find_cheapest=None)  # no remedies for a cart nobody asked for
    hints = []
    for pack in _bargains(cart, quote, facts.packs):
        priced = replace(unquestioned, articles={**facts.articles, pack.sku: pack})
        other = _add_up(_with_pack(cart, pack), priced, now=now, rules=rules)
        saving = _to_pay(quote) - _to_pay(other)
        hints.append(PackHint(pack.sku, cartridge_label(pack.cartridge), saving))
    best = max(hints, key=lambda hint: hint.saving_cents, default=None)
    return best if best and best.saving_cents > 0 else None


def _bargains(cart: Cart, quote: Quote, packs: Sequence[Article]) -> list[Article]:
    """Packs in stock for less than their parts in the cart and their delivery, the best few."""
    price_of = {line.sku: line.unit_price_cents for line in quote.lines}

    def gain(pack: Article) -> int:
        parts = _parts_in_cart(cart, pack).items()
        return sum(count * price_of.get(sku, 0) for sku, count in parts) - pack.offer.price_cents

    def is_there(pack: Article) -> bool:
        return cart.quantity_of(pack.sku) < min(pack.offer.stock, QUANTITY_MAX)

    found = [pack for pack in packs if gain(pack) > -quote.delivery_cents and is_there(pack)]
    return sorted(found, key=gain, reverse=True)[:PACKS_TRIED]


def _parts_in_cart(cart: Cart, pack: Article) -> dict[str, int]:
    """How many of the cart's articles one pack stands for."""
    contents = Counter(pack.cartridge.contents)
    return {sku: min(count, cart.quantity_of(sku)) for sku, count in contents.items()}


def _with_pack(cart: Cart, pack: Article) -> Cart:
    """The cart with one pack in place of its parts, or one more of it."""
    replaced = _parts_in_cart(cart, pack)
    kept = tuple(
        replace(line, quantity=line.quantity - replaced.get(line.sku, 0))
        for line in cart.lines
        if line.quantity > replaced.get(line.sku, 0)
    )
    return _with_more(replace(cart, lines=kept), pack.sku, 1)


def _with_more(cart: Cart, sku: str, quantity: int) -> Cart:
    others = tuple(line for line in cart.lines if line.sku != sku)
    in_cart = next((line for line in cart.lines if line.sku == sku), CartLine(sku, 0))
    return replace(cart, lines=(*others, replace(in_cart, quantity=in_cart.quantity + quantity)))


def _to_pay(quote: Quote) -> int:
    """Before credits: a credit that covers more is not a saving."""
    return quote.total_cents + quote.credit_cents
