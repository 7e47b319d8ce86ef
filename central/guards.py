"""What stands around the whole application: a limit on bodies, and a last resort."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central.answers import ProblemResponse
from central.logs import new_logger, place_of

log = new_logger("kiosk.central")


class BodyLimit:
    """413 as soon as the declared or the received size of a body passes the limit."""

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _declared_length(scope) > self._max_bytes:
            await ProblemResponse("body_too_large")(scope, receive, send)
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
        has_begun = False

        async def noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http":
                raise
            # Not the traceback: it quotes people.
            log.error("defect", error=place_of(error))  # noqa: TRY400
            if not has_begun:
                await ProblemResponse("defect_at_central")(scope, receive, send)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
