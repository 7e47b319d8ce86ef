"""``/v1/catalogue``: its version, a snapshot by pages or in one stream, then the changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from central.auth import DatabaseOf, SettingsOf
from central.contract import GUARDED, problems, streamed
from central.database import Database
from central.store.feed import Page, newest_import, page_after, version_now
from central.store.feed_text import text_of
from models.wire.catalogue import CURSOR_MAX, CatalogueOut, ChangesOut

router = APIRouter(prefix="/v1", tags=["catalogue"])

STREAM_ROWS = 500
"""Rows in a line of the stream: what is lost when it is cut, some 15 kB on the way. A console
reads a line in 5 ms, in which it cannot look at a key.
"""
STREAM_TYPE = "application/x-ndjson"

Cursor = Annotated[
    str | None,
    Query(max_length=CURSOR_MAX, description="From an earlier page; none: from the beginning."),
]


@router.get("/catalogue", responses=problems(*GUARDED))
def version(database: DatabaseOf) -> CatalogueOut:
    """The version there is now; null while no catalogue was taken in."""
    with database.read() as connection:
        newest = newest_import(connection)
        return CatalogueOut(
            version=version_now(connection), is_demo=newest is not None and newest.is_demo
        )


@router.get(
    "/catalogue/changes",
    response_model=ChangesOut,
    responses=problems(*GUARDED, "body_malformed", "cursor_unknown"),
)
def changes(database: DatabaseOf, settings: SettingsOf, cursor: Cursor = None) -> Response:
    """The page after ``cursor``; the first page of a snapshot without one."""
    page = _page(database, cursor, settings.page_rows)
    return Response(text_of(page), media_type="application/json")


@router.get(
    "/catalogue/stream",
    response_class=StreamingResponse,
    responses={
        **streamed(STREAM_TYPE, "Each line is a ChangesOut, with its own cursor."),
        **problems(*GUARDED, "body_malformed", "cursor_unknown"),
    },
)
def stream(database: DatabaseOf, settings: SettingsOf, cursor: Cursor = None) -> StreamingResponse:
    """All pages after ``cursor``, as ``changes`` gives them one by one, the last one with
    ``has_more`` false. Cut anywhere, it goes on after the cursor of the last whole line.
    """
    limit = min(settings.page_rows, STREAM_ROWS)
    first = _page(database, cursor, limit)  # what is wrong is said before the answer begins
    return StreamingResponse(_lines(database, first, limit), media_type=STREAM_TYPE)


def _lines(database: Database, page: Page, limit: int) -> Iterator[str]:
    """Each page is a transaction of its own: a slow line holds none open."""
    yield text_of(page) + "\n"
    while page.has_more:
        page = _page(database, page.cursor, limit)
        yield text_of(page) + "\n"


def _page(database: Database, cursor: str | None, limit: int) -> Page:
    with database.read() as connection:
        return page_after(connection, cursor, limit=limit)
