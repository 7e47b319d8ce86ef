"""What the codes of orders still allow, as far as this console knows (R7).

Central has the last word; between two of its answers the console counts what it did itself,
so that nothing is promised twice. Owns no rule of a code: ``models.vouchers`` does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from models.order import Order, SyncState
from models.quote import Quote
from services.ports import OutboxItem, OutboxKind, Transaction, Vouchers

WHOLE_ORDERS = frozenset({OutboxKind.ORDER.value, OutboxKind.REVISION.value})
"""Kinds of outbox items that hand over a revision; each revision has one, in its order."""


def count_uses(vouchers: Vouchers, quote: Quote) -> None:
    """Take what ``quote`` used off its codes."""
    for outcome in quote.codes:
        voucher = vouchers.get(outcome.code) if outcome.is_accepted else None
        if voucher is not None:
            vouchers.put(voucher.after_use(outcome.discount_cents))


def give_back_uses(vouchers: Vouchers, quote: Quote) -> None:
    """Undo ``count_uses``."""
    for outcome in quote.codes:
        voucher = vouchers.get(outcome.code) if outcome.is_accepted else None
        if voucher is not None:
            vouchers.put(voucher.given_back(outcome.discount_cents))


def count_what_is_owed(tx: Transaction, codes: Collection[str]) -> None:
    """Bring central's own count of these codes, just stored, up to what this console owes it.

    A revision counts in place of the one central has. An order whose answer was lost may
    count twice until it is asked for again: a code that is refused for a minute is better
    than one that is promised twice.
    """
    for order in tx.orders.owed_with_codes():
        known = known_to_central(order, tx)
        if known is not None:
            give_back_uses(tx.vouchers, _only(codes, known.quote))
        count_uses(tx.vouchers, _only(codes, order.quote))


def codes_owed(tx: Transaction) -> Collection[str]:
    """Codes that ``count_what_is_owed`` may count."""
    return {one.code for order in tx.orders.owed_with_codes() for one in order.quote.codes}


def _only(codes: Collection[str], quote: Quote) -> Quote:
    return replace(quote, codes=tuple(one for one in quote.codes if one.code in codes))


def known_to_central(order: Order, tx: Transaction) -> Order | None:
    """The newest revision of ``order`` that central has confirmed; None where it has none."""
    handed_over = [item for item in tx.outbox.of_order(order.order_id) if is_whole_order(item)]
    confirmed = [
        revision
        for revision, item in zip(tx.orders.revisions(order.order_id), handed_over, strict=False)
        if item.state is SyncState.CONFIRMED
    ]
    return confirmed[-1] if confirmed else None


def is_whole_order(item: OutboxItem) -> bool:
    return item.kind in WHOLE_ORDERS
