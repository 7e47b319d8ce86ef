"""``/v1/events``: what happened, by pages, and as it happens (server-sent events)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.security.utils import get_authorization_scheme_param
from starlette.types import Send

from central.answers import spelled
from central.auth import ConsoleOf, DatabaseOf, SettingsOf
from central.contract import GUARDED, problems
from central.live import Live
from central.store.events import ensure_cursor, events_after, newest_cursor
from central.store.settings import central_id
from models.wire.events import EVENTS_TYPE, EventsPage
from models.wire.fields import SEQ_MAX

router = APIRouter(prefix="/v1", tags=["events"])

Cursor = Annotated[int | None, Query(ge=0, le=SEQ_MAX)]
LastEventId = Annotated[int | None, Header(ge=0, le=SEQ_MAX)]

NOT_KEPT = {
    "Cache-Control": "no-store",
    # nginx would gather what is to be seen within a second.
    "X-Accel-Buffering": "no",
}


class EventStream(StreamingResponse):
    """An answer that goes on until either side ends it; here, by leaving ``while_in``."""

    media_type = EVENTS_TYPE

    def __init__(
        self, events: AsyncGenerator[bytes], while_in: AbstractContextManager[None]
    ) -> None:
        super().__init__(events, headers=NOT_KEPT)
        self._events = events
        self._while_in = while_in

    async def stream_response(self, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        with self._while_in:
            async with aclosing(self._events):
                async for text in self._events:
                    await send({"type": "http.response.body", "body": text, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@router.get(
    "/events",
    response_model=EventsPage,
    responses=problems(*GUARDED, "body_malformed", "cursor_unknown"),
)
def events(
    console: ConsoleOf, database: DatabaseOf, settings: SettingsOf, cursor: Cursor = None
) -> Response:
    """What happened after ``cursor`` that this console may know; without one nothing but the
    cursor to begin with, and who this central is. 410 for a cursor that has missed something: fetch everything.
    """
    with database.read() as connection:
        if cursor is None:
            newest = newest_cursor(connection)
            page = EventsPage(events=(), cursor=newest, central_id=central_id(connection))
        else:
            page = events_after(connection, console.console_id, cursor, limit=settings.page_rows)
    return spelled(page, "events", (event.model_dump_json() for event in page.events))


def first_cursor(
    database: DatabaseOf, cursor: Cursor = None, last_event_id: LastEventId = None
) -> int:
    """Where the stream begins. In a thread, and before the answer does: a 410 is one still."""
    wanted = cursor if last_event_id is None else last_event_id
    with database.read() as connection:
        if wanted is None:
            return newest_cursor(connection)
        ensure_cursor(connection, wanted)
        return wanted


@router.get(
    "/events/stream",
    response_class=StreamingResponse,
    responses={
        200: {"content": {EventStream.media_type: {"schema": {"type": "string"}}}},
        **problems(*GUARDED, "body_malformed", "cursor_unknown"),
    },
)
async def stream(
    request: Request, console: ConsoleOf, cursor: Annotated[int, Depends(first_cursor)]
) -> Response:
    """What happens after ``cursor`` or ``Last-Event-ID``, as it happens; without either, from
    now on. The data of each event is an ``EventOut``, its id the cursor after it; a comment
    every few seconds says that the line stands. Ends when the token does.
    """
    live: Live = request.app.state.live
    _, token = get_authorization_scheme_param(request.headers.get("Authorization"))
    of = console.console_id
    return EventStream(live.stream(cursor, of, token), while_in=live.one_of_few(of))
