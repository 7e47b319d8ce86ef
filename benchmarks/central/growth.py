"""How each figure grows: the same load on one database, before and with ten times as many orders
and customers; at the end a first sync of a much larger catalogue.

Owns what is compared and how it is shown; what is measured is each part's own. The load itself
is the same both times, so a ratio of 1 says that nothing depends on how much there is. What is
read whole is given by the thousand rows.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.budget import columns, percentile
from benchmarks.central import administration, feeds, snapshot
from benchmarks.central import consoles as console_load
from benchmarks.central import orders as order_load
from benchmarks.central.http import Line
from benchmarks.central.served import Served, served
from benchmarks.central.shop import Shop, fill, grown

SNAPSHOT = ("snapshot, read", "snapshot, long", "snapshot, central's memory grows by")
SYNC = (
    "first sync, customers too",
    "first sync, console at most",
    "first sync, central's memory grows by",
)


WAKING = 16
"""Connections, which chance deals out to the workers."""


@dataclass(frozen=True, slots=True)
class Size:
    customers: int
    orders: int


@dataclass(frozen=True, slots=True)
class Load:
    """``orders`` that are placed, by one client and by eight; ``consoles`` that listen; at the
    end a catalogue ``catalogues`` times as large.
    """

    orders: int
    consoles: int
    watched_seconds: float
    catalogues: int


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` in ``unit``; ``is_count``: to be 0, or not to be compared."""

    what: str
    value: float
    unit: str = "ms"
    is_count: bool = False

    def __str__(self) -> str:
        digits = 0 if self.is_count or abs(self.value) >= 100 else 1
        return f"{self.value:,.{digits}f} {self.unit}".rstrip()


def measure(
    kind: str, where: str, folder: Path, sizes: tuple[Size, Size], load: Load
) -> Iterator[str]:
    """On the empty database ``where``: tables of all figures, each as soon as it is there."""
    now = datetime.now(UTC)
    small, large = sizes
    catalogue = snapshot.large_catalogue(folder / "catalogue", now)
    began = time.perf_counter()
    shop = fill(
        where,
        customers=small.customers,
        orders=small.orders,
        consoles=load.consoles,
        now=now,
        catalogue=catalogue,
    )
    filled = [Figure("to fill it", time.perf_counter() - began, "s", is_count=True)]
    before = filled + _measured(where, folder, shop, catalogue.rows, load, now)
    _say(f"{kind}: {large.orders:,} orders")
    began = time.perf_counter()
    shop = grown(where, shop, customers=large.customers, orders=large.orders, now=now)
    filled = [Figure("to fill it", time.perf_counter() - began, "s", is_count=True)]
    after = filled + _measured(where, folder, shop, catalogue.rows, load, now)
    yield _compared(
        f"{kind}, orders / customers",
        *(f"{size.orders:,} / {size.customers:,}" for size in sizes),
        before,
        after,
    )
    rows = catalogue.rows * load.catalogues
    _say(f"{kind}: a catalogue of {rows:,} rows")
    snapshot.multiply(where, load.catalogues)
    with served(where, folder) as central:
        _wake(central, shop.tokens[0])
        read = snapshot.streamed(central, shop.tokens[0])
        done = snapshot.first_sync(central, shop.tokens[0], rows, folder / "console-of-many")
    yield _compared(
        f"{kind}, rows of the catalogue",
        f"{catalogue.rows:,}",
        f"{done.rows:,}",
        [figure for figure in after if figure.what in (*SNAPSHOT, *SYNC)],
        [*_snapshot_figures(read), *_sync_figures(done)],
    )


