from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import NOW, TODAY, vectors

from models.calendar import ShopCalendar
from models.catalogue import Offer
from models.payment import PaymentMethod
from models.promise import Promise, PromiseReason, PromiseReasonCode, promise_for
from models.shop import HolidayZone, ShopRules

RULES = ShopRules()
CASES = vectors("04_business_days")["cases"]
Code = PromiseReasonCode


def offer(sku: str = "A", *, stock: int = 5, restock_on: date | None = None) -> Offer:
    return Offer(sku, 1000, stock, NOW, restock_on=restock_on)


def promised(
    on: date,
    *items: tuple[Offer, int],
    method: PaymentMethod | None = None,
    rules: ShopRules = RULES,
) -> Promise:
    return promise_for(on, items or [(offer(), 1)], method, rules)


def test_monday_in_stock_leaves_on_wednesday() -> None:
    assert promised(TODAY) == Promise(
        dispatch_by=date(2026, 11, 25),
        ready_on=TODAY,
        handled_on=date(2026, 11, 24),
        reasons=(
            PromiseReason(Code.IN_STOCK, TODAY, ("A",)),
            PromiseReason(Code.OPEN_DAYS_TO_DISPATCH, date(2026, 11, 25), days=2),
        ),
        is_conditional=False,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_handled_as_in_the_vectors(case: dict[str, str]) -> None:
    rules = ShopRules(holiday_zone=HolidayZone(case.get("zone", "metropole")))
    handled = promised(date.fromisoformat(case["order"]), rules=rules).handled_on
    assert handled == date.fromisoformat(case["processed"])


def test_a_link_is_counted_as_paid_on_the_day() -> None:
    for method in (PaymentMethod.CARD_LINK, PaymentMethod.PAYPAL_LINK):
        promise = promised(TODAY, method=method)
        assert promise.dispatch_by == date(2026, 11, 25)
        assert promise.is_conditional
        assert PromiseReason(Code.AWAITS_LINK, TODAY) in promise.reasons


def test_a_transfer_takes_bank_days_not_shop_days() -> None:
    promise = promised(date(2026, 4, 1), method=PaymentMethod.TRANSFER)
    paid = PromiseReason(
        Code.AWAITS_TRANSFER,
        date(2026, 4, 9),
        days=4,
        names=("Vendredi saint", "Lundi de Pâques"),
    )
    assert paid in promise.reasons
    assert promise.ready_on == date(2026, 4, 9)
    assert promise.dispatch_by == date(2026, 4, 13)
    assert promise.is_conditional


def test_a_cheque_takes_open_days_in_the_post() -> None:
    promise = promised(date(2026, 11, 10), method=PaymentMethod.CHEQUE)
    posted = PromiseReason(Code.AWAITS_CHEQUE, date(2026, 11, 18), days=5, names=("Armistice",))
    assert posted in promise.reasons
    assert promise.dispatch_by == date(2026, 11, 20)
    assert promise.is_conditional


def test_skipped_holidays_are_named_with_the_day_it_opens_again() -> None:
    promise = promised(date(2026, 11, 10))
    assert promise.dispatch_by == date(2026, 11, 13)
    assert [r for r in promise.reasons if r.code is Code.CLOSED_DAYS] == [
        PromiseReason(Code.CLOSED_DAYS, date(2026, 11, 12), days=1, names=("Armistice",))
    ]


def test_two_holidays_in_a_row_are_one_reason() -> None:
    rules = ShopRules(holiday_zone=HolidayZone.ALSACE_MOSELLE)
    promise = promised(date(2025, 12, 24), rules=rules)
    assert [r for r in promise.reasons if r.code is Code.CLOSED_DAYS] == [
        PromiseReason(Code.CLOSED_DAYS, date(2025, 12, 29), days=2, names=("Noël", "Saint-Étienne"))
    ]
    assert promise.dispatch_by == date(2025, 12, 30)


def test_a_holiday_at_a_weekend_costs_nothing() -> None:
    promise = promised(date(2026, 8, 14))  # 15 August is a Saturday
    assert promise.dispatch_by == date(2026, 8, 18)
    assert Code.CLOSED_DAYS not in {reason.code for reason in promise.reasons}


def test_out_of_stock_waits_for_the_supplier() -> None:
    back = date(2026, 12, 3)
    promise = promised(TODAY, (offer("A"), 1), (offer("B", stock=0, restock_on=back), 1))
    assert promise.reasons[:2] == (
        PromiseReason(Code.IN_STOCK, TODAY, ("A",)),
        PromiseReason(Code.OUT_OF_STOCK_UNTIL, back, ("B",)),
    )
    assert (promise.ready_on, promise.dispatch_by) == (back, date(2026, 12, 7))


def test_less_than_wanted_is_out_of_stock() -> None:
    assert promised(TODAY, (offer(stock=2), 3)).dispatch_by is None
    assert promised(TODAY, (offer(stock=3), 3)).dispatch_by == date(2026, 11, 25)


def test_the_latest_of_money_and_goods_counts() -> None:
    late = offer(stock=0, restock_on=date(2026, 12, 3))
    soon = offer(stock=0, restock_on=date(2026, 11, 24))
    paid = PaymentMethod.TRANSFER  # expected on Friday 27 November
    assert promised(TODAY, (late, 1), method=paid).ready_on == date(2026, 12, 3)
    assert promised(TODAY, (soon, 1), method=paid).ready_on == date(2026, 11, 27)


@pytest.mark.parametrize(
    "restock_on", [None, TODAY - timedelta(days=1), TODAY + timedelta(days=367), date(9999, 12, 31)]
)
def test_without_a_date_to_believe_the_delay_is_unknown(restock_on: date | None) -> None:
    nobody_knows = offer("B", stock=0, restock_on=restock_on)
    promise = promised(TODAY, (offer("A"), 1), (nobody_knows, 1), method=PaymentMethod.CHEQUE)
    assert (promise.dispatch_by, promise.ready_on, promise.handled_on) == (None, None, None)
    assert PromiseReason(Code.OUT_OF_STOCK_UNKNOWN, None, ("B",)) in promise.reasons
    assert Code.AWAITS_CHEQUE in {reason.code for reason in promise.reasons}


@pytest.mark.parametrize("restock_on", [TODAY, TODAY + timedelta(days=366)])
def test_the_first_and_last_supplier_dates_that_count(restock_on: date) -> None:
    promise = promised(TODAY, (offer(stock=0, restock_on=restock_on), 1))
    assert promise.ready_on == restock_on


@given(
    st.dates(date(2025, 1, 1), date(2030, 12, 31)),
    st.sampled_from([None, *PaymentMethod]),
    st.sampled_from(HolidayZone),
    st.integers(0, 5),
    st.none() | st.integers(0, 90),
)
def test_the_days_stand_in_their_order_on_open_days(
    on: date, method: PaymentMethod | None, zone: HolidayZone, open_days: int, wait: int | None
) -> None:
    rules = ShopRules(holiday_zone=zone, dispatch_open_days=open_days)
    item = offer() if wait is None else offer(stock=0, restock_on=on + timedelta(days=wait))
    promise = promised(on, (item, 1), method=method, rules=rules)
    assert promise.ready_on and promise.handled_on and promise.dispatch_by  # noqa: PT018
    assert on <= promise.ready_on < promise.handled_on <= promise.dispatch_by
    calendar = ShopCalendar(zone)
    assert calendar.is_open(promise.handled_on)
    assert calendar.is_open(promise.dispatch_by)
    assert promise.ready_on == max(
        reason.on
        for reason in promise.reasons
        if reason.on and reason.code not in {Code.CLOSED_DAYS, Code.OPEN_DAYS_TO_DISPATCH}
    )
    assert promise.reasons[-1] == PromiseReason(
        Code.OPEN_DAYS_TO_DISPATCH, promise.dispatch_by, days=max(1, open_days)
    )
    assert promise.is_conditional == (method is not None)
