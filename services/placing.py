"""What a draft comes to once it is agreed on: checked, priced, promised, and its end.

Owns what placing an order and changing a placed one have in common; each of them owns its
own transaction. Makes no price and checks no field itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from uuid import UUID

from models import intake
from models.calendar import ShopCalendar, TargetCalendar
from models.completeness import OrderFacts, check_order
from models.customer import Customer
from models.draft import Draft, DraftState, Step
from models.errors import Conflict
from models.order import Order
from models.promise import Promise
from models.quote import Quote
from models.shop import HolidayZone, ShopRules
from services.former import Former
from services.ports import Catalogue, Clock, Ids, Transaction
from services.quoting import quote_draft
from services.trial_prices import refuse_trial_prices


@dataclass(frozen=True, slots=True)
class Placing:
    """What placing needs beside the draft. ``to_wire`` makes the body central gets;
    ``operator_id`` is who signed in, where operators do.
    """

    catalogue: Catalogue
    clock: Clock
    ids: Ids
    rules: ShopRules
    to_wire: Callable[[Order], str]
    holder: str | None = None
    operator_id: UUID | None = None


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


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed on: nothing of it is missing, and its total is the one that was said."""

    quote: Quote
    promise: Promise
    facts: OrderFacts


def agree(
    tx: Transaction,
    draft: Draft,
    placing: Placing,
    *,
    at: datetime,
    said_total_cents: int | None,
    former: Former | None = None,
) -> Agreement:
    """The draft as agreed at ``at``, to be the first revision or the one after ``former``.

    Raises Unavailable("prices_for_trying"), DomainError("order_incomplete", problems=...), and
    Conflict("total_changed", said=..., now=...) where it comes to another total than was said.
    """
    refuse_trial_prices(tx, placing.catalogue)
    quote, promise = quote_draft(
        draft, tx=tx, catalogue=placing.catalogue, rules=placing.rules, at=at, former=former
    )
    checked = check_order(draft, unknown_skus=quote.unknown_skus, is_covered=quote.is_covered)
    facts = checked.facts_or_error()
    _refuse_another_total(draft, quote, said_total_cents)
    return Agreement(quote, promise, facts)


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


def customer_as_told(tx: Transaction, draft: Draft, facts: OrderFacts, ids: Ids) -> Customer:
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


def end_draft(
    tx: Transaction, draft: Draft, order: Order, *, at: datetime, holder: str | None
) -> None:
    """The draft is this order from now on."""
    placed = replace(
        draft,
        state=DraftState.PLACED,
        order_id=order.order_id,
        step=Step.CONFIRMATION,
        focus="",
    )
    tx.drafts.save(placed, at=at, holder=holder)


@cache
def warm_up(zone: HolidayZone, day: date) -> None:
    """Load what a process's first order needs, some 150 ms, before other programs have to
    wait for the file.
    """
    intake.warm_up()
    ShopCalendar(zone).is_open(day)
    TargetCalendar().is_bank_day(day)
