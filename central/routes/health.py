"""For whoever watches the server: is it alive, and can it work?"""

from __future__ import annotations

import time

from fastapi import APIRouter, Request

from central.auth import DatabaseOf, SettingsOf
from central.contract import problems
from central.store.settings import put_setting

WRITTEN_SECONDS = 10.0
"""One worker tries a write no more often, whoever asks and how often."""

READY_AT = "ready_at"
"""Setting that is written to see whether anything can be."""

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", responses=problems("central_not_ready", "central_busy", "defect_at_central"))
def readyz(request: Request, database: DatabaseOf, settings: SettingsOf) -> dict[str, str]:
    """The database can be read and written and has the schema this program knows; 503 otherwise.
    On a disk that is full it is read as ever, and no order can be taken.
    """
    database.ensure_ready()
    state = request.app.state
    if time.monotonic() - state.written_at >= WRITTEN_SECONDS:
        said = settings.now().isoformat()
        database.run(lambda connection: put_setting(connection, READY_AT, said))
        state.written_at = time.monotonic()
    return {"status": "ready"}
