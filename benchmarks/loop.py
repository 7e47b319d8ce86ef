"""The event loop against its budget, and what is imported when the first screen is painted.

    python -m benchmarks.loop

Starts the console with a watch in its event loop: a timer every two milliseconds that notes
how late it comes, less what the kernel made it wait for a processor that others had (Linux,
sched-stats). An order is then taken by keys. The floor is the same watch in a Textual
application of two widgets while the same keys are typed. The program that is measured is the
one an operator runs, but for the watch.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.budget import Row, table
from benchmarks.call import CALL, read_back_and_confirm
from benchmarks.pty_harness import PtyProgram, clean_environ

BUDGET_MS = 15.0
TICK_SECONDS = 0.002
NOT_BEFORE_FIRST_PAINT = (
    "alembic", "email_validator", "fastapi", "holidays", "httpx", "phonenumbers", "pydantic",
    "reportlab", "sqlalchemy",
)  # fmt: skip


@dataclass(slots=True)
class Watch:
    """Lives in the program that is measured."""

    late: list[tuple[float, float]] = field(default_factory=list)
    """When, on the clock that all processes share, and by how many milliseconds."""
    modules: list[str] = field(default_factory=list)
    """All that was imported when the first screen was painted."""
    _due: float = 0.0
    _queued_ms: float = 0.0

    def begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._due = loop.time() + TICK_SECONDS
        loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        now, queued_before = loop.time(), self._queued_ms
        self._queued_ms = _queued_ms()
        late_ms = (now - self._due) * 1000 - (self._queued_ms - queued_before)
        self.late.append((now, max(0.0, late_ms)))
        self._due = now + TICK_SECONDS
        loop.call_at(self._due, self._tick)

    def keep(self, path: Path) -> None:
        path.write_text(json.dumps({"late": self.late, "modules": self.modules}))


def _queued_ms() -> float:
    """How long this thread has been ready to run while others ran; 0 where nobody says it."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1_000_000
    except OSError:
        return 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a watch kept. Times are of ``time.monotonic``, which asyncio's clock is."""

    late: Sequence[tuple[float, float]]
    modules: frozenset[str]

    def longest(self, since: float, until: float) -> float:
        return max((ms for at, ms in self.late if since <= at <= until), default=0.0)


@dataclass(frozen=True, slots=True)
class Taken:
    """An order that was taken: when the screen stood, and each key with when it was pressed."""

    seen: Seen
    stood_at: float
    keys: Sequence[tuple[float, str]]
    ended_at: float

    @property
    def while_opening(self) -> float:
        return self.seen.longest(self.stood_at, self.keys[0][0])

    @property
    def longest(self) -> float:
        return self.seen.longest(self.keys[0][0], self.ended_at)

    def worst(self, count: int) -> list[tuple[float, str]]:
        """The keys whose turn held up the loop longest, in milliseconds."""
        ends = [*(at for at, _ in self.keys[1:]), self.ended_at]
        held = [
            (self.seen.longest(at, end), key)
            for (at, key), end in zip(self.keys, ends, strict=True)
        ]
        return sorted(held, reverse=True)[:count]


# --- in the program that is measured -------------------------------------------


def run_watched_console(out: Path, command: str) -> int:
    import kiosk.app  # noqa: PLC0415 - only in the program that is measured
    from kiosk.cli import main as kiosk_main  # noqa: PLC0415

    watch = Watch()

    class WatchedApp(kiosk.app.KioskApp):
        def on_mount(self) -> None:  # Textual calls the console's own as well
            watch.begin()

        def post_display_hook(self) -> None:
            if not watch.modules and self.screen.id != "_default":
                watch.modules = sorted(sys.modules)
            super().post_display_hook()

    kiosk.app.KioskApp = WatchedApp
    try:
        return kiosk_main([command])
    finally:
        watch.keep(out)


def run_watched_floor(out: Path) -> int:
    from benchmarks.two_widgets import TwoWidgets  # noqa: PLC0415 - see above

    watch = Watch()

    class WatchedWidgets(TwoWidgets):
        def on_mount(self) -> None:
            watch.begin()

    try:
        WatchedWidgets().run()
    finally:
        watch.keep(out)
    return 0


# --- in the program that measures ----------------------------------------------


def measure(command: str = "demo") -> tuple[Taken, float]:
    """An order on files that are there already, and the longest of the floor."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _take_an_order(folder, "first.json", command)  # builds the files, as once in a life
        return _take_an_order(folder, "second.json", command), _floor(folder)


def budget_rows(taken: Taken, floor: float) -> list[Row]:
    heavy = sorted(taken.seen.modules.intersection(NOT_BEFORE_FIRST_PAINT))
    return [
        Row(
            "imports before first paint, of those that may not be",
            ", ".join(heavy) or "none",
            budget="none",
            is_kept=not heavy,
        ),
        Row("  modules imported by then, all", str(len(taken.seen.modules))),
        _row("event loop blocked while an order is taken, longest", taken.longest, floor),
        _row("event loop blocked while the files open, longest", taken.while_opening, floor),
    ]


def _row(what: str, longest: float, floor: float) -> Row:
    return Row(
        what,
        f"{longest:.1f} ms",
        f"{floor:.1f} ms",
        f"{longest / floor:.1f} x",
        f"{BUDGET_MS:g} ms",
        longest <= BUDGET_MS,
    )


def _take_an_order(folder: Path, out: str, command: str) -> Taken:
    environ = clean_environ(KIOSK_STATE_DIR=str(folder / "state"))
    keys: list[tuple[float, str]] = []
    with PtyProgram(watched(folder / out, command), environ=environ) as program:
        program.wait_for("touches")
        stood_at = time.monotonic()
        program.wait_for("en ligne", within=60)
        program.settle(quiet=2.0, first_within=2.0)
        for said in CALL:
            for key in said.keys:
                keys.append((time.monotonic(), f"{key} (on the way to {said.seen!r})"))
                program.press(key)
            program.wait_for(said.seen)
        keys.append((time.monotonic(), "read back and confirm"))
        read_back_and_confirm(program)
        ended_at = time.monotonic()
        program.press("ctrl+q")
        program.wait()
    return Taken(seen(folder / out), stood_at, keys, ended_at)


def _floor(folder: Path) -> float:
    with PtyProgram(watched(folder / "floor.json", "floor"), environ=clean_environ()) as program:
        program.wait_for("Deux éléments")
        program.settle(quiet=0.2)  # its cursor blinks: it is never quiet for long
        began_at = time.monotonic()
        for said in CALL:
            for key in said.keys:
                if len(key) == 1:
                    program.press(key)
        ended_at = time.monotonic()
        program.press("ctrl+q")
        program.wait()
    return seen(folder / "floor.json").longest(began_at, ended_at)


def watched(out: Path, command: str) -> Sequence[str]:
    return (sys.executable, "-m", "benchmarks.loop", "--command", command, "--watched", str(out))


def seen(path: Path) -> Seen:
    kept: dict[str, Any] = json.loads(path.read_text())
    return Seen([(at, ms) for at, ms in kept["late"]], frozenset(kept["modules"]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--command", default="demo", help="of kiosk")
    parser.add_argument("--watched", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.watched is not None and args.command == "floor":
        return run_watched_floor(args.watched)
    if args.watched is not None:
        return run_watched_console(args.watched, args.command)
    taken, floor = measure(args.command)
    rows = budget_rows(taken, floor)
    print(table(rows))
    for ms, key in taken.worst(5):
        print(f"  {ms:6.1f} ms  after {key}")
    return int(any(row.is_kept is False for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
