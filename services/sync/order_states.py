"""What central says of an order's state, in the console's file (R15).

Central is the truth for it, and its words come late, twice, or with some missing between.
Owns which of them count: a state is reached by the steps of the table, one event each, and
what is older than what is known changes nothing. Two steps are central's alone: an order
that was changed may have to be paid again, and one that was cancelled here was with the
carrier already.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from models.order import (
    CHANGEABLE,
    ORDER_TRANSITIONS,
    OrderEvent,
    OrderEventKind,
    OrderState,
    SyncState,
)
from services.ports import BY_CENTRAL, CentralEvent, OutboxKind, Transaction

ORDER_STATE = "order_state"
"""The kind of a ``CentralEvent`` that is about an order's state."""
TOLD_AT = "told_at"
"""Fact of a state that came as an event: when it happened, by central's clock."""
TOLD_SEQ = "told_seq"
"""Fact of the same: its number in central's feed."""
PARCEL = "parcel_number"


def apply_order_event(tx: Transaction, event: CentralEvent, at: datetime) -> bool:
    """Whether it changed anything. Idempotent, in any order: what is older than what is known
    is passed over, as are orders that are not here and words of a newer central. ``at`` is
    now, by this console's clock.
    """
    if event.kind != ORDER_STATE or event.order_id is None or _is_old(tx, event):
        return False
    facts: dict[str, object] = {TOLD_AT: event.at.isoformat(), TOLD_SEQ: event.seq}
    if event.parcel_number is not None:
        facts[PARCEL] = event.parcel_number
    return follow(tx, event.order_id, event.state or "", at, **facts) is not None


def follow(
    tx: Transaction, order_id: UUID, word: str, at: datetime, **facts: object
) -> Sequence[OrderState] | None:
    """Bring an order to the state central gives it; through which states it went, the last
    with ``facts``. None where there is nothing to go to: no such order or word, the state it
    has, or one that cannot come after it.
    """
    known = tx.orders.standings([order_id]).get(order_id)
    after = state_of(word)
    if known is None or after is None:
        return None
    steps = _steps(tx, order_id, known.state, after)
    for step in steps or ():
        told = facts if step is after else {}
        _append(tx, order_id, step, at, told)
    return steps or None


def state_of(word: str) -> OrderState | None:
    """None for a word of a newer central."""
    try:
        return OrderState(word)
    except ValueError:
        return None


def undo_cancellation(tx: Transaction, order_id: UUID, at: datetime) -> None:
    """Central will not cancel it: it stands where central said last that it stands."""
    told = [
        OrderState(str(event.facts["state"]))
        for event in tx.orders.events(order_id)
        if event.kind is OrderEventKind.STATE_CHANGED and BY_CENTRAL in event.facts
    ]
    order = tx.orders.get(order_id)
    if order is not None and order.state is OrderState.CANCELLED:
        _append(tx, order_id, told[-1] if told else _first(order.quote.total_cents), at, {})


def _first(total_cents: int) -> OrderState:
    return OrderState.AWAITING_PAYMENT if total_cents else OrderState.IN_PREPARATION


def _append(
    tx: Transaction, order_id: UUID, state: OrderState, at: datetime, facts: dict[str, object]
) -> None:
    told = {"state": state.value, BY_CENTRAL: True, **facts}
    tx.orders.append(OrderEvent(order_id, OrderEventKind.STATE_CHANGED, at, told))


def _is_old(tx: Transaction, event: CentralEvent) -> bool:
    """By the clock and by the number: one clock may be behind another, or be put back, and the
    numbers begin again where central lost some.
    """
    known = () if event.order_id is None else tx.orders.events(event.order_id)
    return any(_is_before(event, one.facts) for one in known if TOLD_AT in one.facts)


def _is_before(event: CentralEvent, told: Mapping[str, object]) -> bool:
    seq = told.get(TOLD_SEQ)
    is_numbered_after = isinstance(seq, int) and event.seq > seq
    return not is_numbered_after and event.at < datetime.fromisoformat(str(told[TOLD_AT]))


def _steps(
    tx: Transaction, order_id: UUID, before: OrderState, after: OrderState
) -> Sequence[OrderState] | None:
    """The states to go through; none where it is there; None where there is no way."""
    if (before, after) == (OrderState.IN_PREPARATION, OrderState.AWAITING_PAYMENT):
        return (after,)
    if before is OrderState.CANCELLED and after not in {*CHANGEABLE, before}:
        return (after,) if _is_cancelled_here_alone(tx, order_id) else None
    return path(before, after)


def _is_cancelled_here_alone(tx: Transaction, order_id: UUID) -> bool:
    asked = [item for item in tx.outbox.of_order(order_id) if item.kind == OutboxKind.CANCELLATION]
    return bool(asked) and all(item.state is not SyncState.CONFIRMED for item in asked)


def path(before: OrderState, after: OrderState) -> Sequence[OrderState] | None:
    """The shortest way in the table, without ``before``. A return that nobody told of is no
    way: of a delivered order, "dispatched" is old news.
    """
    ways: deque[tuple[OrderState, ...]] = deque([(before,)])
    while ways:
        way = ways.popleft()
        if way[-1] is after:
            return way[1:]
        if way[-1] is OrderState.RETURNED and len(way) > 1:
            continue
        ways.extend((*way, step) for step in sorted(ORDER_TRANSITIONS[way[-1]]) if step not in way)
    return None
