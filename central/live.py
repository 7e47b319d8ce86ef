"""Events as they happen: one reader for each worker, however many consoles listen.

Owns when a worker looks for new events and how they reach its streams. While somebody
listens, one task reads what is new, once, and keeps the last of it; each stream takes from
that what is for its console, or reads pages by itself while it is further behind. What says
"look now" may be lost without loss: it looks every now and then anyway, and everything goes
by cursors. Knows neither HTTP nor what an event means.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from central import notices
from central.database import Database
from central.logs import new_logger, place_of
from central.settings import CentralSettings
from central.store.consoles import digest_of, good_tokens
from central.store.events import all_events_after, events_after, newest_cursor
from models.errors import KioskError
from models.wire.events import EventOut

log = new_logger("kiosk.central")

KEPT = 2_000
"""Events a worker has at hand; a stream that is further behind reads from the database."""
PAGE = 1_000
GATHER_SECONDS = 0.02
"""What is committed in so short a time goes out together: a busy hour has hundreds a second."""
POLL_SECONDS = 0.15
"""Between two looks at a SQLite file, which tells nobody that another process wrote to it."""
POLL_SECONDS_NOTIFIED = 2.0
"""Where PostgreSQL tells, in case what it told was lost."""

T = TypeVar("T")

STREAMS_MAX = 4
"""Of one console at one worker. It needs one; the others are of lines that were cut and whose
end nobody has noticed yet.
"""

READING = {"GET", "HEAD", "OPTIONS"}

OPENING = b": listening\n"
HEARTBEAT = b":\n"
"""Comments of a stream (WHATWG HTML, 9.2): they only say that the line stands. No empty line
after them: some readers take that for an event.
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """An event as every stream sends it, encoded once; no ``console_id``: to everybody."""

    seq: int
    console_id: UUID | None
    text: bytes


class Live:
    """The events of one worker. All but ``close`` is for the event loop's thread."""

    def __init__(
        self, database: Callable[[], Database], settings: Callable[[], CentralSettings]
    ) -> None:
        self._database = database
        self._settings = settings
        self._reader: Reader | None = None
        self._is_closed = False
        self._open: dict[UUID, list[anyio.CancelScope]] = {}
        """Streams of each console that has any, the oldest first."""
        self.listeners = 0
        """Streams that are open now."""

    @property
    def is_reading(self) -> bool:
        return self._reader is not None

    async def stream(self, cursor: int, console_id: UUID, token: str) -> AsyncGenerator[bytes]:
        """What this console is told after ``cursor``, as it happens, and a heartbeat where
        there is nothing. Ends where the token is good no longer, the cursor is too old by now
        or the server stops.
        """
        with self._reading(token) as reader, contextlib.suppress(KioskError):
            yield OPENING
            spoke = reader.loop.time()
            while not self._is_closed and reader.is_running and reader.knows(token):
                news = reader.news
                text, cursor = await reader.after(cursor, console_id)
                silence = spoke + self._settings().heartbeat_seconds - reader.loop.time()
                if not text and await _is_set_within(silence, news):
                    continue
                yield text or HEARTBEAT
                spoke = reader.loop.time()

    @contextlib.contextmanager
    def one_of_few(self, console_id: UUID) -> Iterator[None]:
        """Where a stream of this console is sent. The block ends early, in silence, where the
        console has opened ``STREAMS_MAX`` newer ones: whoever comes back after a cut line is let
        in, whatever became of the streams before.
        """
        streams = self._open.setdefault(console_id, [])
        if len(streams) == STREAMS_MAX:
            streams.pop(0).cancel()
        with anyio.CancelScope() as stream:
            streams.append(stream)
            try:
                yield
            finally:
                self._forget(console_id, stream)

    def _forget(self, console_id: UUID, stream: anyio.CancelScope) -> None:
        streams = self._open.get(console_id, [])
        if stream in streams:  # else it made way for another
            streams.remove(stream)
            if not streams:
                del self._open[console_id]

    def ring(self) -> None:
        """There may be something new: look now."""
        if self._reader is not None:
            self._reader.rung.set()

    def close(self) -> None:
        """Let all streams end, now and in future. From any thread, or a signal's handler."""
        self._is_closed = True
        reader = self._reader
        if reader is not None:
            reader.loop.call_soon_threadsafe(reader.tell)

    @contextlib.contextmanager
    def _reading(self, token: str) -> Iterator[Reader]:
        if self._reader is None or not self._reader.is_running:
            self._reader = Reader(self._database(), self._settings())
        reader = self._reader
        reader.welcome(token)
        self.listeners += 1
        try:
            yield reader
        finally:
            self.listeners -= 1
            if not self.listeners:
                reader.stop()
                self._reader = None


