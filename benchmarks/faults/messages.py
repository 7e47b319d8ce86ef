"""HTTP/1.1 messages (RFC 9112) as far as a proxy has to know them: where one ends.

Owns the reading of a request and of an answer's head. Knows nothing of faults.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

HEAD_END = b"\r\n\r\n"
HEAD_MAX = 64 * 1024
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request, byte for byte."""

    head: bytes
    body: bytes

    @property
    def method(self) -> str:
        return self.head.split(b" ", 1)[0].decode("latin-1")

    @property
    def path(self) -> str:
        return self.head.split(b" ", 2)[1].decode("latin-1").partition("?")[0]

    @property
    def is_stream(self) -> bool:
        """One that is answered for as long as the line holds."""
        return self.path.endswith("/stream")

    def for_once(self) -> bytes:
        """The same bytes, but that central is to hang up after its answer: its end is then
        plain to see, whatever its form.
        """
        return _without(self.head, b"connection")[:-2] + b"connection: close\r\n\r\n" + self.body


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """An answer up to its body, as it is to be passed on."""

    head: bytes

    @property
    def status(self) -> int:
        return int(self.head.split(b" ", 2)[1])

    def is_whole(self, size: int, end: bytes) -> bool:
        """Whether a body of ``size`` bytes that ends in ``end`` is all of it."""
        length = _field(self.head, b"content-length")
        if length is not None:
            return size == int(length)
        if _field(self.head, b"transfer-encoding") is not None:
            return end.endswith(LAST_CHUNK)
        return size == 0  # 204 and 304; ours have no answer that only the end of the line ends


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next one on this connection; None where it ends before. Raises OSError, and
    asyncio.IncompleteReadError for half a request.
    """
    try:
        head = await reader.readuntil(HEAD_END)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    length = int(_field(head, b"content-length") or 0)
    return Request(head, await reader.readexactly(length) if length else b"")


async def read_answer_head(reader: asyncio.StreamReader) -> AnswerHead:
    """Without central's hanging up, which is between it and us."""
    return AnswerHead(_without(await reader.readuntil(HEAD_END), b"connection"))


def _field(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None


def _without(head: bytes, name: bytes) -> bytes:
    first, *lines = head.split(b"\r\n")
    kept = [line for line in lines if line.partition(b":")[0].strip().lower() != name]
    return b"\r\n".join([first, *kept])
