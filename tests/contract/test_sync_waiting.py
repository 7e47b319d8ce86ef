"""What keeps an item waiting: an older central, a token, a clock, a central that asks for time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from contract.conftest import Console, Shop, Time
from contract.line import Bench, drain
from contract.shop import make_order
from sqlalchemy import select

from models.order import Order, SyncState
from models.tables import central as tables
from models.wire.orders import order_to_wire
from models.wire.problems import problem
from services.sync.engine import SyncEngine
from services.sync.status import Connection


def revisions_at(shop: Shop) -> list[int]:
    with shop.database.read() as connection:
        return list(connection.scalars(select(tables.orders.c.revision)))


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


def test_a_field_that_an_older_central_does_not_know_waits_for_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = bench.console.place(make_order)
    _rewrite(bench.console, order, order_to_wire(order)[:-1] + ',"zzz":1}')
    report = bench.engine.run_once()
    assert (report.connection, report.refused, report.still_waiting) == (Connection.ONLINE, 0, 1)
    assert bench.console.sync_state(order) == (SyncState.WAITING, "field_unknown")
    assert bench.console.work(order) == []
    real = bench.line.handle_request

    def upgraded(request: httpx.Request) -> httpx.Response:
        content = request.read().replace(b',"zzz":1', b"")
        headers = {k: v for k, v in request.headers.items() if k != "content-length"}
        return real(httpx.Request(request.method, request.url, headers=headers, content=content))

    monkeypatch.setattr(bench.line, "handle_request", upgraded)
    drain(bench)
    assert bench.console.sync_state(order) == (SyncState.CONFIRMED, None)


def _rewrite(console: Console, order: Order, body: str) -> None:
    """As a newer program would have written it."""
    connection = console.store._engine.raw_connection()
    connection.execute("UPDATE outbox SET body = ? WHERE order_id = ?", (body, order.order_id.hex))
    connection.commit()
    connection.close()


def test_a_central_that_knows_no_changes_yet_gets_them_when_it_does(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = bench.line.handle_request

    def older(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/v1/orders/") and "revisions" in request.url.path:
            body = problem("not_found").model_dump_json()
            return httpx.Response(404, content=body)
        return real(request)

    order = bench.console.place(make_order)
    bench.console.revise(order, lambda n: make_order(n, [("LC970BK", 2)]))
    monkeypatch.setattr(bench.line, "handle_request", older)
    report = bench.engine.run_once()
    assert (report.sent, report.refused, report.still_waiting) == (1, 0, 1)
    assert bench.console.sync_state(order) == (SyncState.WAITING, "not_found")
    monkeypatch.undo()
    drain(bench)
    assert revisions_at(bench.shop) == [2]


@pytest.mark.parametrize("code,is_for_all", [("central_busy", True), ("defect_at_central", False)])
def test_what_central_asks_to_wait_is_waited_with_jitter_on_top(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, code: str, *, is_for_all: bool
) -> None:
    order = bench.console.place(make_order)
    answer = httpx.Response(
        problem(code).status,
        content=problem(code).model_dump_json(),
        headers={"Retry-After": "40"},
    )
    engine = SyncEngine(
        bench.console.store,
        bench.console.catalogue,
        lambda: bench.central,
        bench.shop.clock,
        chance=lambda: 0.5,
    )
    real = bench.line.handle_request
    monkeypatch.setattr(
        bench.line, "handle_request", lambda r: answer if r.method == "PUT" else real(r)
    )
    report = engine.run_once()
    assert report.retry_after_seconds == (40 if is_for_all else None)
    with bench.console.store.read() as tx:
        (item,) = tx.outbox.listing()
    assert (item.last_error, item.attempts) == (code, 1)
    assert item.next_try_at - bench.shop.clock.at == timedelta(seconds=40.5)
    assert not engine.has_due()
    monkeypatch.undo()
    bench.later()
    assert engine.run_once().is_complete
    assert bench.shop.order_ids() == [order.order_id]


def test_an_expired_token_keeps_all_waiting_and_says_so(bench: Bench) -> None:
    order = bench.console.place(make_order)
    consoles = tables.consoles
    with bench.shop.database.write() as connection:
        connection.execute(consoles.update().values(token_expires_at=bench.shop.clock.at))
    report = bench.engine.run_once()
    assert (report.connection, report.still_waiting) == (Connection.UNAUTHORISED, 1)
    assert report.error_code == "token_expired"
    assert bench.console.sync_state(order) == (SyncState.WAITING, "token_expired")
    with bench.shop.database.write() as connection:
        connection.execute(consoles.update().values(token_expires_at=None))
    drain(bench)
    assert bench.shop.order_ids() == [order.order_id]


@pytest.mark.parametrize("years", [-40, 40])
def test_a_console_whose_clock_is_wrong_by_years(bench: Bench, years: int) -> None:
    right = bench.shop.clock.at
    wrong = Time(right + timedelta(days=365 * years))
    at_the_desk = replace(bench.console, clock=wrong)
    order = at_the_desk.place(lambda n: make_order(n, placed_at=wrong.at))
    bench.line.faults = ["defect"]
    engine = SyncEngine(bench.console.store, bench.console.catalogue, lambda: bench.central, wrong)
    assert engine.run_once().still_waiting == 1
    wrong.at = right  # put right, while something waits
    at_the_desk.revise(order, lambda n: make_order(n, [("LC970BK", 2)], placed_at=right))
    report = engine.run_once(retry_all=True)
    assert (report.sent, report.still_waiting, report.refused) == (2, 0, 0)
    assert revisions_at(bench.shop) == [2]
