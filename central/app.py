"""Puts central together: the database, the guards, the routes."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.gzip import GZipMiddleware

from central import answers, contract
from central.auth import Authorisation
from central.database import Database
from central.guards import BodyLimit, LastResort
from central.live import Live, RingAfterWrites
from central.metrics import Metrics
from central.observed import Observed
from central.passwords import Hashing, Passwords
from central.routes import (
    catalogue,
    customers,
    enrolments,
    events,
    health,
    metrics,
    operators,
    orders,
    references,
    shop,
    stock,
    vouchers,
)
from central.settings import CentralSettings
from central.straight import add
from central.throttle import Throttle
from central.upkeep import keep_up
from models.wire.events import EVENTS_TYPE

GZIP_FROM_BYTES = 1_000
GZIP_LEVEL = 4
"""Level 9, the default, costs four times the processor for 3 % fewer bytes."""
NOT_PACKED = (EVENTS_TYPE,)
"""All that central answers with and that stays as it is: Starlette's own list, of pictures and
archives, is gone through for each request.
"""

GC_THRESHOLDS = (20_000, 20, 50)
"""An order makes thousands of objects and no rings: looking for those costs some 3 % as it is."""

NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI would hand errors, with what was sent, to whatever collects them on the server."""

EVERY_ORDERS = (customers, orders)
"""What each order asks for, by the first route of each."""
RESOURCES = (
    health,
    metrics,
    enrolments,
    operators,
    references,
    catalogue,
    stock,
    vouchers,
    events,
    shop,
)


def create_app(settings: CentralSettings) -> FastAPI:
    """The application on a database that ``central.database.migrate`` has made ready."""
    app = FastAPI(
        title="Kiosk central",
        version="1",
        telemetry=NO_TELEMETRY,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=contract.operation_id,
        redirect_slashes=False,  # a redirect is no answer of the contract
    )
    app.state.settings = settings
    app.state.database = Database(settings.database)
    app.state.metrics = Metrics()
    routers = [resource.router for resource in (*EVERY_ORDERS, *RESOURCES)]
    app.state.routes = [route for router in routers for route in router.routes]
    app.state.guesses = Throttle(
        enrolments.GUESSES_MAX, enrolments.GUESSES_SECONDS, clock=time.monotonic
    )
    app.state.passwords = Passwords()
    app.state.hashing = Hashing()
    app.state.written_at = float("-inf")
    app.state.live = Live(lambda: app.state.database, lambda: app.state.settings)
    answers.install(app)
    contract.describe(app)
    # The last one added is the outermost.
    app.add_middleware(
        GZipMiddleware,
        minimum_size=GZIP_FROM_BYTES,
        compresslevel=GZIP_LEVEL,
        exclude_content_types=NOT_PACKED,
    )
    app.add_middleware(RingAfterWrites)
    app.add_middleware(BodyLimit, max_bytes=settings.body_max_bytes)
    app.add_middleware(Authorisation)
    app.add_middleware(LastResort)
    app.add_middleware(Observed)
    add(app, [resource.router for resource in EVERY_ORDERS])
    for resource in RESOURCES:
        app.include_router(resource.router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # What was made so far stays: nobody need look through it for rubbish while requests wait.
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    upkeep = asyncio.create_task(keep_up(app))
    yield
    upkeep.cancel()
    app.state.live.close()
    app.state.threads.shutdown(wait=False)
    app.state.database.close()
