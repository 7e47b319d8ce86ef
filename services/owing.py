"""What is owed to central about an order, and what central is known to have of it.

One item of an order goes after the other. Whatever a clock did in between, an item is dated
after those that were there before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from models.order import SyncState
from services.codes import is_whole_order
from services.ports import OutboxItem, OutboxKind, Transaction

MOMENT = timedelta(microseconds=1)


def owe(
    tx: Transaction, order_id: UUID, kind: OutboxKind, body: str, *, item_id: UUID, now: datetime
) -> None:
    """To be sent after everything that is owed about this order already."""
    before = tx.outbox.of_order(order_id)
    created_at = max(now, before[-1].created_at + MOMENT) if before else now
    tx.outbox.add(
        OutboxItem(
            item_id=item_id,
            order_id=order_id,
            kind=kind,
            body=body,
            state=SyncState.WAITING,
            attempts=0,
            next_try_at=now,
            last_error=None,
            created_at=created_at,
        )
    )


def is_refused_whole(items: Sequence[OutboxItem]) -> bool:
    """Central took this order in no form, and will not take what it was sent: it knows
    nothing of it.
    """
    whole = [item for item in items if is_whole_order(item)]
    return bool(whole) and all(item.state is SyncState.REFUSED for item in whole)
