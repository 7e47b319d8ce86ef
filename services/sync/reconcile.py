"""After a gap: every order of this console held against central's list of them.

Needed where events were missed: at the first run, after a long time, and after central was
put back from an older copy. Then states follow, and what central has forgotten (an order, a
change of it, its cancellation) waits in the outbox again: nothing that was said to a caller
is lost. Safe to repeat, and cut off anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid5

from models.errors import Unavailable
from models.order import CHANGEABLE, OrderState, SyncState
from models.work import WorkItem, WorkKind
from services.codes import known_to_central
from services.ports import (
    Central,
    CentralOrder,
    Clock,
    Listed,
    OrderStanding,
    OutboxKind,
    Store,
    Transaction,
)
from services.sync.cursors import Cursors
from services.sync.order_states import PARCEL, follow, state_of
from services.sync.outcomes import send_again
from services.sync.unread import UnreadPart, note_unread

STATE_BEHIND = "state_behind"
"""Code of a difference: central's state cannot come after the one that is known here."""

AT_ONCE = 16
"""Orders in one transaction: some 10 ms, and then whoever waits for the file has it."""

OWED = frozenset({SyncState.WAITING, SyncState.SENT})

T = TypeVar("T")


@dataclass(slots=True)
class Reconciled:
    """``changed`` orders have another state, ``sent_again`` ones were forgotten by central.
    Not ``is_complete``: to be done once more when what is owed was sent, or when this program
    is as new as central is.
    """

    changed: int = 0
    sent_again: int = 0
    is_complete: bool = True


def reconcile_orders(
    store: Store, central: Central, clock: Clock, should_stop: Callable[[], bool] = lambda: False
) -> Reconciled:
    """Returns once all orders were looked at. Events are to be taken up where they stood
    before it was called.

    Raises what ``Central`` and ``Store`` raise, and Unavailable("sync_stopped").
    """
    done = Reconciled()
    seen: set[UUID] = set()
    left_out = 0
    for page in _pages(central, should_stop):
        seen.update(order.order_id for order in page.rows)
        left_out += page.unread
        _follow_page(store, page.rows, clock, done)
    note_unread(store, UnreadPart.ORDERS, left_out)
    if not left_out:  # else what seems to be missing may be among them
        _send_missing_again(store, seen, clock, done)
    with store.read() as tx:
        is_more = bool(left_out) or _is_more_to_compare(tx)
        done.is_complete = not done.sent_again and not is_more
    return done


def _pages(central: Central, should_stop: Callable[[], bool]) -> Iterator[Listed[CentralOrder]]:
    cursor: str | None = None
    cursors = Cursors(cursor)
    while True:
        if should_stop():
            raise Unavailable("sync_stopped")
        page = central.orders(cursor)
        yield page
        if page.cursor is None:
            return
        cursors.check(page.cursor)
        cursor = page.cursor


def _follow_page(
    store: Store, page: Sequence[CentralOrder], clock: Clock, done: Reconciled
) -> None:
    for some in batches(page):
        with store.read() as tx:
            known = tx.orders.standings([order.order_id for order in some])
        others = [
            order
            for order in some
            if order.order_id in known and _differs(order, known[order.order_id])
        ]
        if others:
            with store.write() as tx:
                for order in others:
                    _reconcile(tx, order, clock.now(), done)


def batches(many: Sequence[T]) -> Iterator[Sequence[T]]:
    return (many[start : start + AT_ONCE] for start in range(0, len(many), AT_ONCE))


def _differs(order: CentralOrder, here: OrderStanding) -> bool:
    return order.state != here.state or order.revision < here.revision


def _reconcile(tx: Transaction, order: CentralOrder, now: datetime, done: Reconciled) -> None:
    if _is_forgotten_in_part(tx, order) and send_again(tx, order.order_id, now):
        done.sent_again += 1
        return
    facts: Mapping[str, object] = {PARCEL: order.parcel_number} if order.parcel_number else {}
    if follow(tx, order.order_id, order.state, now, **facts) is not None:
        done.changed += 1
    else:
        _tell_if_behind(tx, order, now)


def _is_forgotten_in_part(tx: Transaction, order: CentralOrder) -> bool:
    """Central confirmed a revision or a cancellation that it does not have."""
    here = tx.orders.get(order.order_id)
    if here is None:
        return False
    confirmed = known_to_central(here, tx)
    if confirmed is not None and order.revision < confirmed.revision:
        return True
    return order.state != OrderState.CANCELLED and any(
        item.kind == OutboxKind.CANCELLATION and item.state is SyncState.CONFIRMED
        for item in tx.outbox.of_order(order.order_id)
    )


def _tell_if_behind(tx: Transaction, order: CentralOrder, now: datetime) -> None:
    """A person has to look, unless what is owed about the order will bring them together."""
    here = tx.orders.standings([order.order_id])[order.order_id]
    central = state_of(order.state)
    items = tx.outbox.of_order(order.order_id)
    is_owed = any(item.state in OWED for item in items)
    if central in {None, here.state} or is_owed:
        return
    found = {"code": STATE_BEHIND, "said": here.state.value, "central": order.state, "sku": None}
    work_id = uuid5(order.order_id, f"{STATE_BEHIND} {here.state} {order.state}")
    if tx.work.get(work_id) is None:
        facts = {"differences": [found]}
        tx.work.raise_item(WorkItem(work_id, order.order_id, WorkKind.DIFFERENCES, facts, now))


def _is_more_to_compare(tx: Transaction) -> bool:
    """An order is to be sent, and more is known of it here than its sender can know: central
    had it, and said so before it forgot.
    """
    owed = [item for item in tx.outbox.listing() if item.state in OWED]
    own = {item.order_id for item in owed if item.kind == OutboxKind.CANCELLATION}
    known = tx.orders.standings([item.order_id for item in owed])
    return any(
        here.state not in CHANGEABLE
        for order_id, here in known.items()
        if not (here.state is OrderState.CANCELLED and order_id in own)
    )


def _send_missing_again(store: Store, seen: set[UUID], clock: Clock, done: Reconciled) -> None:
    with store.read() as tx:
        confirmed = tx.outbox.confirmed_orders()
    missing = [order_id for order_id in confirmed if order_id not in seen]
    for some in batches(missing):
        with store.write() as tx:
            for order_id in some:
                done.sent_again += send_again(tx, order_id, clock.now())
