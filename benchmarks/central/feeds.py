"""What a console reads after its cursor: everybody it may meet, a day of changes, and nothing.

Asked by one console, one request after the other, as consoles ask.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import select

from benchmarks.central.http import Line
from benchmarks.central.served import Served
from central.database import Database, raise_counter, where_is
from central.store.catalogue import COUNTER, move_stock
from central.store.events import PRUNED_TO
from central.store.settings import setting
from models.tables.central import articles

CHANGED = 1_500
"""Articles of which some are sold or come in on a busy day."""
LOOKS = 200
FEEDS = ("/v1/customers", "/v1/catalogue/changes", "/v1/vouchers", "/v1/events")
ROWS = ("customers", "articles", "printers", "pairs", "events")


@dataclass(frozen=True, slots=True)
class Followed:
    """A feed read to its end: pages, rows and seconds."""

    rows: int
    pages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Seen:
    """``looks``: seconds of each look that found nothing, by feed."""

    people: Followed
    changes: Followed
    looks: dict[str, list[float]]


def watch(central: Served, token: str) -> Seen:
    line = Line(central, token)
    ends = {feed: _end_of(line, feed) for feed in FEEDS}
    people, _ = _follow(line, "/v1/customers", "")
    _change(central.database)
    changes, ends["/v1/catalogue/changes"] = _follow(
        line, "/v1/catalogue/changes", ends["/v1/catalogue/changes"]
    )
    assert changes.rows == CHANGED, changes
    looks = {feed: [_timed(line, feed, ends[feed]) for _ in range(LOOKS)] for feed in FEEDS}
    line.close()
    return Seen(people, changes, looks)


def month(central: Served, token: str) -> Followed:
    """All events that a console reads which was away for as long as it may be."""
    with closing(Database(where_is(central.database))) as opened, opened.read() as connection:
        oldest = setting(connection, PRUNED_TO) or "0"
    line = Line(central, token)
    read, _ = _follow(line, "/v1/events", oldest)
    line.close()
    return read


def _follow(line: Line, feed: str, cursor: str) -> tuple[Followed, str]:
    began, rows, pages, has_more = time.perf_counter(), 0, 0, True
    while has_more:
        page = _ask(line, feed, cursor)
        cursor, has_more = page["cursor"], page["has_more"]
        rows += sum(len(page.get(name, ())) for name in ROWS)
        pages += 1
    return Followed(rows, pages, time.perf_counter() - began), cursor


def _end_of(line: Line, feed: str) -> str:
    if feed == "/v1/events":  # which begin now for whoever has no cursor
        return str(_ask(line, feed, "")["cursor"])
    return _follow(line, feed, "")[1]


def _timed(line: Line, feed: str, cursor: str) -> float:
    began = time.perf_counter()
    page = _ask(line, feed, cursor)
    assert not any(page.get(name) for name in ROWS)
    return time.perf_counter() - began


def _ask(line: Line, feed: str, cursor: object) -> Any:
    return line.ask("GET", f"{feed}?cursor={quote(str(cursor))}" if cursor else feed)


def _change(database: str) -> None:
    with closing(Database(where_is(database))) as opened, opened.write() as connection:
        skus = connection.scalars(select(articles.c.sku).order_by(articles.c.sku).limit(CHANGED))
        raise_counter(connection, COUNTER, CHANGED)
        move_stock(connection, dict.fromkeys(skus, 1))
