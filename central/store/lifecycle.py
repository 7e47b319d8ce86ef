"""The states an order goes through at central (R15), and what the shop notes: on its way, there,
back. What it notes of money is in ``central.store.accounts``.

Every change of a state is in the one table of ``models.order`` and is told to the console
that sent the order. What is marked is for whoever runs the shop; each mark may be made again
with the same effect as once. An order is named by its reference as it is said, by the
reference a transfer names (ISO 11649), or by its uuid.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Connection, Row

from central.store import happenings, payments
from central.store.consoles import Console
from central.store.events import Happening, append
from models import reference as references
from models.errors import Conflict, DomainError, Rejected
from models.order import CHANGEABLE, OrderState, ensure_transition
from models.tables.central import orders

PARCEL_NUMBER = re.compile(r"[0-9A-Z]{8,39}")
"""A Colissimo number has thirteen signs (S10, UPU, has as many); other carriers' up to 39."""


def lock_order(connection: Connection, console: Console, order_id: UUID) -> Row[Any]:
    """The order as it stands; nobody else changes it before this transaction ends. Locked
    before everything it holds. Raises Rejected("order_unknown"), also for another console's.
    """
    is_mine = (orders.c.order_id == order_id) & (orders.c.console_id == console.console_id)
    return _locked(connection, is_mine)


def ensure_changeable(row: Row[Any]) -> None:
    """R8. Raises Conflict: "order_cancelled"; "order_dispatched" once the carrier has it."""
    if row.state == OrderState.CANCELLED:
        raise Conflict("order_cancelled")
    if row.state not in CHANGEABLE:
        raise Conflict("order_dispatched")


def mark_dispatched(
    connection: Connection, name: str, parcel_number: str, *, at: datetime
) -> OrderState:
    """The carrier has it, under this number; one that came back may go out again (R17).

    Raises Rejected("order_unknown"), DomainError: "parcel_number_malformed",
    "payment_awaited" while money is still to come, "order_transition".
    """
    number = "".join(parcel_number.split()).upper()
    if not PARCEL_NUMBER.fullmatch(number):
        raise DomainError("parcel_number_malformed")
    row = lock_named(connection, name)
    if row.state == OrderState.DISPATCHED and row.parcel_number == number:
        return OrderState.DISPATCHED
    if payments.awaited_of(connection, row.order_id) is not None:
        raise DomainError("payment_awaited")
    return _move(connection, row, OrderState.DISPATCHED, parcel_number=number, at=at)


def mark_delivered(connection: Connection, name: str, *, at: datetime) -> OrderState:
    """The carrier handed it over. Raises Rejected("order_unknown"), DomainError
    ("order_transition").
    """
    return _reach(connection, name, OrderState.DELIVERED, at=at)


def mark_returned(connection: Connection, name: str, *, at: datetime) -> OrderState:
    """It came back. What was in it is not for sale before somebody has looked at it: the stock
    stays as it is. Raises Rejected("order_unknown"), DomainError("order_transition").
    """
    return _reach(connection, name, OrderState.RETURNED, at=at)


def _reach(connection: Connection, name: str, after: OrderState, *, at: datetime) -> OrderState:
    row = lock_named(connection, name)
    if row.state == after:
        return after
    return _move(connection, row, after, at=at)


def _move(
    connection: Connection,
    row: Row[Any],
    after: OrderState,
    *,
    at: datetime,
    parcel_number: str | None = None,
) -> OrderState:
    told = change_state(connection, row, after, parcel_number=parcel_number)
    append(connection, [told], at=at)
    return after


def change_state(
    connection: Connection, row: Row[Any], after: OrderState, *, parcel_number: str | None = None
) -> Happening:
    """The event is for the caller to append, last of all."""
    ensure_transition(OrderState(row.state), after)
    number = parcel_number or row.parcel_number
    connection.execute(
        orders.update()
        .where(orders.c.order_id == row.order_id)
        .values(state=after, parcel_number=number)
    )
    return happenings.order_state(row.console_id, row.order_id, after, number)


def lock_named(connection: Connection, name: str) -> Row[Any]:
    """As ``lock_order``, for whoever runs the shop. Raises Rejected("order_unknown"), DomainError
    for no known reference as ``models.reference.parse``.
    """
    return _locked(connection, is_named(name))


def is_named(name: str) -> ColumnElement[bool]:
    """Raises DomainError for no known reference, as ``models.reference.parse``."""
    try:
        return orders.c.order_id == UUID(name)
    except ValueError:
        pass
    if references.is_creditor_reference(name):
        return orders.c.reference == "".join(name.split())[4:]
    return orders.c.reference == references.parse(name)


def _locked(connection: Connection, where: ColumnElement[bool]) -> Row[Any]:
    # Not what a foreign key refers to: whoever adds a row that names the order need not wait.
    row = connection.execute(select(orders).where(where).with_for_update(key_share=True)).first()
    if row is None:
        raise Rejected("order_unknown")
    return row
