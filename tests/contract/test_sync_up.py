"""Orders on a line that fails in every way: exactly one at central, none lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from contract.line import FAULTS, Bench
from contract.shop import make_order
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.order import OrderEventKind, SyncState
from models.tables import central as tables
from models.work import Settlement
from services.follow_up import settle_work_item
from services.sync.backoff import Backoff
from services.sync.engine import SyncEngine
from services.sync.status import Connection


def test_an_order_is_confirmed_and_said_so(bench: Bench) -> None:
    order = bench.console.place(make_order)
    assert bench.console.sync_state(order) == (SyncState.WAITING, None)
    report = bench.engine.run_once()
    assert (report.sent, report.still_waiting, report.error_code) == (1, 0, None)
    assert report.is_complete
    assert bench.console.sync_state(order) == (SyncState.CONFIRMED, None)
    assert bench.console.event_kinds(order) == [
        OrderEventKind.PLACED,
        OrderEventKind.ACCEPTED_BY_CENTRAL,
    ]
    assert bench.shop.order_ids() == [order.order_id]
    assert bench.engine.run_once().sent == 0


def test_orders_go_up_in_the_order_they_were_placed(bench: Bench) -> None:
    placed = []
    for _ in range(25):
        bench.shop.clock.at += timedelta(seconds=1)
        placed.append(bench.console.place(lambda n: make_order(n, [("LC970BK", 1)])))
        bench.engine.run_once() if len(placed) == 10 else None
    bench.engine.run_once()
    with bench.shop.client() as client:
        cursor, seen = 0, []
        while cursor is not None:
            page = client.get("/v1/orders", params={"cursor": cursor}).json()
            seen += [row["order_id"] for row in page["orders"]]
            cursor = page["cursor"]
    assert seen == [str(order.order_id) for order in placed]


@pytest.mark.parametrize(
    "fault,state,code,connection",
    [
        ("refused", SyncState.WAITING, "central_unreachable", Connection.OFFLINE),
        ("slow to connect", SyncState.WAITING, "central_unreachable", Connection.OFFLINE),
        ("lost on the way", SyncState.SENT, "central_timeout", Connection.OFFLINE),
        ("answer lost", SyncState.SENT, "central_timeout", Connection.OFFLINE),
        ("answer cut off", SyncState.SENT, "central_cut_off", Connection.OFFLINE),
        ("half a body", SyncState.SENT, "central_unclear", Connection.ONLINE),
        ("busy", SyncState.SENT, "central_unclear", Connection.ONLINE),
        ("taken, then a defect", SyncState.SENT, "central_unclear", Connection.ONLINE),
        ("a proxy's page", SyncState.SENT, "central_unclear", Connection.ONLINE),
        ("redirect", SyncState.SENT, "central_unclear", Connection.ONLINE),
    ],
)
def test_what_is_known_after_each_fault(
    bench: Bench, fault: str, state: SyncState, code: str, connection: Connection
) -> None:
    order = bench.console.place(make_order)
    bench.line.faults = [fault]
    report = bench.engine.run_once()
    assert (report.connection, report.error_code, report.still_waiting) == (connection, code, 1)
    assert not report.is_complete
    assert bench.console.sync_state(order) == (state, code)
    bench.later()
    assert bench.engine.run_once().is_complete
    assert bench.console.sync_state(order) == (SyncState.CONFIRMED, None)
    assert bench.shop.order_ids() == [order.order_id]
    assert bench.shop.stock("LC970BK") == 11


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(faults=st.lists(st.sampled_from(FAULTS), max_size=8), count=st.integers(1, 3))
def test_whatever_the_line_does_each_order_is_there_once(
    bench: Bench, faults: Sequence[str], count: int
) -> None:
    before = bench.shop.count(tables.orders)
    bench.line.faults = list(faults)
    placed = [
        bench.console.place(
            lambda n: make_order(n, [("LC970BK", 1)], placed_at=bench.shop.clock.at)
        )
        for _ in range(count)
    ]
    for _ in range(len(faults) + 1):
        bench.later()
        report = bench.engine.run_once()
        if report.is_complete:
            break
    assert (report.is_complete, report.error_code) == (True, None)
    assert report.refused_in_all == 0
    assert bench.shop.count(tables.orders) == before + count
    assert {order.order_id for order in placed} <= set(bench.shop.order_ids())
    for order in placed:
        kinds = bench.console.event_kinds(order)
        assert kinds.count(OrderEventKind.ACCEPTED_BY_CENTRAL) == 1


def test_an_order_that_central_cannot_digest_does_not_hold_up_the_others(bench: Bench) -> None:
    first = bench.console.place(make_order)
    bench.shop.clock.at += timedelta(seconds=1)
    second = bench.console.place(make_order)
    bench.line.faults = ["defect"]
    report = bench.engine.run_once()
    assert (report.sent, report.still_waiting, report.error_code) == (1, 1, "central_unclear")
    assert bench.console.sync_state(first)[0] is SyncState.SENT
    assert bench.console.sync_state(second)[0] is SyncState.CONFIRMED


def test_an_order_is_tried_once_a_run_however_short_its_delay(bench: Bench) -> None:
    order = bench.console.place(make_order)
    engine = SyncEngine(
        bench.console.store,
        bench.console.catalogue,
        lambda: bench.central,
        bench.shop.clock,
        chance=lambda: 0.0,
    )
    bench.line.faults = ["defect"] * 3
    engine.run_once()
    assert bench.line.faults == ["defect"] * 2
    assert engine.has_due()
    assert bench.console.sync_state(order) == (SyncState.SENT, "central_unclear")


def test_a_line_that_is_down_is_asked_once_for_all(bench: Bench) -> None:
    orders = [bench.console.place(make_order) for _ in range(3)]
    bench.line.faults = ["refused"] * 3
    bench.engine.run_once()
    assert len(bench.line.faults) == 2
    assert {bench.console.sync_state(order)[0] for order in orders} == {SyncState.WAITING}


def test_behind_a_captive_portal_one_order_is_tried_for_all(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = []
    for _ in range(3):
        orders.append(bench.console.place(make_order))
        bench.shop.clock.at += timedelta(seconds=1)
    asked: list[str] = []

    def portal(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        return httpx.Response(200, content=b"<html>Connectez-vous")

    monkeypatch.setattr(bench.line, "handle_request", portal)
    report = bench.engine.run_once()
    assert asked == [f"PUT /v1/orders/{orders[0].order_id}", "GET /v1/catalogue"]
    assert (report.connection, report.error_code) == (Connection.OFFLINE, "central_unclear")
    assert report.still_waiting == 3
    assert bench.console.sync_state(orders[1]) == (SyncState.WAITING, None)
    monkeypatch.undo()
    assert bench.engine.run_once(retry_all=True).is_complete
    assert set(bench.shop.order_ids()) == {order.order_id for order in orders}


def test_dying_between_the_answer_and_the_file_doubles_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = bench.console.place(make_order)
    real = bench.central.put_order

    def put_and_die(order_id: UUID, body: str) -> None:
        real(order_id, body)
        raise KeyboardInterrupt

    monkeypatch.setattr(bench.central, "put_order", put_and_die)
    with pytest.raises(KeyboardInterrupt):
        bench.engine.run_once()
    assert bench.console.sync_state(order)[0] is SyncState.SENT
    monkeypatch.undo()
    bench.later()
    assert bench.engine.run_once().is_complete
    assert bench.shop.order_ids() == [order.order_id]
    assert bench.console.event_kinds(order)[1:] == [OrderEventKind.ACCEPTED_BY_CENTRAL]


def test_what_waits_its_turn_goes_at_once_when_asked(bench: Bench) -> None:
    bench.console.place(make_order)
    slow = Backoff(first_seconds=600, highest_seconds=600)
    engine = SyncEngine(
        bench.console.store,
        bench.console.catalogue,
        lambda: bench.central,
        bench.shop.clock,
        backoff=slow,
        chance=lambda: 0.99,
    )
    bench.line.faults = ["defect"]
    engine.run_once()
    bench.later()
    assert not engine.has_due()
    assert engine.run_once().still_waiting == 1
    assert engine.run_once(retry_all=True).still_waiting == 0


def test_differences_are_kept_as_an_event(bench: Bench) -> None:
    bench.shop.set_stock("LC970C", 0)
    order = bench.console.place(make_order)
    report = bench.engine.run_once()
    assert (report.sent, report.differences) == (1, 1)
    with bench.console.store.read() as tx:
        *_, seen = tx.orders.events(order.order_id)
    assert seen.kind is OrderEventKind.DIFFERENCES_SEEN
    assert {"code": "stock_short", "said": "2", "central": "0", "sku": "LC970C"} in seen.facts[
        "differences"
    ]


def test_a_refusal_is_work_for_a_person_and_not_sent_again(bench: Bench) -> None:
    stranger = bench.console.place(lambda _: make_order(55_555_555))
    report = bench.engine.run_once()
    assert (report.sent, report.refused, report.still_waiting) == (0, 1, 0)
    assert report.connection is Connection.ONLINE
    assert bench.console.sync_state(stranger) == (SyncState.REFUSED, "reference_not_leased")
    with bench.console.store.read() as tx:
        *_, refused = tx.orders.events(stranger.order_id)
    assert refused.kind is OrderEventKind.REFUSED_BY_CENTRAL
    assert refused.facts == {
        "code": "reference_not_leased",
        "fields": ["reference"],
        "what": "order",
    }
    again = bench.engine.run_once(retry_all=True)
    assert (again.refused, again.refused_in_all) == (0, 1)
    assert bench.shop.order_ids() == []


def test_a_refusal_is_settled_also_where_the_clock_was_put_back(bench: Bench) -> None:
    now = bench.shop.clock.at
    bench.shop.clock.at += timedelta(hours=1)
    stranger = bench.console.place(lambda _: make_order(55_555_555))
    bench.shop.clock.at = now
    assert bench.engine.run_once(retry_all=True).refused_in_all == 1
    with bench.console.store.write() as tx:
        (item,) = tx.work.of_order(stranger.order_id)
        settle_work_item(tx, item.work_id, Settlement.CALLED_BACK, "", now=now)
    report = bench.engine.run_once()
    assert (report.work, report.refused_in_all) == (0, 0)
