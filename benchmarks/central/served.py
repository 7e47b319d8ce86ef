"""A central as a process of its own, on a file or on a real PostgreSQL that syncs to disk.

Owns starting and stopping both, and what the processes used of processor and memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.postgres_server import server_running

WORKERS = 2
CONFIGURATION = """
shared_buffers = 512MB
max_wal_size = 8GB
max_connections = 200
"""
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Served:
    """``host`` and ``port`` of loopback; ``pid`` of the process that started the workers."""

    host: str
    port: int
    pid: int
    database: str

    def memory_mb(self) -> float:
        """Resident, of the process and its workers."""
        return sum(map(resident_mb, _family(self.pid)))

    def processor_seconds(self) -> float:
        return sum(_processor_seconds(pid) for pid in _family(self.pid))


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """A new empty database: what ``kiosk central --database`` takes."""
    if kind == "sqlite":
        yield str(folder / "central.sqlite3")
        return
    with postgresql(folder) as url:
        yield url


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """With fsync and synchronous_commit as they are by themselves: on; memory as for a server."""
    with server_running(CONFIGURATION, within=folder) as server:
        said = server.psql("SHOW fsync") + server.psql("SHOW synchronous_commit")
        assert said.count("on") >= 2, said
        yield server.get_uri()


@contextmanager
def served(database: str, folder: Path, *, workers: int = WORKERS) -> Iterator[Served]:
    command = [
        *(sys.executable, "-m", "kiosk.cli", "central", "serve", "--port", "0"),
        *("--database", database, "--workers", str(workers)),
    ]
    environ = os.environ | {"KIOSK_STATE_DIR": str(folder / "state")}
    with (
        (folder / "central.log").open("ab") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environ) as process,
    ):
        try:
            said = process.stdout.readline().decode()
            host, _, port = said.rpartition("http://")[2].strip().rpartition(":")
            while workers > 1 and listeners_at(int(port)) <= workers:
                time.sleep(0.05)  # who comes before all of them are there is all the first one's
            yield Served(host, int(port), process.pid, database)
        finally:
            process.terminate()
            process.wait()


def listeners_at(port: int) -> int:
    """Sockets that take connections: lines of proc(5) net/tcp whose state is 0A."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(f":{port:04X} " in line[:25] and line.split()[3] == "0A" for line in lines)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = (line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(next(found).split()[1]) / 1024


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS
