"""Changes and cancellations of placed orders (R8) on a line that fails in every way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from contract.conftest import Console, Shop
from contract.line import FAULTS, Bench, drain
from contract.shop import make_order
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from central.store.lifecycle import mark_delivered, mark_dispatched
from central.store.receipts import note_received
from models.order import Order, OrderEventKind, OrderState, SyncState
from models.tables import central as tables
from models.work import Settlement, WorkKind
from services.ports import OutboxItem
from services.sync.outbox import KIND_UNKNOWN

PARCEL = "6A12345678901"
REFUSED = (WorkKind.REFUSED, None)
DIFFERENCES = (WorkKind.DIFFERENCES, None)


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


def two_black(number: int) -> Order:
    return make_order(number, [("LC970BK", 2)])


def at_central(shop: Shop, order: Order) -> tuple[int, str]:
    """Revision and state."""
    wanted = select(tables.orders).where(tables.orders.c.order_id == order.order_id)
    with shop.database.read() as connection:
        row = connection.execute(wanted).one()
    return row.revision, row.state


def states(console: Console, order: Order) -> list[SyncState]:
    with console.store.read() as tx:
        return [item.state for item in tx.outbox.of_order(order.order_id)]


def work_facts(console: Console, order: Order) -> list[dict[str, object]]:
    with console.store.read() as tx:
        return [dict(item.facts) for item in tx.work.of_order(order.order_id)]


def paid_and_gone(shop: Shop, order: Order) -> None:
    with shop.database.write() as connection:
        note_received(connection, order.reference, at=shop.clock.at)
        mark_dispatched(connection, order.reference, PARCEL, at=shop.clock.at)


def test_an_order_changed_twice_and_cancelled_goes_up_step_by_step(bench: Bench) -> None:
    order = bench.console.place(make_order)
    bench.console.revise(order, two_black)
    bench.console.revise(order, lambda n: make_order(n, [("LC970Y", 1)]))
    assert states(bench.console, order) == [SyncState.WAITING] * 3
    report = bench.engine.run_once()
    assert (report.sent, report.still_waiting, report.error_code) == (3, 0, None)
    assert at_central(bench.shop, order) == (3, OrderState.AWAITING_PAYMENT)
    assert [bench.shop.stock(sku) for sku in ("LC970BK", "LC970C", "LC970Y")] == [12, 8, 4]
    bench.console.cancel(order)
    assert bench.engine.run_once().sent == 1
    assert at_central(bench.shop, order) == (3, OrderState.CANCELLED)
    assert bench.shop.stock("LC970Y") == 5
    assert bench.console.state(order) is OrderState.CANCELLED
    assert bench.console.work(order) == []


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(faults=st.lists(st.sampled_from(FAULTS), max_size=8), is_cancelled=st.booleans())
def test_whatever_the_line_does_the_last_word_is_there_once(
    bench: Bench, faults: Sequence[str], *, is_cancelled: bool
) -> None:
    before = bench.shop.stock("LC970BK")
    order = bench.console.place(make_order)
    bench.line.faults = list(faults)
    bench.engine.run_once()
    bench.console.revise(order, two_black)
    if is_cancelled:
        bench.console.cancel(order)
    drain(bench)
    awaited = OrderState.CANCELLED if is_cancelled else OrderState.AWAITING_PAYMENT
    assert at_central(bench.shop, order) == (2, awaited)
    assert bench.console.state(order) is awaited
    assert bench.shop.stock("LC970BK") == before - (0 if is_cancelled else 2)
    kinds = bench.console.event_kinds(order)
    assert kinds.count(OrderEventKind.ACCEPTED_BY_CENTRAL) == 2 + is_cancelled
    assert bench.console.work(order) == []
    bench.shop.set_stock("LC970BK", before)


def test_what_central_reckons_differently_is_work_once(bench: Bench) -> None:
    bench.shop.set_stock("LC970C", 0)
    order = bench.console.place(make_order)
    bench.line.faults = ["answer lost", "half a body", "taken, then a defect", "twice"]
    drain(bench)
    assert bench.console.work(order) == [DIFFERENCES]
    (facts,) = work_facts(bench.console, order)
    assert {"code": "stock_short", "said": "2", "central": "0", "sku": "LC970C"} in list(
        facts["differences"]  # type: ignore[call-overload]
    )
    assert bench.engine.run_once().work == 1
    drain(bench)
    assert bench.console.work(order) == [DIFFERENCES]


def test_a_revision_after_a_refused_order_goes_up_as_an_order(bench: Bench) -> None:
    bench.shop.fill()
    order = bench.console.place(lambda n: _not_adding_up(make_order(n)))
    bench.engine.run_once()
    assert bench.console.work(order) == [REFUSED]
    assert work_facts(bench.console, order) == [
        {"code": "amounts_do_not_add_up", "fields": ["amounts"], "what": "order"}
    ]
    bench.console.revise(order, two_black)
    report = bench.engine.run_once()
    assert (report.sent, report.refused_in_all, report.work) == (1, 0, 0)
    assert at_central(bench.shop, order) == (2, OrderState.AWAITING_PAYMENT)
    assert bench.console.work(order) == [(WorkKind.REFUSED, Settlement.CHANGED)]


def test_a_revision_that_waited_behind_an_order_that_was_refused(bench: Bench) -> None:
    order = bench.console.place(lambda n: _not_adding_up(make_order(n)))
    bench.console.revise(order, two_black)
    bench.engine.run_once()
    assert states(bench.console, order) == [SyncState.REFUSED, SyncState.CONFIRMED]
    assert at_central(bench.shop, order) == (2, OrderState.AWAITING_PAYMENT)


def test_the_cancellation_of_a_refused_order_has_nothing_to_cancel(bench: Bench) -> None:
    order = bench.console.place(lambda n: _not_adding_up(make_order(n)))
    bench.console.cancel(order)
    report = bench.engine.run_once()
    assert states(bench.console, order) == [SyncState.REFUSED, SyncState.CONFIRMED]
    assert (report.still_waiting, report.refused_in_all, report.work) == (0, 0, 0)
    assert bench.console.state(order) is OrderState.CANCELLED
    assert bench.shop.order_ids() == []


def _not_adding_up(order: Order) -> Order:
    """What only a fault of a program can make."""
    return replace(order, quote=replace(order.quote, goods_cents=order.quote.goods_cents + 1))


def test_a_change_after_a_refused_change(bench: Bench) -> None:
    order = bench.console.place(make_order)
    bench.console.revise(order, lambda n: _not_adding_up(make_order(n)))
    bench.engine.run_once()
    assert bench.console.work(order) == [REFUSED]
    bench.console.revise(order, two_black)
    assert bench.engine.run_once().sent == 1
    assert at_central(bench.shop, order)[0] == 3
    assert bench.console.work(order) == [(WorkKind.REFUSED, Settlement.CHANGED)]


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_what_the_carrier_has_already_is_a_return(bench: Bench, *, is_cancelled: bool) -> None:
    order = bench.console.place(make_order)
    bench.engine.run_once()
    paid_and_gone(bench.shop, order)
    if is_cancelled:
        bench.console.cancel(order)
        assert bench.console.state(order) is OrderState.CANCELLED
    else:
        bench.console.revise(order, two_black)
    report = bench.engine.run_once()
    assert (report.refused, report.still_waiting, report.work) == (1, 0, 1)
    what = "cancellation" if is_cancelled else "revision"
    assert work_facts(bench.console, order) == [
        {"code": "order_dispatched", "fields": [], "what": what}
    ]
    assert bench.console.state(order) is OrderState.DISPATCHED
    assert at_central(bench.shop, order) == (1, OrderState.DISPATCHED)
    with bench.shop.database.write() as connection:
        mark_delivered(connection, order.reference, at=bench.shop.clock.at)
    bench.engine.run_once()
    assert bench.console.state(order) is OrderState.DELIVERED
    assert bench.console.work(order) == [REFUSED]


def test_a_parcel_that_leaves_while_its_cancellation_waits(bench: Bench) -> None:
    """The live line tells it first: the truth is shown, and the cancellation still is refused."""
    order = bench.console.place(make_order)
    bench.engine.run_once()
    bench.console.cancel(order)
    paid_and_gone(bench.shop, order)
    bench.engine.events.catch_up(bench.central)
    assert bench.console.state(order) is OrderState.DISPATCHED
    assert bench.engine.run_once().refused == 1
    assert bench.console.state(order) is OrderState.DISPATCHED


def test_what_was_cancelled_another_way_is_cancelled(bench: Bench) -> None:
    order = bench.console.place(make_order)
    bench.engine.run_once()
    with bench.shop.client() as client:
        path = f"/v1/orders/{order.order_id}/cancellation"
        body = '{"cancelled_at": "2026-11-23T11:00:00Z", "reason": "autre"}'
        assert client.put(path, content=body).is_success
    bench.console.cancel(order)
    report = bench.engine.run_once()
    assert (report.sent, report.refused, report.work) == (1, 0, 0)
    assert states(bench.console, order)[-1] is SyncState.CONFIRMED


def test_a_refused_cancellation_leaves_the_order_where_central_has_it(
    bench: Bench,
) -> None:
    order = bench.console.place(make_order)
    bench.engine.run_once()
    with bench.shop.database.write() as connection:
        note_received(connection, order.reference, at=bench.shop.clock.at)
    bench.engine.run_once()
    assert bench.console.state(order) is OrderState.IN_PREPARATION
    bench.console.cancel(order)
    _spoil_cancellations(bench.console)
    assert bench.engine.run_once().refused == 1
    assert bench.console.state(order) is OrderState.IN_PREPARATION
    assert bench.console.work(order) == [REFUSED]


def test_what_was_told_of_an_order_while_it_was_cancelled_here_counts_once_it_is_not(
    bench: Bench,
) -> None:
    order = bench.console.place(make_order)
    bench.engine.run_once()
    bench.console.cancel(order)
    _spoil_cancellations(bench.console)
    with bench.shop.database.write() as connection:
        note_received(connection, order.reference, at=bench.shop.clock.at)
    bench.engine.events.catch_up(bench.central)
    assert bench.console.state(order) is OrderState.CANCELLED
    assert bench.engine.run_once(parts=[]).refused == 1
    assert bench.console.state(order) is OrderState.IN_PREPARATION
    assert bench.engine.events.cursor() is not None


def _spoil_cancellations(console: Console) -> None:
    """As if a defect of the program had written it."""
    connection = console.store._engine.raw_connection()
    connection.execute(
        "UPDATE outbox SET body = '{\"cancelled_at\": 3}' WHERE kind = 'cancellation'"
    )
    connection.commit()
    connection.close()


def test_a_kind_of_a_newer_program_is_left_alone_and_visible(bench: Bench) -> None:
    order = bench.console.place(make_order)
    bench.shop.clock.at += timedelta(seconds=1)
    other = bench.console.place(make_order)
    with bench.console.store.write() as tx:
        tx.outbox.add(_unknown_item(order, bench))
    bench.console.revise(order, two_black)
    report = bench.engine.run_once()
    assert (report.sent, report.still_waiting, report.error_code) == (2, 2, None)
    assert not bench.engine.has_due()
    with bench.console.store.read() as tx:
        alone, held_back = tx.outbox.listing()
    assert (alone.state, alone.last_error, alone.body) == (SyncState.WAITING, KIND_UNKNOWN, "{}")
    assert (held_back.state, held_back.attempts) == (SyncState.WAITING, 0)
    assert set(bench.shop.order_ids()) == {order.order_id, other.order_id}
    assert at_central(bench.shop, order)[0] == 1


def _unknown_item(order: Order, bench: Bench) -> OutboxItem:
    return OutboxItem(
        item_id=uuid4(),
        order_id=order.order_id,
        kind="gift_wrapping",
        body="{}",
        state=SyncState.WAITING,
        attempts=0,
        next_try_at=bench.shop.clock.at,
        last_error=None,
        created_at=bench.shop.clock.at,
    )
