"""What a central carries, on a file and on PostgreSQL that syncs to disk.

    python -m benchmarks.central [--quick] [--database sqlite|postgresql|both] [--parts orders,feeds,consoles,first-sync,growth]

``orders``: orders a second and how long each takes, with one client and with eight, each order
preceded by a look-up by phone; in several runs, because a virtual computer is half as fast again
in one minute as in the next, and connections fall to the workers by chance: what counts is the
median. ``feeds``: all customers, a day of changed stock, and looks that
find nothing. ``consoles``: five hundred that listen and poll while orders come
in. ``first-sync``: 400,000 rows into a new console, the whole way. ``growth``: all of these on one
database, before and with ten times as many orders and customers, and what an administrator asks;
at the end a first sync of ten times as many rows.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from statistics import median

from benchmarks.budget import Row, percentile, table
from benchmarks.central import consoles as console_load
from benchmarks.central import feeds, growth, snapshot
from benchmarks.central import orders as order_load
from benchmarks.central.growth import Load, Size
from benchmarks.central.served import database, served
from benchmarks.central.shop import fill

ORDERS_PER_SECOND = 300
ORDER_P99_MS = 100
RUNS = 5
"""Of orders, with each number of clients."""
FIRST_SYNC_SECONDS = 60
EVENT_SECONDS = 1
CONSOLES = 500
WATCHED_SECONDS = 20
TENFOLD = 10
MINUTES = {"orders": 1, "feeds": 1, "consoles": 1, "first-sync": 1, "growth": 14}
QUICK_MINUTES = {"orders": 1, "feeds": 1, "consoles": 1, "first-sync": 1, "growth": 4}
"""Of each part on each database, on two processors."""


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
                    [
                        order_load.take(central, shop, clients=clients, orders=args.orders, now=now)
                        for _ in range(RUNS)
                    ],
                )
            ]


def _rows_of_orders(kind: str, runs: Sequence[order_load.Taken]) -> list[Row]:
    clients = runs[0].clients
    is_meant = kind == "postgresql" and clients == 8
    times = [each for run in runs for each in run.times]
    p50, p95, p99 = (percentile(times, share) * 1000 for share in (0.5, 0.95, 0.99))
    rates = sorted(run.per_second for run in runs)
    processor_ms, piece_ms = (
        median(run.processor_ms for run in runs),
        median(run.piece_ms for run in runs),
    )
    who = "1 client" if clients == 1 else f"{clients} clients"
    return [
        Row(
            f"{kind}, {who}: orders a second, median",
            f"{median(rates):.0f}",
            budget=f"{ORDERS_PER_SECOND}" if is_meant else "",
            is_kept=median(rates) >= ORDERS_PER_SECOND if is_meant else None,
        ),
        Row(f"  slowest and fastest of {len(rates)}", f"{rates[0]:.0f} / {rates[-1]:.0f}"),
        Row("  p50 / p95", f"{p50:.1f} / {p95:.1f} ms"),
        Row(
            "  p99",
            f"{p99:.1f} ms",
            budget=f"{ORDER_P99_MS} ms" if is_meant else "",
            is_kept=p99 <= ORDER_P99_MS if is_meant else None,
        ),
        Row(
            "  failed / with differences",
            f"{sum(run.failed for run in runs)} / {sum(run.differing for run in runs)}",
        ),
        Row(
            "  processors used by the central", f"{median(run.processor_share for run in runs):.2f}"
        ),
        Row(
            "  its processor for an order; 10,000 steps of Python",
            f"{processor_ms:.1f} ms",
            floor=f"{piece_ms:.2f} ms",
            ratio=f"{processor_ms / piece_ms:.1f}",
        ),
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


def growth_tables(kind: str, args: argparse.Namespace) -> Iterator[str]:
    load = Load(args.orders, args.consoles, WATCHED_SECONDS, 2 if args.quick else TENFOLD)
    small = Size(args.customers, args.past_orders)
    large = Size(args.customers * TENFOLD, args.past_orders * TENFOLD)
    with empty(kind) as (where, folder):
        yield from growth.measure(kind, where, folder, (small, large), load)


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
    now = datetime.now(UTC)
    with empty(kind) as (where, folder):
        catalogue = snapshot.large_catalogue(folder / "catalogue", now)
        shop = fill(where, customers=0, orders=0, consoles=1, now=now, catalogue=catalogue)
        with served(where, folder, workers=1) as central:
            done = snapshot.first_sync(central, shop.tokens[0], catalogue.rows, folder / "console")
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
    "consoles": console_rows,
    "first-sync": first_sync_rows,
}
GROWTH = "growth"
ALL_PARTS = (*PARTS, GROWTH)


def main() -> int:
    args = _arguments()
    kinds = ("sqlite", "postgresql") if args.database == "both" else (args.database,)
    parts = args.parts.split(",")
    print(_announced(args, parts, kinds), file=sys.stderr, flush=True)
    rows: list[Row] = []
    for part, kind in product(parts, kinds):
        if part in PARTS:
            print(f"measuring: {part}, {kind}", file=sys.stderr, flush=True)
            rows += PARTS[part](kind, args)
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors")
    if rows:
        print(f"\n{table(rows)}")
    for kind in kinds if GROWTH in parts else ():
        print(f"measuring: {GROWTH}, {kind}", file=sys.stderr, flush=True)
        for shown in growth_tables(kind, args):
            print(f"\n{shown}", flush=True)
    return int(args.strict and any(row.is_kept is False for row in rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--parts", default=",".join(ALL_PARTS), help="some of the default")
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of orders, customers and consoles"
    )
    parser.add_argument("--strict", action="store_true", help="exit 1 when a budget is over")
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--past-orders", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=1_200, help="of each run")
    parser.add_argument("--consoles", type=int, default=CONSOLES)
    args = parser.parse_args()
    unknown = set(args.parts.split(",")) - set(ALL_PARTS)
    if unknown:
        parser.error(f"no such parts: {', '.join(sorted(unknown))}")
    if args.quick:
        for name in ("customers", "past_orders", "orders", "consoles"):
            setattr(args, name, getattr(args, name) // TENFOLD)
    return args


def _announced(args: argparse.Namespace, parts: Sequence[str], kinds: Sequence[str]) -> str:
    minutes = QUICK_MINUTES if args.quick else MINUTES
    about = sum(minutes[part] for part in parts) * len(kinds)
    return f"This takes about {about} minutes, {', '.join(kinds)}."


if __name__ == "__main__":
    sys.exit(main())
