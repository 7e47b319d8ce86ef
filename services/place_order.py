"""Placing an order: from a draft to a reference that may be said aloud.

Owns what belongs together in the one transaction: customer, reference, order, first event,
what is owed to central, the draft's end. When ``place_order`` returns all of it is on disk;
if the program dies before, none of it is. What a draft comes to is ``services.placing``'s.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from models import reference
from models.calendar import paris_day
from models.draft import Draft
from models.errors import DomainError
from models.order import Order, OrderEvent, OrderEventKind, OrderState
from services import training
from services.codes import count_uses
from services.drafts import refuse_card_numbers
from services.owing import owe
from services.placing import (
    NOWHERE,
    Agreement,
    Origin,
    Placing,
    agree,
    customer_as_told,
    end_draft,
    warm_up,
)
from services.ports import OutboxKind, Store, Transaction
from services.revise_order import revise_in


def place_order(
    draft_id: UUID, store: Store, placing: Placing, *, said_total_cents: int | None = None
) -> Order:
    """Place the saved draft; the order is durable on return. A draft that changes a placed
    order (``Draft.revises``, R8) makes its next revision, under the same reference.

    Idempotent: a draft that was placed gives its order again, from whatever program.
    ``said_total_cents`` is what was read aloud: where the order would come to anything else,
    Conflict("total_changed", said=..., now=...) and nothing is written.
    Raises DomainError("order_incomplete", problems=...), Conflict("draft_taken") while
    another program has the draft, Conflict("order_not_changeable", state=...) for a change
    that comes too late, Unavailable("no_references_left"), ("prices_for_trying") while central's
    catalogue has not come, and what ``Store`` raises.
    """
    warm_up(placing.rules.holiday_zone, paris_day(placing.clock.now()))
    with store.write() as tx:
        placed = tx.orders.by_draft(draft_id)
        if placed is not None:
            return placed
        draft = tx.drafts.get(draft_id)
        if draft is None:
            raise DomainError("draft_unknown", draft_id=str(draft_id))
        make = place_in if draft.revises is None else revise_in
        return make(tx, draft, placing, Origin(said_total_cents=said_total_cents))


def place_in(tx: Transaction, draft: Draft, placing: Placing, origin: Origin = NOWHERE) -> Order:
    """Place ``draft`` within a transaction that the caller opened; see ``place_order``.

    The caller has made sure that it was not placed before.
    """
    refuse_card_numbers(draft)
    now = placing.clock.now()
    ordered_at = origin.ordered_at or now
    agreed = agree(tx, draft, placing, at=ordered_at, said_total_cents=origin.said_total_cents)
    order = _order(tx, draft, placing, origin, agreed, now)
    tx.customers.add(order.customer)
    tx.orders.add(order)
    tx.orders.append(OrderEvent(order.order_id, OrderEventKind.PLACED, now, origin.facts))
    count_uses(tx.vouchers, order.quote)
    if not order.is_demo:  # central would refuse it for ever, once this console is enrolled
        body = placing.to_wire(order)
        owe(tx, order.order_id, OutboxKind.ORDER, body, item_id=placing.ids.new(), now=now)
    end_draft(tx, draft, order, at=now, holder=placing.holder)
    return order


def _order(
    tx: Transaction,
    draft: Draft,
    placing: Placing,
    origin: Origin,
    agreed: Agreement,
    now: datetime,
) -> Order:
    is_covered = agreed.quote.is_covered
    return Order(
        order_id=origin.order_id or placing.ids.new(),
        reference=reference.with_check(training.take_number(tx)),
        draft_id=draft.draft_id,
        customer=customer_as_told(tx, draft, agreed.facts, placing.ids),
        delivery=agreed.facts.delivery,
        quote=agreed.quote,
        promise=agreed.promise,
        payment_method=agreed.facts.payment_method,
        link_channel=agreed.facts.link_channel,
        state=OrderState.IN_PREPARATION if is_covered else OrderState.AWAITING_PAYMENT,
        placed_at=now,
        ordered_on=paris_day(origin.ordered_at or now),
        is_demo=not training.is_enrolled(tx.settings),
        operator_id=placing.operator_id,
    )
