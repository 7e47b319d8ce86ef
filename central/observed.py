"""Every request is seen once: a line in the log and a count in the metrics.

Owns what is kept of a request: its route's template, its method, what came of it, how long
it took, which console asked. Never an id from a path, a query, a name or a byte of a body.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from central.logs import new_logger
from central.metrics import Metrics
from models.wire.events import EVENTS_TYPE

PROBLEM = "kiosk.problem"
"""Where in the ASGI scope the code of the problem stands that was answered with."""
CONSOLE = "kiosk.console"
"""And the console that asks, once it proved who it is."""

REQUEST_ID = "X-Request-Id"
OURS = re.compile(r"[0-9a-fA-F-]{8,36}")
"""A request id from a proxy before us: hexadecimal, so that it names nobody."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "none"

log = new_logger("kiosk.central")


class Observed:
    """ASGI middleware, the outermost: what is inside answers for itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        answer = _Answer(scope, send, request_id)
        before = bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, answer.send)
        finally:
            answer.end()
            log.info("request", **_facts(scope, answer))
            reset_contextvars(**before)


class _Answer:
    """Passes an answer on; knows its status (0 before it began) and its times."""

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self._scope = scope
        self._send = send
        self._request_id = request_id
        self._began = time.perf_counter()
        self._metrics: Metrics = scope["app"].state.metrics
        self._is_stream = False
        self.status = 0
        self.milliseconds = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start(message)
        await self._send(message)

    def _start(self, message: Message) -> None:
        self.status = message["status"]
        headers = MutableHeaders(scope=message)
        headers[REQUEST_ID] = self._request_id
        self._is_stream = headers.get("content-type", "").startswith(EVENTS_TYPE)
        if self._is_stream:
            self._metrics.streams.inc()
        self._metrics.note_request(
            method=method_of(self._scope),
            route=route_of(self._scope),
            status=self.status,
            problem=self._scope.get(PROBLEM),
            seconds=time.perf_counter() - self._began,
        )
        self._metrics.note_connections(self._scope["app"].state.database.connections_in_use)

    def end(self) -> None:
        self.milliseconds = round((time.perf_counter() - self._began) * 1000)
        if self._is_stream:
            self._metrics.streams.dec()


def route_of(scope: Scope) -> str:
    """The template of the route, also where the request did not come as far as to it."""
    found = scope.get("route")
    if found is None:
        known = scope["app"].state.routes
        found = next((r for r in known if r.matches(scope)[0] is not Match.NONE), None)
    template: str = getattr(found, "path", NO_ROUTE)
    return template


def method_of(scope: Scope) -> str:
    """One of few: a stranger may say any word."""
    return scope["method"] if scope["method"] in METHODS else "other"


def _facts(scope: Scope, answer: _Answer) -> Mapping[str, Any]:
    console = scope.get(CONSOLE)
    facts = {
        "method": method_of(scope),
        "route": route_of(scope),
        "status": answer.status,
        "ms": answer.milliseconds,
        "problem": scope.get(PROBLEM),
        "console": str(console.console_id) if console is not None else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _request_id(headers: Headers) -> str:
    said = headers.get(REQUEST_ID, "")
    return said if OURS.fullmatch(said) else secrets.token_hex(8)
