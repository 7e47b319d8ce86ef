"""``make bench``: what was measured, beside its floor in the same run and beside its budget.

    python -m benchmarks [--quick]

One table for all budgets that can be measured on one computer. A floor is the least that the
same run could have taken: a bare Textual application, one look-up by key, one write and
fsync. Ratios travel between computers; milliseconds do not. Exit code 1 when a budget is not
kept. What needs another set-up is named beneath the table.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import durable, loop, search, terminal
from benchmarks.budget import Row, table

SIZE = (80, 24)
LOAD_MAX = 2.0
NOT_MEASURED = (
    "Not measured here: orders a second at central on PostgreSQL; a first sync of 400,000 rows."
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer starts, keys and orders")
    args = parser.parse_args()
    load = os.getloadavg()[0]
    rows = list(_rows(is_quick=args.quick))
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} processors, load {load:.1f} at the start"
    )
    if load > LOAD_MAX:
        print("The computer was busy: the figures are worse than they should be.")
    print()
    print(table(rows))
    print()
    print(NOT_MEASURED)
    return int(any(row.is_kept is False for row in rows))


def _rows(*, is_quick: bool) -> Iterator[Row]:
    _say("terminal")
    yield from terminal.measured_rows(terminal.console_scenario(), SIZE, 2 if is_quick else 5)
    _say("event loop and imports")
    yield from loop.budget_rows(*loop.measure())
    _say("durable")
    yield from durable.budget_rows(60 if is_quick else 300, 20)
    _say("search")
    with tempfile.TemporaryDirectory() as folder:
        yield from search.budget_rows(search.measure(Path(folder)))


def _say(what: str) -> None:
    """What takes its time now; beside the table, so that the table can be kept."""
    print(f"measuring: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
