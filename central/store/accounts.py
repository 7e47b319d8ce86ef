"""How the money of orders stands: what each costs, what came in, what has to go back.

Reads only; for whoever runs the shop, who names an order as in ``central.store.lifecycle``. What
comes in or goes back is noted by ``central.store.receipts``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Connection

from central.store import ledger, payments
from central.store.ledger import Entry
from central.store.lifecycle import is_named
from models.account import Account
from models.errors import Rejected
from models.order import OrderState
from models.tables.central import orders
from models.wire.payments import PaymentRequestWire


@dataclass(frozen=True, slots=True)
class OrderAccount:
    """An order and its account, as they stand."""

    reference: str
    state: OrderState
    account: Account


@dataclass(frozen=True, slots=True)
class Statement:
    """All there is to know about the money of an order; entries and requests the oldest first."""

    order: OrderAccount
    entries: Sequence[Entry]
    requests: Sequence[PaymentRequestWire]


def statement_of(connection: Connection, name: str) -> Statement:
    """Raises Rejected("order_unknown"), DomainError as ``models.reference.parse``."""
    row = connection.execute(select(orders).where(is_named(name))).first()
    if row is None:
        raise Rejected("order_unknown")
    entries = ledger.entries_of(connection, row.order_id)
    account = Account(row.costs_cents, ledger.total_of(entries))
    return Statement(
        OrderAccount(row.reference, OrderState(row.state), account),
        entries,
        payments.requests_of(connection, row.order_id),
    )


def accounts_of(connection: Connection, order_ids: Iterable[UUID]) -> Mapping[UUID, Account]:
    """Of those of these orders that are known."""
    wanted = list(order_ids)
    paid = ledger.paid_by_order(connection, wanted)
    costs = select(orders.c.order_id, orders.c.costs_cents).where(orders.c.order_id.in_(wanted))
    return {
        row.order_id: Account(row.costs_cents, paid.get(row.order_id, 0))
        for row in connection.execute(costs)
    }


def to_refund(connection: Connection) -> Sequence[OrderAccount]:
    """Every order of which something has to go back to the customer, the oldest first."""
    wanted = select(orders.c.reference, orders.c.state, orders.c.costs_cents, orders.c.paid_cents)
    owed = wanted.where(orders.c.paid_cents > orders.c.costs_cents).order_by(orders.c.seq)
    return [
        OrderAccount(row.reference, OrderState(row.state), Account(row.costs_cents, row.paid_cents))
        for row in connection.execute(owed)
    ]
