"""What a central carries, on a file and on PostgreSQL.

python -m benchmarks.central [--database sqlite|postgresql|both] [--part orders|snapshot|...]
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.budget import Row, table
from benchmarks.central import orders as order_load
from benchmarks.central.served import database, served
from benchmarks.central.shop import fill

ORDERS_PER_SECOND = 300
ORDER_P99_MS = 100


def order_rows(kind: str, *, customers: int, past: int, orders: int) -> list[Row]:
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="kiosk-central-") as name:
        folder = Path(name)
        with database(kind, folder) as where:
            shop = fill(where, customers=customers, orders=past, consoles=8, now=now)
            with served(where, folder) as central:
                return [
                    row
                    for clients in (1, 8)
                    for row in _rows(
                        kind,
                        order_load.take(central, shop, clients=clients, orders=orders, now=now),
                    )
                ]


def _rows(kind: str, taken: order_load.Taken) -> list[Row]:
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--past-orders", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=2_000)
    args = parser.parse_args()
    kinds = ("sqlite", "postgresql") if args.database == "both" else (args.database,)
    rows = [
        row
        for kind in kinds
        for row in order_rows(
            kind, customers=args.customers, past=args.past_orders, orders=args.orders
        )
    ]
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors\n")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
