"""``/v1/customers``: found by phone, changed one version after the other, and their feed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from sqlalchemy.engine import Connection

from central.answers import spelled
from central.auth import DatabaseOf, SettingsOf
from central.contract import GUARDED, READS_A_BODY, problems
from central.store.customers import bodies_by_phone, change_customer, customers_since
from central.store.events import Happening, append
from central.straight import straight_router
from models.errors import Rejected
from models.wire.customers import E164_PATTERN, CustomersFound, CustomersPage, CustomerWire
from models.wire.events import EventKind
from models.wire.fields import SEQ_MAX

router = straight_router("customers")

ROWS_MAX = 5_000


@router.get(
    "/customers/lookup",
    response_model=CustomersFound,
    responses=problems(*GUARDED, "body_malformed"),
)
def lookup(
    database: DatabaseOf,
    phone: Annotated[str, Query(pattern=E164_PATTERN, examples=["+33199001234"])],
) -> Response:
    """Whose phone this is; the ``+`` of the number is ``%2B`` in a query."""
    with database.look() as connection:
        found = bodies_by_phone(connection, phone)
    return spelled(CustomersFound(customers=()), "customers", found)


@router.get(
    "/customers",
    response_model=CustomersPage,
    responses=problems(*GUARDED, "body_malformed"),
)
def customers(
    database: DatabaseOf,
    settings: SettingsOf,
    cursor: Annotated[int, Query(ge=0, le=SEQ_MAX)] = 0,
    limit: Annotated[int, Query(ge=1, le=ROWS_MAX)] = ROWS_MAX,
) -> Response:
    """Customers changed after ``cursor``; all of them without one. At most ``limit`` on a page:
    a console that is in use reads small ones.
    """
    with database.read() as connection:
        found = customers_since(connection, cursor, limit=min(limit, settings.page_rows))
    page = CustomersPage(customers=(), cursor=str(found.last_seq), has_more=found.has_more)
    return spelled(page, "customers", found.bodies)


@router.put(
    "/customers/{customer_id}",
    responses=problems(*GUARDED, *READS_A_BODY, "card_number_refused", "customer_stale"),
)
def put(
    customer_id: UUID,
    customer: CustomerWire,
    database: DatabaseOf,
    settings: SettingsOf,
) -> CustomerWire:
    """Write a customer's file: a new one, or the version after the one that is known. The
    same body again is no change and has the same answer, for ever; another one of the same
    version is 409.
    """
    if customer.customer_id != customer_id:
        raise Rejected("body_malformed", fields=("customer_id",))

    def work(connection: Connection) -> None:
        if change_customer(connection, customer):
            append(connection, [Happening(EventKind.CUSTOMERS)], at=settings.now())

    database.run(work)
    return customer
