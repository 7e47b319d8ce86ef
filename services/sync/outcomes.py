"""What central's answer to an outbox item leaves in the console's file.

Each function is one answer, within a transaction of the caller: the item's mark, the order's
events, and work for a person where it takes one, all or nothing. The same answer again, as
after a central was put back from a backup, raises no second work item. Knows no line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from uuid import UUID, uuid5

from models.errors import KioskError
from models.order import OrderEvent, OrderEventKind, OrderState, SyncState
from models.work import Settlement, WorkItem, WorkKind
from services.codes import is_whole_order
from services.ports import Cancelled, OutboxItem, OutboxKind, Transaction, Verdict
from services.settling import settle_open_work, settle_work
from services.sync.enrolment import EVENTS_CURSOR
from services.sync.order_states import follow, undo_cancellation

FORGOTTEN = "order_unknown"
"""Central does not have the order of this change: it was put back from an older copy."""
FOUND_TO_BE: Mapping[str, OrderState] = {
    "order_dispatched": OrderState.DISPATCHED,
    "order_cancelled": OrderState.CANCELLED,
}
"""Where an order stands that can no longer be changed (R8): from dispatch on it is a return."""


def take_verdict(tx: Transaction, item: OutboxItem, verdict: Verdict, now: datetime) -> None:
    """Central has this revision. What it refused of the order before is settled by that."""
    mark(tx, item, SyncState.CONFIRMED, now)
    _accepted(tx, item, verdict.refund_due_cents, now)
    for open_item in tx.work.of_order(item.order_id):
        if open_item.kind is WorkKind.REFUSED and open_item.facts.get("what") != "cancellation":
            settle_work(tx, open_item, Settlement.CHANGED, at=now)
    if verdict.differences:
        found = [asdict(difference) for difference in verdict.differences]
        _append(tx, item, OrderEventKind.DIFFERENCES_SEEN, now, differences=found)
        raise_work(tx, item, WorkKind.DIFFERENCES, {"differences": found}, now)


def take_cancelled(tx: Transaction, item: OutboxItem, answer: Cancelled, now: datetime) -> None:
    """Central has cancelled it: nothing about it is left to see to."""
    mark(tx, item, SyncState.CONFIRMED, now)
    _accepted(tx, item, answer.refund_due_cents, now)
    follow(tx, item.order_id, OrderState.CANCELLED, now)
    settle_open_work(tx, item.order_id, Settlement.CANCELLED, at=now)


def settle_here(tx: Transaction, item: OutboxItem, now: datetime) -> None:
    """The cancellation of an order that central refused: it has nothing to cancel."""
    mark(tx, item, SyncState.CONFIRMED, now)
    settle_open_work(tx, item.order_id, Settlement.CANCELLED, at=now)


def take_refusal(tx: Transaction, item: OutboxItem, error: KioskError, now: datetime) -> SyncState:
    """What becomes of the item. CONFIRMED: what it was to bring about is so already. WAITING,
    not marked yet: central lost what the item builds on, and all it had confirmed of the order
    goes up again, then this. REFUSED: work for a person.
    """
    if item.kind == OutboxKind.CANCELLATION and error.code == "order_cancelled":
        take_cancelled(tx, item, Cancelled(item.order_id), now)
        return SyncState.CONFIRMED
    if error.code == FORGOTTEN and send_again(tx, item.order_id, now):
        return SyncState.WAITING
    _refuse(tx, item, error, now)
    return SyncState.REFUSED


def send_again(tx: Transaction, order_id: UUID, now: datetime, *, why: str = FORGOTTEN) -> bool:
    """All that this central confirmed about an order waits again, in its order; whether there
    was any. What it still has gets the same answer as before. What another central confirmed
    is an order there: sent here as well, there would be two.
    """
    had = [
        item
        for item in tx.outbox.of_order(order_id)
        if item.state is SyncState.CONFIRMED and item.last_error is None
    ]
    for item in had:
        tx.outbox.mark(
            item.item_id,
            SyncState.WAITING,
            attempts=item.attempts,
            next_try_at=now,
            last_error=why,
        )
    if had:  # once it is there again, its state may be one that was left behind
        tx.settings.put(EVENTS_CURSOR, "")
    return any(map(is_whole_order, had))


def mark(
    tx: Transaction,
    item: OutboxItem,
    state: SyncState,
    next_try_at: datetime,
    *,
    last_error: str | None = None,
) -> None:
    """Mark after one more attempt."""
    tx.outbox.mark(
        item.item_id,
        state,
        attempts=item.attempts + 1,
        next_try_at=next_try_at,
        last_error=last_error,
    )


def raise_work(
    tx: Transaction, item: OutboxItem, kind: WorkKind, facts: Mapping[str, object], at: datetime
) -> None:
    """Once for the same answer: its id follows from what was sent and what was answered."""
    told = json.dumps([kind.value, facts], sort_keys=True)
    work_id = uuid5(item.item_id, told)
    if tx.work.get(work_id) is None:
        tx.work.raise_item(WorkItem(work_id, item.order_id, kind, facts, at))


def _accepted(tx: Transaction, item: OutboxItem, refund_due_cents: int, now: datetime) -> None:
    refund = {"refund_due_cents": refund_due_cents} if refund_due_cents else {}
    _append(tx, item, OrderEventKind.ACCEPTED_BY_CENTRAL, now, what=item.kind, **refund)


def _refuse(tx: Transaction, item: OutboxItem, error: KioskError, now: datetime) -> None:
    fields = error.facts.get("fields", ())
    told: dict[str, object] = {
        "code": error.code,
        "fields": list(fields) if isinstance(fields, tuple) else [],
        "what": item.kind,
    }
    mark(tx, item, SyncState.REFUSED, now, last_error=error.code)
    _append(tx, item, OrderEventKind.REFUSED_BY_CENTRAL, now, **told)
    # Not before the item, though the clock was put back since: what is settled is found by that.
    raise_work(tx, item, WorkKind.REFUSED, told, max(now, item.created_at))
    if error.code in FOUND_TO_BE:
        follow(tx, item.order_id, FOUND_TO_BE[error.code], now)
    elif item.kind == OutboxKind.CANCELLATION:
        undo_cancellation(tx, item.order_id, now)
        # What was told while it was cancelled here was passed over: all orders are asked for.
        tx.settings.put(EVENTS_CURSOR, "")


def _append(
    tx: Transaction, item: OutboxItem, kind: OrderEventKind, at: datetime, **facts: object
) -> None:
    tx.orders.append(OrderEvent(item.order_id, kind, at, facts))