class Reader:
    """Reads what is new, from its making until it is stopped."""

    def __init__(self, database: Database, settings: CentralSettings) -> None:
        self._database = database
        self._settings = settings
        self._frames: deque[Frame] = deque()
        self._kept_after: int | None = None
        self._reached = 0
        self._tokens: frozenset[str] = frozenset()
        # Of its own: all other threads may be busy with orders.
        self._thread = anyio.CapacityLimiter(1)
        self.loop = asyncio.get_running_loop()
        self.rung = asyncio.Event()
        """Set when there may be something new."""
        self.news = asyncio.Event()
        """Set when there is, and another one put in its place."""
        self._poll_seconds = POLL_SECONDS
        self._reading = self.loop.create_task(self._run())
        self._reading.add_done_callback(self._on_end)
        self._noticing: asyncio.Task[None] | None = None
        if database.is_postgresql:
            self._poll_seconds = POLL_SECONDS_NOTIFIED
            self._noticing = self.loop.create_task(notices.listen(database.url, self.rung.set))

    @property
    def is_running(self) -> bool:
        return not self._reading.done()

    def stop(self) -> None:
        for task in (self._reading, self._noticing):
            if task is not None:
                task.cancel()

    def tell(self) -> None:
        told, self.news = self.news, asyncio.Event()
        told.set()

    def welcome(self, token: str) -> None:
        """It was looked at just now."""
        self._tokens |= {digest_of(token)}

    def knows(self, token: str) -> bool:
        """Whether it was good when tokens were looked at last, a heartbeat ago at the most."""
        return digest_of(token) in self._tokens

    async def after(self, cursor: int, console_id: UUID) -> tuple[bytes, int]:
        """What there is for this console after ``cursor``, and the cursor after that.

        Raises Conflict("cursor_unknown"), Unavailable("central_busy").
        """
        if self._kept_after is None or cursor < self._kept_after:
            return await run_in_threadpool(self._page_after, cursor, console_id)
        fresh: list[bytes] = []
        for frame in reversed(self._frames):
            if frame.seq <= cursor:
                break
            if frame.console_id in {None, console_id}:
                fresh.append(frame.text)
        return b"".join(reversed(fresh)), max(cursor, self._reached)

    def _page_after(self, cursor: int, console_id: UUID) -> tuple[bytes, int]:
        with self._database.read() as connection:
            page = events_after(connection, console_id, cursor, limit=PAGE)
        return b"".join(map(_encoded, page.events)), page.cursor

    async def _run(self) -> None:
        looked_at = float("-inf")
        while True:
            try:
                if self.loop.time() - looked_at >= self._settings.heartbeat_seconds:
                    self._tokens = await self._in_thread(self._good_tokens)
                    looked_at = self.loop.time()
                has_more = self._keep(await self._in_thread(self._read_on))
            except KioskError as error:
                log.warning("events not read", problem=error.code)
                has_more = False
            if not has_more:
                await self._pause()

    async def _in_thread(self, read: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(read, limiter=self._thread)

    async def _pause(self) -> None:
        await _is_set_within(self._poll_seconds, self.rung)
        await asyncio.sleep(GATHER_SECONDS)
        self.rung.clear()

    def _read_on(self) -> Sequence[Frame]:
        with self._database.read() as connection:
            if self._kept_after is None:
                self._kept_after = self._reached = newest_cursor(connection)
            fresh = all_events_after(connection, self._reached, limit=PAGE)
        return [Frame(known.event.seq, known.console_id, _encoded(known.event)) for known in fresh]

    def _keep(self, fresh: Sequence[Frame]) -> bool:
        """Whether there may be more to read at once."""
        if not fresh:
            return False
        self._frames.extend(fresh)
        while len(self._frames) > KEPT:
            self._kept_after = self._frames.popleft().seq
        self._reached = fresh[-1].seq
        self.tell()
        return len(fresh) == PAGE

    def _good_tokens(self) -> frozenset[str]:
        with self._database.read() as connection:
            return good_tokens(connection, at=self._settings.now())

    def _on_end(self, task: asyncio.Task[None]) -> None:
        """A defect, unless it was stopped: streams end and are opened anew, with a new reader,
        and nobody stops this one any more.
        """
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("defect", error=place_of(error))
            self.stop()
            self.tell()


class RingAfterWrites:
    """ASGI middleware: what this worker wrote reaches its own streams without a poll."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
        if scope["type"] == "http" and scope["method"] not in READING:
            scope["app"].state.live.ring()


async def _is_set_within(seconds: float, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def _encoded(event: EventOut) -> bytes:
    return f"id: {event.seq}\ndata: {event.canonical()}\n\n".encode()
