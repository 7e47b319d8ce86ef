"""How long a draft and an order take to be on disk, beside a bare write and fsync.

    python -m benchmarks.durable [--times 300] [--programs 20]

The floor writes the same number of bytes to a plain file and fsyncs it, in turn with the
draft, on the same disk. "at once" is that many programs placing orders on one file without
pause, far more than as many operators do; what is held to there is that none hears "locked".
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.budget import Row, percentile, table
from models.draft import Draft
from models.shop import ShopRules
from models.wire.orders import order_to_wire
from services.adapters.catalogue_file import ensure_builtin
from services.adapters.console_store import ConsoleStore
from services.adapters.stored_forms import dump
from services.adapters.system import SystemClock, UuidIds
from services.drafts import save_draft
from services.order_file import draft_of, example, read_order
from services.place_order import place_in
from services.placing import Placing

ORDER_P99_MS = 10.0
"""Budget of the design for one operator; a draft is held to the same."""


@contextmanager
def console(folder: Path) -> Iterator[tuple[ConsoleStore, Placing]]:
    store = ConsoleStore.open(folder / "console.sqlite3")
    clock = SystemClock()
    catalogue = ensure_builtin(folder / "catalogue.sqlite3", clock.now())
    try:
        yield store, Placing(catalogue, clock, UuidIds(), ShopRules(), order_to_wire)
    finally:
        catalogue.close()
        store.close()


def new_draft(placing: Placing) -> Draft:
    """The order of the brief."""
    file = read_order(example())
    return draft_of(
        file,
        draft_id=placing.ids.new(),
        articles=placing.catalogue.articles(line.sku for line in file.lines),
        now=placing.clock.now(),
    )


def save(store: ConsoleStore, draft: Draft, placing: Placing) -> None:
    with store.write() as tx:
        save_draft(draft, tx=tx, holder=None, now=placing.clock.now())


def place(store: ConsoleStore, draft: Draft, placing: Placing) -> None:
    with store.write() as tx:
        place_in(tx, draft, placing)


def milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def one_operator(folder: Path, times: int) -> dict[str, list[float]]:
    measured: dict[str, list[float]] = {"floor": [], "draft": [], "order": []}
    with console(folder) as (store, placing), (folder / "floor").open("ab", buffering=0) as floor:
        for number in range(times + 5):
            draft = new_draft(placing)
            body = dump(draft).encode()

            def bare(body: bytes = body) -> None:
                floor.write(body)
                os.fsync(floor.fileno())

            typed = replace(draft, search=f"lc970 {number}")
            taken = {
                "floor": milliseconds(bare),
                "draft": milliseconds(lambda: save(store, typed, placing)),  # noqa: B023
                "order": milliseconds(lambda: place(store, typed, placing)),  # noqa: B023
            }
            if number >= 5:  # the first ones compile statements
                for name, one in taken.items():
                    measured[name].append(one)
    return measured


def many_at_once(folder: Path, programs: int, times: int) -> tuple[list[float], int, float]:
    """Times of all placed orders, how many programs failed, seconds it took in all."""
    running = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.durable"),
                *("--one-of-many", str(folder), "--times", str(times)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(programs)
    ]
    for one in running:
        one.stdout.readline()
    started = time.perf_counter()
    for one in running:
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [one.communicate()[0] for one in running]
    seconds = time.perf_counter() - started
    failed = sum(one.returncode != 0 for one in running)
    return [float(line) for out in told for line in out.split()], failed, seconds


def one_of_many(folder: Path, times: int) -> None:
    with console(folder) as (store, placing):
        place(store, new_draft(placing), placing)
        print("ready", flush=True)
        sys.stdin.readline()
        for _ in range(times):
            draft = new_draft(placing)
            print(milliseconds(lambda: place(store, draft, placing)))  # noqa: B023


def budget_rows(times: int, programs: int) -> list[Row]:
    """One operator beside the floor, then ``programs`` at once."""
    with tempfile.TemporaryDirectory(prefix="kiosk-durable-") as name:
        measured = one_operator(Path(name), times)
    with tempfile.TemporaryDirectory(prefix="kiosk-durable-") as name:
        with console(Path(name)):
            pass
        taken, failed, seconds = many_at_once(Path(name), programs, 20)
    return [
        _one_row("a draft saved, p99", measured["draft"], measured["floor"]),
        _one_row("an order placed, p99", measured["order"], measured["floor"]),
        Row(
            f"{programs} programs placing at once on one file",
            f"{failed} failed",
            budget='no "locked"',
            is_kept=not failed,
        ),
        Row("  orders a second, all together", f"{len(taken) / seconds:.0f}"),
    ]


def _one_row(what: str, times: Sequence[float], floor: Sequence[float]) -> Row:
    p99, least = percentile(times, 0.99), percentile(floor, 0.99)
    return Row(
        what,
        f"{p99:.2f} ms",
        f"{least:.2f} ms",
        f"{p99 / least:.1f} x",
        f"{ORDER_P99_MS:g} ms",
        p99 <= ORDER_P99_MS,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--programs", type=int, default=20)
    parser.add_argument("--one-of-many", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one_of_many:
        one_of_many(args.one_of_many, args.times)
        return 0
    rows = budget_rows(args.times, args.programs)
    print(table(rows))
    return int(any(row.is_kept is False for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
