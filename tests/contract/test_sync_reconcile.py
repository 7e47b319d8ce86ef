"""Where central has the last word on states, and what happens after a gap."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from contract.conftest import Console, Shop
from contract.line import Bench
from contract.shop import make_order
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from central.backup import back_up
from central.database import Database
from central.restore import restore
from central.store.lifecycle import (
    mark_delivered,
    mark_dispatched,
    mark_returned,
)
from central.store.receipts import note_received
from models.order import ORDER_TRANSITIONS, Order, OrderEventKind, OrderState, SyncState
from models.tables import central as tables
from models.work import WorkKind
from services.ports import CentralEvent, Listed
from services.sync.enrolment import EVENTS_CURSOR
from services.sync.order_states import apply_order_event, path
from services.sync.reconcile import reconcile_orders

PARCEL = "6A12345678901"
STATES = tuple(OrderState)


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


def told(order: Order, state: str, at: datetime, **facts: str) -> CentralEvent:
    return CentralEvent(1, "order_state", at, order.order_id, state, **facts)


def state_events(console: Console, order: Order) -> list[dict[str, object]]:
    with console.store.read() as tx:
        return [
            dict(event.facts)
            for event in tx.orders.events(order.order_id)
            if event.kind is OrderEventKind.STATE_CHANGED
        ]


def walked(console: Console, order: Order) -> list[object]:
    return [facts["state"] for facts in state_events(console, order)]


@given(before=st.sampled_from(STATES), after=st.sampled_from(STATES))
def test_a_way_is_made_of_steps_of_the_table(before: OrderState, after: OrderState) -> None:
    steps = path(before, after)
    if steps is None:
        assert after not in ORDER_TRANSITIONS[before]
        return
    assert (steps == ()) == (before is after)
    assert all(to in ORDER_TRANSITIONS[at] for at, to in pairwise((before, *steps)))
    assert OrderState.RETURNED not in steps[:-1]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None
)
@given(came=st.lists(st.integers(0, 3), max_size=8))
def test_events_late_twice_or_missing_end_where_the_newest_of_them_says(
    bench: Bench, came: list[int]
) -> None:
    happened = ("in_preparation", "dispatched", "delivered", "returned")
    order = bench.console.place(make_order)
    for number in came:
        at = bench.shop.clock.at + timedelta(minutes=number)
        with bench.console.store.write() as tx:
            apply_order_event(tx, told(order, happened[number], at), bench.shop.clock.at)
    end = happened[max(came)] if came else "awaiting_payment"
    assert bench.console.state(order) == end
    way = [OrderState.AWAITING_PAYMENT, *map(OrderState, map(str, walked(bench.console, order)))]
    assert all(after in ORDER_TRANSITIONS[before] for before, after in pairwise(way))
    assert len(set(way)) == len(way)


def test_words_and_orders_that_are_not_known_here_change_nothing(bench: Bench) -> None:
    order = bench.console.place(make_order)
    now = bench.shop.clock.at
    with bench.console.store.write() as tx:
        assert not apply_order_event(tx, told(order, "teleported", now), now)
        stranger = replace(told(order, "dispatched", now), order_id=uuid4())
        assert not apply_order_event(tx, stranger, now)
        other_kind = replace(told(order, "dispatched", now), kind="payment")
        assert not apply_order_event(tx, other_kind, now)
    assert walked(bench.console, order) == []


def test_what_comes_later_in_the_feed_counts_though_centrals_clock_was_put_back(
    bench: Bench,
) -> None:
    order = bench.console.place(make_order)
    now = bench.shop.clock.at
    with bench.console.store.write() as tx:
        assert apply_order_event(tx, told(order, "in_preparation", now), now)
        later = replace(told(order, "dispatched", now - timedelta(hours=1)), seq=2)
        assert apply_order_event(tx, later, now)
        again_from_a_copy = told(order, "delivered", now + timedelta(seconds=1))
        assert apply_order_event(tx, again_from_a_copy, now)
    assert walked(bench.console, order) == ["in_preparation", "dispatched", "delivered"]


def test_a_changed_order_may_have_to_be_paid_again_but_not_by_old_news(bench: Bench) -> None:
    order = bench.console.place(make_order)
    now = bench.shop.clock.at
    with bench.console.store.write() as tx:
        assert apply_order_event(tx, told(order, "in_preparation", now), now)
        old = told(order, "awaiting_payment", now - timedelta(seconds=1))
        assert not apply_order_event(tx, old, now)
        assert apply_order_event(tx, told(order, "awaiting_payment", now), now)
    assert bench.console.state(order) is OrderState.AWAITING_PAYMENT


def test_events_bring_the_state_and_the_parcel_number(bench: Bench) -> None:
    order = bench.console.place(make_order)
    bench.engine.run_once()
    with bench.shop.database.write() as connection:
        note_received(connection, order.reference, at=bench.shop.clock.at)
        mark_dispatched(connection, order.reference, PARCEL, at=bench.shop.clock.at)
    bench.engine.run_once()
    assert walked(bench.console, order) == ["in_preparation", "dispatched"]
    assert state_events(bench.console, order)[-1]["parcel_number"] == PARCEL
    bench.engine.run_once()
    assert walked(bench.console, order) == ["in_preparation", "dispatched"]


def test_after_a_gap_states_are_walked_step_by_step(bench: Bench) -> None:
    orders = [bench.console.place(make_order) for _ in range(7)]  # more than one page
    bench.engine.run_once()
    gone = orders[6]
    at = bench.shop.clock.at
    with bench.shop.database.write() as connection:
        note_received(connection, gone.reference, at=at)
        mark_dispatched(connection, gone.reference, PARCEL, at=at)
        mark_delivered(connection, gone.reference, at=at)
        mark_returned(connection, gone.reference, at=at)
    done = reconcile_orders(bench.console.store, bench.central, bench.shop.clock)
    assert (done.changed, done.sent_again) == (1, 0)
    assert walked(bench.console, gone)[-1] == "returned"
    assert state_events(bench.console, gone)[-1]["parcel_number"] == PARCEL
    assert [bench.console.state(order) for order in orders[:6]] == ["awaiting_payment"] * 6
    again = reconcile_orders(bench.console.store, bench.central, bench.shop.clock)
    assert (again.changed, again.sent_again) == (0, 0)


# --- a central that was put back from an older copy ---------------------------------


class Copies:
    """Copies of the shop's database, put back while nobody is served."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._copy = shop.folder / "copy.sqlite3"

    def take(self) -> None:
        back_up(self._shop.path, self._copy)

    def put_back(self) -> None:
        self._shop.database.close()
        restore(self._copy, self._shop.path, at=self._shop.clock.at)
        self._shop.database.__init__(self._shop.path)  # type: ignore[misc]


