"""Orders, their events, reference blocks and the outbox in the console's file.

An order's snapshot and its events are only ever inserted (the file has triggers that hold
it); its present state is a column that follows the events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from models.errors import Defect, Unavailable
from models.order import (
    Order,
    OrderEvent,
    OrderEventKind,
    OrderState,
    SyncState,
    ensure_transition,
)
from models.tables.console import order_events, orders, outbox, reference_blocks, voucher_uses
from services.adapters.stored_forms import dump, dump_facts, load_facts, load_order
from services.ports import OrderRow, OutboxItem

STATE_FACT = "state"
"""The fact of a STATE_CHANGED event that names the new state."""

ADD_ORDER = insert(orders)
ADD_USE = insert(voucher_uses)
ADD_EVENT = insert(order_events)
ADD_ITEM = insert(outbox)
STORED = select(orders.c.body, orders.c.state)
BY_ID = STORED.where(orders.c.order_id == bindparam("key"))
BY_DRAFT = STORED.where(orders.c.draft_id == bindparam("key"))
BY_REFERENCE = STORED.where(orders.c.reference == bindparam("key"))
FREE_BLOCK = (
    select(reference_blocks)
    .where(reference_blocks.c.next <= reference_blocks.c.last)
    .order_by(reference_blocks.c.first)
    .limit(1)
)
TAKE_NUMBER = (
    update(reference_blocks)
    .where(reference_blocks.c.first == bindparam("block"))
    .values(next=reference_blocks.c.next + 1)
)

OWED = (SyncState.WAITING.value, SyncState.SENT.value)
OWED_WITH_CODES = (
    STORED.where(orders.c.order_id.in_(select(voucher_uses.c.order_id)))
    .where(orders.c.order_id.in_(select(outbox.c.order_id).where(outbox.c.state.in_(OWED))))
    .where(orders.c.state != OrderState.CANCELLED.value)
    .order_by(orders.c.placed_at, orders.c.order_id)
)


class ConsoleOrders:
    """``services.ports.Orders``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, order: Order) -> None:
        self._connection.execute(
            ADD_ORDER,
            {
                "order_id": order.order_id,
                "reference": order.reference,
                "draft_id": order.draft_id,
                "customer_id": order.customer.customer_id,
                "state": order.state.value,
                "placed_at": order.placed_at,
                "body": dump(order),
            },
        )
        used = [outcome.code for outcome in order.quote.codes if outcome.is_accepted]
        if used:
            who = {"order_id": order.order_id, "customer_id": order.customer.customer_id}
            self._connection.execute(ADD_USE, [{**who, "code": code} for code in used])

    def get(self, order_id: UUID) -> Order | None:
        return self._one(BY_ID, order_id)

    def by_draft(self, draft_id: UUID) -> Order | None:
        return self._one(BY_DRAFT, draft_id)

    def by_reference(self, reference: str) -> Order | None:
        return self._one(BY_REFERENCE, reference)

    def _one(self, query: Select[tuple[str, str]], key: UUID | str) -> Order | None:
        row = self._connection.execute(query, {"key": key}).first()
        return None if row is None else _order(row.body, row.state)

    def append(self, event: OrderEvent) -> None:
        """Raises DomainError("order_transition") for a state the table does not allow."""
        if event.kind is OrderEventKind.STATE_CHANGED:
            self._follow(event.order_id, event.facts)
        self._connection.execute(
            ADD_EVENT,
            {
                "order_id": event.order_id,
                "kind": event.kind.value,
                "at": event.at,
                "facts": dump_facts(event.facts),
            },
        )

    def _follow(self, order_id: UUID, facts: Mapping[str, object]) -> None:
        after = OrderState(str(facts[STATE_FACT]))
        mine = orders.c.order_id == order_id
        before = self._connection.execute(select(orders.c.state).where(mine)).scalar_one()
        ensure_transition(OrderState(before), after)
        self._connection.execute(update(orders).where(mine).values(state=after.value))

    def events(self, order_id: UUID) -> Sequence[OrderEvent]:
        rows = self._connection.execute(
            select(order_events)
            .where(order_events.c.order_id == order_id)
            .order_by(order_events.c.event_id)
        )
        return tuple(
            OrderEvent(row.order_id, OrderEventKind(row.kind), row.at, load_facts(row.facts))
            for row in rows
        )

    def recent(self, *, limit: int = 200) -> Sequence[OrderRow]:
        return self._rows(_with_sync_state().limit(limit))

    def of_customer(self, customer_id: UUID, *, limit: int = 20) -> Sequence[OrderRow]:
        mine = orders.c.customer_id == customer_id
        return self._rows(_with_sync_state().where(mine).limit(limit))

    def owed_with_codes(self) -> Sequence[Order]:
        found = self._connection.execute(OWED_WITH_CODES)
        return tuple(_order(row.body, row.state) for row in found)

    def _rows(self, query: Select[Any]) -> Sequence[OrderRow]:
        return tuple(
            _row(_order(row.body, row.state), row.sync_state, row.last_error)
            for row in self._connection.execute(query)
        )


