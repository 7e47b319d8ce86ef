"""The latest day a parcel leaves, with the reasons that gave it (R14).

Owns the reckoning of that day from stock, payment and calendar; knows neither prices nor
how a reason is worded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from models.calendar import SATURDAY, ShopCalendar, TargetCalendar
from models.catalogue import Offer
from models.payment import PaymentMethod
from models.shop import ShopRules


class PromiseReasonCode(StrEnum):
    IN_STOCK = "in_stock"
    OUT_OF_STOCK_UNTIL = "out_of_stock_until"
    OUT_OF_STOCK_UNKNOWN = "out_of_stock_unknown"
    AWAITS_LINK = "awaits_link"
    AWAITS_TRANSFER = "awaits_transfer"
    AWAITS_CHEQUE = "awaits_cheque"
    CLOSED_DAYS = "closed_days"
    OPEN_DAYS_TO_DISPATCH = "open_days_to_dispatch"


@dataclass(frozen=True, slots=True)
class PromiseReason:
    """One step of the reckoning. ``on`` is the day it leads to, ``skus`` what it is about."""

    code: PromiseReasonCode
    on: date | None = None
    skus: tuple[str, ...] = ()
    days: int = 0
    names: tuple[str, ...] = field(default=())
    """Names of public holidays (for a transfer: of the banks) that were skipped."""


@dataclass(frozen=True, slots=True)
class Promise:
    """``dispatch_by`` is the latest day the parcel leaves; None is "délai inconnu".

    ``ready_on`` is the day the order may be prepared (paid and in stock), ``handled_on``
    the open day on which it is. ``is_conditional``: the date holds if the money comes as
    expected, and has to be said that way.
    """

    dispatch_by: date | None
    ready_on: date | None
    handled_on: date | None
    reasons: tuple[PromiseReason, ...]
    is_conditional: bool = False


SUPPLIER_HORIZON = timedelta(days=366)
"""A supplier's date further away stands for "nobody knows" (9999-12-31 and the like)."""

_AWAITS = {
    PaymentMethod.CARD_LINK: PromiseReasonCode.AWAITS_LINK,
    PaymentMethod.PAYPAL_LINK: PromiseReasonCode.AWAITS_LINK,
    PaymentMethod.TRANSFER: PromiseReasonCode.AWAITS_TRANSFER,
    PaymentMethod.CHEQUE: PromiseReasonCode.AWAITS_CHEQUE,
}


def promise_for(
    ordered_on: date,
    items: Sequence[tuple[Offer, int]],
    method: PaymentMethod | None,
    rules: ShopRules,
) -> Promise:
    """The latest dispatch day of an order taken on ``ordered_on``, a day in Paris (R11, R12, R14).

    An item is out of stock when less is there than is wanted; its supplier's date then
    counts, unless it is missing, past or beyond ``SUPPLIER_HORIZON``: that makes the whole
    promise "délai inconnu", all three days None. Awaited money makes it conditional; with
    no method yet it is counted as paid on the day, without condition.
    """
    stock = _stock_reasons(ordered_on, items)
    payment = _payment_reasons(ordered_on, method, rules)
    if any(reason.code is PromiseReasonCode.OUT_OF_STOCK_UNKNOWN for reason in stock):
        return Promise(None, None, None, (*stock, *payment), is_conditional=bool(payment))
    known = [reason.on for reason in (*stock, *payment) if reason.on]
    ready_on = max([ordered_on, *known])
    calendar = ShopCalendar(rules.holiday_zone)
    days = max(1, rules.dispatch_open_days)  # never before the day it is handled
    dispatch_by = calendar.nth_open(ready_on, days)
    last = PromiseReason(PromiseReasonCode.OPEN_DAYS_TO_DISPATCH, dispatch_by, days=days)
    closed = _closed_reasons(calendar, ready_on, dispatch_by)
    return Promise(
        dispatch_by,
        ready_on,
        calendar.next_open(ready_on),
        (*stock, *payment, *closed, last),
        is_conditional=bool(payment),
    )


def _stock_reasons(
    ordered_on: date, items: Sequence[tuple[Offer, int]]
) -> tuple[PromiseReason, ...]:
    """What is there, then what comes by date, then what nobody knows about."""
    skus: dict[tuple[PromiseReasonCode, date | None], list[str]] = {}
    for offer, quantity in items:
        skus.setdefault(_availability(ordered_on, offer, quantity), []).append(offer.sku)
    ranked = sorted(skus.items(), key=lambda found: (_RANK[found[0][0]], found[0][1] or date.min))
    return tuple(PromiseReason(code, on, tuple(about)) for (code, on), about in ranked)


_RANK = {
    PromiseReasonCode.IN_STOCK: 0,
    PromiseReasonCode.OUT_OF_STOCK_UNTIL: 1,
    PromiseReasonCode.OUT_OF_STOCK_UNKNOWN: 2,
}


def _availability(
    ordered_on: date, offer: Offer, quantity: int
) -> tuple[PromiseReasonCode, date | None]:
    if offer.stock >= quantity:
        return PromiseReasonCode.IN_STOCK, ordered_on
    restock_on = offer.restock_on
    if restock_on is None or not ordered_on <= restock_on <= ordered_on + SUPPLIER_HORIZON:
        return PromiseReasonCode.OUT_OF_STOCK_UNKNOWN, None
    return PromiseReasonCode.OUT_OF_STOCK_UNTIL, restock_on


def _payment_reasons(
    ordered_on: date, method: PaymentMethod | None, rules: ShopRules
) -> tuple[PromiseReason, ...]:
    """The day the money is expected, if the customer does their part on the day of the call."""
    match method:
        case None:
            return ()
        case PaymentMethod.TRANSFER:
            days, banks = rules.transfer_bank_days_max, TargetCalendar()
            paid_on = banks.nth_bank_day(ordered_on, days)
            skipped = _weekday_holidays(banks, ordered_on, paid_on)
        case PaymentMethod.CHEQUE:
            days, shop = rules.cheque_post_days, ShopCalendar(rules.holiday_zone)
            paid_on = shop.nth_open(ordered_on, days)
            skipped = _weekday_holidays(shop, ordered_on, paid_on)
        case _:
            days, paid_on, skipped = 0, ordered_on, []
    names = tuple(name for _, name in skipped)
    return (PromiseReason(_AWAITS[method], paid_on, days=days, names=names),)


def _closed_reasons(
    calendar: ShopCalendar, ready_on: date, dispatch_by: date
) -> tuple[PromiseReason, ...]:
    """One reason for each run of public holidays that held the parcel back."""
    names: dict[date, list[str]] = {}
    for day, name in _weekday_holidays(calendar, ready_on, dispatch_by):
        names.setdefault(calendar.next_open(day), []).append(name)
    return tuple(
        PromiseReason(PromiseReasonCode.CLOSED_DAYS, on, days=len(skipped), names=tuple(skipped))
        for on, skipped in names.items()
    )


def _weekday_holidays(
    calendar: ShopCalendar | TargetCalendar, after: date, until: date
) -> list[tuple[date, str]]:
    """Holidays in between that cost a day; one at a weekend does not."""
    days = (after + timedelta(days=n) for n in range(1, (until - after).days + 1))
    named = ((day, calendar.closed_name(day)) for day in days if day.weekday() < SATURDAY)
    return [(day, name) for day, name in named if name]