@pytest.fixture
def copies(shop: Shop) -> Copies:
    return Copies(shop)


def rows(shop: Shop) -> dict[str, tuple[int, str]]:
    with closing(Database(shop.path)) as database, database.read() as connection:
        found = connection.execute(select(tables.orders))
        return {row.reference: (row.revision, row.state) for row in found}


def test_what_a_restored_central_forgot_goes_up_again(bench: Bench, copies: Copies) -> None:
    kept = bench.console.place(make_order)
    changed = bench.console.place(make_order)
    cancelled = bench.console.place(make_order)
    bench.engine.run_once()
    copies.take()
    lost = bench.console.place(make_order)
    bench.console.revise(changed, lambda n: make_order(n, [("LC970BK", 2)]))
    bench.console.cancel(cancelled)
    bench.engine.run_once()
    before = rows(bench.shop)
    copies.put_back()
    assert lost.reference not in rows(bench.shop)
    report = bench.engine.run_once()
    assert (report.error_code, report.still_waiting, report.refused_in_all) == (None, 0, 0)
    assert rows(bench.shop) == before
    assert before[changed.reference][0] == 2
    assert before[cancelled.reference][1] == "cancelled"
    assert bench.console.event_kinds(kept).count(OrderEventKind.ACCEPTED_BY_CENTRAL) == 1
    assert bench.console.work(lost) == []
    assert bench.engine.run_once().sent == 0


