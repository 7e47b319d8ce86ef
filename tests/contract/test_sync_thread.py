"""The sync in the background: when it runs, what it tells, who does it, how it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from contract.conftest import Console, Shop, Time
from contract.in_background import PATIENCE_SECONDS, Told, is_idle, thread
from contract.shop import make_order
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Unavailable
from models.order import SyncState
from services.adapters.central_http import CentralHttp
from services.ports import Central, Verdict
from services.sync.backoff import Backoff
from services.sync.election import Election, LineNews
from services.sync.status import NO_CATALOGUE, Connection, SyncStatus


@pytest.fixture
def central(shop: Shop) -> Iterator[CentralHttp]:
    shop.fill()
    central = CentralHttp(lambda: shop.url, shop.token())
    yield central
    central.close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "sync.lock"


def test_it_begins_by_itself_and_sends_what_is_put_there(
    console: Console, shop: Shop, central: CentralHttp, lock: Path
) -> None:
    told = Told()
    sync = thread(console, lambda: central, told, lock)
    sync.start()
    first = told.wait_for(is_idle)
    assert (first.references_left, first.catalogue_version) == (200, "shop-1")
    assert first.last_contact_at == shop.clock.at
    order = console.place(make_order)  # by another process: nobody wakes the thread
    told.wait_for(lambda status: status.catalogue_version.startswith("shop-1+"))
    assert shop.order_ids() == [order.order_id]
    sync.stop()


def _failing_once(central: CentralHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next order meets a defect at central."""
    answers = [Unavailable("defect_at_central")]
    real = central.put_order

    def put_order(order_id: UUID, body: str) -> Verdict:
        if answers:
            raise answers.pop()
        return real(order_id, body)

    monkeypatch.setattr(central, "put_order", put_order)