def _row(order: Order, sent: str | None, last_error: str | None) -> OrderRow:
    if sent is not None:
        return OrderRow(order, SyncState(sent), last_error)
    return OrderRow(order, SyncState.PRACTICE if order.is_demo else SyncState.CONFIRMED)


def _order(body: str, state: str) -> Order:
    return replace(load_order(body), state=OrderState(state))


def _with_sync_state() -> Select[Any]:
    """Orders, the newest first, with the state of what was last sent about each."""
    sent = outbox.alias()
    last_sent = (
        select(sent.c.item_id)
        .where(sent.c.order_id == orders.c.order_id)
        .order_by(sent.c.created_at.desc(), sent.c.item_id.desc())
        .limit(1)
        .correlate(orders)
        .scalar_subquery()
    )
    sync_state = outbox.c.state.label("sync_state")  # null where nothing is owed
    return (
        select(orders.c.body, orders.c.state, sync_state, outbox.c.last_error)
        .join_from(orders, outbox, outbox.c.item_id == last_sent, isouter=True)
        .order_by(orders.c.placed_at.desc(), orders.c.order_id.desc())
    )


class ConsoleReferences:
    """``services.ports.References``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_block(self, first: int, last: int) -> None:
        """Keeps what is new of it: a central put back from a backup leases numbers again."""
        taken = [*self._blocks_within(first, last), *self._orders_within(first, last)]
        rows = [
            {"first": low, "last": high, "next": low} for low, high in _gaps(first, last, taken)
        ]
        if rows:
            self._connection.execute(insert(reference_blocks), rows)

    def _blocks_within(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        overlapping = (reference_blocks.c.first <= last, reference_blocks.c.last >= first)
        found = select(reference_blocks.c.first, reference_blocks.c.last).where(*overlapping)
        return ((low, high) for low, high in self._connection.execute(found))

    def _orders_within(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The numbers of placed orders: their references without the check digit."""
        within = orders.c.reference.between(f"{first:08d}0", f"{last:08d}9")
        for reference in self._connection.scalars(select(orders.c.reference).where(within)):
            number = int(reference[:-1])
            yield number, number

    def take_next(self) -> int:
        block = self._connection.execute(FREE_BLOCK).first()
        if block is None:
            raise Unavailable("no_references_left")
        self._connection.execute(TAKE_NUMBER, {"block": block.first})
        number: int = block.next
        return number

    def left(self) -> int:
        free = func.sum(reference_blocks.c.last - reference_blocks.c.next + 1)
        return int(self._connection.execute(select(func.coalesce(free, 0))).scalar_one())


def _gaps(first: int, last: int, taken: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What ``first`` to ``last`` has left between ranges that each overlap it."""
    for low, high in sorted(taken):
        if first < low:
            yield first, low - 1
        first = max(first, high + 1)
    if first <= last:
        yield first, last


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
        rows = self._connection.execute(
            select(outbox)
            .where(outbox.c.state.in_(OWED), outbox.c.next_try_at <= now)
            .order_by(outbox.c.created_at, outbox.c.item_id)
            .limit(limit)
        )
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
        return self._count(OWED)

    def refused(self) -> int:
        return self._count((SyncState.REFUSED.value,))

    def _count(self, states: Sequence[str]) -> int:
        in_them = select(func.count()).select_from(outbox).where(outbox.c.state.in_(states))
        return int(self._connection.execute(in_them).scalar_one())

    def retry_now(self, *, now: datetime) -> None:
        self._connection.execute(
            update(outbox).where(outbox.c.state.in_(OWED)).values(next_try_at=now)
        )
