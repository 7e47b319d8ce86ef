"""What is owed is told at any moment, also while an exchange takes its time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from contract.conftest import Console, Shop
from contract.in_background import PATIENCE_SECONDS, Told, is_idle, thread
from contract.shop import make_order

from services.adapters.central_http import CentralHttp
from services.sync.status import Connection, SyncStatus

NEVER = 600


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


@pytest.fixture
def central(shop: Shop) -> Iterator[CentralHttp]:
    shop.fill()
    central = CentralHttp(lambda: shop.url, shop.token())
    yield central
    central.close()


class Held:
    """Calls of central that wait at this gate until they are let through."""

    def __init__(self) -> None:
        self._is_reached = threading.Semaphore(0)
        self._may_go = threading.Semaphore(0)

    def holding(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def held(*args: Any) -> Any:
            self._is_reached.release()
            assert self._may_go.acquire(timeout=PATIENCE_SECONDS)
            return real(*args)

        return held

    def wait(self) -> None:
        assert self._is_reached.acquire(timeout=PATIENCE_SECONDS)

    def let_go(self, times: int = 1) -> None:
        self._may_go.release(times)


@contextmanager
def syncing(
    console: Console, central: CentralHttp, told: Told, lock: Path, **how: float
) -> Iterator[Any]:
    sync = thread(console, lambda: central, told, lock, **how)
    sync.start()
    yield sync
    sync.stop()


def waits(count: int) -> Callable[[SyncStatus], bool]:
    return lambda status: status.waiting == count


def test_what_was_just_placed_waits_though_central_is_silent(
    console: Console, central: CentralHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, told = Held(), Told()
    with syncing(console, central, told, tmp_path / "lock", look_seconds=NEVER) as sync:
        told.wait_for(is_idle)
        monkeypatch.setattr(central, "operators", held.holding(central.operators))
        sync.wake()
        held.wait()
        console.place(make_order)
        sync.send()  # and nothing else would look before the exchange ends
        assert told.wait_for(waits(1)).connection is Connection.ONLINE
        held.let_go(2)
        told.wait_for(is_idle)


def test_what_waits_is_told_before_central_has_answered_for_the_first_time(
    console: Console, central: CentralHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, told, before = Held(), Told(), Told()
    with syncing(console, central, before, tmp_path / "lock"):
        before.wait_for(is_idle)
    console.place(make_order)
    monkeypatch.setattr(central, "put_order", held.holding(central.put_order))
    with syncing(console, central, told, tmp_path / "lock"):
        held.wait()
        assert told.wait_for(waits(1)).connection is Connection.CONNECTING
        held.let_go()
        told.wait_for(is_idle)


def test_what_was_sent_waits_no_more_while_the_next_is_on_its_way(
    console: Console, central: CentralHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, told = Held(), Told()
    with syncing(console, central, told, tmp_path / "lock") as sync:
        told.wait_for(is_idle)
        monkeypatch.setattr(central, "put_order", held.holding(central.put_order))
        for _ in range(2):
            console.place(make_order)
        sync.send()
        told.wait_for(waits(2))
        held.let_go()
        assert told.wait_for(waits(1)).connection is Connection.ONLINE
        held.let_go()
        told.wait_for(is_idle)
