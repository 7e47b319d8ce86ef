"""What is awaited for an order: at most one payable request (R13).

A request asks for what was said on the phone, never for what central reckons instead. It is
paid, replaced or cancelled once, and stays. What came in stands in ``central.store.ledger``. Knows no order but by its id; whoever calls has
locked the order's row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import uuid6
from sqlalchemy import select
from sqlalchemy.engine import Connection

from central.database import send
from models import reference as references
from models.payment import PAYMENT_TRANSITIONS, PaymentMethod, PaymentState
from models.tables.central import payment_requests
from models.wire.payments import PaymentRequestWire

ASKED = payment_requests.insert()
"""Made once, for every order: making a statement takes longer than running it."""


@dataclass(frozen=True, slots=True)
class Due:
    """What an order asks for: an amount in cents by one method. 0 where the caller was told
    that nothing is to be paid and central reckons otherwise: a person settles that.
    """

    method: PaymentMethod
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Awaited:
    """The request that is open now."""

    request_id: UUID
    due: Due


def requests_of(connection: Connection, order_id: UUID) -> Sequence[PaymentRequestWire]:
    """All there were, the oldest first."""
    table = payment_requests.c
    wanted = select(payment_requests).where(table.order_id == order_id)
    rows = connection.execute(wanted.order_by(table.created_at, table.request_id))
    return [PaymentRequestWire.model_validate(row) for row in rows]


def awaited_of(connection: Connection, order_id: UUID) -> Awaited | None:
    table = payment_requests.c
    wanted = select(table.request_id, table.method, table.amount_cents).where(
        table.order_id == order_id, table.state == PaymentState.AWAITED
    )
    row = connection.execute(wanted).first()
    if row is None:
        return None
    return Awaited(row.request_id, Due(PaymentMethod(row.method), row.amount_cents))


def ask(connection: Connection, order_id: UUID, reference: str, due: Due, *, at: datetime) -> None:
    """A new request; none may be open. A transfer has to name the order's ISO 11649 reference."""
    is_transfer = due.method is PaymentMethod.TRANSFER
    row = {
        "request_id": UUID(int=uuid6.uuid7().int),
        "order_id": order_id,
        "method": due.method,
        "amount_cents": due.amount_cents,
        "state": PaymentState.AWAITED,
        "creditor_reference": references.creditor_reference(reference) if is_transfer else None,
        "created_at": at,
    }
    send(connection, ASKED, [row])


def follow(
    connection: Connection,
    order_id: UUID,
    reference: str,
    awaited: Awaited | None,
    due: Due | None,
    *,
    at: datetime,
) -> None:
    """What is ``awaited`` becomes what is ``due``; a request for just that stays open."""
    if awaited is not None and awaited.due == due:
        return
    if awaited is not None:
        after = PaymentState.REPLACED if due else PaymentState.CANCELLED
        settle(connection, awaited, after, at=at)
    if due is not None:
        ask(connection, order_id, reference, due, at=at)


def settle(connection: Connection, awaited: Awaited, state: PaymentState, *, at: datetime) -> None:
    """The open request becomes paid, replaced or cancelled, for ever."""
    assert state in PAYMENT_TRANSITIONS[PaymentState.AWAITED]  # noqa: S101 - said by the caller
    connection.execute(
        payment_requests.update()
        .where(payment_requests.c.request_id == awaited.request_id)
        .values(state=state, settled_at=at)
    )
