"""The line to central: one HTTP client, its limits, and what went wrong in our words.

Whatever leaves the fate of a request unknown is Unavailable: asking again is always right,
because every request that changes something may be repeated. Only central itself, by a
problem of its own, can refuse for good; a proxy or a stranger at its address cannot. Knows
no resource and no value of the trade.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from models.errors import KioskError, Unavailable
from models.wire.fields import WireModel
from models.wire.problems import TYPE_PREFIX, Problem, error_of
from services.adapters.central_patience import Patience
from services.adapters.system import SystemClock
from services.ports import Clock

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
"""Each is for one step on the line."""
ANSWER_SECONDS = 60.0
"""For a whole exchange; of one that may last, until its answer begins."""
ANSWER_BYTES_MAX = 1024 * 1024
"""Of an answer about one thing, which has a few hundred. Whoever sends more is not central, and
each megabyte that is taken from them is some 10 ms in which a key has to share the processor.
"""
PAGE_BYTES_MAX = 16 * 1024 * 1024
"""Of a page: 5,000 rows of a catalogue have some 3 MB."""
LIST_BYTES_MAX = 64 * 1024 * 1024
"""Of what may come as a whole: orders, and all codes of a central that knows no pages of them."""
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
        answer_bytes_max: int = LIST_BYTES_MAX,
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
        self._sockets: tuple[socket.socket, ...] = ()
        self._reading: list[socket.socket | None] = []
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
        bytes_max: int = ANSWER_BYTES_MAX,
    ) -> Answer:
        """Central's answer, read. Raises KioskError for everything else there is."""
        with self.open(method, path, query=query, body=body, headers=headers) as (answer, patience):
            content = self._whole(answer, patience, bytes_max)
        try:
            return kind.read_answer(content)
        except ValidationError as error:
            raise Unavailable("central_unclear") from error

    def ping(self, path: str) -> None:
        """Returns where a 2xx came. Raises as ``ask``."""
        with self.open("GET", path) as (answer, patience):
            self._whole(answer, patience)

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
    ) -> Iterator[tuple[httpx.Response, Patience]]:
        """A 2xx answer, to be read within the block, where httpx's errors become ours; and the
        patience with it, which runs out as it does with any answer unless more is given.
        Raises as ``ask``.
        """
        told = {} if body is None else {"Content-Type": "application/json"}
        with (
            Patience(self._answer_seconds, partial(self._shut, but=(*self._reading,))) as patience,
            _in_our_words(patience),
            self._ready_client().stream(
                method,
                path,
                params=dict(query or {}),
                content=None if body is None else body.encode(),
                headers={**told, **(headers or {})},
                timeout=timeout or self._timeout,
                extensions={"trace": self._note_socket},
            ) as answer,
        ):
            self._look_at_their_clock(answer)
            if not answer.is_success:
                raise _error(answer, self._whole(answer, patience))
            self._reading.append(_socket_of(answer.extensions.get("network_stream")))
            try:
                yield answer, patience
            finally:
                self._reading.pop()

    def hang_up(self) -> None:
        """From any thread: whoever waits for an answer, or reads one, has
        Unavailable("central_cut_off") at once.
        """
        self._shut()

    def _shut(self, but: Collection[socket.socket | None] = ()) -> None:
        """Closing would not wake the thread that waits for bytes; the end of them does. What is
        shut beside what is waited for is idle, and noticed before it is used again.
        """
        for line in self._sockets:
            if line not in but:
                with suppress(OSError):  # it is over already
                    # Not ``SSLSocket.shutdown``, which takes the encryption away from under the
                    # reader.
                    socket.socket.shutdown(line, socket.SHUT_RDWR)

    def _note_socket(self, event: str, info: Mapping[str, Any]) -> None:
        """Httpcore tells of each step; of a line that is made it gives the stream."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            made = _socket_of(info["return_value"])
            still = (line for line in self._sockets if line.fileno() >= 0)
            self._sockets = (*still, *([made] if made else []))

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _whole(
        self, answer: httpx.Response, patience: Patience, bytes_max: int = ANSWER_BYTES_MAX
    ) -> bytearray:
        """The whole answer, if it ends: neither a drip nor a flood holds the sync up. It is not
        copied again, which no other thread could do anything beside.
        """
        content = bytearray()
        bytes_max = min(bytes_max, self._answer_bytes_max)
        for piece in answer.iter_bytes():
            content += piece
            if len(content) > bytes_max:
                raise Unavailable("central_unclear")
            patience.check()
        patience.check()  # where it was cut that may look like its end
        return content

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
            verify=_trusted(),
            # The network's proxy has no business between two programs on one machine.
            trust_env=urlsplit(base).hostname not in LOOPBACK,
            headers={**known, "Accept-Encoding": "gzip"},
        )


def _trusted() -> ssl.SSLContext | bool:
    """Certificates that SSL_CERT_FILE or SSL_CERT_DIR names, wherever central is; else httpx's
    own. What they name and cannot be read is as if nobody were trusted by it: central says so.
    """
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if not (file or folder):
        return True
    context = ssl.create_default_context()
    with suppress(OSError):  # ssl.SSLError is one: a file without a certificate
        context.load_verify_locations(cafile=file or None, capath=folder or None)
    return context


def _socket_of(stream: Any) -> socket.socket | None:
    """Of a stream of httpcore's; none of an answer that a test made up."""
    line = stream.get_extra_info("socket") if stream is not None else None
    return line if isinstance(line, socket.socket) else None


@contextmanager
def _in_our_words(patience: Patience) -> Iterator[None]:
    try:
        yield
    except (Unavailable, httpx.HTTPError, httpx.InvalidURL) as error:
        patience.check()  # what was cut is told as what cut it
        if isinstance(error, Unavailable):
            raise
        raise Unavailable(_code_of(error)) from error


UNTRUSTED = "central_certificate_untrusted"
EXPIRED = "central_certificate_expired"
OTHER_NAME = "central_certificate_name"

_CERTIFICATE_CODES = {9: EXPIRED, 10: EXPIRED, 62: OTHER_NAME, 64: OTHER_NAME}
"""By OpenSSL's X509_V_ERR_*: not yet valid, expired, another host, another address. Whatever
else is wrong with one, it is not trusted.
"""


def _code_of_certificate(error: BaseException | None) -> str | None:
    """None where that is not what went wrong."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return _CERTIFICATE_CODES.get(error.verify_code, UNTRUSTED)
        error = error.__cause__ or error.__context__
    return None


def _code_of(error: Exception) -> str:
    code = _code_of_certificate(error)
    if code is not None:
        return code
    match error:
        case httpx.ConnectTimeout():
            return "central_unreachable"
        case httpx.TimeoutException():
            return "central_timeout"
        case httpx.ConnectError() | httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return "central_unreachable"
        case _:
            return "central_cut_off"


def _error(answer: httpx.Response, content: bytearray) -> KioskError:
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
    return Unavailable(_SAID_BY_ANYBODY.get(status, "central_unclear"), status=status, **when)


_SAID_BY_ANYBODY = {401: "unauthorised", 429: "too_many_requests"}
"""By status: a proxy before central may ask for a name, or to come back later, in its own words."""


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
