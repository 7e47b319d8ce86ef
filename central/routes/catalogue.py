"""``/v1/catalogue``: its version, a snapshot by pages, then the changes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from central.auth import ConsoleOf, DatabaseOf, SettingsOf
from central.contract import GUARDED, problems
from central.store.feed import newest_import, page_after, version_now
from models.wire.catalogue import CatalogueOut, ChangesOut

router = APIRouter(prefix="/v1", tags=["catalogue"])

Cursor = Annotated[str | None, Query(max_length=1_000)]


@router.get("/catalogue", responses=problems(*GUARDED))
def version(console: ConsoleOf, database: DatabaseOf) -> CatalogueOut:
    """The version there is now; null while no catalogue was taken in."""
    del console
    with database.read() as connection:
        newest = newest_import(connection)
        return CatalogueOut(
            version=version_now(connection), is_demo=newest is not None and newest.is_demo
        )


@router.get("/catalogue/changes", responses=problems(*GUARDED, "body_malformed", "cursor_unknown"))
def changes(
    console: ConsoleOf, database: DatabaseOf, settings: SettingsOf, cursor: Cursor = None
) -> ChangesOut:
    """The page after ``cursor``; the first page of a snapshot without one."""
    del console
    with database.read() as connection:
        return page_after(connection, cursor, limit=settings.page_rows)
