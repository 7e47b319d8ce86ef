"""Customers as central knows them, whose phone it is, and the feed of their changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from central.card_numbers import refuse_card_numbers
from central.database import next_number, upsert
from models.errors import Conflict
from models.tables.central import customer_changes, customer_phones, customers
from models.wire.customers import CustomerWire

# Statements of every order are made once: making one takes longer than running it.
BY_PHONE = (
    select(customers.c.body)
    .join(customer_phones, customer_phones.c.customer_id == customers.c.customer_id)
    .where(customer_phones.c.e164 == bindparam("e164"))
    .order_by(customers.c.customer_id)
)
VERSIONS = (
    select(customers.c.customer_id, customers.c.version)
    .where(customers.c.customer_id.in_(bindparam("ids", expanding=True)))
    .order_by(customers.c.customer_id)
)
LOCKED_VERSIONS = VERSIONS.with_for_update(key_share=True)


@dataclass(frozen=True, slots=True)
class CustomersSince:
    """``bodies`` as they are kept: each is the JSON of a ``CustomerWire``."""

    bodies: Sequence[str]
    last_seq: int
    has_more: bool


def put_customers(connection: Connection, people: Iterable[CustomerWire]) -> frozenset[UUID]:
    """Insert, or replace an older version; the ids of those that were written. Some thousands
    at once at the most.

    A version is written once: where the same version comes with another body, two consoles
    changed one file at the same time, and the first to arrive stays. What the second heard
    is not lost, it stands in its order; its console gets the file that stays with the feed.
    """
    wanted = {person.customer_id: person for person in people}
    if not _newer(wanted, _versions(connection, wanted, is_locking=True)):
        return frozenset()
    last = next_number(connection, "customers", len(wanted))
    # The counter keeps everybody out: who was new a moment ago may have been added before it.
    newer = _newer(wanted, _versions(connection, wanted, is_locking=False))
    rows = [_row(person, last - position) for position, person in enumerate(reversed(newer))]
    upsert(connection, customers, rows)
    _put_phones(connection, newer)
    return frozenset(person.customer_id for person in newer)


def change_customer(connection: Connection, person: CustomerWire) -> bool:
    """Write one customer's file, which is new or the version after the one that is known;
    whether it was. Idempotent for ever: the same version with the same body again is no
    change, also where newer ones have been written since.

    Raises Conflict("customer_stale") where somebody else wrote this version before,
    Rejected("card_number_refused").
    """
    wanted = [person.customer_id]
    known = _versions(connection, wanted, is_locking=True).get(person.customer_id)
    if known is None or known + 1 == person.version:
        refuse_card_numbers(person)
        if put_customers(connection, [person]):
            _note_change(connection, person)
            return True
    if not _was_taken(connection, person):
        raise Conflict("customer_stale")
    return False


def _note_change(connection: Connection, person: CustomerWire) -> None:
    connection.execute(
        customer_changes.insert().values(
            customer_id=person.customer_id, version=person.version, fingerprint=person.fingerprint()
        )
    )


def _was_taken(connection: Connection, person: CustomerWire) -> bool:
    """By itself at any time, or with the order that was the last to change the file."""
    body = select(customers.c.body).where(customers.c.customer_id == person.customer_id)
    fingerprint = select(customer_changes.c.fingerprint).where(
        customer_changes.c.customer_id == person.customer_id,
        customer_changes.c.version == person.version,
    )
    return (
        connection.scalar(body) == person.canonical()
        or connection.scalar(fingerprint) == person.fingerprint()
    )


def customers_by_phone(connection: Connection, e164: str) -> Sequence[CustomerWire]:
    """Whose number this is, exactly as in ``+33199001234``: none, one, rarely a household."""
    found = connection.scalars(BY_PHONE, {"e164": e164})
    return [CustomerWire.model_validate_json(body) for body in found]


def _versions(
    connection: Connection, customer_ids: Iterable[UUID], *, is_locking: bool
) -> Mapping[UUID, int]:
    """Of those that are known. Locked by id, after articles and before counters."""
    rows = connection.execute(
        LOCKED_VERSIONS if is_locking else VERSIONS, {"ids": list(customer_ids)}
    )
    return {row.customer_id: row.version for row in rows}


def _newer(
    wanted: Mapping[UUID, CustomerWire], known: Mapping[UUID, int]
) -> Sequence[CustomerWire]:
    return [
        person
        for customer_id, person in wanted.items()
        if customer_id not in known or known[customer_id] < person.version
    ]


def _row(person: CustomerWire, number: int) -> dict[str, object]:
    return {
        "customer_id": person.customer_id,
        "body": person.canonical(),
        "version": person.version,
        "seq": number,
    }


def _put_phones(connection: Connection, people: Sequence[CustomerWire]) -> None:
    if not people:
        return
    ids = [person.customer_id for person in people]
    connection.execute(customer_phones.delete().where(customer_phones.c.customer_id.in_(ids)))
    numbers = {(phone.e164, person.customer_id) for person in people for phone in person.phones}
    connection.execute(
        customer_phones.insert(),
        [{"e164": e164, "customer_id": customer_id} for e164, customer_id in sorted(numbers)],
    )


def customers_since(connection: Connection, seq: int, *, limit: int) -> CustomersSince:
    """Those changed after ``seq``, each once, in the order of their last change."""
    wanted = select(customers.c.body, customers.c.seq).where(customers.c.seq > seq)
    rows = connection.execute(wanted.order_by(customers.c.seq).limit(limit + 1)).all()
    page = rows[:limit]
    return CustomersSince(
        bodies=[row.body for row in page],
        last_seq=page[-1].seq if page else seq,
        has_more=len(rows) > limit,
    )
