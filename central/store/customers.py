"""Customers as central knows them, whose phone it is, and the feed of their changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, exists, select
from sqlalchemy.engine import Connection
from sqlalchemy.sql.dml import Insert

from central.card_numbers import refuse_card_numbers
from central.database import drawn, insert_for, raise_counter, upsert
from models.errors import Conflict
from models.tables.central import customer_changes, customer_phones, customers
from models.wire.customers import CustomerWire

COUNTER = "customers"

# Statements of every order are made once: making one takes longer than running it.
BY_PHONE = (
    select(customers.c.body)
    .join(customer_phones, customer_phones.c.customer_id == customers.c.customer_id)
    .where(customer_phones.c.e164 == bindparam("e164"))
    .order_by(customers.c.customer_id)
)
VERSION = select(customers.c.version).where(customers.c.customer_id == bindparam("customer_id"))
IS_THIS = exists().where(
    customers.c.customer_id == bindparam("of"), customers.c.body == bindparam("as_in")
)
"""Whether a person's file is just this one."""
PHONES_FORGOTTEN = customer_phones.delete().where(
    customer_phones.c.customer_id == bindparam("of"), IS_THIS
)
PHONE_ADDED = customer_phones.insert().from_select(
    ["e164", "customer_id"],
    select(bindparam("number", type_=Text), bindparam("of", type_=Uuid)).where(IS_THIS),
)


@dataclass(frozen=True, slots=True)
class CustomersSince:
    """``bodies`` as they are kept: each is the JSON of a ``CustomerWire``."""

    bodies: Sequence[str]
    last_seq: int
    has_more: bool


def is_newer(person: CustomerWire, known_version: int | None) -> bool:
    """Than the version that is known of this person; None: nobody knows them."""
    return known_version is None or known_version < person.version


def version_of(connection: Connection, customer_id: UUID) -> int | None:
    """None for somebody who is not known."""
    version: int | None = connection.scalar(VERSION, {"customer_id": customer_id})
    return version


def put_customers(connection: Connection, people: Iterable[CustomerWire]) -> None:
    """Insert, or replace an older version. Some thousands at once at the most. Draws their
    numbers: among the last that a transaction does, and returns no rows.

    A version is written once: where the same version comes with another body, two consoles
    changed one file at the same time, and the first to arrive stays. What the second heard
    is not lost, it stands in its order; its console gets the file that stays with the feed.
    """
    wanted = {person.customer_id: person for person in people}
    if wanted:
        raise_counter(connection, COUNTER, len(wanted))
        write_customers(connection, wanted.values())


def write_customers(connection: Connection, people: Collection[CustomerWire]) -> None:
    """As ``put_customers``, where this transaction has drawn a number for each of these people,
    who are different ones.
    """
    bodies = {person.customer_id: person.canonical() for person in people}
    connection.execute(
        _writing(connection.dialect.name),
        [
            {
                "customer_id": person.customer_id,
                "body": bodies[person.customer_id],
                "version": person.version,
                "before_last": before_last,
            }
            for before_last, person in enumerate(people)
        ],
    )
    # Where another body stays, its numbers stay as well.
    whose = [{"of": customer_id, "as_in": body} for customer_id, body in bodies.items()]
    connection.execute(PHONES_FORGOTTEN, whose)
    phones = [
        {"of": person.customer_id, "as_in": bodies[person.customer_id], "number": e164}
        for person in people
        for e164 in dict.fromkeys(phone.e164 for phone in person.phones)
    ]
    if phones:
        connection.execute(PHONE_ADDED, phones)


def change_customer(connection: Connection, person: CustomerWire) -> bool:
    """Write one customer's file, which is new or the version after the one that is known;
    whether it was. Idempotent for ever: the same version with the same body again is no
    change, also where newer ones have been written since.

    Raises Conflict("customer_stale") where somebody else wrote this version before,
    Rejected("card_number_refused").
    """
    known = version_of(connection, person.customer_id)
    is_next = known is None or known + 1 == person.version
    if is_next:
        refuse_card_numbers(person)
        put_customers(connection, [person])
    if not _was_taken(connection, person):
        raise Conflict("customer_stale")
    if is_next:
        _note_change(connection, person)
    return is_next


def _note_change(connection: Connection, person: CustomerWire) -> None:
    """Again, where the same came twice at once."""
    row: dict[str, object] = {
        "customer_id": person.customer_id,
        "version": person.version,
        "fingerprint": person.fingerprint(),
    }
    upsert(connection, customer_changes, [row])


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


def bodies_by_phone(connection: Connection, e164: str) -> Sequence[str]:
    """Whose number this is, exactly as in ``+33199001234``: none, one, rarely a household. As
    they are kept: each is the JSON of a ``CustomerWire``.
    """
    return connection.scalars(BY_PHONE, {"e164": e164}).all()


@cache
def _writing(dialect: str) -> Insert:
    """Insert, or replace what is older; made once for each of the databases."""
    written = insert_for(dialect, customers).values(seq=drawn(COUNTER) - bindparam("before_last"))
    new = written.excluded
    return written.on_conflict_do_update(
        index_elements=[customers.c.customer_id],
        set_={"body": new.body, "version": new.version, "seq": new.seq},
        where=customers.c.version < new.version,
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
