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
from collections.abc import Callable
from pathlib import Path

from benchmarks import durable, loop, search, terminal
from benchmarks.budget import Row, table

SIZE = (80, 24)
PROGRAMS = 20
LOAD_MAX = 2.0
NOT_MEASURED = "What a central carries is measured by python -m benchmarks.central."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer starts, keys and orders")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a budget is over")
    args = parser.parse_args()
    parts: dict[str, Callable[[], list[Row]]] = {
        "terminal": lambda: terminal.measured_rows(
            terminal.console_scenario(), SIZE, 2 if args.quick else 5
        ),
        "event loop and imports": lambda: loop.budget_rows(*loop.measure()),
        "search": _search,
        "durable": lambda: durable.budget_rows(60 if args.quick else 300, PROGRAMS),
    }
    rows: list[Row] = []
    loads: list[float] = []
    for what, measured in parts.items():
        loads.append(os.getloadavg()[0])
        print(f"measuring: {what}, load {loads[-1]:.1f}", file=sys.stderr, flush=True)
        rows += measured()
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors\n")
    print(table(rows))
    print(f"\n{NOT_MEASURED}")
    if max(loads) > LOAD_MAX:
        print(f"Load was up to {max(loads):.1f}: on a quiet computer the figures are better.")
    return int(args.strict and any(row.is_kept is False for row in rows))


def _search() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        return search.budget_rows(search.measure(Path(folder)))


if __name__ == "__main__":
    raise SystemExit(main())
