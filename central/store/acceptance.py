"""What an order has to be so that central takes it, and what central answers.

The same for an order as it was placed and for every change of it: one body has one answer,
for ever.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection, Row

from central.card_numbers import refuse_card_numbers
from central.judge import Judgement
from central.store.payments import Due
from models.errors import Rejected
from models.tables.central import order_revisions
from models.wire.orders import OrderIn, Outcome, VerdictOut


def ensure_sound(order: OrderIn) -> None:
    """Raises Rejected: "demo_order_refused", "amounts_do_not_add_up", "card_number_refused"."""
    if order.is_demo:  # placed for practice, before the console was enrolled
        raise Rejected("demo_order_refused", fields=("is_demo",))
    if not _adds_up(order):
        raise Rejected("amounts_do_not_add_up", fields=("amounts",))
    refuse_card_numbers(order)


def answered_before(connection: Connection, row: Row[Any], order: OrderIn) -> VerdictOut | None:
    """The verdict this very body got, now or before the order was changed; None for another
    body. ``row`` is the order as it stands.
    """
    fingerprint = order.fingerprint()
    if row.fingerprint == fingerprint:
        return VerdictOut.model_validate_json(row.verdict)
    if order.revision >= row.revision:
        return None
    wanted = select(order_revisions.c.verdict).where(
        order_revisions.c.order_id == order.order_id,
        order_revisions.c.revision == order.revision,
        order_revisions.c.fingerprint == fingerprint,
    )
    verdict = connection.scalar(wanted)
    return None if verdict is None else VerdictOut.model_validate_json(verdict)


def verdict_on(order: OrderIn, judgement: Judgement, *, at: datetime) -> VerdictOut:
    return VerdictOut(
        order_id=order.order_id,
        reference=order.reference,
        outcome=Outcome.ACCEPTED_WITH_DIFFERENCES if judgement.differences else Outcome.ACCEPTED,
        differences=judgement.differences,
        received_at=at,
        revision=order.revision,
        refund_due_cents=judgement.account.refund_due_cents,
    )


def due_for(order: OrderIn, judgement: Judgement) -> Due | None:
    """What is to be asked for: what was said, less what came in already."""
    if judgement.is_paid:
        return None
    return Due(order.payment_method, judgement.account.rest_cents)


def _adds_up(order: OrderIn) -> bool:
    said = order.amounts
    total = said.goods_cents - said.discount_cents + said.delivery_cents - said.credit_cents
    return (
        all(line.total_cents == line.quantity * line.unit_price_cents for line in order.lines)
        and said.goods_cents == sum(line.total_cents for line in order.lines)
        and said.total_cents == total
    )
