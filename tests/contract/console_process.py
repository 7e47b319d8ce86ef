"""A console's sync as a process of its own, which stops dead where it is told to.

    console_process.py FOLDER URL TOKEN PLACE

It says "there" and waits for its end at PLACE: "snapshot", once two pages of a catalogue have
come; "upload", once central has an order and its answer is still on the way.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx

from services.adapters.catalogue_file import CatalogueFile
from services.adapters.central_http import CentralHttp
from services.adapters.console_store import ConsoleStore
from services.adapters.system import SystemClock
from services.sync.election import Election
from services.sync.engine import SyncEngine
from services.sync.thread import SyncThread


def wait_for_the_end() -> None:
    sys.stdout.write("there\n")
    sys.stdout.flush()
    threading.Event().wait()


class TwoLines(httpx.SyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._lines = content.splitlines(keepends=True)

    def __iter__(self) -> Iterator[bytes]:
        yield from self._lines[:2]
        wait_for_the_end()


class Line(httpx.HTTPTransport):
    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        if self._place == "upload" and request.method == "PUT":
            answer.read()
            wait_for_the_end()
        if self._place == "snapshot" and request.url.path.endswith("/stream"):
            answer.read()
            kind = {"Content-Type": answer.headers["Content-Type"]}
            return httpx.Response(200, headers=kind, stream=TwoLines(answer.content))
        return answer


def main(folder: Path, url: str, token: str, place: str) -> None:
    store = ConsoleStore.open(folder / "console.sqlite3")
    sink = CatalogueFile.open(folder / "catalogue.sqlite3")
    central = CentralHttp(lambda: url, token, transport=Line(place))
    clock = SystemClock()
    SyncThread(
        lambda: SyncEngine(store, sink, lambda: central, clock),
        Election(folder / "sync.lock"),
        clock,
        lambda _: None,
    ).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
