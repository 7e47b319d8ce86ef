"""A worker of central on a database of a test, and somebody who listens to it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from contract.conftest import Served, Shop, running
from httpx_sse import EventSource

from central.settings import CentralSettings
from central.store.events import Happening, append
from models.wire.events import EventKind, EventOut

SOON = 1.0
"""Seconds within which an event has to be seen."""


@contextmanager
def serving(shop: Shop, **how: Any) -> Iterator[Served]:
    settings = {"now": shop.clock.now, "page_rows": 5, "heartbeat_seconds": 0.2, **how}
    with running(CentralSettings(shop.where, **settings)) as served:
        yield served


@dataclass
class Heard:
    """What comes down one stream; None once it has ended."""

    answer: httpx.Response
    events: queue.Queue[EventOut | None] = field(default_factory=queue.Queue)

    def next(self, timeout: float = SOON) -> EventOut | None:
        return self.events.get(timeout=timeout)

    def kinds(self, count: int) -> list[str]:
        return [told.kind for _ in range(count) if (told := self.next()) is not None]

    def read(self) -> None:
        try:
            for event in EventSource(self.answer).iter_sse():
                told = EventOut.read_answer(event.data)
                assert event.id == str(told.seq)
                self.events.put(told)
        except httpx.HTTPError:
            pass
        except Exception:
            # Hung up by the test in the middle of a read: what that looks like depends on where.
            if not self.answer.is_closed:
                raise
        self.events.put(None)


@contextmanager
def listening(shop: Shop, url: str, *, name: str = "comptoir", **query: Any) -> Iterator[Heard]:
    headers = query.pop("headers", {})
    with (
        shop.client(name) as client,
        client.stream(
            "GET", f"{url}/v1/events/stream", params=query, headers=headers, timeout=10
        ) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        heard = Heard(answer)
        reading = threading.Thread(target=heard.read)
        reading.start()
        try:
            yield heard
        finally:
            answer.close()
            reading.join(timeout=5)


def wait_for(is_so: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def note(shop: Shop, *kinds: EventKind) -> None:
    """Something happened, at another worker."""
    happenings = [Happening(kind) for kind in kinds]
    shop.database.run(lambda tx: append(tx, happenings, at=shop.clock.at))
