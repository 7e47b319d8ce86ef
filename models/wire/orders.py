"""An order on the wire: what was said on the phone, with the amounts and the date promised.

Owns the form in which a console hands an order to central and the answer it gets. The
body is written once, when the order is placed, and sent byte for byte however often it
takes; ``draft_id`` and other matters of one console stay there.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationError

from models.cart import LINES_MAX, QUANTITY_MAX
from models.errors import DomainError
from models.order import Order, OrderState
from models.payment import LinkChannel, PaymentMethod
from models.pricing import CodeOutcome, PricedLine, Quote
from models.promise import Promise, PromiseReasonCode
from models.vouchers import RefusalReason, VoucherKind
from models.wire.card_numbers import fields_with_card_numbers
from models.wire.customers import CustomerWire, DeliveryWire
from models.wire.fields import (
    BasisPoints,
    Cents,
    Count,
    Day,
    Moment,
    Text,
    WireModel,
    WirePage,
    Word,
    in_answers,
)

ORDER_BYTES_MAX = 256 * 1024
"""The longest body of an order that central takes; one of 50 lines has about 20 kB."""

Reference = Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]

OrderedAt = Annotated[
    Moment, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(3000, 1, 1, tzinfo=UTC))
]
"""Wide enough for a console whose clock is wrong, narrow enough to reckon with."""
OrderedOn = Annotated[Day, Field(ge=date(1970, 1, 1), lt=date(3000, 1, 1))]


REVISION_MAX = 10_000
Revision = Annotated[int, Field(strict=True, ge=1, le=REVISION_MAX)]


class LineWire(WireModel):
    """A line as it was read back; ``unit_price_cents`` is the price that was said."""

    sku: Word
    label: Text
    brand: Text
    quantity: Annotated[Count, Field(ge=1, le=QUANTITY_MAX)]
    unit_price_cents: Cents
    total_cents: Cents
    discount_cents: Cents
    vat_rate_bp: BasisPoints
    current_price_cents: Cents


class CodeWire(WireModel):
    """A code exactly as it is printed (R7), and what it did at the console."""

    code: Word
    kind: VoucherKind | None = None
    discount_cents: Cents = 0
    is_provisional: bool = False
    refusal: RefusalReason | None = None


class VatWire(WireModel):
    rate_bp: BasisPoints
    gross_cents: Cents
    net_cents: Cents
    vat_cents: Cents


class AmountsWire(WireModel):
    """``total = goods - discount + delivery - credit``, all in cents, VAT included."""

    goods_cents: Cents
    discount_cents: Cents
    delivery_cents: Cents
    delivery_saved_cents: Cents
    credit_cents: Cents
    total_cents: Cents
    vat: Annotated[tuple[VatWire, ...], Field(max_length=20)]
    vat_mention: Text | None = None


class ReasonWire(WireModel):
    code: PromiseReasonCode
    on: Day | None = None
    skus: tuple[Word, ...] = ()
    days: Annotated[int, Field(strict=True, ge=-1_000, le=1_000)] = 0
    names: tuple[Text, ...] = ()


class PromiseWire(WireModel):
    dispatch_by: Day | None
    ready_on: Day | None
    handled_on: Day | None
    is_conditional: bool
    reasons: Annotated[tuple[ReasonWire, ...], Field(max_length=200)]


class OrderIn(WireModel):
    """The order a console hands over. ``placed_at`` is UTC, ``ordered_on`` a day in Paris."""

    order_id: UUID
    reference: Reference
    placed_at: OrderedAt
    ordered_on: OrderedOn
    customer: CustomerWire
    delivery: DeliveryWire
    payment_method: PaymentMethod
    link_channel: LinkChannel | None
    lines: Annotated[tuple[LineWire, ...], Field(min_length=1, max_length=LINES_MAX)]
    codes: Annotated[tuple[CodeWire, ...], Field(max_length=50)]
    amounts: AmountsWire
    promise: PromiseWire
    is_demo: bool = False
    revision: Revision = 1
    """1 as it was placed; each change of it (R8) is the whole order again, one higher."""
    revised_at: OrderedAt | None = None
    """When this revision was agreed, UTC: its new prices are judged by that moment."""
    operator_id: UUID | None = None
    """Who took it, where operators sign in."""

    ADDED: ClassVar[frozenset[str]] = frozenset({"revision", "revised_at", "operator_id"})


class Outcome(StrEnum):
    """What central made of an order; a refusal is a problem, not an outcome."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_DIFFERENCES = "accepted_with_differences"


class DifferenceCode(StrEnum):
    """Where central reckons differently; each becomes a call back, never a silent change."""

    PRICE_CHANGED = "price_changed"
    CODE_REFUSED = "code_refused"
    DISCOUNT_CHANGED = "discount_changed"
    DELIVERY_CHANGED = "delivery_changed"
    TOTAL_CHANGED = "total_changed"
    STOCK_SHORT = "stock_short"
    SKU_UNKNOWN = "sku_unknown"
    PROMISE_LATER = "promise_later"