def _measured(
    where: str, folder: Path, shop: Shop, rows: int, load: Load, now: datetime
) -> list[Figure]:
    figures: list[Figure] = []
    with served(where, folder) as central:
        for clients in (1, 8):
            _say(f"orders, {clients} at once")
            taken = order_load.take(central, shop, clients=clients, orders=load.orders, now=now)
            figures += _order_figures(taken)
        _say("feeds")
        figures += _feed_figures(feeds.watch(central, shop.tokens[0]))
        figures += _month_figures(central, shop)
        _say("a snapshot")
        figures += _snapshot_figures(snapshot.streamed(central, shop.tokens[0]))
        _say("a first sync")
        console = folder / f"console-of-{shop.customers}"
        done = snapshot.first_sync(central, shop.tokens[0], rows, console)
        figures += _sync_figures(done)
        _say(f"{load.consoles} consoles")
        seen = console_load.watch(
            central, shop, consoles=load.consoles, seconds=load.watched_seconds, now=now
        )
        figures += _console_figures(seen)
        _say("administration")
        asked = administration.look(central, shop.tokens[0], now)
        figures += [Figure(what, seconds * 1000) for what, seconds in asked.items()]
    figures.append(Figure("load of the computer at the end", os.getloadavg()[0], "", is_count=True))
    return figures


def _wake(central: Served, token: str) -> None:
    """Each worker has answered once: what it loads for that is not what is measured."""
    for _ in range(WAKING):
        line = Line(central, token)
        line.ask("GET", "/v1/catalogue/changes")
        line.close()


def _order_figures(taken: order_load.Taken) -> Iterator[Figure]:
    who = "1 client" if taken.clients == 1 else f"{taken.clients} clients"
    yield Figure(f"{who}, orders a second", taken.per_second, "")
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        yield Figure(f"{who}, {name}", taken.percentile_ms(share))
    amiss = taken.failed + taken.differing
    yield Figure(f"{who}, failed or with differences", amiss, "", is_count=True)


def _feed_figures(seen: feeds.Seen) -> Iterator[Figure]:
    people, changes = seen.people, seen.changes
    yield Figure("all customers, a thousand", people.seconds / people.rows * 1e6)
    yield Figure(f"{changes.rows:,} changed articles", changes.seconds * 1000)
    for feed, times in seen.looks.items():
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            yield Figure(f"{feed}, nothing new, {name}", percentile(times, share) * 1000)


def _month_figures(central: Served, shop: Shop) -> Iterator[Figure]:
    month = feeds.month(central, shop.tokens[0])
    yield Figure("events of a month, a thousand", month.seconds / month.rows * 1e6)


def _snapshot_figures(read: snapshot.Streamed) -> Iterator[Figure]:
    whole, megabytes, central = SNAPSHOT
    yield Figure(whole, read.seconds, "s")
    yield Figure(megabytes, read.megabytes, "MB")
    yield Figure(central, read.central_most_mb - read.central_before_mb, "MB", is_count=True)


def _sync_figures(done: snapshot.FirstSync) -> Iterator[Figure]:
    whole, console, central = SYNC
    yield Figure(whole, done.seconds, "s")
    yield Figure(console, done.console_mb, "MB")
    yield Figure(central, done.central_most_mb - done.central_before_mb, "MB", is_count=True)


def _console_figures(seen: console_load.Watched) -> Iterator[Figure]:
    who = f"{seen.consoles} consoles"
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        delay = percentile(seen.delays, share) * 1000
        yield Figure(f"{who}, an event reaches them, {name}", delay)
    yield Figure(f"{who}, events that did not come", seen.missed, "", is_count=True)
    yield Figure(f"{who}, a poll, p99", percentile(seen.polls, 0.99) * 1000)
    yield Figure(f"{who}, processors of the central", seen.processor_share, "")
    yield Figure(f"{who}, memory of the central", seen.memory_mb, "MB")


def _compared(
    what: str, before: str, after: str, small: Iterable[Figure], large: Iterable[Figure]
) -> str:
    pairs = list(zip(small, large, strict=True))
    assert all(one.what == other.what for one, other in pairs)
    return columns(
        (what, before, after, "ratio"),
        [(one.what, str(one), str(other), _ratio(one, other)) for one, other in pairs],
    )


def _ratio(before: Figure, after: Figure) -> str:
    return "" if before.is_count or not before.value else f"{after.value / before.value:.2f}"


def _say(what: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)
