"""An order that is changed until the carrier has it (R8): the whole order again, one higher.

What the revision before held is free and taken anew in one transaction, so that only the
difference moves. What it said stays, in ``order_revisions``. What came in and did not go back
counts: a change that costs more asks for the rest, by the method of the change, and the order, in
preparation already, does not leave before that is paid (``lifecycle.mark_dispatched``); of a
change that costs less the verdict says what has to go back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection, Row

from central.database import committed_together, raise_counters
from central.judge import Judgement, judge
from central.store import happenings, ledger, payments
from central.store.acceptance import answered_before, due_for, ensure_sound, verdict_on
from central.store.consoles import Console
from central.store.customers import COUNTER as PEOPLE
from central.store.customers import is_newer, version_of, write_customers
from central.store.events import COUNTER as EVENTS
from central.store.events import write
from central.store.holdings import apply, held_by, lock_for, numbers_of, taking
from central.store.lifecycle import ensure_changeable, lock_order
from central.store.orders import said_last
from models.errors import Conflict, Rejected
from models.order import OrderState, ensure_transition
from models.shop import ShopRules
from models.tables.central import order_revisions, orders
from models.wire.orders import OrderIn, VerdictOut


def put_revision(
    connection: Connection, console: Console, order: OrderIn, *, at: datetime, rules: ShopRules
) -> VerdictOut:
    """The verdict on this revision: the first time it is reckoned, ever after it is the same.

    Its number is higher than that of the present one. By more than one where those between
    were refused: they will never come.

    Raises Rejected("order_unknown") for one that this console did not send, and for what can
    never be taken; Conflict: "revision_conflict" for a number that has another body already,
    "order_cancelled", "order_dispatched", "order_conflict" for another order's reference.
    """
    row = lock_order(connection, console, order.order_id)
    verdict = answered_before(connection, row, order)
    if verdict is not None:
        return verdict
    if order.revision <= row.revision:
        raise Conflict("revision_conflict")
    ensure_changeable(row)
    _ensure_of_this_order(row, order)
    return _revise(connection, row, order, at=at, rules=rules)


def _ensure_of_this_order(row: Row[Any], order: OrderIn) -> None:
    ensure_sound(order)
    if order.reference != row.reference:
        raise Conflict("order_conflict", fields=("reference",))
    if order.revised_at is None:
        raise Rejected("body_malformed", fields=("revised_at",))


def _revise(
    connection: Connection, row: Row[Any], order: OrderIn, *, at: datetime, rules: ShopRules
) -> VerdictOut:
    paid = ledger.paid_cents(connection, row.order_id)
    awaited = payments.awaited_of(connection, row.order_id)
    held = held_by(connection, OrderIn.model_validate_json(row.body))
    locked = lock_for(connection, order, held, rules=rules, paid_cents=paid)
    judgement = judge(order, locked.known, rules)
    change = taking(order, locked, judgement)
    due = due_for(order, judgement)
    state = _state_after(row, judgement)
    verdict = verdict_on(order, judgement, at=at)
    has_news = is_newer(order.customer, version_of(connection, order.customer.customer_id))
    told = [
        happenings.order_state(row.console_id, row.order_id, state),
        *happenings.payment_followed(row.console_id, row.order_id, awaited, due),
        *happenings.shop_changed(change, has_new_customer=has_news),
    ]
    said = said_last(order, verdict, judgement.account.costs_cents)
    with committed_together(connection):
        raise_counters(connection, {PEOPLE: has_news, EVENTS: len(told), **numbers_of(change)})
        if has_news:
            write_customers(connection, [order.customer])
        _keep(connection, row)
        _replace(connection, order.order_id, state, said)
        payments.follow(connection, row.order_id, row.reference, awaited, due, at=at)
        apply(connection, change)
        write(connection, told, at=at)
    return verdict


def _state_after(row: Row[Any], judgement: Judgement) -> OrderState:
    """An order that nothing is awaited for any more is prepared; one that is being prepared
    goes on being prepared, whatever is still to come for it.
    """
    before = OrderState(row.state)
    if before is OrderState.IN_PREPARATION or not judgement.is_paid:
        return before
    ensure_transition(before, OrderState.IN_PREPARATION)
    return OrderState.IN_PREPARATION


def _keep(connection: Connection, row: Row[Any]) -> None:
    names = ("order_id", "revision", "fingerprint", "body", "verdict", "received_at")
    connection.execute(
        order_revisions.insert().values({name: getattr(row, name) for name in names})
    )


def _replace(
    connection: Connection, order_id: UUID, state: OrderState, said: dict[str, Any]
) -> None:
    connection.execute(
        orders.update().where(orders.c.order_id == order_id).values(state=state, **said)
    )