class DifferenceWire(WireModel):
    """``code`` is a DifferenceCode or one of a newer central; amounts are cents as text."""

    code: Word
    said: Text
    central: Text
    sku: Word | None = None


class VerdictOut(WireModel):
    """Central's answer to ``PUT /v1/orders/{order_id}``: the same for the same body, for ever."""

    order_id: UUID
    reference: Reference
    outcome: Annotated[Outcome, in_answers(Outcome.ACCEPTED_WITH_DIFFERENCES)]
    differences: tuple[DifferenceWire, ...] = ()
    received_at: Moment
    revision: Revision = 1
    refund_due_cents: Cents = 0
    """Paid before this revision, which costs less: it has to go back to the customer."""

    ADDED: ClassVar[frozenset[str]] = frozenset({"revision", "refund_due_cents"})


class CancellationIn(WireModel):
    """The caller does not want it any more (R8). ``cancelled_at`` is UTC, at the console."""

    cancelled_at: OrderedAt
    reason: Text = ""
    operator_id: UUID | None = None


class CancellationOut(WireModel):
    """The same for the same body, for ever. ``refund_due_cents`` was paid and has to go back."""

    order_id: UUID
    state: Annotated[OrderState, in_answers(OrderState.CANCELLED)]
    refund_due_cents: Cents
    received_at: Moment


class OrderRowOut(WireModel):
    """An order in a list: no personal data."""

    order_id: UUID
    reference: Reference
    state: OrderState
    total_cents: Cents
    payment_method: PaymentMethod
    console: Text
    outcome: Outcome
    placed_at: Moment
    received_at: Moment
    revision: Revision = 1
    parcel_number: Text | None = None


class OrderOut(WireModel):
    """An order as central holds it: what was said last, and what central made of it."""

    order: OrderIn
    state: OrderState
    verdict: VerdictOut
    parcel_number: Text | None = None


class OrdersPage(WirePage):
    ROWS = "orders"

    orders: tuple[OrderRowOut, ...]
    cursor: Word | None = None
    has_more: bool = False


class OrdersOfOthersOut(WireModel):
    """Of the orders that were asked about, those that central has from another console."""

    order_ids: tuple[UUID, ...]


def order_to_wire(order: Order) -> str:
    """The body of ``PUT /v1/orders/{order_id}``: canonical JSON, the same bytes every time.

    Raises DomainError("order_not_sendable", field=...) where a text is longer, or an amount
    larger, than the contract has room for, ("card_number_refused", field=...) (R9), and
    ("order_too_long", size=..., maximum=...) in bytes where all of it together is.
    """
    try:
        said = _order_in(order)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise DomainError("order_not_sendable", field=where) from error
    _refuse_card_numbers(said)
    body = said.canonical()
    size = len(body.encode())
    if size > ORDER_BYTES_MAX:
        raise DomainError("order_too_long", size=size, maximum=ORDER_BYTES_MAX)
    return body


def cancellation_to_wire(at: datetime, reason: str, operator_id: UUID | None) -> str:
    """The body of ``PUT /v1/orders/{order_id}/cancellation``. Raises
    DomainError("card_number_refused", field=...).
    """
    said = CancellationIn(cancelled_at=at.astimezone(UTC), reason=reason, operator_id=operator_id)
    _refuse_card_numbers(said)
    return said.canonical()


def order_from_wire(body: str | bytes) -> OrderIn:
    """Read a body that ``order_to_wire`` wrote. Raises pydantic.ValidationError."""
    return OrderIn.model_validate_json(body)


def _refuse_card_numbers(said: WireModel) -> None:
    """Here the operator can mend it: central would refuse it for good."""
    for field in fields_with_card_numbers(said):
        raise DomainError("card_number_refused", field=field.rpartition(".")[2])


def _order_in(order: Order) -> OrderIn:
    return OrderIn(
        order_id=order.order_id,
        reference=order.reference,
        placed_at=order.placed_at.astimezone(UTC),
        ordered_on=order.ordered_on,
        customer=CustomerWire.model_validate(order.customer),
        delivery=DeliveryWire.model_validate(order.delivery),
        payment_method=order.payment_method,
        link_channel=order.link_channel,
        lines=tuple(_line(line) for line in order.quote.lines),
        codes=tuple(_code(outcome) for outcome in order.quote.codes),
        amounts=_amounts(order.quote),
        promise=_promise(order.promise),
        is_demo=order.is_demo,
        revision=order.revision,
        revised_at=order.revised_at.astimezone(UTC) if order.revised_at else None,
        operator_id=order.operator_id,
    )


def _line(line: PricedLine) -> LineWire:
    return LineWire.model_validate(line)


def _code(outcome: CodeOutcome) -> CodeWire:
    return CodeWire(
        code=outcome.code,
        kind=outcome.kind,
        discount_cents=outcome.discount_cents,
        is_provisional=outcome.is_provisional,
        refusal=outcome.refusal.reason if outcome.refusal else None,
    )


def _amounts(quote: Quote) -> AmountsWire:
    return AmountsWire.model_validate(quote)


def _promise(promise: Promise) -> PromiseWire:
    return PromiseWire.model_validate(promise)
