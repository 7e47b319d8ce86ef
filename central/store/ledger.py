"""What came in for orders and what went back, as somebody noted it: only ever added to.

Owns the entries and how one is known again, so that the same note made twice is one. Knows
neither what an order costs nor what is asked for it; whoever adds has locked the order's row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import uuid6
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from models.errors import Conflict
from models.tables.central import ledger, orders


@dataclass(frozen=True, slots=True)
class Entry:
    """``amount_cents`` came in; below 0, went back. ``bank_reference``: as the bank's statement
    has it, empty where none was named.
    """

    amount_cents: int
    bank_reference: str
    noted_at: datetime


def entries_of(connection: Connection, order_id: UUID) -> Sequence[Entry]:
    """The oldest first."""
    table = ledger.c
    wanted = select(table.amount_cents, table.bank_reference, table.noted_at).where(
        table.order_id == order_id
    )
    rows = connection.execute(wanted.order_by(table.noted_at, table.entry_id))
    return [Entry(row.amount_cents, row.bank_reference, row.noted_at) for row in rows]


def paid_cents(connection: Connection, order_id: UUID) -> int:
    """What came in for this order and did not go back, in cents."""
    wanted = select(func.coalesce(func.sum(ledger.c.amount_cents), 0)).where(
        ledger.c.order_id == order_id
    )
    return int(connection.execute(wanted).scalar_one())


def paid_by_order(connection: Connection, order_ids: Iterable[UUID]) -> Mapping[UUID, int]:
    """The same for each of these orders that has an entry."""
    wanted = (
        select(ledger.c.order_id, func.sum(ledger.c.amount_cents).label("paid"))
        .where(ledger.c.order_id.in_(list(order_ids)))
        .group_by(ledger.c.order_id)
    )
    return {row.order_id: int(row.paid) for row in connection.execute(wanted)}


def add(connection: Connection, order_id: UUID, entry: Entry) -> None:
    """The order's own sum follows."""
    connection.execute(
        ledger.insert().values(
            entry_id=UUID(int=uuid6.uuid7().int),
            order_id=order_id,
            amount_cents=entry.amount_cents,
            bank_reference=entry.bank_reference,
            noted_at=entry.noted_at,
        )
    )
    connection.execute(
        orders.update()
        .where(orders.c.order_id == order_id)
        .values(paid_cents=orders.c.paid_cents + entry.amount_cents)
    )


def total_of(entries: Iterable[Entry]) -> int:
    """What came in by these and did not go back, in cents."""
    return sum(entry.amount_cents for entry in entries)


def received_by(entries: Iterable[Entry], bank_reference: str) -> Entry | None:
    """What came in under this bank reference; nothing comes in under an empty one."""
    return next((e for e in entries if e.amount_cents > 0 and _is_by(e, bank_reference)), None)


def known_again(entries: Iterable[Entry], amount_cents: int, bank_reference: str) -> Entry | None:
    """The entry that is meant, where it was made already. A bank reference tells one payment
    from another, and one refund; without it, the same amount is the one that was noted before.

    Raises Conflict("payment_noted_otherwise") for another amount under the same reference.
    """
    alike = [entry for entry in entries if (entry.amount_cents > 0) is (amount_cents > 0)]
    if not bank_reference:
        return next((entry for entry in alike if entry.amount_cents == amount_cents), None)
    known = next((entry for entry in alike if _is_by(entry, bank_reference)), None)
    if known is not None and known.amount_cents != amount_cents:
        raise Conflict("payment_noted_otherwise", noted_cents=abs(known.amount_cents))
    return known


def _is_by(entry: Entry, bank_reference: str) -> bool:
    """Typed by hand: capitals do not matter."""
    return bool(bank_reference) and entry.bank_reference.casefold() == bank_reference.casefold()
