"""What happens to orders after they were placed: lists to work through, and one order whole.

Owns what belongs in them and how an order is found again; reads only, but for a call back
that was noted. Changing and cancelling are ``services.revise_order`` and
``services.cancel_order``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from models import reference
from models.errors import DomainError
from models.order import CHANGEABLE, Order, SyncState
from models.work import Settlement
from services.follow_up_state import FollowUp, OrderDossier, OrdersFound, OwedRow, WorkRow
from services.ports import OrderRow, OutboxItem, Transaction
from services.revise_order import open_revision
from services.settling import as_note, settle_work

OWED = frozenset({SyncState.WAITING, SyncState.SENT})
ROWS_MAX = 50


def follow_up(tx: Transaction, *, now: datetime, limit: int = ROWS_MAX) -> FollowUp:
    """At most ``limit`` rows of each list."""
    known: dict[UUID, Order] = {}

    def order_of(order_id: UUID) -> Order:
        if order_id not in known:
            known[order_id] = _order(tx, order_id)
        return known[order_id]

    work = tx.work.unsettled(limit=limit)
    owed = tx.outbox.listing(limit=limit)
    return FollowUp(
        work=tuple(WorkRow(item, order_of(item.order_id)) for item in work),
        owed=tuple(
            OwedRow(item, order_of(item.order_id), is_held_back=is_held_back)
            for item, is_held_back in _in_turn(owed)
        ),
        orders=tuple(tx.orders.recent(limit=limit)),
        work_count=tx.work.count(),
        owed_count=tx.outbox.waiting() + tx.outbox.refused(),
        seen_at=now,
    )


def order_dossier(tx: Transaction, order_id: UUID, *, now: datetime) -> OrderDossier:
    """One order with all there is about it. Raises DomainError("order_not_found")."""
    order = _order(tx, order_id)
    items = tx.outbox.of_order(order_id)
    draft = open_revision(tx, order_id)
    return OrderDossier(
        row=_row(order, items),
        revisions=tuple(tx.orders.revisions(order_id)),
        events=tuple(tx.orders.events(order_id)),
        owed=tuple(
            OwedRow(item, order, is_held_back=is_held_back)
            for item, is_held_back in _in_turn(items)
        ),
        work=tuple(tx.work.of_order(order_id)),
        seen_at=now,
        is_changeable=order.state in CHANGEABLE,
        open_draft=draft.draft_id if draft else None,
    )


def order_row(tx: Transaction, order: Order) -> OrderRow:
    """The order with where it stands on its way to central."""
    return _row(order, tx.outbox.of_order(order.order_id))


def settle_work_item(
    tx: Transaction, work_id: UUID, settlement: Settlement, note: str, *, now: datetime
) -> None:
    """Somebody saw to it. Idempotent: of two the first counts.

    Raises DomainError("work_unknown"), ("card_number_refused"), ("note_too_long").
    """
    kept = as_note(note, "note")
    item = tx.work.get(work_id)
    if item is None:
        raise DomainError("work_unknown", work_id=str(work_id))
    settle_work(tx, item, settlement, at=now, note=kept)


def find_orders(tx: Transaction, text: str, *, limit: int = ROWS_MAX) -> OrdersFound:
    """By reference, as it was heard: with one typing error in it, the orders it may have been
    are proposed. Else those of the customers ``Customers.find`` finds, the newest first.
    """
    try:
        exact = tx.orders.by_reference(reference.parse(text))
    except DomainError as error:
        if error.code == "reference_check":
            near = tuple(_near(tx, text))
            if near:
                return OrdersFound(near, is_proposal=True)
    else:
        if exact is not None:
            return OrdersFound((order_row(tx, exact),))
    return OrdersFound(tuple(_of_customers(tx, text))[:limit])


def order_by_reference(tx: Transaction, text: str) -> Order:
    """The order with this reference, as it was heard. Raises DomainError("reference_malformed"),
    ("order_not_found"), and ("reference_check", reference=..., near=...) with the references
    of orders it may have been.
    """
    try:
        order = tx.orders.by_reference(reference.parse(text))
    except DomainError as error:
        if error.code != "reference_check":
            raise
        near = tuple(row.order.reference for row in _near(tx, text))
        raise DomainError(error.code, **error.facts, near=near) from error
    if order is None:
        raise DomainError("order_not_found")
    return order


def _near(tx: Transaction, text: str) -> Iterator[OrderRow]:
    for possible in reference.neighbours(text):
        order = tx.orders.by_reference(possible)
        if order is not None:
            yield order_row(tx, order)


def _of_customers(tx: Transaction, text: str) -> Sequence[OrderRow]:
    rows = {
        row.order.order_id: row
        for customer in tx.customers.find(text)
        for row in tx.orders.of_customer(customer.customer_id)
    }
    return sorted(rows.values(), key=lambda row: row.order.placed_at, reverse=True)


def _order(tx: Transaction, order_id: UUID) -> Order:
    order = tx.orders.get(order_id)
    if order is None:
        raise DomainError("order_not_found", order_id=str(order_id))
    return order


def _row(order: Order, items: Sequence[OutboxItem]) -> OrderRow:
    if items:
        return OrderRow(order, items[-1].state, items[-1].last_error)
    return OrderRow(order, SyncState.PRACTICE if order.is_demo else SyncState.CONFIRMED)


def _in_turn(items: Iterable[OutboxItem]) -> Iterator[tuple[OutboxItem, bool]]:
    """Each item, the oldest first, and whether one of its order has to go before it."""
    ahead: set[UUID] = set()
    for item in items:
        yield item, item.order_id in ahead and item.state in OWED
        if item.state in OWED:
            ahead.add(item.order_id)
