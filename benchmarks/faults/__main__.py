"""The long run: thousands of orders over a bad line, with consoles and central killed.

    python -m benchmarks.faults --orders 10000 --consoles 6 --seed 1

Ends with a summary; exit code 1 where anything that was promised was not kept, and the run's
folder is then kept to look into.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.faults.conductor import Conductor, Result
from benchmarks.faults.finding import Finding
from benchmarks.faults.postgresql import Postgres, postgres_running
from benchmarks.faults.stage import Plan

SHOWN = 5
"""Findings of one kind; there may be thousands."""


def main() -> int:
    args = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # with all it started
    with ExitStack() as held:
        postgres = held.enter_context(postgres_running()) if args.postgresql else None
        return _run(args, postgres)


def _run(args: argparse.Namespace, postgres: Postgres | None) -> int:
    folder = args.folder or Path(tempfile.mkdtemp(prefix="kiosk-faults-"))
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(
        orders=args.orders,
        consoles=args.consoles,
        seed=args.seed,
        kill_every=args.kill_every,
        database=postgres.url if postgres else args.database,
        workers=args.workers,
        minutes_max=args.minutes_max,
    )
    crash = postgres.crash if postgres else None
    result = Conductor(plan, folder, tell=_tell, crash=crash).run()
    print(summary(result))
    if result.is_good and not args.keep:
        shutil.rmtree(folder)
    return 0 if result.is_good else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--consoles", type=int, default=6, help="processes, two on a folder")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--kill-every", type=int, default=40, help="orders between two kills")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--postgresql", action="store_true", help="on a PostgreSQL of its own")
    where.add_argument("--database", default="", help="URL of an empty PostgreSQL database")
    parser.add_argument("--workers", type=int, default=1, help="processes of central")
    parser.add_argument("--minutes-max", type=float, default=30.0)
    parser.add_argument("--folder", type=Path, help="empty; a temporary one if none is given")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a good run too")
    return parser.parse_args()


def summary(result: Result) -> str:
    """What was done, what broke, what was found."""
    plan = result.plan
    database = "PostgreSQL" if plan.database else "SQLite"
    lines = [
        f"seed {plan.seed}, {plan.consoles} consoles, {database}, {plan.workers} worker(s)",
        f"Python {platform.python_version()}, {os.cpu_count()} processors",
        f"{result.seconds:.0f} s, of which {result.drain_seconds:.0f} s to drain",
        *_table(result.audit.counts),
        "kills:",
        *_table(result.kills),
        "on the line:",
        *_table(dict(sorted(result.faults.items()))),
    ]
    if result.is_good:
        return "\n".join([*lines, "nothing lost, nothing doubled"])
    return "\n".join([*lines, *failure(result)])


def failure(result: Result) -> list[str]:
    """What was not kept, and how to make it happen again."""
    plan = result.plan
    return [
        "NOT KEPT:",
        *(f"  {trouble}" for trouble in result.troubles),
        *(f"  {line}" for line in _some_of_each(result.audit.findings)),
        f"files and logs: {result.folder}",
        again(plan),
    ]


def again(plan: Plan) -> str:
    return (
        f"again: python -m benchmarks.faults --orders {plan.orders} --consoles {plan.consoles}"
        f" --seed {plan.seed} --kill-every {plan.kill_every}"
        f"{' --postgresql' if plan.database else ''}"
    )


def _some_of_each(findings: Sequence[Finding]) -> Iterator[str]:
    for code, count in Counter(finding.code for finding in findings).items():
        alike = [str(finding) for finding in findings if finding.code == code]
        yield from alike[:SHOWN]
        if count > SHOWN:
            yield f"{code}: {count - SHOWN} more"


def _table(figures: Mapping[str, int]) -> list[str]:
    return [f"  {count:>8,}  {what.replace('_', ' ')}" for what, count in figures.items()]


def _tell(news: str) -> None:
    print(news, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
