"""What central makes of an order: the same rules as at the console, on what is true here.

Pure. Recomputes discounts, delivery, total and promise from central's own catalogue and
counts, and says as data where it reckons differently; it refuses nothing and changes
nothing. A price that was said counts if it was the price at some moment of the time the
shop keeps its word for (``ShopRules.price_kept_seconds``) before the order was placed, or
changed; in a change, what was agreed on before stays right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from models.account import Account
from models.cart import Cart, CartLine
from models.catalogue import Article
from models.pricing import CodeOutcome, PricingFacts, Quote, price_cart
from models.promise import Promise, PromiseReasonCode, promise_for
from models.shop import ShopRules
from models.vouchers import Voucher
from models.wire.orders import CodeWire, DifferenceCode, DifferenceWire, LineWire, OrderIn

OUT_OF_STOCK = {PromiseReasonCode.OUT_OF_STOCK_UNTIL, PromiseReasonCode.OUT_OF_STOCK_UNKNOWN}


@dataclass(frozen=True, slots=True)
class Known:
    """What central knows that bears on one order. ``said_prices``: by sku, every price in
    cents that may have been said. ``paid_cents``: what came in for it and did not go back.
    """

    articles: Mapping[str, Article]
    said_prices: Mapping[str, frozenset[int]] = field(default_factory=dict)
    vouchers: Mapping[str, Voucher] = field(default_factory=dict)
    uses_by_customer: Mapping[str, int] = field(default_factory=dict)
    paid_cents: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """``account``: what was said, or nothing where credits cover it here, and what came in.
    ``is_paid``: no money is awaited, by that account.
    """

    quote: Quote
    promise: Promise
    account: Account
    is_paid: bool
    differences: tuple[DifferenceWire, ...]

    @property
    def accepted_codes(self) -> tuple[CodeOutcome, ...]:
        """The codes that central counts a use of."""
        return tuple(outcome for outcome in self.quote.codes if outcome.is_accepted)


def judge(order: OrderIn, known: Known, rules: ShopRules) -> Judgement:
    """Deterministic: the same order on the same knowledge gives the same judgement."""
    quote = _quote(order, known, rules)
    items = [
        (known.articles[sku].offer, quantity)
        for sku, quantity in quantities_of(order).items()
        if sku in known.articles
    ]
    account = Account(0 if quote.is_covered else order.amounts.total_cents, known.paid_cents)
    # What was said to cost nothing and is not covered here is for a person to settle.
    is_paid = quote.is_covered or (account.costs_cents > 0 and account.rest_cents == 0)
    awaited = None if is_paid else order.payment_method
    promise = promise_for(order.ordered_on, items, awaited, rules)
    differences = tuple(_differences(order, known, quote, promise))
    return Judgement(quote, promise, account, is_paid, differences)


def agreed_at(order: OrderIn) -> datetime:
    """When the caller heard these prices: as the order was placed, or changed."""
    return order.revised_at or order.placed_at


def _quote(order: OrderIn, known: Known, rules: ShopRules) -> Quote:
    facts = PricingFacts(
        articles=known.articles,
        vouchers=known.vouchers,
        uses_by_customer=known.uses_by_customer,
        customer_id=order.customer.customer_id,
        delivery_postcode=order.delivery.address.postcode,
    )
    cart = Cart(
        lines=tuple(_cart_line(order, line, known) for line in order.lines),
        # A code that was refused on the phone was never promised: it is not tried again.
        codes=tuple(code.code for code in order.codes if code.refusal is None),
    )
    return price_cart(cart, facts, now=agreed_at(order), rules=rules)


def _cart_line(order: OrderIn, line: LineWire, known: Known) -> CartLine:
    if _is_kept(line, known):
        return CartLine(line.sku, line.quantity, line.unit_price_cents, agreed_at(order))
    return CartLine(line.sku, line.quantity)


def _is_kept(line: LineWire, known: Known) -> bool:
    return line.unit_price_cents in known.said_prices.get(line.sku, frozenset())


def _differences(
    order: OrderIn, known: Known, quote: Quote, promise: Promise
) -> Iterator[DifferenceWire]:
    for line in order.lines:
        yield from _line_differences(line, known)
    yield from _stock_differences(order, known)
    yield from _code_differences(order, quote)
    yield from _amount_differences(order, quote)
    yield from _promise_difference(order, promise)


def _line_differences(line: LineWire, known: Known) -> Iterator[DifferenceWire]:
    article = known.articles.get(line.sku)
    if article is None:
        yield _difference(DifferenceCode.SKU_UNKNOWN, line.label, "", sku=line.sku)
        return
    said, here = line.unit_price_cents, article.offer.price_cents
    if not _is_kept(line, known) and said != here:
        yield _difference(DifferenceCode.PRICE_CHANGED, said, here, sku=line.sku)


def _stock_differences(order: OrderIn, known: Known) -> Iterator[DifferenceWire]:
    for sku, quantity in quantities_of(order).items():
        article = known.articles.get(sku)
        if article is None or _was_said_short(order, sku):
            continue
        if article.offer.stock < quantity:
            yield _difference(DifferenceCode.STOCK_SHORT, quantity, article.offer.stock, sku=sku)


def quantities_of(order: OrderIn) -> Mapping[str, int]:
    """By sku, which a program other than ours may have spread over several lines."""
    wanted: dict[str, int] = {}
    for line in order.lines:
        wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    return wanted


def _was_said_short(order: OrderIn, sku: str) -> bool:
    """The caller was told already that this one has to be waited for."""
    return any(
        reason.code in OUT_OF_STOCK and sku in reason.skus for reason in order.promise.reasons
    )


def _code_differences(order: OrderIn, quote: Quote) -> Iterator[DifferenceWire]:
    here = {outcome.code: outcome for outcome in quote.codes}
    for said in order.codes:
        if said.refusal is None:
            yield from _code_difference(said, here.get(said.code))


def _code_difference(said: CodeWire, here: CodeOutcome | None) -> Iterator[DifferenceWire]:
    if here is None or here.refusal is not None:
        reason = here.refusal.reason if here and here.refusal else "unknown"
        yield _difference(DifferenceCode.CODE_REFUSED, said.code, reason)
    elif here.discount_cents != said.discount_cents:
        yield _difference(DifferenceCode.DISCOUNT_CHANGED, said.discount_cents, here.discount_cents)


def _amount_differences(order: OrderIn, quote: Quote) -> Iterator[DifferenceWire]:
    said = order.amounts
    if said.delivery_cents != quote.delivery_cents:
        yield _difference(
            DifferenceCode.DELIVERY_CHANGED, said.delivery_cents, quote.delivery_cents
        )
    if said.total_cents != quote.total_cents:
        yield _difference(DifferenceCode.TOTAL_CHANGED, said.total_cents, quote.total_cents)


def _promise_difference(order: OrderIn, promise: Promise) -> Iterator[DifferenceWire]:
    """Only what is worse than what was said: a parcel that leaves sooner disappoints nobody."""
    said, here = order.promise.dispatch_by, promise.dispatch_by
    if said is not None and (here is None or here > said):
        yield _difference(
            DifferenceCode.PROMISE_LATER, said.isoformat(), here.isoformat() if here else ""
        )


def _difference(
    code: DifferenceCode, said: object, central: object, *, sku: str | None = None
) -> DifferenceWire:
    return DifferenceWire(code=code, said=str(said), central=str(central), sku=sku)
