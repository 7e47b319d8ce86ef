"""Changing an order that was placed (R8): its next revision, under the same reference.

Owns when an order may be changed and what one change is: in one transaction a new snapshot,
its event, the codes, what is owed to central, the end of the draft and of the work that the
change settles. What was said about lines that stay is kept: their prices for good.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from models.calendar import paris_day
from models.customer import Customer
from models.draft import Draft, DraftState
from models.errors import Conflict, DomainError, KioskError
from models.intake import CustomerFacts
from models.order import (
    CHANGEABLE,
    Order,
    OrderEvent,
    OrderEventKind,
    state_when_revised,
)
from models.work import Settlement
from services.codes import count_uses, give_back_uses
from services.drafts import refuse_card_numbers, save_draft, without_card_numbers
from services.former import Former
from services.owing import is_refused_whole, owe
from services.placing import (
    NOWHERE,
    Agreement,
    Origin,
    Placing,
    agree,
    customer_as_told,
    end_draft,
)
from services.ports import Clock, Ids, OutboxKind, Transaction
from services.refilling import draft_of
from services.settling import settle_open_work


def begin_revision(
    tx: Transaction, order_id: UUID, *, holder: str, clock: Clock, ids: Ids
) -> Draft:
    """The call that changes this order, taken and saved: filled from the order, or as it was
    left where one is open or parked already.

    Raises DomainError("order_not_found"), ("order_not_changeable", state=...), and
    Conflict("draft_taken") while another program is changing it.
    """
    order = changeable_order(tx, order_id)
    draft = open_revision(tx, order_id)
    now = clock.now()
    if draft is not None:
        taken = tx.drafts.take(draft.draft_id, holder=holder, at=now)
        return save_draft(taken, tx=tx, holder=holder, now=now)
    begun = without_card_numbers(draft_of(order, draft_id=ids.new(), now=now))
    return save_draft(begun, tx=tx, holder=holder, now=now)


def open_revision(tx: Transaction, order_id: UUID) -> Draft | None:
    """The unfinished call that changes this order, whoever has it."""
    calls = (call.draft for call in tx.drafts.unfinished())
    return next((draft for draft in calls if draft.revises == order_id), None)


def end_open_revision(tx: Transaction, order_id: UUID, *, at: datetime) -> None:
    """A call that was put aside while changing this order has nothing left to change. One that
    is open elsewhere is told so when it is confirmed.
    """
    for call in tx.drafts.unfinished():
        if call.draft.revises == order_id and not call.is_held_elsewhere:
            gone = replace(call.draft, state=DraftState.ABANDONED)
            tx.drafts.save(gone, at=at, holder=None)


def changeable_order(
    tx: Transaction, order_id: UUID, *, too_late: type[KioskError] = DomainError
) -> Order:
    """Raises DomainError("order_not_found"), and ``too_late("order_not_changeable", state=...)``
    once the carrier has it or it was cancelled (R8).
    """
    order = tx.orders.get(order_id)
    if order is None:
        raise DomainError("order_not_found", order_id=str(order_id))
    if order.state not in CHANGEABLE:
        raise too_late("order_not_changeable", state=order.state.value)
    return order


def revise_in(tx: Transaction, draft: Draft, placing: Placing, origin: Origin = NOWHERE) -> Order:
    """Make ``draft`` the next revision of the order it changes; see ``services.place_order``.

    Within a transaction that the caller opened, for a draft that was not placed before. The
    promise counts from now, as does what is new in it; what was agreed before stands.
    """
    refuse_card_numbers(draft)
    if draft.revises is None:
        raise DomainError("order_not_found", order_id="")
    former = changeable_order(tx, draft.revises, too_late=Conflict)
    now = placing.clock.now()
    agreed = agree(
        tx,
        draft,
        placing,
        at=now,
        said_total_cents=origin.said_total_cents,
        former=Former.of(former, tx),
    )
    order = _next_revision(tx, draft, placing, former, agreed, now)
    _keep(tx, former, order, now)
    if not order.is_demo:
        _owe(tx, order, placing, now)
    settle_open_work(tx, order.order_id, Settlement.CHANGED, at=now)
    end_draft(tx, draft, order, at=now, holder=placing.holder)
    return order


def _next_revision(
    tx: Transaction,
    draft: Draft,
    placing: Placing,
    former: Order,
    agreed: Agreement,
    now: datetime,
) -> Order:
    return replace(
        former,
        draft_id=draft.draft_id,
        customer=_payer(tx, draft, placing, former, agreed),
        delivery=agreed.facts.delivery,
        quote=agreed.quote,
        promise=agreed.promise,
        payment_method=agreed.facts.payment_method,
        link_channel=agreed.facts.link_channel,
        state=state_when_revised(
            former.state,
            agreed_cents=former.quote.total_cents,
            total_cents=agreed.quote.total_cents,
        ),
        ordered_on=paris_day(now),
        revision=former.revision + 1,
        revised_at=now,
        operator_id=placing.operator_id,
    )


def _payer(
    tx: Transaction, draft: Draft, placing: Placing, former: Order, agreed: Agreement
) -> Customer:
    """Untouched forms leave the customer as they are: their file may be newer by now."""
    is_same = draft.customer.customer_id == former.customer.customer_id
    if is_same and _told_of(former.customer) == agreed.facts.customer:
        return former.customer
    return customer_as_told(tx, draft, agreed.facts, placing.ids)


def _told_of(customer: Customer) -> CustomerFacts:
    """As far as the form has room for it."""
    return CustomerFacts(customer.name, customer.phones[:2], customer.billing, customer.email)


def _keep(tx: Transaction, former: Order, order: Order, now: datetime) -> None:
    if order.customer != former.customer:
        tx.customers.add(order.customer)
    give_back_uses(tx.vouchers, former.quote)
    tx.orders.revise(order, at=now)
    count_uses(tx.vouchers, order.quote)
    facts = {"revision": order.revision, "state": order.state.value}
    tx.orders.append(OrderEvent(order.order_id, OrderEventKind.REVISED, now, facts))


def _owe(tx: Transaction, order: Order, placing: Placing, now: datetime) -> None:
    """An order that central knows nothing of and never will is handed over as a new one."""
    is_new = is_refused_whole(tx.outbox.of_order(order.order_id))
    kind = OutboxKind.ORDER if is_new else OutboxKind.REVISION
    owe(tx, order.order_id, kind, placing.to_wire(order), item_id=placing.ids.new(), now=now)
