"""An order that is given up until the carrier has it (R8): what it held is the shop's again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Connection, Row

from central.card_numbers import refuse_card_numbers
from central.database import committed_together, raise_counters
from central.store import happenings, ledger, payments
from central.store.consoles import Console
from central.store.events import COUNTER as EVENTS
from central.store.events import write
from central.store.holdings import apply, held_by, lock_to_release, numbers_of, releasing
from central.store.lifecycle import ensure_changeable, lock_order
from models.errors import Conflict
from models.order import OrderState, ensure_transition
from models.tables.central import cancellations, orders
from models.wire.fields import fingerprint_of
from models.wire.orders import CancellationIn, CancellationOut, OrderIn


def cancel_order(
    connection: Connection,
    console: Console,
    order_id: UUID,
    wanted: CancellationIn,
    *,
    at: datetime,
) -> CancellationOut:
    """The order is cancelled, and the same body gets the same answer for ever. A credit has
    its money back, an open request is cancelled; what was paid has to go back to the customer.

    Raises Rejected("order_unknown") for one that this console did not send, and
    ("card_number_refused"); Conflict: "order_cancelled" by another body, "order_dispatched".
    """
    row = lock_order(connection, console, order_id)
    known = _answered_before(connection, order_id, wanted)
    if known is not None:
        return known
    ensure_changeable(row)
    refuse_card_numbers(wanted)
    answer = CancellationOut(
        order_id=order_id,
        state=OrderState.CANCELLED,
        refund_due_cents=ledger.paid_cents(connection, order_id),
        received_at=at,
    )
    _give_up(connection, row, wanted, answer)
    return answer


def _answered_before(
    connection: Connection, order_id: UUID, wanted: CancellationIn
) -> CancellationOut | None:
    known = connection.execute(
        select(cancellations).where(cancellations.c.order_id == order_id)
    ).first()
    if known is None:
        return None
    if known.fingerprint != wanted.fingerprint():
        raise Conflict("order_cancelled")
    return CancellationOut.model_validate_json(known.answer)


def _give_up(
    connection: Connection, row: Row[Any], wanted: CancellationIn, answer: CancellationOut
) -> None:
    ensure_transition(OrderState(row.state), OrderState.CANCELLED)
    order = OrderIn.model_validate_json(row.body)
    change = releasing(order, lock_to_release(connection, held_by(connection, order)))
    awaited = payments.awaited_of(connection, row.order_id)
    told = [
        happenings.order_state(row.console_id, row.order_id, OrderState.CANCELLED),
        *happenings.payment_followed(row.console_id, row.order_id, awaited, None),
        *happenings.shop_changed(change),
    ]
    at = answer.received_at
    with committed_together(connection):
        raise_counters(connection, {EVENTS: len(told), **numbers_of(change)})
        connection.execute(
            orders.update()
            .where(orders.c.order_id == row.order_id)
            .values(state=OrderState.CANCELLED, costs_cents=0)
        )
        _keep(connection, wanted, answer)
        payments.follow(connection, row.order_id, row.reference, awaited, None, at=at)
        apply(connection, change)
        write(connection, told, at=at)


def _keep(connection: Connection, wanted: CancellationIn, answer: CancellationOut) -> None:
    body = wanted.canonical()
    connection.execute(
        cancellations.insert().values(
            order_id=answer.order_id,
            fingerprint=fingerprint_of(body),
            body=body,
            answer=answer.canonical(),
            received_at=answer.received_at,
        )
    )
