"""``/v1/orders``"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from central.auth import ConsoleOf, DatabaseOf, SettingsOf
from central.contract import GUARDED, READS_A_BODY, problems
from central.routes.customers import SEQ_MAX
from central.store.orders import get_order, orders_since, take_order
from models.errors import Rejected
from models.wire.orders import OrderIn, OrderOut, OrdersPage, VerdictOut

router = APIRouter(prefix="/v1", tags=["orders"])

REFUSALS = (
    "amounts_do_not_add_up",
    "demo_order_refused",
    "order_conflict",
    "order_id_mismatch",
    "reference_check",
    "reference_not_leased",
    "reference_taken",
)


@router.put("/orders/{order_id}", responses=problems(*GUARDED, *READS_A_BODY, *REFUSALS))
def put(
    order_id: UUID,
    order: OrderIn,
    console: ConsoleOf,
    database: DatabaseOf,
    settings: SettingsOf,
) -> VerdictOut:
    """Take an order in. The same body again gets the same answer, for ever; another is 409."""
    if order.order_id != order_id:
        raise Rejected("order_id_mismatch", fields=("order_id",))
    with database.write() as connection:
        return take_order(connection, console, order, at=settings.now(), rules=settings.rules)


@router.get("/orders", responses=problems(*GUARDED, "body_malformed"))
def listing(
    console: ConsoleOf,
    database: DatabaseOf,
    settings: SettingsOf,
    cursor: Annotated[int, Query(ge=0, le=SEQ_MAX)] = 0,
) -> OrdersPage:
    """The orders that this console sent, the oldest first."""
    with database.read() as connection:
        rows, last = orders_since(connection, console, cursor, limit=settings.page_rows)
    return OrdersPage(
        orders=tuple(rows), cursor=None if last is None else str(last), has_more=last is not None
    )


@router.get("/orders/{order_id}", responses=problems(*GUARDED, "body_malformed", "not_found"))
def get(order_id: UUID, console: ConsoleOf, database: DatabaseOf) -> OrderOut:
    """One order that this console sent, as it was said, with the verdict."""
    with database.read() as connection:
        return get_order(connection, console, order_id)
