"""Orders, their revisions and their events in the console's file.

Every snapshot of an order and every event is only ever inserted (the file has triggers that
hold it). What moves are two columns: the present state, which follows the events, and the
number of the newest revision, whose snapshot is the order that everybody is given.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, union, update

from models.errors import Conflict
from models.order import (
    Order,
    OrderEvent,
    OrderEventKind,
    OrderState,
    SyncState,
    ensure_transition,
)
from models.tables.console import order_events, order_revisions, orders, outbox, voucher_uses
from services.adapters.console_outbox import OWED
from services.adapters.stored_forms import dump, dump_facts, load_facts, load_order
from services.ports import BY_CENTRAL, OrderRow, OrderStanding

STATE_FACT = "state"
"""The fact of a STATE_CHANGED event that names the new state."""

ADD_ORDER = insert(orders)
ADD_REVISION = insert(order_revisions)
ADD_USE = insert(voucher_uses)
DROP_USES = delete(voucher_uses).where(voucher_uses.c.order_id == bindparam("key"))
ADD_EVENT = insert(order_events)

BODY = func.coalesce(order_revisions.c.body, orders.c.body).label("body")
NEWEST = (order_revisions.c.order_id == orders.c.order_id) & (
    order_revisions.c.revision == orders.c.revision
)
STORED = select(BODY, orders.c.state).select_from(
    orders.outerjoin(order_revisions, NEWEST)  # the first revision stands with the order
)
BY_ID = STORED.where(orders.c.order_id == bindparam("key"))
BY_REFERENCE = STORED.where(orders.c.reference == bindparam("key"))
BY_DRAFT = STORED.where(
    orders.c.order_id.in_(
        union(
            select(orders.c.order_id).where(orders.c.draft_id == bindparam("key")),
            select(order_revisions.c.order_id).where(
                order_revisions.c.draft_id == bindparam("key")
            ),
        )
    )
)
FIRST_SNAPSHOT = select(orders.c.body, orders.c.state).where(orders.c.order_id == bindparam("key"))
LATER_SNAPSHOTS = (
    select(order_revisions.c.body, orders.c.state)
    .join(orders, orders.c.order_id == order_revisions.c.order_id)
    .where(order_revisions.c.order_id == bindparam("key"))
    .order_by(order_revisions.c.revision)
)
OWED_WITH_CODES = (
    STORED.where(orders.c.order_id.in_(select(voucher_uses.c.order_id)))
    .where(orders.c.order_id.in_(select(outbox.c.order_id).where(outbox.c.state.in_(OWED))))
    .where(orders.c.state != OrderState.CANCELLED.value)
    .order_by(orders.c.placed_at, orders.c.order_id)
)
IS_PAID_BY = func.coalesce(order_revisions.c.customer_id, orders.c.customer_id) == bindparam("key")
EVER_PAID_BY = union(
    select(orders.c.order_id).where(orders.c.customer_id == bindparam("key")),
    select(order_revisions.c.order_id).where(order_revisions.c.customer_id == bindparam("key")),
)

LAST_EVENT = select(func.max(order_events.c.event_id))
TOUCHED = (
    select(order_events.c.order_id).where(order_events.c.event_id > bindparam("event")).distinct()
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
                "revision": order.revision,
            },
        )
        self._use_codes(order)

    def revise(self, order: Order, *, at: datetime) -> None:
        mine = orders.c.order_id == order.order_id
        followed = self._connection.execute(
            update(orders)
            .where(mine, orders.c.revision == order.revision - 1)
            .values(revision=order.revision, state=order.state.value)
        )
        if not followed.rowcount:
            raise Conflict("revision_conflict", revision=order.revision)
        self._connection.execute(
            ADD_REVISION,
            {
                "order_id": order.order_id,
                "revision": order.revision,
                "draft_id": order.draft_id,
                "customer_id": order.customer.customer_id,
                "body": dump(order),
                "made_at": at,
            },
        )
        self._connection.execute(DROP_USES, {"key": order.order_id})
        self._use_codes(order)

    def _use_codes(self, order: Order) -> None:
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

    def _one(self, query: Select[Any], key: UUID | str) -> Order | None:
        row = self._connection.execute(query, {"key": key}).first()
        return None if row is None else _order(row.body, row.state)

    def revisions(self, order_id: UUID) -> Sequence[Order]:
        return tuple(
            _order(row.body, row.state)
            for query in (FIRST_SNAPSHOT, LATER_SNAPSHOTS)
            for row in self._connection.execute(query, {"key": order_id})
        )

    def append(self, event: OrderEvent) -> None:
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
        if BY_CENTRAL not in facts:
            ensure_transition(OrderState(before), after)
        self._connection.execute(update(orders).where(mine).values(state=after.value))

    def standings(self, order_ids: Sequence[UUID]) -> Mapping[UUID, OrderStanding]:
        wanted = select(orders.c.order_id, orders.c.state, orders.c.revision).where(
            orders.c.order_id.in_(order_ids)
        )
        return {
            row.order_id: OrderStanding(OrderState(row.state), row.revision)
            for row in self._connection.execute(wanted)
        }

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

    def last_event(self) -> int:
        return int(self._connection.scalar(LAST_EVENT) or 0)

    def recent(self, *, limit: int = 200) -> Sequence[OrderRow]:
        return self._rows(_with_sync_state().limit(limit), {})

    def of_customer(self, customer_id: UUID, *, limit: int = 20) -> Sequence[OrderRow]:
        mine = orders.c.order_id.in_(EVER_PAID_BY) & IS_PAID_BY  # by the indexes first
        return self._rows(_with_sync_state().where(mine).limit(limit), {"key": customer_id})

    def codes_since(self, event: int) -> Collection[str]:
        touched = self._connection.scalars(TOUCHED, {"event": event}).all()
        return {
            outcome.code
            for order_id in touched
            for order in self.revisions(order_id)
            for outcome in order.quote.codes
            if outcome.is_accepted
        }

    def owed_with_codes(self) -> Sequence[Order]:
        found = self._connection.execute(OWED_WITH_CODES)
        return tuple(_order(row.body, row.state) for row in found)

    def _rows(self, query: Select[Any], keys: Mapping[str, UUID]) -> Sequence[OrderRow]:
        return tuple(
            _row(_order(row.body, row.state), row.sync_state, row.last_error)
            for row in self._connection.execute(query, keys)
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
        select(BODY, orders.c.state, sync_state, outbox.c.last_error)
        .select_from(
            orders.outerjoin(order_revisions, NEWEST).outerjoin(
                outbox, outbox.c.item_id == last_sent
            )
        )
        .order_by(orders.c.placed_at.desc(), orders.c.order_id.desc())
    )
