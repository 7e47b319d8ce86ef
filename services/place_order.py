"""Placing an order: from a draft to a reference that may be said aloud.

Owns what belongs together in the one transaction: customer, reference, order, first event,
what is owed to central, the draft's end. When ``place_order`` returns all of it is on disk;
if the program dies before, none of it is. Makes no price and checks no field itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from uuid import UUID

from models import intake, reference
from models.calendar import ShopCalendar, TargetCalendar, paris_day
from models.completeness import OrderFacts, check_order
from models.customer import Customer
from models.draft import Draft, DraftState, Step
from models.errors import Conflict, DomainError
from models.order import Order, OrderEvent, OrderEventKind, OrderState, SyncState
from models.quote import CodeOutcome, Quote
from models.shop import HolidayZone, ShopRules
from services import training
from services.drafts import refuse_card_numbers
from services.ports import Catalogue, Clock, Ids, OutboxItem, OutboxKind, Store, Transaction
from services.quoting import quote_cart


@dataclass(frozen=True, slots=True)
class Placing:
    """What placing needs beside the draft. ``to_wire`` makes the body central gets."""

    catalogue: Catalogue
    clock: Clock
    ids: Ids
    rules: ShopRules
    to_wire: Callable[[Order], str]
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an order comes from. From a screen, the total that was read aloud; from elsewhere
    its own identity, when it was ordered (default: now), and facts for its first event.
    """

    said_total_cents: int | None = None
    order_id: UUID | None = None
    ordered_at: datetime | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


NOWHERE = Origin()


def place_order(
    draft_id: UUID,
    *,
    store: Store,
    catalogue: Catalogue,
    clock: Clock,
    ids: Ids,
    rules: ShopRules,
    to_wire: Callable[[Order], str],
    holder: str | None = None,
    said_total_cents: int | None = None,
) -> Order:
    """Place the saved draft; the order is durable on return.

    Idempotent: a draft that was placed gives its order again, from whatever program.
    ``said_total_cents`` is what was read aloud: where the order would come to anything else,
    Conflict("total_changed", said=..., now=...) and nothing is written.
    Raises DomainError("order_incomplete", problems=...), Conflict("draft_taken") while
    another program has the draft, Unavailable("no_references_left") and what ``Store`` raises.
    """
    placing = Placing(catalogue, clock, ids, rules, to_wire, holder)
    _warm_up(rules.holiday_zone, paris_day(clock.now()))
    with store.write() as tx:
        placed = tx.orders.by_draft(draft_id)
        if placed is not None:
            return placed
        draft = tx.drafts.get(draft_id)
        if draft is None:
            raise DomainError("draft_unknown", draft_id=str(draft_id))
        return place_in(tx, draft, placing, Origin(said_total_cents=said_total_cents))


@cache
def _warm_up(zone: HolidayZone, day: date) -> None:
    """Load what a process's first order needs, some 150 ms, before other programs have to
    wait for the file.
    """
    intake.warm_up()
    ShopCalendar(zone).is_open(day)
    TargetCalendar().is_bank_day(day)


def place_in(tx: Transaction, draft: Draft, placing: Placing, origin: Origin = NOWHERE) -> Order:
    """Place ``draft`` within a transaction that the caller opened; see ``place_order``.

    The caller has made sure that it was not placed before.
    """
    refuse_card_numbers(draft)
    now = placing.clock.now()
    order = _order(tx, draft, placing, origin, now)
    tx.customers.add(order.customer)
    tx.orders.add(order)
    tx.orders.append(OrderEvent(order.order_id, OrderEventKind.PLACED, now, origin.facts))
    for outcome in order.quote.codes:
        _count_use(tx, outcome)
    if not order.is_demo:  # central would refuse it for ever, once this console is enrolled
        tx.outbox.add(_owed(order, placing, now))
    placed = replace(
        draft,
        state=DraftState.PLACED,
        order_id=order.order_id,
        step=Step.CONFIRMATION,
        focus="",
    )
    tx.drafts.save(placed, at=now, holder=placing.holder)
    return order


def _order(tx: Transaction, draft: Draft, placing: Placing, origin: Origin, now: datetime) -> Order:
    ordered_at = origin.ordered_at or now  # R14: not the day a draft was begun and left open
    quote, promise = quote_cart(
        draft.cart,
        tx=tx,
        catalogue=placing.catalogue,
        customer_id=draft.customer.customer_id,
        delivery_postcode=draft.delivery_postcode,
        method=draft.payment_method,
        called_at=ordered_at,
        now=ordered_at,
        rules=placing.rules,
        printer_id=draft.printer_id,
    )
    checked = check_order(draft, unknown_skus=quote.unknown_skus, is_covered=quote.is_covered)
    facts = checked.facts_or_error()
    _refuse_another_total(draft, quote, origin.said_total_cents)
    return Order(
        order_id=origin.order_id or placing.ids.new(),
        reference=reference.with_check(training.take_number(tx)),
        draft_id=draft.draft_id,
        customer=_customer(tx, draft, facts, placing.ids),
        delivery=facts.delivery,
        quote=quote,
        promise=promise,
        payment_method=facts.payment_method,
        link_channel=facts.link_channel,
        state=OrderState.IN_PREPARATION if quote.is_covered else OrderState.AWAITING_PAYMENT,
        placed_at=now,
        ordered_on=paris_day(ordered_at),
        is_demo=not training.is_enrolled(tx.settings),
    )


def _refuse_another_total(draft: Draft, quote: Quote, said: int | None) -> None:
    """The total that was read aloud is the one that is confirmed."""
    if said is None or said == quote.total_cents:
        return
    said_price = {line.sku: line.said_price_cents for line in draft.cart.lines}
    raise Conflict(
        "total_changed",
        said=said,
        now=quote.total_cents,
        codes=tuple(outcome.code for outcome in quote.codes if outcome.refusal),
        labels=tuple(
            line.label for line in quote.lines if line.unit_price_cents != said_price[line.sku]
        ),
    )


def _customer(tx: Transaction, draft: Draft, facts: OrderFacts, ids: Ids) -> Customer:
    """Who pays, as they are known from now on; what the file knows beside the form is kept."""
    customer_id = draft.customer.customer_id
    before = tx.customers.get(customer_id) if customer_id else None
    told = facts.customer
    after = Customer(
        customer_id=customer_id or ids.new(),
        name=told.name,
        phones=told.phones,
        billing=told.billing,
        email=told.email,
        printers=_printers(before, draft.printer_id),
        version=before.version if before else 1,
    )
    changed = before is not None and after != before
    return replace(after, version=after.version + 1) if changed else after


def _printers(before: Customer | None, printer_id: str | None) -> tuple[str, ...]:
    known = before.printers if before else ()
    return known if printer_id is None or printer_id in known else (*known, printer_id)


def _count_use(tx: Transaction, outcome: CodeOutcome) -> None:
    """What a code still allows, until central says how it really stands."""
    voucher = tx.vouchers.get(outcome.code) if outcome.is_accepted else None
    if voucher is not None:
        tx.vouchers.put(voucher.after_use(outcome.discount_cents))


def _owed(order: Order, placing: Placing, now: datetime) -> OutboxItem:
    return OutboxItem(
        item_id=placing.ids.new(),
        order_id=order.order_id,
        kind=OutboxKind.ORDER,
        body=placing.to_wire(order),
        state=SyncState.WAITING,
        attempts=0,
        next_try_at=now,
        last_error=None,
        created_at=now,
    )
