"""What a placed order holds already, for the call that changes it (R8).

A change never stands in its own way: the order's codes, credit and stock are its own again
while it is changed, and what was agreed stays agreed. Central judges a change the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from models.catalogue import Article
from models.order import Order, OrderEventKind, OrderState, state_when_revised
from models.pricing import PricingFacts
from models.promise import PromiseReasonCode
from models.quote import Quote
from models.vouchers import Voucher
from services.codes import known_to_central
from services.ports import Transaction

STOCK_SHORT = "stock_short"
"""The code of a difference: central could not put all of it aside."""

OUT_OF_STOCK = frozenset(
    {PromiseReasonCode.OUT_OF_STOCK_UNTIL, PromiseReasonCode.OUT_OF_STOCK_UNKNOWN}
)


@dataclass(frozen=True, slots=True)
class Former:
    """The newest revision of an order. ``held``: how many of each sku central put aside for
    it, so that the stock figures here are lower by as many.
    """

    order: Order
    held: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, order: Order, tx: Transaction) -> Former:
        return cls(order, _held(order, tx))

    def with_its_stock(self, article: Article) -> Article:
        more = self.held.get(article.sku, 0)
        offer = article.offer
        return replace(article, offer=replace(offer, stock=offer.stock + more))

    def before_it(self, facts: PricingFacts) -> PricingFacts:
        """The facts as if it had used none of its codes, with the prices that were agreed."""
        quote = self.order.quote
        used = {one.code: one.discount_cents for one in quote.codes if one.is_accepted}
        is_same_payer = self.order.customer.customer_id == facts.customer_id
        return replace(
            facts,
            vouchers={code: _unused(voucher, used) for code, voucher in facts.vouchers.items()},
            alike={
                code: [_unused(voucher, used) for voucher in near]
                for code, near in facts.alike.items()
            },
            uses_by_customer={
                code: count - (is_same_payer and code in used)
                for code, count in facts.uses_by_customer.items()
            },
            agreed_cents={line.sku: line.unit_price_cents for line in quote.lines},
        )

    def awaits_nothing(self, quote: Quote) -> bool:
        """What it comes to now is covered, or paid already."""
        state = state_when_revised(
            self.order.state,
            agreed_cents=self.order.quote.total_cents,
            total_cents=quote.total_cents,
        )
        return state is OrderState.IN_PREPARATION


def _unused(voucher: Voucher, used: Mapping[str, int]) -> Voucher:
    """Good on any day, if it counted: it is not lost by a change the day after it ends."""
    if voucher.code not in used:
        return voucher
    before = voucher.given_back(used[voucher.code])
    return replace(before, valid_from=None, valid_until=None)


def _held(order: Order, tx: Transaction) -> Mapping[str, int]:
    known = known_to_central(order, tx)
    if known is None:
        return {}
    found = _found_short(order, tx)
    said = set(_said_short(known))
    return {
        line.sku: min(line.quantity, found.get(line.sku, line.quantity))
        for line in known.quote.lines
        if line.sku not in said
    }


def _said_short(order: Order) -> Iterator[str]:
    for reason in order.promise.reasons:
        if reason.code in OUT_OF_STOCK:
            yield from reason.skus


def _found_short(order: Order, tx: Transaction) -> Mapping[str, int]:
    """How many central had, and put aside, of what was too few in its newest verdict."""
    short: Mapping[str, int] = {}
    for event in tx.orders.events(order.order_id):
        if event.kind is OrderEventKind.ACCEPTED_BY_CENTRAL:
            short = {}
        elif event.kind is OrderEventKind.DIFFERENCES_SEEN:
            short = dict(_short_in(event.facts.get("differences")))
    return short


def _short_in(differences: object) -> Iterator[tuple[str, int]]:
    for one in differences if isinstance(differences, list) else ():
        if one.get("code") == STOCK_SHORT:
            had = str(one.get("central", ""))
            yield str(one.get("sku")), int(had) if had.isdecimal() else 0
