"""The keys of an operator beside a central that is stopped, silent, slow or lying, or that
sends 470,000 rows.

    python -m benchmarks.beside_central [--runs 3]

The same round of keys is typed at the console on a pty: with no central at all, which is the
floor, and with each of those. They take turns, so that whatever else the computer does meets
all of them; the figures are medians of the runs. A snapshot is typed beside until it is the
catalogue in use, which includes the moment when it becomes that.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socketserver
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.budget import Row, percentile, table
from benchmarks.central.served import Served, served
from benchmarks.central.shop import fill
from benchmarks.central.snapshot import large_catalogue
from benchmarks.loop import BUDGET_MS, seen, watched
from benchmarks.pty_harness import PtyProgram, clean_environ
from benchmarks.terminal import KEY_MEDIAN_MS, KEY_WORST_MS
from kiosk import paths

ROUND = (
    *("ctrl+u", *"dcp350c", "down", "down", "right", "down", "down"),
    *("f2", "f3", *"xqz", "down", "down", *"Martin", "enter", *"Anne", "enter"),
    *("f4", "f5", "down", "f6", "f3", *["backspace"] * 4, "f1"),
)
"""A search, arrows, every step, letters in a form."""

ROUNDS = 3
"""Where there is no snapshot to wait for."""

STATUS_ROWS = frozenset({20, 21, 22})
"""They say how far the catalogue is, by themselves."""

TOKEN = "x" * 43
ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Felt:
    """What one console was like: milliseconds, of each key and of the loop at most."""

    keys: tuple[float, ...]
    longest: float

    @property
    def p50(self) -> float:
        return percentile(self.keys, 0.5)

    @property
    def p99(self) -> float:
        return percentile(self.keys, 0.99)


# --- what may stand in central's place -------------------------------------------------


class _Silent(socketserver.StreamRequestHandler):
    """Takes the question and says nothing until whoever asked hangs up."""

    def handle(self) -> None:
        while self.rfile.read(65536):
            pass


class _Slow(socketserver.StreamRequestHandler):
    """Takes the question and gives a byte of an answer a second."""

    def handle(self) -> None:
        self.rfile.readline()
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b" " * 1000:
            self.wfile.write(bytes([byte]))
            time.sleep(1)


class _Lying(socketserver.StreamRequestHandler):
    """Says at once, and at length, what is no answer at all."""

    def handle(self) -> None:
        self.rfile.readline()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        for _ in range(60):
            self.wfile.write(b'{"rows":[' + b'"' + b"a" * 500_000 + b'"]}')


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """The console hung up."""


@contextmanager
def _stranger(handler: type[socketserver.BaseRequestHandler]) -> Iterator[str]:
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def _nowhere() -> str:
    """Nobody listens at this port any more."""
    with _stranger(_Lying) as url:
        return url


# --- one console ------------------------------------------------------------------------


def feel(like: Path, url: str = "", token: str = TOKEN, *, is_loading: bool = False) -> Felt:
    """Type at a copy of the console ``like``, enrolled at ``url`` if there is one."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        state, out = Path(name) / "state", Path(name) / "watch.json"
        shutil.copytree(like, state)
        environ = clean_environ(KIOSK_STATE_DIR=str(state))
        if url:
            enrol = [sys.executable, "-m", "kiosk.cli", "sync", "--enrol", url]
            subprocess.run(
                enrol, env=environ, input=token, text=True, check=True, stdout=subprocess.DEVNULL
            )
        with PtyProgram(watched(out, "console"), environ=environ) as program:
            program.wait_for("Brother")
            program.settle(quiet=1.0, first_within=1.0, besides=STATUS_ROWS)
            began_at = time.monotonic()
            is_over = partial(_has_landed, state) if is_loading else _after(ROUNDS)
            keys = tuple(_type(program, is_over))
            ended_at = time.monotonic()
            program.press("ctrl+q")
            program.wait()
        return Felt(keys, seen(out).longest(began_at, ended_at))


def _type(program: PtyProgram, is_over: Callable[[], bool]) -> Iterator[float]:
    while True:
        for key in ROUND:
            yield program.press(key, besides=STATUS_ROWS).last_ms
        if is_over():
            return


def _after(rounds: int) -> Callable[[], bool]:
    left = iter(range(rounds - 1))
    return lambda: next(left, None) is None


def _has_landed(state: Path) -> bool:
    """The built-in catalogue has two or three megabytes, the large one fifty."""
    return paths.catalogue_file(state).stat().st_size > 20_000_000


def _set_up(folder: Path) -> Path:
    """A console with its files made, as once in its life."""
    state = folder / "console"
    with PtyProgram(
        (sys.executable, "-m", "kiosk.cli", "console"),
        environ=clean_environ(KIOSK_STATE_DIR=str(state)),
    ) as program:
        program.wait_for("Brother", within=60)
        program.settle(quiet=3.0, first_within=3.0)
        program.press("ctrl+q")
        program.wait()
    return state


# --- all of them ------------------------------------------------------------------------


def measure(runs: int) -> Mapping[str, list[Felt]]:
    felt: dict[str, list[Felt]] = defaultdict(list)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        like, database = _set_up(folder), str(folder / "central.sqlite3")
        now = datetime.now(UTC)
        catalogue = large_catalogue(folder / "catalogue", now)
        shop = fill(database, customers=0, orders=0, consoles=1, now=now, catalogue=catalogue)
        with (
            served(database, folder, workers=1) as central,
            _stranger(_Silent) as silent,
            _stranger(_Slow) as slow,
            _stranger(_Lying) as lying,
        ):
            for _ in range(runs):
                felt[ALONE].append(feel(like))
                felt["central stopped"].append(feel(like, _nowhere()))
                felt["central silent"].append(feel(like, silent))
                felt["central slow"].append(feel(like, slow))
                felt["central lying"].append(feel(like, lying))
                felt["a snapshot comes"].append(
                    feel(like, _url(central), shop.tokens[0], is_loading=True)
                )
    return felt


def _url(central: Served) -> str:
    return f"http://{central.host}:{central.port}"


def budget_rows(felt: Mapping[str, list[Felt]]) -> list[Row]:
    floor = felt[ALONE]
    return [
        row
        for what, many in felt.items()
        for row in (
            _row(
                f"{what}: key to complete frame, p50", many, floor, lambda f: f.p50, KEY_MEDIAN_MS
            ),
            _row(f"{what}: key to complete frame, p99", many, floor, lambda f: f.p99, KEY_WORST_MS),
            _row(f"{what}: loop blocked, longest", many, floor, lambda f: f.longest, BUDGET_MS),
        )
    ]


def _row(
    what: str,
    many: list[Felt],
    floor: list[Felt],
    figure: Callable[[Felt], float],
    budget: float,
) -> Row:
    measured, least = (statistics.median(map(figure, each)) for each in (many, floor))
    return Row(
        what,
        f"{measured:.1f} ms",
        f"{least:.1f} ms",
        f"{measured / least:.1f} x",
        f"{budget:g} ms",
        measured <= budget,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    print(table(budget_rows(measure(args.runs))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
