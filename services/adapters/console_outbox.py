"""What the console owes central, in its own file.

Items of one order go one after the other: what was agreed last must not overtake what was
agreed before it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, exists, func, insert, or_, select, update

from models.errors import Defect
from models.order import OrderState, SyncState
from models.tables.console import orders, outbox, work_items
from models.work import WorkKind
from services.codes import WHOLE_ORDERS
from services.ports import OutboxItem

ADD_ITEM = insert(outbox)
IS_CONFIRMED = outbox.c.state == SyncState.CONFIRMED.value
ELSEWHERE = "confirmed_elsewhere"
"""In ``last_error`` of what was disowned; after it a colon and which central confirmed it, where
that is known.
"""
OWED = (SyncState.WAITING.value, SyncState.SENT.value)
IN_ORDER = (outbox.c.created_at, outbox.c.item_id)


def _follows_an_owed_one() -> ColumnElement[bool]:
    """An earlier item of the same order is still owed."""
    earlier = outbox.alias("earlier")
    return exists().where(
        earlier.c.order_id == outbox.c.order_id,
        earlier.c.state.in_(OWED),
        _is_before(earlier, outbox),
    )


def _is_before(one: Any, other: Any) -> ColumnElement[bool]:
    same_moment = (one.c.created_at == other.c.created_at) & (one.c.item_id < other.c.item_id)
    return or_(one.c.created_at < other.c.created_at, same_moment)


def _needs_somebody() -> ColumnElement[bool]:
    """Refused, and nobody has seen to it: no call back was noted, nothing was sent in its
    place, the order was not cancelled.
    """
    later = outbox.alias("later")
    return (
        (outbox.c.state == SyncState.REFUSED.value)
        & ~exists().where(later.c.order_id == outbox.c.order_id, _is_before(outbox, later))
        & ~exists().where(
            orders.c.order_id == outbox.c.order_id, orders.c.state == OrderState.CANCELLED.value
        )
        & ~exists().where(
            work_items.c.order_id == outbox.c.order_id,
            work_items.c.kind == WorkKind.REFUSED.value,
            work_items.c.raised_at >= outbox.c.created_at,
            work_items.c.settlement.is_not(None),
        )
    )


def _disowned_by(central_id: str) -> str:
    return f"{ELSEWHERE}:{central_id}" if central_id else ELSEWHERE


class ConsoleOutbox:
    """``services.ports.Outbox``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, item: OutboxItem) -> None:
        self._connection.execute(
            ADD_ITEM,
            {
                "item_id": item.item_id,
                "order_id": item.order_id,
                "kind": item.kind,
                "body": item.body,
                "state": item.state.value,
                "attempts": item.attempts,
                "next_try_at": item.next_try_at,
                "last_error": item.last_error,
                "created_at": item.created_at,
            },
        )

    def due(self, *, now: datetime, limit: int = 20) -> Sequence[OutboxItem]:
        """Of an order only its oldest that is owed; a refused one holds up nothing."""
        is_due = (outbox.c.state.in_(OWED), outbox.c.next_try_at <= now, ~_follows_an_owed_one())
        return self._items(select(outbox).where(*is_due).limit(limit))

    def listing(self, *, limit: int = 200) -> Sequence[OutboxItem]:
        is_open = or_(outbox.c.state.in_(OWED), _needs_somebody())
        return self._items(select(outbox).where(is_open).limit(limit))

    def of_order(self, order_id: UUID) -> Sequence[OutboxItem]:
        return self._items(select(outbox).where(outbox.c.order_id == order_id))

    def confirmed_orders(self) -> Sequence[UUID]:
        confirmed = select(outbox.c.order_id).where(
            IS_CONFIRMED, outbox.c.last_error.is_(None), outbox.c.kind.in_(WHOLE_ORDERS)
        )
        return tuple(self._connection.scalars(confirmed.distinct()))

    def disown_confirmed(self, central_id: str) -> None:
        is_own = (IS_CONFIRMED, outbox.c.last_error.is_(None))
        said = _disowned_by(central_id)
        self._connection.execute(update(outbox).where(*is_own).values(last_error=said))

    def disowned(self, central_id: str) -> Sequence[UUID]:
        wanted = select(outbox.c.order_id).where(
            IS_CONFIRMED, outbox.c.last_error == _disowned_by(central_id)
        )
        return tuple(self._connection.scalars(wanted.distinct()))

    def own_again(self, order_ids: Collection[UUID]) -> None:
        self._say_of_disowned(order_ids, None)

    def disown_for_good(self, order_ids: Collection[UUID]) -> None:
        self._say_of_disowned(order_ids, ELSEWHERE)

    def _say_of_disowned(self, order_ids: Collection[UUID], said: str | None) -> None:
        is_disowned = (IS_CONFIRMED, outbox.c.last_error.startswith(ELSEWHERE))
        self._connection.execute(
            update(outbox)
            .where(outbox.c.order_id.in_(order_ids), *is_disowned)
            .values(last_error=said)
        )

    def _items(self, query: Select[Any]) -> Sequence[OutboxItem]:
        rows = self._connection.execute(query.order_by(*IN_ORDER))
        return tuple(
            OutboxItem(**{**row, "state": SyncState(row["state"])}) for row in rows.mappings()
        )

    def mark(
        self,
        item_id: UUID,
        state: SyncState,
        *,
        attempts: int,
        next_try_at: datetime,
        last_error: str | None,
    ) -> None:
        marked = self._connection.execute(
            update(outbox)
            .where(outbox.c.item_id == item_id)
            .values(
                state=state.value,
                attempts=attempts,
                next_try_at=next_try_at,
                last_error=last_error,
            )
        )
        if not marked.rowcount:
            raise Defect("outbox_item_unknown", item_id=str(item_id))

    def waiting(self) -> int:
        return self._count(outbox.c.state.in_(OWED))

    def refused(self) -> int:
        return self._count(_needs_somebody())

    def _count(self, condition: ColumnElement[bool]) -> int:
        counted = select(func.count()).select_from(outbox).where(condition)
        return int(self._connection.execute(counted).scalar_one())

    def retry_now(self, *, now: datetime) -> None:
        self._connection.execute(
            update(outbox).where(outbox.c.state.in_(OWED)).values(next_try_at=now)
        )
