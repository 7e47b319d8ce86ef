"""A program on a pseudo-terminal, driven by keys and seen as its operator would see it.

Owns the pty, the clock and the emulated screen; knows nothing of the program. Used by the
benchmarks and by the end-to-end tests.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import pyte

NAMED_KEYS = {
    "enter": b"\r",
    "escape": b"\x1b",
    "tab": b"\t",
    "backspace": b"\x7f",
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "f1": b"\x1bOP",
    "f2": b"\x1bOQ",
    "f3": b"\x1bOR",
    "f4": b"\x1bOS",
    "f5": b"\x1b[15~",
    "f6": b"\x1b[17~",
    "f7": b"\x1b[18~",
    "f8": b"\x1b[19~",
} | {f"ctrl+{chr(letter)}": bytes([letter & 31]) for letter in range(ord("a"), ord("z") + 1)}

QUIET_SECONDS = 0.08
"""So long without a byte ends a frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What came back for a key: bytes, and milliseconds to the last of them."""

    size: int
    last_ms: float


class PtyProgram:
    """A child process on its own terminal; it alone is signalled, and it does not outlive the block."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        size: tuple[int, int] = (80, 24),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.output = bytearray()
        self.status: int | None = None
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self.started_at = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            os.execvpe(command[0], list(command), dict(environ or clean_environ()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()
        self.hang_up()

    @property
    def screen(self) -> pyte.Screen:
        """What the terminal shows, with its colours."""
        return self._screen

    @property
    def text(self) -> str:
        return "\n".join(row.rstrip() for row in self._screen.display)

    @property
    def cursor(self) -> tuple[int, int] | None:
        """Column and row of the visible cursor."""
        cursor = self._screen.cursor
        return None if cursor.hidden else (cursor.x, cursor.y)

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, *keys: str, besides: Collection[int] = ()) -> Frame:
        """Send keys by name or as text, and wait until the screen is quiet again."""
        before, sent_at = len(self.output), time.perf_counter()
        for key in keys:
            os.write(self._fd, NAMED_KEYS.get(key) or key.encode())
        last_at = self.settle(besides=besides)
        return Frame(len(self.output) - before, max(0.0, last_at - sent_at) * 1000)

    def settle(
        self,
        *,
        quiet: float = QUIET_SECONDS,
        first_within: float = 1.0,
        besides: Collection[int] = (),
    ) -> float:
        """Read until nothing came for ``quiet`` seconds; the time of the last byte. Rows
        ``besides`` may change by themselves: what comes for them alone is not waited for.
        """
        last_at = time.perf_counter()
        until = last_at + first_within
        self._screen.dirty.clear()
        while (left := until - time.perf_counter()) > 0 and self._read(left):
            if besides and self._screen.dirty.issubset(besides):
                continue
            last_at = time.perf_counter()
            until = last_at + quiet
            self._screen.dirty.clear()
        return last_at

    def wait_for(self, text: str, *, within: float = 15.0) -> float:
        """Read until the screen shows ``text``; the time since the start, in milliseconds."""
        deadline = time.perf_counter() + within
        while text not in self.text:
            if time.perf_counter() > deadline or not self._read(deadline - time.perf_counter()):
                raise TimeoutError(f"no {text!r} on the screen:\n{self.text}")
        return (time.perf_counter() - self.started_at) * 1000

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def wait(self, *, within: float = 10.0) -> int:
        """Read until the program ends; its exit status as the shell gives it."""
        deadline = time.perf_counter() + within
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.perf_counter() > deadline:
                raise TimeoutError(f"still running:\n{self.text}")
            else:
                self._read(0.02)
        while self._read(0):  # what it said last
            pass
        return self.status

    def modes(self) -> list[int]:
        """The terminal's local and output flags, to see that they were put back."""
        attributes = termios.tcgetattr(self._fd)
        return [attributes[1], attributes[3]]

    def hang_up(self) -> None:
        """Close our end, as a dropped line does."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _read(self, timeout: float) -> bool:
        if self._fd < 0:
            time.sleep(timeout)
            return False
        if not select.select([self._fd], [], [], max(0.0, timeout))[0]:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # Linux says so when the program has ended
            data = b""
        self.output += data
        self._stream.feed(_known_to_pyte(data))
        return bool(data)


def _known_to_pyte(data: bytes) -> bytes:
    """pyte prints what it does not know; these are said without a visible effect."""
    for unknown in (b"\x1b[>1u", b"\x1b[<u", b"\x1b[?2026$p"):
        data = data.replace(unknown, b"")
    return data


def clean_environ(**extra: str) -> dict[str, str]:
    """This environment as a plain terminal has it."""
    unwanted = {"COLORTERM", "NO_COLOR", "TMUX", "COLUMNS", "LINES", "TERM_PROGRAM"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"} | extra
