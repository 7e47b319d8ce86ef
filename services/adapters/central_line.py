"""The line to central: one HTTP client, its limits, and what went wrong in our words.

Whatever leaves the fate of a request unknown is Unavailable: asking again is always right,
because every request that changes something may be repeated. Only central itself, by a
problem of its own, can refuse for good; a proxy or a stranger at its address cannot. Knows
no resource and no value of the trade.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from models.errors import KioskError, Unavailable
from models.wire.fields import WireModel
from models.wire.problems import TYPE_PREFIX, Problem, error_of
from services.adapters.system import SystemClock
from services.ports import Clock

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
"""Each is for one step on the line: httpx has none for a whole answer."""
ANSWER_SECONDS = 60.0
ANSWER_BYTES_MAX = 64 * 1024 * 1024
"""A page of a catalogue is some 3 MB; all codes at once, of a central that knows no pages,
are the largest answer there is.
"""
RETRY_AFTER_MAX_SECONDS = 3600
"""Whoever says to come back next year is not believed."""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}

Answer = TypeVar("Answer", bound=WireModel)
Query = Mapping[str, str | int | Sequence[str]]


class CentralLine:
    """``locate`` gives the base URL each time one is needed, because a central may move; it
    may raise Unavailable itself. Without a ``token`` central is asked as a stranger.
    ``transport`` replaces the network in tests. Not to be shared between threads, but for
    ``hang_up``.
    """

    def __init__(
        self,
        locate: Callable[[], str],
        token: str = "",
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        answer_seconds: float = ANSWER_SECONDS,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
        clock: Clock | None = None,
    ) -> None:
        self._locate = locate
        self._token = token
        self._transport = transport
        self._timeout = timeout
        self._answer_seconds = answer_seconds
        self._answer_bytes_max = answer_bytes_max
        self._clock = clock or SystemClock()
        self._base = ""
        self._client: httpx.Client | None = None
        self._reading: list[httpx.Response] = []
        self.clock_offset_seconds: int | None = None
        """What to add to our clock to have central's, by its last answer; None before one."""

    def ask(
        self,
        kind: type[Answer],
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Central's answer, read. Raises KioskError for everything else there is."""
        with self.open(method, path, query=query, body=body, headers=headers) as answer:
            content = self._whole(answer)
        try:
            return kind.read_answer(content)
        except ValidationError as error:
            raise Unavailable("central_unclear") from error

    def ping(self, path: str) -> None:
        """Returns where a 2xx came. Raises as ``ask``."""
        with self.open("GET", path) as answer:
            self._whole(answer)

    @contextmanager
    def open(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: httpx.Timeout | None = None,
    ) -> Iterator[httpx.Response]:
        """A 2xx answer, to be read within the block, where httpx's errors become ours.
        Raises as ``ask``.
        """
        told = {} if body is None else {"Content-Type": "application/json"}
        with (
            _in_our_words(),
            self._ready_client().stream(
                method,
                path,
                params=dict(query or {}),
                content=None if body is None else body.encode(),
                headers={**told, **(headers or {})},
                timeout=timeout or self._timeout,
            ) as answer,
        ):
            self._look_at_their_clock(answer)
            if not answer.is_success:
                raise _error(answer, self._whole(answer))
            self._reading.append(answer)
            try:
                yield answer
            finally:
                self._reading.remove(answer)

    def hang_up(self) -> None:
        """From any thread: whoever reads an answer has Unavailable("central_cut_off") at once."""
        for answer in tuple(self._reading):
            _shut(answer)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _whole(self, answer: httpx.Response) -> bytes:
        """The whole answer, if it ends: neither a drip nor a flood holds the sync up."""
        deadline = time.monotonic() + self._answer_seconds
        content = bytearray()
        for piece in answer.iter_bytes():
            content += piece
            if len(content) > self._answer_bytes_max:
                raise Unavailable("central_unclear")
            if time.monotonic() > deadline:
                raise Unavailable("central_timeout")
        return bytes(content)

    def _look_at_their_clock(self, answer: httpx.Response) -> None:
        theirs = _date_of(answer)
        if theirs is not None:
            # Date is cut to the second: what is meant lies half a second later, on average.
            offset = theirs + timedelta(seconds=0.5) - self._clock.now()
            self.clock_offset_seconds = round(offset.total_seconds())

    def _ready_client(self) -> httpx.Client:
        base = self._locate()
        if self._client is None or base != self._base:
            self.close()
            self._base = base
            self._client = self._new_client(base)
        return self._client

    def _new_client(self, base: str) -> httpx.Client:
        known = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return httpx.Client(
            base_url=base,
            timeout=self._timeout,
            transport=self._transport,
            # The network's proxy has no business between two programs on one machine.
            trust_env=urlsplit(base).hostname not in LOOPBACK,
            headers={**known, "Accept-Encoding": "gzip"},
        )


def _shut(answer: httpx.Response) -> None:
    """Closing it would not wake the thread that waits for its bytes; the end of them does."""
    stream = answer.extensions.get("network_stream")
    line = stream.get_extra_info("socket") if stream is not None else None
    if isinstance(line, socket.socket):
        with suppress(OSError):  # it is over already
            # Not ``SSLSocket.shutdown``, which takes the encryption away from under the reader.
            socket.socket.shutdown(line, socket.SHUT_RDWR)


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except httpx.ConnectTimeout as error:
        raise Unavailable("central_unreachable") from error
    except httpx.TimeoutException as error:
        raise Unavailable("central_timeout") from error
    except (httpx.ConnectError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise Unavailable("central_unreachable") from error
    except httpx.HTTPError as error:
        raise Unavailable("central_cut_off") from error


def _error(answer: httpx.Response, content: bytes) -> KioskError:
    """From central's problem. Anything else came from something in its place, which has no
    say over an order: it is asked again, whatever the status.
    """
    wait = _retry_after(answer)
    when = {} if wait is None else {"retry_after_seconds": wait}
    status = answer.status_code
    try:
        found = Problem.model_validate_json(content)
    except ValidationError:
        found = None
    if found is not None and (found.status, found.type) == (status, TYPE_PREFIX + found.code):
        error = error_of(found)
        return type(error)(error.code, **{**error.facts, **when})
    code = "unauthorised" if status == 401 else "central_unclear"  # noqa: PLR2004 - RFC 9110
    return Unavailable(code, status=status, **when)


def _retry_after(answer: httpx.Response) -> int | None:
    """In seconds, from either form it may have (RFC 9110, 10.2.3)."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return min(int(said[:9]), RETRY_AFTER_MAX_SECONDS)
    until, now = _moment(said), _date_of(answer)
    if until is None or now is None:
        return None
    return min(max(0, round((until - now).total_seconds())), RETRY_AFTER_MAX_SECONDS)


def _date_of(answer: httpx.Response) -> datetime | None:
    return _moment(answer.headers.get("Date", ""))


def _moment(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
