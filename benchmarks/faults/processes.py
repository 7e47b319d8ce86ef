"""The processes of a run: started, killed, started again, and gone with the run itself.

Owns how each is started and how it is known to be ready. Everything is killed by its own id;
each child has a group of its own, so that a central with workers dies whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PYTHON = sys.executable
READY_SECONDS = 60.0
END_SECONDS = 20.0


class Child:
    """A process with a pipe to talk to it and one to hear it; what it complains of is logged."""

    def __init__(self, words: Sequence[str], log: Path, **environ: str) -> None:
        with log.open("ab") as complaints:
            self._process = subprocess.Popen(
                [PYTHON, *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=os.environ | environ,
                start_new_session=True,
            )
        self._heard: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.log = log
        threading.Thread(target=self._hear, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def status(self) -> int | None:
        return self._process.poll()

    def tell(self, command: str) -> None:
        """Nothing happens where it is gone already."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(command.encode() + b"\n")
            self._process.stdin.flush()

    def wait_for(self, pattern: str, *, seconds: float = READY_SECONDS) -> str:
        """The next line that ``pattern`` is found in. Raises TimeoutError."""
        limit = time.monotonic() + seconds
        while True:
            try:
                line = self._heard.get(timeout=max(0.0, limit - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"{pattern!r} was not said, see {self.log}") from None
            if re.search(pattern, line):
                return line

    def kill(self) -> None:
        """kill -9, of it and of what it started; where it is gone already, it is let go of."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._hang_up()

    def end(self) -> int:
        """It is asked to end by the end of its input; its exit status."""
        self._hang_up()
        return self._ended()

    def terminate(self) -> int:
        """It is asked to end by a signal; its exit status."""
        if self.is_running:
            self._process.terminate()
        return self._ended()

    def _ended(self) -> int:
        try:
            status = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL
        self._hang_up()
        return status

    def _hang_up(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()

    def _hear(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as said:
            for line in said:
                self._heard.put(line.decode(errors="replace"))


class LineProcess(Child):
    """The proxy of ``benchmarks.faults.line``."""

    def __init__(
        self, log: Path, *, central_port: int, seed: int, pace: float, roughness: float
    ) -> None:
        words = ["--central", str(central_port), "--seed", str(seed)]
        words += ["--pace", str(pace), "--roughness", str(roughness)]
        super().__init__(["-m", "benchmarks.faults.line", *words], log)
        self.url = f"http://127.0.0.1:{self._fact('listening', 'port')}"

    def clear(self) -> None:
        """From now on nothing goes wrong; what was held back has been delivered."""
        self.tell("clear")
        self.wait_for('"clear"')

    def counts(self) -> dict[str, int]:
        self.tell("counts")
        found: dict[str, int] = self._fact("counts", "counts")
        return found

    def has_passed_a_put(self, *, seconds: float) -> bool:
        """Wait until central has got the next order. False where none came."""
        self.tell("tell")
        try:
            self.wait_for('"passed"', seconds=seconds)
        except TimeoutError:
            return False
        return True

    def _fact(self, said: str, name: str) -> Any:
        return json.loads(self.wait_for(f'"said": "{said}"'))[name]


def serve_central(folder: Path, log: Path, *, database: str, port: int, workers: int) -> Child:
    """``kiosk central serve``, as an administrator starts it."""
    words = ["-m", "kiosk.cli", "central", "serve", "--database", database, "--port", str(port)]
    if workers > 1:
        words += ["--workers", str(workers)]
    return Child(words, log, KIOSK_STATE_DIR=str(folder))


def wait_until_it_listens(central: Child) -> None:
    """Raises TimeoutError."""
    central.wait_for("écoute")


def start_console(folder: Path, log: Path, *, name: str, journal: Path, seed: str) -> Child:
    """Ready when it says "taking orders", which is not waited for."""
    words = ["--folder", str(folder), "--name", name, "--journal", str(journal), "--seed", seed]
    return Child(["-m", "benchmarks.faults.console_worker", *words], log)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def holder_of(lock: Path) -> int | None:
    """The process that has locked this file, where the system tells (Linux: /proc/locks)."""
    try:
        inode = lock.stat().st_ino
        held = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return None
    for line in held:
        words = line.split()
        if words[1] == "FLOCK" and words[5].rpartition(":")[2] == str(inode):
            return int(words[4])
    return None
