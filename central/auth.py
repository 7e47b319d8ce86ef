"""Who is asking: the bearer token of a console (RFC 6750).

Everything under ``/v1/`` needs one, but for what is named here. It is looked at before a
byte of the body is read, so that a stranger learns nothing of what a body should be. A
worker remembers a good token for ``CentralSettings.token_cache_seconds``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security.utils import get_authorization_scheme_param
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, State
from starlette.types import ASGIApp, Receive, Scope, Send

from central.answers import error_response
from central.database import Database
from central.metrics import Metrics
from central.observed import CONSOLE
from central.settings import CentralSettings
from central.store.consoles import Console, find_console
from models.errors import KioskError, Unavailable

GUARDED_PREFIX = "/v1/"
OPEN_PATHS = frozenset({"/v1/enrolments"})
"""Where a console asks that has no token yet."""


class Authorisation:
    """ASGI middleware: no request without a good token gets further than this."""

    def __init__(self, app: ASGIApp, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._tokens = KnownTokens(clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_guarded(scope["path"]):
            try:
                scope[CONSOLE] = await self._console(scope)
            except KioskError as error:
                await error_response(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _console(self, scope: Scope) -> Console:
        """Raises Unavailable: "unauthorised", "token_expired", "central_busy"."""
        state: State = scope["app"].state
        settings: CentralSettings = state.settings
        token = _token(Headers(scope=scope).get("authorization"))
        console = self._tokens.get(token, settings.token_cache_seconds)
        if console is None:
            console = await run_in_threadpool(_find, state.database, token)
            self._tokens.keep(token, console)
        return _unexpired(console, settings.now())


class KnownTokens:
    """Consoles by their token, for as long as whoever asks wants to believe it."""

    SIZE_MAX = 10_000

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, Console]] = {}

    def get(self, token: str, believed_seconds: float) -> Console | None:
        seen_at, console = self._known.get(token, (float("-inf"), None))
        return console if self._clock() - seen_at < believed_seconds else None

    def keep(self, token: str, console: Console) -> None:
        if len(self._known) >= self.SIZE_MAX:
            self._known.clear()
        self._known[token] = (self._clock(), console)


def is_guarded(path: str) -> bool:
    return path.startswith(GUARDED_PREFIX) and path not in OPEN_PATHS


def _token(authorization: str | None) -> str:
    scheme, token = get_authorization_scheme_param(authorization)
    if scheme.lower() != "bearer" or not token:
        raise Unavailable("unauthorised")
    return token


def _find(database: Database, token: str) -> Console:
    with database.read() as connection:
        console = find_console(connection, token)
    if console is None:
        raise Unavailable("unauthorised")
    return console


def _unexpired(console: Console, now: datetime) -> Console:
    if console.token_expires_at is not None and console.token_expires_at <= now:
        raise Unavailable("token_expired")
    return console


# Async, because FastAPI sends anything else through a thread, which costs more than this.


async def get_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def get_settings(request: Request) -> CentralSettings:
    settings: CentralSettings = request.app.state.settings
    return settings


async def get_metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


async def get_console(request: Request) -> Console:
    """The console that ``Authorisation`` let through."""
    console: Console = request.scope[CONSOLE]
    return console


DatabaseOf = Annotated[Database, Depends(get_database)]
SettingsOf = Annotated[CentralSettings, Depends(get_settings)]
MetricsOf = Annotated[Metrics, Depends(get_metrics)]
ConsoleOf = Annotated[Console, Depends(get_console)]
