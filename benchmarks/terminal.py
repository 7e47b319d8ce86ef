"""Bytes and milliseconds for each kind of key, on a real pty, beside the budgets.

    python -m benchmarks.terminal [--runs 5] [--size 80x24] [--sample | --command console]

Times are from the key to the last byte of its frame. The first paint is compared with a
Textual application of two widgets, started in turn with it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.budget import Row, table
from benchmarks.pty_harness import Frame, PtyProgram, clean_environ

IDLE_SECONDS = 3.0
SETTLED_SECONDS = 0.4
FIRST_PAINT_RATIO, FIRST_PAINT_BYTES = 1.5, 5000
KEY_MEDIAN_MS, KEY_WORST_MS = 70, 100


@dataclass(frozen=True, slots=True)
class Step:
    """A key and what its frame may cost; without a budget it only leads to the next."""

    what: str
    keys: str
    budget: int = 0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A program, texts that its first usable frame and its data show, and the keys to press."""

    command: Sequence[str]
    ready: str
    filled: str
    steps: Sequence[Step]


@dataclass(slots=True)
class Measured:
    first_ms: list[float] = field(default_factory=list)
    first_bytes: list[int] = field(default_factory=list)
    idle_bytes: list[int] = field(default_factory=list)
    frames: dict[Step, list[Frame]] = field(default_factory=lambda: defaultdict(list))


SAMPLE = Scenario(
    (sys.executable, "-m", "benchmarks.sample_app"),
    "touches",
    "Brother",
    (
        *(Step("typed key", letter, 250) for letter in "brother"),
        Step("refilled list", "z", 1500),
        Step("refilled list", "down", 1500),
        *[Step("refilled list", "right", 1500)] * 2,
        *[Step("arrow", "down", 300)] * 6,
        *[Step("screen switch", "f2", 4000)] * 2,
    ),
)
CONSOLE_STEPS = (
    *(Step("refilled list", letter, 1500) for letter in "dcp350c"),
    *[Step("refilled list", "down", 1500)] * 2,
    Step("", "right"),
    *[Step("arrow", "down", 300)] * 4,
    *[Step("screen switch", key, 4000) for key in ("f2", "f3")],
    *(Step("typed key", letter, 250) for letter in "0199"),
    *[Step("screen switch", key, 4000) for key in ("f4", "f5", "f6", "f1")],
)
TWO_WIDGETS = Scenario(
    (sys.executable, "-m", "benchmarks.two_widgets"), "Deux éléments", "Deux", ()
)


def measure(scenario: Scenario, size: tuple[int, int], state_dir: str, into: Measured) -> None:
    """One start, every key, and a while without any."""
    environ = clean_environ(KIOSK_STATE_DIR=state_dir)
    with PtyProgram(scenario.command, size=size, environ=environ) as program:
        into.first_ms.append(program.wait_for(scenario.ready))
        program.wait_for(scenario.filled)
        program.settle(quiet=SETTLED_SECONDS)
        into.first_bytes.append(len(program.output))
        for step in scenario.steps:
            into.frames[step].append(program.press(step.keys))
        if scenario.steps:
            into.idle_bytes.append(_idle(program))
        program.press("ctrl+q")


def set_up(scenario: Scenario, state_dir: str) -> None:
    """A first start builds the console's files; an operator waits for that only once."""
    environ = clean_environ(KIOSK_STATE_DIR=state_dir)
    with PtyProgram(scenario.command, environ=environ) as program:
        program.wait_for(scenario.filled, within=60)
        program.settle(quiet=10 * SETTLED_SECONDS, first_within=10 * SETTLED_SECONDS)
        program.press("ctrl+q")
        program.wait()


def _idle(program: PtyProgram) -> int:
    program.settle(quiet=SETTLED_SECONDS)
    before = len(program.output)
    program.settle(quiet=IDLE_SECONDS, first_within=IDLE_SECONDS)
    return len(program.output) - before


def budget_rows(console: Measured, bare: Measured) -> list[Row]:
    rows = [
        _first_paint(console, bare),
        _bytes("first paint", console.first_bytes, FIRST_PAINT_BYTES),
    ]
    rows += [
        _bytes(what, [frame.size for frame in frames], budget)
        for what, budget, frames in _by_kind(console)
    ]
    rows.append(_bytes(f"{IDLE_SECONDS:.0f} s of doing nothing", console.idle_bytes, 0))
    times = sorted(frame.last_ms for frames in console.frames.values() for frame in frames)
    p99 = times[int(len(times) * 0.99)]
    return [
        *rows,
        _time("key to complete frame, median", statistics.median(times), KEY_MEDIAN_MS),
        _time("key to complete frame, p99", p99, KEY_WORST_MS),
    ]


def _first_paint(console: Measured, bare: Measured) -> Row:
    first, floor = statistics.median(console.first_ms), statistics.median(bare.first_ms)
    ratio = first / floor
    return Row(
        "start to first usable frame, median",
        f"{first:.0f} ms",
        f"{floor:.0f} ms",
        f"{ratio:.2f} x",
        f"{FIRST_PAINT_RATIO} x",
        ratio <= FIRST_PAINT_RATIO,
    )


def _bytes(what: str, sizes: Sequence[int], budget: int) -> Row:
    worst = max(sizes)
    return Row(f"{what}, most bytes", f"{worst} B", "", "", f"{budget} B", worst <= budget)


def _time(what: str, taken_ms: float, budget_ms: int) -> Row:
    return Row(what, f"{taken_ms:.0f} ms", "", "", f"{budget_ms} ms", taken_ms <= budget_ms)


def measured_rows(scenario: Scenario, size: tuple[int, int], runs: int) -> list[Row]:
    """Start both programs in turn, ``runs`` times."""
    console, bare = Measured(), Measured()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as state_dir:
        set_up(scenario, state_dir)
        for _ in range(runs):
            measure(TWO_WIDGETS, size, state_dir, bare)
            measure(scenario, size, state_dir, console)
    return budget_rows(console, bare)


def console_scenario(command: str = "demo") -> Scenario:
    return Scenario(
        (sys.executable, "-m", "kiosk.cli", command), "touches", "Brother", CONSOLE_STEPS
    )


def _by_kind(measured: Measured) -> list[tuple[str, int, list[Frame]]]:
    kinds: dict[tuple[str, int], list[Frame]] = defaultdict(list)
    for step, frames in measured.frames.items():
        if step.budget:
            kinds[step.what, step.budget] += frames
    return [(what, budget, frames) for (what, budget), frames in kinds.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--size", default="80x24")
    parser.add_argument(
        "--sample", action="store_true", help="the sample application, not the console"
    )
    parser.add_argument("--command", default="demo", help="of kiosk: demo, or console")
    args = parser.parse_args()
    columns, rows = (int(part) for part in args.size.split("x"))
    scenario = SAMPLE if args.sample else console_scenario(args.command)
    print(table(measured_rows(scenario, (columns, rows), args.runs)))


if __name__ == "__main__":
    main()
