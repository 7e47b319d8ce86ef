"""Customers as central knows them, and the feed of their changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import Connection

from central.database import next_number, upsert
from models.tables.central import customers
from models.wire.customers import CustomerWire


@dataclass(frozen=True, slots=True)
class CustomersSince:
    customers: Sequence[CustomerWire]
    last_seq: int
    has_more: bool


def put_customers(connection: Connection, people: Iterable[CustomerWire]) -> None:
    """Insert or replace; one who is known in a newer version, or as just this, stays."""
    for person in people:
        body = person.canonical()
        known = connection.execute(
            select(customers.c.body, customers.c.version).where(
                customers.c.customer_id == person.customer_id
            )
        ).first()
        if known is not None and (known.version > person.version or known.body == body):
            continue
        row: dict[str, object] = {
            "customer_id": person.customer_id,
            "body": body,
            "version": person.version,
            "seq": next_number(connection, "customers"),
        }
        upsert(connection, customers, [row])


def customers_since(connection: Connection, seq: int, *, limit: int) -> CustomersSince:
    """Those changed after ``seq``, each once, in the order of their last change."""
    wanted = select(customers.c.body, customers.c.seq).where(customers.c.seq > seq)
    rows = connection.execute(wanted.order_by(customers.c.seq).limit(limit + 1)).all()
    page = rows[:limit]
    return CustomersSince(
        customers=[CustomerWire.model_validate_json(row.body) for row in page],
        last_seq=page[-1].seq if page else seq,
        has_more=len(rows) > limit,
    )