def test_a_reference_leased_since_the_copy_was_made_is_still_taken(
    bench: Bench, copies: Copies
) -> None:
    copies.take()
    placed = [bench.console.place(make_order) for _ in range(25)]
    bench.engine.run_once()
    with bench.shop.database.read() as connection:
        blocks = connection.execute(select(tables.reference_blocks)).all()
    assert len(blocks) > 2
    placed += [bench.console.place(make_order) for _ in range(25)]
    copies.put_back()
    report = bench.engine.run_once()
    assert (report.refused_in_all, report.still_waiting) == (0, 0)
    assert set(rows(bench.shop)) == {order.reference for order in placed}
    with bench.shop.client("autre") as client:
        theirs = client.post("/v1/reference-blocks", json={"count": 100}).json()
    assert theirs["first"] > max(int(order.reference[:8]) for order in placed)


def test_a_change_of_an_order_that_central_forgot_brings_the_order_with_it(
    bench: Bench, copies: Copies
) -> None:
    copies.take()
    order = bench.console.place(make_order)
    bench.engine.run_once()
    copies.put_back()
    bench.console.revise(order, lambda n: make_order(n, [("LC970BK", 2)]))
    bench.engine.run_once()
    bench.later()
    assert bench.engine.run_once().is_complete
    assert rows(bench.shop)[order.reference] == (2, "awaiting_payment")
    assert bench.console.work(order) == []


def test_a_state_that_central_lost_is_work_for_a_person(bench: Bench, copies: Copies) -> None:
    order = bench.console.place(make_order)
    bench.engine.run_once()
    copies.take()
    with bench.shop.database.write() as connection:
        note_received(connection, order.reference, at=bench.shop.clock.at)
        mark_dispatched(connection, order.reference, PARCEL, at=bench.shop.clock.at)
    bench.engine.run_once()
    copies.put_back()
    for _ in range(2):
        bench.engine.run_once()
        reconcile_orders(bench.console.store, bench.central, bench.shop.clock)
    assert bench.console.state(order) is OrderState.DISPATCHED
    assert bench.console.work(order) == [(WorkKind.DIFFERENCES, None)]
    with bench.console.store.read() as tx:
        (item,) = tx.work.of_order(order.order_id)
    assert item.facts["differences"] == [
        {"code": "state_behind", "said": "dispatched", "central": "awaiting_payment", "sku": None}
    ]


def test_what_another_central_confirmed_is_not_sent_to_this_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = bench.console.place(make_order)
    bench.engine.run_once()
    monkeypatch.setattr(bench.central, "orders", lambda _: Listed([]))
    with bench.console.store.write() as tx:
        tx.outbox.disown_confirmed("")
    done = reconcile_orders(bench.console.store, bench.central, bench.shop.clock)
    assert (done.changed, done.sent_again) == (0, 0)
    assert bench.console.sync_state(order)[0] is SyncState.CONFIRMED
    later = bench.console.place(make_order)
    monkeypatch.undo()
    bench.engine.run_once()
    monkeypatch.setattr(bench.central, "orders", lambda _: Listed([]))
    assert reconcile_orders(bench.console.store, bench.central, bench.shop.clock).sent_again == 1
    assert bench.console.sync_state(later)[0] is SyncState.WAITING


def test_a_parcel_of_an_order_that_central_forgot_is_work_for_a_person(
    bench: Bench, copies: Copies
) -> None:
    copies.take()
    order = bench.console.place(make_order)
    bench.engine.run_once()
    with bench.shop.database.write() as connection:
        note_received(connection, order.reference, at=bench.shop.clock.at)
        mark_dispatched(connection, order.reference, PARCEL, at=bench.shop.clock.at)
    bench.engine.run_once()
    copies.put_back()
    for _ in range(3):
        bench.later()
        bench.engine.run_once()
    assert rows(bench.shop)[order.reference] == (1, "awaiting_payment")
    assert bench.console.state(order) is OrderState.DISPATCHED
    assert bench.console.work(order) == [(WorkKind.DIFFERENCES, None)]
    with bench.console.store.read() as tx:
        assert tx.settings.get(EVENTS_CURSOR), "the feed was not begun"


def test_a_central_that_never_lists_what_it_took_is_not_sent_all_of_it_for_ever(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = bench.console.place(make_order)
    bench.engine.run_once()
    monkeypatch.setattr(bench.central, "orders", lambda _: Listed([]))
    bench.engine.events.forget()
    assert [bench.engine.run_once().sent for _ in range(5)] == [1, 1, 1, 0, 0]
    assert bench.engine.events.cursor() is not None
    assert bench.shop.order_ids() == [order.order_id]