def test_waking_it_sends_at_once_what_waits_its_turn(
    console: Console, central: CentralHttp, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _failing_once(central, monkeypatch)
    told = Told()
    sync = thread(console, lambda: central, told, lock, Backoff(600, 600))
    sync.start()
    told.wait_for(is_idle)
    console.place(make_order)
    told.wait_for(lambda status: status.last_error_code == "defect_at_central")
    sync.wake()
    told.wait_for(lambda status: status.last_error_code is None and status.waiting == 0)
    sync.stop()


def test_what_is_placed_goes_up_and_the_codes_stay_where_they_are(
    console: Console, shop: Shop, central: CentralHttp, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for name in ("operators", "vouchers"):
        monkeypatch.setattr(central, name, _noting(asked, name, getattr(central, name)))
    told = Told()
    sync = thread(console, lambda: central, told, lock, look_seconds=600)
    sync.start()
    told.wait_for(is_idle)
    asked.clear()
    with_code = console.place(lambda number: make_order(number, codes=["Noel5"]))
    sync.send()
    told.wait_for(lambda status: status.catalogue_version.startswith("shop-1+"))
    assert (shop.order_ids(), asked) == ([with_code.order_id], [])
    refused = console.place(lambda _: make_order(55_555_555, codes=["Noel5"]))
    sync.send()
    told.wait_for(lambda status: status.refused == 1)
    assert console.sync_state(refused)[0] is SyncState.REFUSED
    assert asked == ["vouchers"]  # which central counts otherwise than they were here
    sync.wake()
    told.wait_for(lambda _: "operators" in asked)
    sync.stop()


def _noting(asked: list[str], name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def noting(*args: Any) -> Any:
        asked.append(name)
        return real(*args)

    return noting


def test_one_item_that_is_stuck_holds_up_nothing_else(
    console: Console, shop: Shop, central: CentralHttp, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck: set[UUID] = set()
    real = central.put_order

    def put_order(order_id: UUID, body: str) -> Verdict:
        if not stuck or order_id in stuck:
            stuck.add(order_id)
            raise Unavailable("field_unknown")
        return real(order_id, body)

    monkeypatch.setattr(central, "put_order", put_order)
    told = Told()
    sync = thread(console, lambda: central, told, lock, Backoff(600, 600))
    sync.start()
    told.wait_for(is_idle)
    console.place(make_order)
    seen = told.wait_for(lambda status: status.last_error_code == "field_unknown")
    assert (seen.connection, seen.next_try_at) == (Connection.ONLINE, None)
    other = console.place(make_order)  # nobody wakes the thread, nor waits for a next try
    told.wait_for(lambda status: status.catalogue_version.startswith("shop-1+"))
    sync.stop()
    assert shop.order_ids() == [other.order_id]


def test_what_is_placed_while_central_is_gone_does_not_wait_for_the_next_try(
    console: Console, shop: Shop, central: CentralHttp, lock: Path
) -> None:
    lost: list[Unavailable] = []

    def found() -> Central:
        if lost:
            raise lost.pop()
        return central

    told = Told()
    sync = thread(console, found, told, lock, Backoff(600, 600), look_seconds=600)
    sync.start()
    told.wait_for(is_idle)
    lost.append(Unavailable("central_unreachable"))
    sync.wake()
    told.wait_for(lambda status: status.connection is Connection.OFFLINE)
    order = console.place(make_order)
    sync.send()
    told.wait_for(is_idle)
    sync.stop()
    assert shop.order_ids() == [order.order_id]


def test_a_clock_that_went_back_holds_nothing_up(
    console: Console, central: CentralHttp, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _failing_once(central, monkeypatch)
    told = Told()
    sync = thread(console, lambda: central, told, lock, Backoff(600, 600))
    sync.start()
    told.wait_for(is_idle)
    console.clock.at += timedelta(days=1)
    console.place(make_order)
    told.wait_for(lambda status: status.last_error_code == "defect_at_central")
    console.clock.at -= timedelta(days=1)
    told.wait_for(lambda status: status.last_error_code is None and status.waiting == 0)
    sync.stop()


def test_a_line_that_comes_back_is_noticed(
    console: Console, central: CentralHttp, lock: Path
) -> None:
    is_down = threading.Event()
    is_down.set()

    def found() -> Central:
        if is_down.is_set():
            raise Unavailable("central_unreachable")
        return central

    told = Told()
    sync = thread(console, found, told, lock)
    sync.start()
    offline = told.wait_for(lambda status: status.connection is Connection.OFFLINE)
    assert (offline.last_error_code, offline.last_contact_at) == ("central_unreachable", None)
    is_down.clear()
    told.wait_for(is_idle)
    sync.stop()


def test_when_central_is_asked_again_is_said_and_is_not_before_it_wants(
    console: Console, central: CentralHttp, lock: Path
) -> None:
    is_busy = threading.Event()
    is_busy.set()
    asked: list[float] = []

    def found() -> Central:
        asked.append(time.monotonic())
        if is_busy.is_set():
            raise Unavailable("central_busy", retry_after_seconds=60)
        return central

    told = Told()
    sync = thread(console, found, told, lock, Backoff(10, 10))
    sync.start()
    busy = told.wait_for(lambda status: status.last_error_code == "central_busy")
    assert busy.next_try_at is not None
    wait = (busy.next_try_at - console.clock.at).total_seconds()
    assert wait == pytest.approx(69, abs=1)  # 60 by central, 9 by chance
    is_busy.clear()
    sync.wake()
    well = told.wait_for(is_idle)
    assert (well.next_try_at, well.last_error_code, len(asked)) == (None, None, 2)
    assert well.clock_offset_seconds is not None
    sync.stop()


def test_a_central_without_a_catalogue_is_said_and_holds_nothing_up(
    console: Console, shop: Shop, lock: Path
) -> None:
    central = CentralHttp(lambda: shop.url, shop.token())
    told = Told()
    sync = thread(console, lambda: central, told, lock, Backoff(600, 600))
    sync.start()
    first = told.wait_for(lambda status: status.connection is Connection.ONLINE)
    assert (first.last_error_code, first.references_left) == (NO_CATALOGUE, 200)
    console.place(make_order)  # nobody wakes the thread, which has nothing to back off from
    told.wait_for(lambda status: status.waiting == 0 and status.references_left != 200)
    shop.fill()
    sync.wake()
    told.wait_for(lambda status: status.last_error_code is None)
    sync.stop()
    central.close()


def test_one_of_many_syncs_and_another_takes_over(
    console: Console, shop: Shop, central: CentralHttp, lock: Path
) -> None:
    other_line = CentralHttp(lambda: shop.url, shop.token())
    first_told, second_told = Told(), Told()
    first = thread(console, lambda: central, first_told, lock)
    first.start()
    first_told.wait_for(is_idle)
    second = thread(console, lambda: other_line, second_told, lock)
    second.start()
    watching = second_told.wait_for(is_idle)
    assert watching.last_contact_at == shop.clock.at
    assert other_line.clock_offset_seconds is None  # it was asked nothing
    first.stop()
    console.place(make_order)
    second_told.wait_for(lambda status: status.catalogue_version.startswith("shop-1+"))
    assert other_line.clock_offset_seconds is not None
    second.stop()
    other_line.close()
    assert len(shop.order_ids()) == 1


def test_it_stops_within_a_second_while_central_does_not_answer(
    console: Console, lock: Path
) -> None:
    asked, let_go = threading.Event(), threading.Event()

    def silent() -> Central:
        asked.set()
        let_go.wait(PATIENCE_SECONDS)
        raise Unavailable("central_timeout")

    told = Told()
    sync = thread(console, silent, told, lock)
    sync.start()
    assert asked.wait(PATIENCE_SECONDS)
    began = time.monotonic()
    sync.stop()
    assert time.monotonic() - began < 1.5
    let_go.set()
    sync._thread.join(PATIENCE_SECONDS)
    assert {status.connection for status in told.all} <= {Connection.CONNECTING}


def test_whatever_goes_wrong_there_is_a_next_turn(
    console: Console, central: CentralHttp, lock: Path
) -> None:
    accidents: list[Exception] = [ZeroDivisionError(), Unavailable("store_busy")]

    def stumbling() -> Central:
        if accidents:
            raise accidents.pop()
        return central

    told = Told()
    sync = thread(console, stumbling, told, lock)
    sync.start()
    told.wait_for(is_idle)
    sync.stop()
    codes = [code for code, _ in groupby(status.last_error_code for status in told.all)]
    assert codes[-3:] == ["store_busy", "sync_defect", None]


def test_a_listener_that_is_gone_does_not_end_the_sync(
    console: Console, shop: Shop, central: CentralHttp, lock: Path
) -> None:
    told = Told()

    def listener(status: SyncStatus) -> None:
        told(status)
        raise RuntimeError("the screen is gone")

    sync = thread(console, lambda: central, listener, lock)
    sync.start()
    told.wait_for(is_idle)
    console.place(make_order)
    told.wait_for(lambda status: status.catalogue_version.startswith("shop-1+"))
    sync.stop()
    assert len(shop.order_ids()) == 1


# --- election ---------------------------------------------------------------------


def test_one_seat(lock: Path) -> None:
    first, second = Election(lock), Election(lock)
    assert first.try_to_win()
    assert first.try_to_win()
    assert not second.try_to_win()
    first.leave()
    assert not first.is_won
    assert second.try_to_win()
    assert lock.stat().st_mode & 0o777 == 0o600
    second.leave()


def test_waiting_for_the_seat_has_an_end(lock: Path) -> None:
    holder, other = Election(lock), Election(lock)
    assert holder.win_within(0)
    assert not other.win_within(0.05)
    leaving = threading.Timer(0.05, holder.leave)
    leaving.start()
    assert other.win_within(PATIENCE_SECONDS)
    leaving.join()
    other.leave()


def test_the_others_hear_what_the_holder_says(lock: Path) -> None:
    holder, other = Election(lock), Election(lock)
    assert other.hear() is None
    holder.try_to_win()
    assert other.hear() is None
    for news in (
        LineNews(Connection.OFFLINE, Time().at, "central_unreachable"),
        LineNews(Connection.ONLINE),
    ):
        holder.tell(news)
        other.tell(LineNews(Connection.UNAUTHORISED))
        assert other.hear() == news
    holder.leave()


# --- backoff ----------------------------------------------------------------------


@given(failures=st.integers(1, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_a_delay_is_never_over_its_ceiling(failures: int, chance: float) -> None:
    delay = Backoff(1, 15).delay(failures, chance).total_seconds()
    assert 0 <= delay <= min(15, 2 ** min(failures - 1, 10))


def test_ceilings_double() -> None:
    delays = [Backoff(1, 15).delay(n, 0.5).total_seconds() for n in range(1, 7)]
    assert delays == [0.5, 1, 2, 4, 7.5, 7.5]
