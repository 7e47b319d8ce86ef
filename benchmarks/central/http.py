"""The least client there is, so that what is measured is the server: one kept connection,
bytes made beforehand, an answer read to its length.
"""

from __future__ import annotations

import json
import socket
from typing import Any

from benchmarks.central.served import Served


class Line:
    """One connection of one console. Not for several threads."""

    def __init__(self, central: Served, token: str) -> None:
        self._socket = socket.create_connection((central.host, central.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb", buffering=65536)
        self._head = f"Host: {central.host}\r\nAuthorization: Bearer {token}\r\n".encode()

    def request(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        head = f"{method} {path} HTTP/1.1\r\n".encode() + self._head
        if body:
            head += b"Content-Type: application/json\r\n"
        if method != "GET":
            head += f"Content-Length: {len(body)}\r\n".encode()
        self._socket.sendall(head + b"\r\n" + body)
        return self._answer()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        status, content = self.request(
            method, path, b"" if body is None else json.dumps(body).encode()
        )
        assert 200 <= status < 300, (status, content[:300])
        return json.loads(content)

    def ask_text(self, path: str) -> bytes:
        status, content = self.request("GET", path)
        assert status == 200, (status, content[:300])
        return content

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _answer(self) -> tuple[int, bytes]:
        status = int(self._file.readline().split()[1])
        length = 0
        while (line := self._file.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, self._file.read(length)
