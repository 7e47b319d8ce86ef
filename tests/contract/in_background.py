"""A console's sync in the background, and its statuses as they come."""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from services.ports import Central
from services.sync.backoff import Backoff
from services.sync.election import Election
from services.sync.engine import SyncEngine
from services.sync.live import LiveListener, OnNews
from services.sync.status import Connection, SyncStatus
from services.sync.thread import SyncThread

if TYPE_CHECKING:
    from contract.conftest import Console

PATIENCE_SECONDS = 20
QUICK = Backoff(0.02, 0.02)


class Told:
    """Statuses as they come, waited for."""

    def __init__(self) -> None:
        self._queue: queue.Queue[SyncStatus] = queue.Queue()
        self.all: list[SyncStatus] = []

    def __call__(self, status: SyncStatus) -> None:
        self.all.append(status)
        self._queue.put(status)

    def wait_for(
        self, wanted: Callable[[SyncStatus], bool], seconds: float = PATIENCE_SECONDS
    ) -> SyncStatus:
        while True:
            status = self._queue.get(timeout=seconds)
            if wanted(status):
                return status


def is_idle(status: SyncStatus) -> bool:
    return status.connection is Connection.ONLINE and status.waiting == 0


def is_live(status: SyncStatus) -> bool:
    return status.is_live


def thread(
    console: Console,
    central: Callable[[], Central],
    told: Callable[[SyncStatus], None],
    lock: Path,
    backoff: Backoff = QUICK,
    *,
    own_line: Callable[[], Central] | None = None,
    poll_seconds: float = 600,
    look_seconds: float = 0.02,
) -> SyncThread:
    """Polls next to never; listens where it has a line of its own for it."""

    def engine() -> SyncEngine:
        return SyncEngine(
            console.store,
            console.catalogue,
            central,
            console.clock,
            backoff=backoff,
            chance=lambda: 0.9,
        )

    def listener(engine: SyncEngine, on_news: OnNews) -> LiveListener:
        assert own_line is not None
        return LiveListener(engine.events, own_line, on_news, backoff=QUICK)

    return SyncThread(
        engine,
        Election(lock),
        console.clock,
        told,
        make_live=listener if own_line else None,
        poll_seconds=poll_seconds,
        look_seconds=look_seconds,
        backoff=backoff,
        chance=lambda: 0.9,
    )
