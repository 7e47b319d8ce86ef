"""Answers that come for minutes or for days: read line by line, as they come.

Owns the limits of such an answer, which are other than those of a page: no end in time as
long as it moves, but none of its lines may be endless or take for ever. ``central_line``
keeps the line itself; what a line means is ``central_answers``'.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
from pydantic import ValidationError

from models.errors import Unavailable
from models.wire.catalogue import ChangesOut
from models.wire.events import EVENTS_TYPE, EventOut
from services.adapters.central_answers import changes_of, event_of
from services.adapters.central_patience import Patience
from services.ports import CatalogueChanges, CentralEvent

LINE_BYTES_MAX = 16 * 1024 * 1024
"""Central's pages of 5,000 rows have some 3 MB."""

LINE_SECONDS = 120.0
"""For one whole line. A page is some 300 kB compressed: 20 s on half a megabit a second."""

PAGES_TIMEOUT = httpx.Timeout(30.0, connect=3.0)
"""Between two pieces of a page; central may have to wait for its database."""

EVENTS_TIMEOUT = httpx.Timeout(11.0, connect=3.0)
"""Between two pieces of the live stream, which says every five seconds that it is there: two of
these that do not come, and one second for the line.
"""

PAGES_TYPE = "application/x-ndjson"


def pages_of(
    answer: httpx.Response,
    patience: Patience,
    *,
    line_bytes_max: int = LINE_BYTES_MAX,
    line_seconds: float = LINE_SECONDS,
) -> Iterator[CatalogueChanges]:
    """Each line's page, to the last. Raises Unavailable("central_cut_off") where the answer
    ends before, and as ``lines_of``.
    """
    _refuse_other_than(PAGES_TYPE, answer)
    for line in lines_of(answer, patience, bytes_max=line_bytes_max, seconds=line_seconds):
        try:
            page = changes_of(ChangesOut.read_answer(line))
        except ValidationError as error:
            raise Unavailable("central_unclear") from error
        yield page
        if not page.has_more:
            return
    raise Unavailable("central_cut_off")


def events_of(
    answer: httpx.Response, patience: Patience, *, line_bytes_max: int = LINE_BYTES_MAX
) -> Iterator[CentralEvent]:
    """Server-sent events (WHATWG HTML, 9.2), of which only the data is used: it says all.
    Raises Unavailable("central_cut_off") at the end of the answer, and as ``lines_of``.
    """
    _refuse_other_than(EVENTS_TYPE, answer)
    data = bytearray()
    # A line may be awaited for ever here: the heartbeat is what the timeout is for.
    for line in lines_of(answer, patience, bytes_max=line_bytes_max, seconds=float("inf")):
        field, _, value = line.rstrip(b"\r").partition(b":")
        if field == b"data":
            data += value.removeprefix(b" ") + b"\n"
            if len(data) > line_bytes_max:  # many lines are as endless as a long one
                raise Unavailable("central_unclear")
        elif data and not field and not value:
            yield _event(bytes(data[:-1]))
            data.clear()
    raise Unavailable("central_cut_off")


def lines_of(
    answer: httpx.Response, patience: Patience, *, bytes_max: int, seconds: float
) -> Iterator[bytes]:
    """Whole lines without their end; one that breaks off is not given. Raises
    Unavailable("central_unclear") for one that is too long, ("central_timeout") for one that
    drips: each has ``seconds``, without those that whoever reads takes over the one before.
    """
    pending = bytearray()
    patience.give(seconds)
    for piece in answer.iter_bytes():
        head, *following = piece.split(b"\n")
        pending += head
        if following:
            patience.check()
            patience.rest()
            yield bytes(pending)
            yield from following[:-1]
            pending = bytearray(following[-1])
            patience.give(seconds)
        if len(pending) > bytes_max:
            raise Unavailable("central_unclear")
        patience.check()


def _event(data: bytes) -> CentralEvent:
    try:
        return event_of(EventOut.read_answer(data))
    except ValidationError as error:
        raise Unavailable("central_unclear") from error


def _refuse_other_than(kind: str, answer: httpx.Response) -> None:
    """Whoever answers something else is not central, whatever the status says."""
    if answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() != kind:
        raise Unavailable("central_unclear")
