"""Central's answers as the values that ``services.ports`` speaks of.

Pure mapping. A newer central may say words that this console does not know: what can be
passed over is passed over, and nothing else is lost by it.
"""

from __future__ import annotations

from uuid import UUID

from models.errors import Unavailable
from models.wire.catalogue import ChangesOut
from models.wire.events import EventOut, EventsPage
from models.wire.operators import OperatorWire, SignInOut
from models.wire.orders import CancellationOut, OrderRowOut, VerdictOut
from models.wire.vouchers import VouchersOut
from services.ports import (
    Cancelled,
    CatalogueChanges,
    CentralEvent,
    CentralOrder,
    Difference,
    EventPage,
    KnownOperator,
    SignedIn,
    Verdict,
    VoucherPage,
)


def verdict_of(order_id: UUID, revision: int | None, answer: VerdictOut) -> Verdict:
    """Raises Unavailable("central_unclear") for an answer about something else."""
    if answer.order_id != order_id or revision not in {None, answer.revision}:
        raise Unavailable("central_unclear")
    return Verdict(
        order_id,
        tuple(Difference(d.code, d.said, d.central, d.sku) for d in answer.differences),
        answer.refund_due_cents,
    )


def cancelled_of(order_id: UUID, answer: CancellationOut) -> Cancelled:
    """Raises Unavailable("central_unclear") for an answer about another order."""
    if answer.order_id != order_id:
        raise Unavailable("central_unclear")
    return Cancelled(order_id, answer.refund_due_cents)


def order_of(row: OrderRowOut) -> CentralOrder:
    return CentralOrder(row.order_id, str(row.state), row.revision, row.parcel_number)


def operator_of(wire: OperatorWire) -> KnownOperator:
    return KnownOperator(wire.operator_id, wire.login, wire.name, wire.is_disabled)


def signed_in_of(answer: SignInOut) -> SignedIn:
    return SignedIn(operator_of(answer.operator), answer.offline_until)


def voucher_page_of(page: VouchersOut) -> VoucherPage:
    return VoucherPage(
        vouchers=tuple(wire.to_domain() for wire in page.vouchers),
        removed=page.removed,
        cursor=page.cursor,
        has_more=page.has_more,
        unread=page.unread,
    )


def changes_of(page: ChangesOut) -> CatalogueChanges:
    return CatalogueChanges(
        cursor=page.cursor,
        after=page.after,
        printers=tuple(wire.to_domain() for wire in page.printers),
        articles=tuple(wire.to_domain() for wire in page.articles),
        pairs=page.pairs,
        removed_printers=page.removed_printers,
        removed_skus=page.removed_skus,
        removed_pairs=page.removed_pairs,
        has_more=page.has_more,
        is_full=page.is_full,
        is_demo=page.is_demo,
        rows_total=page.rows_total,
    )


def event_of(wire: EventOut) -> CentralEvent:
    return CentralEvent(
        wire.seq, wire.kind, wire.at, wire.order_id, wire.state, wire.parcel_number, wire.skus
    )


def events_page_of(page: EventsPage) -> EventPage:
    events = tuple(map(event_of, page.events))
    return EventPage(events, page.cursor, page.has_more, str(page.central_id or ""))
