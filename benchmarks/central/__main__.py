"""What a central carries, on a file and on PostgreSQL that syncs to disk.

    python -m benchmarks.central [--database sqlite|postgresql|both] [--parts orders,feeds,consoles,first-sync,growth]

``orders``: orders a second and how long each takes, with one client and with eight, each order
preceded by a look-up by phone. ``feeds``: all customers, a day of changed stock, and looks that
find nothing. ``consoles``: five hundred that listen and poll while orders come
in. ``first-sync``: 400,000 rows into a new console, the whole way. ``growth``: orders and
feeds again, with ten times as many orders and customers before; it takes some minutes to make them.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.budget import Row, percentile, table
from benchmarks.central import consoles as console_load
from benchmarks.central import feeds, snapshot
from benchmarks.central import orders as order_load
from benchmarks.central.served import database, served
from benchmarks.central.shop import fill, grown

ORDERS_PER_SECOND = 300
ORDER_P99_MS = 100
FIRST_SYNC_SECONDS = 60
EVENT_SECONDS = 1
CONSOLES = 500
WATCHED_SECONDS = 20
GROWTH = ((20_000, 100_000), (200_000, 1_000_000))
"""Customers and past orders."""
USUAL_PARTS = "orders,feeds,consoles,first-sync"


@contextmanager
def empty(kind: str) -> Iterator[tuple[str, Path]]:
    """A new database and a folder beside it."""
    with tempfile.TemporaryDirectory(prefix="kiosk-central-") as name:
        folder = Path(name)
        with database(kind, folder) as where:
            yield where, folder


def order_rows(kind: str, args: argparse.Namespace) -> list[Row]:
    now = datetime.now(UTC)
    with empty(kind) as (where, folder):
        shop = fill(where, customers=args.customers, orders=args.past_orders, consoles=8, now=now)
        with served(where, folder) as central:
            return [
                row
                for clients in (1, 8)
                for row in _rows_of_orders(
                    kind,
                    order_load.take(central, shop, clients=clients, orders=args.orders, now=now),
                )
            ]


def _rows_of_orders(kind: str, taken: order_load.Taken) -> list[Row]:
    is_meant = kind == "postgresql" and taken.clients == 8
    p50, p95, p99 = (taken.percentile_ms(share) for share in (0.5, 0.95, 0.99))
    who = "1 client" if taken.clients == 1 else f"{taken.clients} clients"
    return [
        Row(
            f"{kind}, {who}: orders a second",
            f"{taken.per_second:.0f}",
            budget=f"{ORDERS_PER_SECOND}" if is_meant else "",
            is_kept=taken.per_second >= ORDERS_PER_SECOND if is_meant else None,
        ),
        Row("  p50 / p95", f"{p50:.1f} / {p95:.1f} ms"),
        Row(
            "  p99",
            f"{p99:.1f} ms",
            budget=f"{ORDER_P99_MS} ms" if is_meant else "",
            is_kept=p99 <= ORDER_P99_MS if is_meant else None,
        ),
        Row("  failed / with differences", f"{taken.failed} / {taken.differing}"),
        Row("  processors used by the central", f"{taken.processor_share:.2f}"),
    ]


def feed_rows(kind: str, args: argparse.Namespace) -> list[Row]:
    now = datetime.now(UTC)
    with empty(kind) as (where, folder):
        shop = fill(where, customers=args.customers, orders=args.past_orders, consoles=8, now=now)
        with served(where, folder) as central:
            return _rows_of_feeds(kind, feeds.watch(central, shop.tokens[0]))


def _rows_of_feeds(kind: str, seen: feeds.Seen) -> list[Row]:
    read = (("customers", seen.people), ("changed articles", seen.changes))
    return [
        *(
            Row(
                f"{kind}, {done.rows:,} {what}, {done.pages} pages",
                f"{done.seconds * 1000:.0f} ms",
            )
            for what, done in read
        ),
        *(
            Row(
                f"  {feed}, nothing new, p50 / p99",
                f"{percentile(times, 0.5) * 1000:.1f} / {percentile(times, 0.99) * 1000:.1f} ms",
            )
            for feed, times in seen.looks.items()
        ),
    ]


def growth_rows(kind: str, args: argparse.Namespace) -> list[Row]:
    """The same load on ten times as much of everything."""
    now = datetime.now(UTC)
    rows: list[Row] = []
    with empty(kind) as (where, folder):
        customers, orders = GROWTH[0]
        shop = fill(where, customers=customers, orders=orders, consoles=8, now=now)
        for customers, orders in GROWTH:
            shop = grown(where, shop, customers=customers, orders=orders, now=now)
            with served(where, folder) as central:
                taken = order_load.take(central, shop, clients=8, orders=args.orders, now=now)
                seen = feeds.watch(central, shop.tokens[0])
            rows.append(Row(f"{kind}, {orders:,} orders, {customers:,} customers before", ""))
            rows += _rows_of_orders(kind, taken) + _rows_of_feeds(kind, seen)
    return rows


def console_rows(kind: str, args: argparse.Namespace) -> list[Row]:
    now = datetime.now(UTC)
    with empty(kind) as (where, folder):
        shop = fill(
            where,
            customers=args.customers,
            orders=args.past_orders,
            consoles=args.consoles,
            now=now,
        )
        with served(where, folder) as central:
            seen = console_load.watch(
                central, shop, consoles=args.consoles, seconds=WATCHED_SECONDS, now=now
            )
    p50, p99 = (percentile(seen.delays, share) * 1000 for share in (0.5, 0.99))
    polls = percentile(seen.polls, 0.99) * 1000
    return [
        Row(
            f"{kind}, {seen.consoles} consoles: an event reaches them, p99",
            f"{p99:.0f} ms",
            budget=f"{EVENT_SECONDS * 1000} ms",
            is_kept=p99 <= EVENT_SECONDS * 1000,
        ),
        Row("  p50", f"{p50:.0f} ms"),
        Row("  events that did not come", f"{seen.missed}", budget="0", is_kept=not seen.missed),
        Row("  a poll, p99", f"{polls:.0f} ms"),
        Row("  processors used by the central", f"{seen.processor_share:.2f}"),
        Row("  memory of the central", f"{seen.memory_mb:.0f} MB"),
    ]


def first_sync_rows(kind: str, args: argparse.Namespace) -> list[Row]:
    del args
    with empty(kind) as (where, folder):
        token, rows = snapshot.fill_large(where, folder, datetime.now(UTC))
        with served(where, folder, workers=1) as central:
            done = snapshot.first_sync(central, token, rows, folder / "console")
    return [
        Row(
            f"{kind}, first sync of {done.rows:,} rows",
            f"{done.seconds:.1f} s",
            budget=f"{FIRST_SYNC_SECONDS} s",
            is_kept=done.seconds <= FIRST_SYNC_SECONDS,
        ),
        Row("  memory of the console, at most", f"{done.console_mb:.0f} MB"),
        Row(
            "  memory of the central, before and at most",
            f"{done.central_before_mb:.0f} / {done.central_most_mb:.0f} MB",
        ),
    ]


PARTS: dict[str, Callable[[str, argparse.Namespace], list[Row]]] = {
    "orders": order_rows,
    "feeds": feed_rows,
    "growth": growth_rows,
    "consoles": console_rows,
    "first-sync": first_sync_rows,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--parts", default=USUAL_PARTS, help=", ".join(PARTS))
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--past-orders", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=2_400)
    parser.add_argument("--consoles", type=int, default=CONSOLES)
    args = parser.parse_args()
    kinds = ("sqlite", "postgresql") if args.database == "both" else (args.database,)
    rows: list[Row] = []
    for part in args.parts.split(","):
        for kind in kinds:
            print(f"measuring: {part}, {kind}", file=sys.stderr, flush=True)
            rows += PARTS[part](kind, args)
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors\n")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
