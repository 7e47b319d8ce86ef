"""What stands around the whole application: a limit on bodies, a last resort, a log line.

The log says which route, what came of it and how long it took: no id, no query, no body.
"""

from __future__ import annotations

import logging
import time

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central.answers import place_of, problem_response

log = logging.getLogger("kiosk.central")


class BodyLimit:
    """413 as soon as the declared or the received size of a body passes the limit."""

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _declared_length(scope) > self._max_bytes:
            await problem_response("body_too_large")(scope, receive, send)
        else:
            await self._app(scope, self._counting(receive), send)

    def _counting(self, receive: Receive) -> Receive:
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                # FastAPI lets this class alone pass through its reading of a body.
                raise HTTPException(413)
            return message

        return counted


class LastResort:
    """No error leaves the application: a defect is a problem like others, and one log line.

    Starlette's own handler would answer as well, but raises the error again for the server
    to log, text and all.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        began = time.perf_counter()
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the boundary of the server
            log.error("defect: %s", place_of(error))  # noqa: TRY400 - a traceback quotes people
            if answer.status == 0:
                await problem_response("defect_at_central")(scope, receive, answer.send)
        log.info(
            "%s %s %d %.0f ms",
            scope["method"],
            getattr(scope.get("route"), "path", "?"),
            answer.status,
            (time.perf_counter() - began) * 1000,
        )


class _Answer:
    """Passes an answer on and remembers its status, 0 before it began."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
