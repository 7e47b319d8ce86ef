"""A line to a central that can be held in the middle of a catalogue, for processes of any kind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx

LINES_BEFORE = 2
"""Pages that come before it is held."""

KEPT = {"Authorization", "Content-Type", "Accept", "Idempotency-Key"}
"""Of what the console says about a request."""


@dataclass
class Gate:
    """Passes requests on to the central at ``url``, but for its live stream."""

    url: str
    held: int = -1
    """Which stream of the catalogue is held, counted from 0."""
    asked: list[str] = field(default_factory=list)
    """The cursor of each stream that was asked for."""
    is_held: threading.Event = field(default_factory=threading.Event)
    is_over: threading.Event = field(default_factory=threading.Event)

    def pieces(self, path: str, content: bytes) -> Iterator[bytes]:
        if not path.startswith("/v1/catalogue/stream"):
            yield content
            return
        self.asked.append(parse_qs(urlsplit(path).query).get("cursor", [""])[0])
        if len(self.asked) - 1 != self.held:
            yield content
            return
        yield b"".join(content.splitlines(keepends=True)[:LINES_BEFORE])
        self.is_held.set()
        self.is_over.wait()


@contextmanager
def gate_to(url: str) -> Iterator[tuple[Gate, str]]:
    """The gate, and where it is."""
    gate = Gate(url)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _pass_on(self, gate)

        do_POST = do_PUT = do_GET  # noqa: N815 - the names are http.server's

        def log_message(self, *_: object) -> None:
            """Not among what the tests say."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield gate, f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            gate.is_over.set()
            server.shutdown()
            thread.join()


def _pass_on(request: BaseHTTPRequestHandler, gate: Gate) -> None:
    body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
    kept = {name: value for name, value in request.headers.items() if name in KEPT}
    if request.path.startswith("/v1/events/stream"):
        request.send_error(404)
        return
    answer = httpx.request(
        request.command, gate.url + request.path, content=body, headers=kept, trust_env=False
    )
    with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has hung up
        request.send_response(answer.status_code)
        request.send_header("Content-Type", answer.headers.get("Content-Type", ""))
        request.end_headers()
        for piece in gate.pieces(request.path, answer.content):
            request.wfile.write(piece)
