"""What a worker does by itself now and then: forget events that have had their day."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from central.logs import new_logger, place_of
from central.store.events import prune

log = new_logger("kiosk.central")

EVERY_SECONDS = 3_600


async def keep_up(app: FastAPI) -> None:
    """Until cancelled. Workers do it side by side: what one did, the next finds done."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            pruned = await run_in_threadpool(prune_events, app)
            log.info("events pruned", count=pruned)
        except Exception as error:  # noqa: BLE001 - a boundary: the next hour is another try
            log.error("defect", error=place_of(error))  # noqa: TRY400 - a traceback quotes people


def prune_events(app: FastAPI) -> int:
    """How many were forgotten that are older than ``CentralSettings.events_kept_days``."""
    settings = app.state.settings
    before = settings.now() - timedelta(days=settings.events_kept_days)
    return int(app.state.database.run(lambda connection: prune(connection, before=before)))
