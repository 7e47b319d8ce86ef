"""``/v1/orders``: taken, changed, cancelled, read back, and what is awaited for them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from fastapi.responses import Response

from central.answers import Answer, spelled
from central.auth import ConsoleOf, DatabaseOf, MetricsOf, SettingsOf
from central.contract import GUARDED, READS_A_BODY, problems
from central.store.cancellations import cancel_order
from central.store.orders import (
    ensure_sent_by,
    get_order,
    orders_since,
    sent_by_others,
    take_order,
)
from central.store.payments import requests_of
from central.store.revisions import put_revision
from central.straight import straight_router
from models.errors import Rejected
from models.wire.fields import SEQ_MAX
from models.wire.orders import (
    REVISION_MAX,
    CancellationIn,
    CancellationOut,
    OrderIn,
    OrderOut,
    OrdersOfOthersOut,
    OrdersPage,
    VerdictOut,
)
from models.wire.payments import PaymentRequestsOut

router = straight_router("orders")

NOT_SOUND = (
    "amounts_do_not_add_up",
    "card_number_refused",
    "demo_order_refused",
    "order_conflict",
    "order_id_mismatch",
)
REFERENCE = ("reference_check", "reference_not_leased", "reference_taken")
IDS_MAX = 100
TOO_LATE = ("order_unknown", "order_cancelled", "order_dispatched")


@router.put(
    "/orders/{order_id}",
    response_model=VerdictOut,
    responses=problems(*GUARDED, *READS_A_BODY, *NOT_SOUND, *REFERENCE),
)
def put(
    order_id: UUID,
    order: OrderIn,
    console: ConsoleOf,
    database: DatabaseOf,
    settings: SettingsOf,
    metrics: MetricsOf,
) -> Answer:
    """Take an order in. The same body again gets the same answer, for ever; another is 409."""
    if order.order_id != order_id:
        raise Rejected("order_id_mismatch", fields=("order_id",))
    verdict = database.run(
        lambda connection: take_order(
            connection, console, order, at=settings.now(), rules=settings.rules
        )
    )
    metrics.note_order("order", verdict.outcome)
    return Answer(verdict)


@router.put(
    "/orders/{order_id}/revisions/{revision}",
    response_model=VerdictOut,
    responses=problems(*GUARDED, *READS_A_BODY, *NOT_SOUND, *TOO_LATE, "revision_conflict"),
)
def put_changed(
    order_id: UUID,
    revision: Annotated[int, Path(ge=1, le=REVISION_MAX)],
    order: OrderIn,
    console: ConsoleOf,
    database: DatabaseOf,
    settings: SettingsOf,
    metrics: MetricsOf,
) -> Answer:
    """Change an order: all of it again, under a number that is higher than the present one.
    The same body again gets the same answer, for ever.
    """
    if order.order_id != order_id:
        raise Rejected("order_id_mismatch", fields=("order_id",))
    if order.revision != revision:
        raise Rejected("order_id_mismatch", fields=("revision",))
    verdict = database.run(
        lambda connection: put_revision(
            connection, console, order, at=settings.now(), rules=settings.rules
        )
    )
    metrics.note_order("revision", verdict.outcome)
    return Answer(verdict)


@router.put(
    "/orders/{order_id}/cancellation",
    response_model=CancellationOut,
    responses=problems(*GUARDED, *READS_A_BODY, *TOO_LATE, "card_number_refused"),
)
def cancel(
    order_id: UUID,
    wanted: CancellationIn,
    console: ConsoleOf,
    database: DatabaseOf,
    settings: SettingsOf,
    metrics: MetricsOf,
) -> Answer:
    """Cancel an order that the carrier does not have yet. The same body again gets the same
    answer, for ever.
    """
    cancelled = database.run(
        lambda connection: cancel_order(connection, console, order_id, wanted, at=settings.now())
    )
    metrics.note_order("cancellation", cancelled.state)
    return Answer(cancelled)


@router.get("/orders", response_model=OrdersPage, responses=problems(*GUARDED, "body_malformed"))
def listing(
    console: ConsoleOf,
    database: DatabaseOf,
    settings: SettingsOf,
    cursor: Annotated[int, Query(ge=0, le=SEQ_MAX)] = 0,
) -> Response:
    """The orders that this console sent, the oldest first."""
    with database.read() as connection:
        rows, last = orders_since(connection, console, cursor, limit=settings.page_rows)
    following = None if last is None else str(last)
    page = OrdersPage(orders=(), cursor=following, has_more=last is not None)
    return spelled(page, "orders", (row.model_dump_json() for row in rows))


@router.get("/orders/of-others", responses=problems(*GUARDED, "body_malformed"))
def of_others(
    console: ConsoleOf,
    database: DatabaseOf,
    order_id: Annotated[list[UUID], Query(min_length=1, max_length=IDS_MAX)],
) -> OrdersOfOthersOut:
    """Which of these orders another console sent. One that is another console by now than when
    it sent them learns by this what it has not to send once more.
    """
    with database.read() as connection:
        found = sent_by_others(connection, console, order_id)
    return OrdersOfOthersOut(order_ids=tuple(found))


@router.get("/orders/{order_id}", responses=problems(*GUARDED, "body_malformed", "not_found"))
def get(order_id: UUID, console: ConsoleOf, database: DatabaseOf) -> OrderOut:
    """One order that this console sent, as it was said last, with the verdict."""
    with database.read() as connection:
        return get_order(connection, console, order_id)


@router.get(
    "/orders/{order_id}/payment-requests",
    responses=problems(*GUARDED, "body_malformed", "order_unknown"),
)
def payment_requests(
    order_id: UUID, console: ConsoleOf, database: DatabaseOf
) -> PaymentRequestsOut:
    """What was asked for one order that this console sent, the oldest first."""
    with database.read() as connection:
        ensure_sent_by(connection, console, order_id)
        return PaymentRequestsOut(requests=tuple(requests_of(connection, order_id)))
