"""Central's HTTP server: uvicorn, and live streams that end before it waits for what is open."""

from __future__ import annotations

import signal
import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI


class Server(uvicorn.Server):
    """Serves one application in this process."""

    def __init__(self, app: FastAPI, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.live.close()
        await super().shutdown(sockets)


def end_streams_when_told_to_stop(app: FastAPI) -> None:
    """The same in a worker whose server is uvicorn's own: in its main thread, after uvicorn has
    set its handlers.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def stop(told: int, frame: FrameType | None, before: object = before) -> None:
            app.state.live.close()
            if callable(before):
                before(told, frame)

        signal.signal(number, stop)
