"""What the operator sees of a draft: what it adds up to, when it leaves, what stands beside it.

Reads only. Owns no rule: ``services.quoting`` adds up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from models.calendar import paris_day
from models.catalogue import Article
from models.draft import Draft
from models.payment import PaymentMethod
from models.pricing import Quote
from models.promise import Promise, promise_for
from models.shop import ShopRules
from models.vouchers import Voucher
from services.desk_state import DeskState
from services.follow_up import order_row
from services.follow_up_state import parcel_number
from services.former import Former
from services.ports import Catalogue, Clock, Transaction
from services.quoting import quote_draft
from services.trial_prices import has_trial_prices


@dataclass(frozen=True, slots=True)
class DeskReading:
    """What drafts are read against."""

    catalogue: Catalogue
    clock: Clock
    rules: ShopRules

    def state(self, draft: Draft, tx: Transaction) -> DeskState:
        former = _former(draft, tx)
        quote, promise = self._quote(draft, tx, former)
        articles = self.catalogue.articles(line.sku for line in draft.cart.lines)
        order = tx.orders.get(draft.order_id) if draft.order_id else None
        waiting = tuple(c for c in tx.drafts.unfinished() if c.draft.draft_id != draft.draft_id)
        return DeskState(
            draft=draft,
            quote=order.quote if order else quote,
            promise=order.promise if order else promise,
            promises=self._promises(quote, articles, former),
            vouchers=_known(draft, tx),
            articles=tuple(articles[line.sku] for line in draft.cart.lines if line.sku in articles),
            remedies=tuple(self.catalogue.articles(_remedy_skus(quote)).values()),
            calls_waiting=waiting,
            changing=_references((draft, *(call.draft for call in waiting)), tx),
            order=order,
            order_sync=order_row(tx, order).sync_state if order else None,
            parcel_number=parcel_number(tx.orders.events(order.order_id)) if order else "",
            work_count=tx.work.count(),
            has_trial_prices=has_trial_prices(tx.settings, self.catalogue),
        )

    def quote(self, draft: Draft, tx: Transaction) -> tuple[Quote, Promise | None]:
        return self._quote(draft, tx, _former(draft, tx))

    def _quote(
        self, draft: Draft, tx: Transaction, former: Former | None
    ) -> tuple[Quote, Promise | None]:
        quote, promise = quote_draft(
            draft,
            tx=tx,
            catalogue=self.catalogue,
            rules=self.rules,
            at=self.clock.now(),
            former=former,
        )
        return quote, None if draft.cart.is_empty else promise

    def _promises(
        self, quote: Quote, articles: Mapping[str, Article], former: Former | None
    ) -> Mapping[PaymentMethod, Promise]:
        """What each way to pay would promise; a covered order waits for none of them."""
        if former is not None:
            articles = {sku: former.with_its_stock(one) for sku, one in articles.items()}
        items = [(articles[line.sku].offer, line.quantity) for line in quote.lines]
        day = paris_day(self.clock.now())
        is_settled = quote.is_covered or (former is not None and former.awaits_nothing(quote))
        return {
            method: promise_for(day, items, None if is_settled else method, self.rules)
            for method in PaymentMethod
            if items
        }


def _former(draft: Draft, tx: Transaction) -> Former | None:
    """The order that this call changes."""
    order = tx.orders.get(draft.revises) if draft.revises else None
    return Former.of(order, tx) if order else None


def _references(drafts: Iterable[Draft], tx: Transaction) -> Mapping[UUID, str]:
    """Of the placed orders that these drafts change."""
    changed = {draft.revises for draft in drafts if draft.revises is not None}
    found = (tx.orders.get(order_id) for order_id in changed)
    return {order.order_id: order.reference for order in found if order is not None}


def _remedy_skus(quote: Quote) -> set[str]:
    refusals = [outcome.refusal for outcome in quote.codes if outcome.refusal]
    return {sku for refusal in refusals for sku in (refusal.remedy_sku, *refusal.skus) if sku}


def _known(draft: Draft, tx: Transaction) -> Mapping[str, Voucher]:
    found = {code: tx.vouchers.get(code) for code in draft.cart.codes}
    return {code: voucher for code, voucher in found.items() if voucher is not None}
