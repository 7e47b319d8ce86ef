"""A real PostgreSQL for the tests: one server for a process, one database for a test.

Owns how fast it may be and what becomes of its databases; knows no table. What is tested on it is order
and isolation, never durability: it does not wait for the disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from benchmarks.postgres_server import server_running

CONFIGURATION = """
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off
jit = off
shared_buffers = 32MB
max_connections = 300
"""

on_sqlite = pytest.mark.parametrize("kind", ["sqlite"])
"""A test about the file: not on PostgreSQL."""
on_postgresql = pytest.mark.parametrize("kind", ["postgresql"])


@dataclass
class Postgres:
    """A running server. Databases are made as copies of one another."""

    server: Any
    owner: psycopg.Connection

    def url(self, name: str) -> str:
        return str(self.server.get_uri(database=name))

    def create(self, name: str, *, like: str = "template0") -> str:
        """The URL of a new database, a copy of ``like``, which nobody may be using."""
        self._do(f'CREATE DATABASE "{name}" TEMPLATE "{like}" STRATEGY FILE_COPY')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Whoever still has a connection, such as a stream that is just ending, loses it."""
        self._do(f'DROP DATABASE "{name}" WITH (FORCE)')

    def cut(self, name: str) -> None:
        """Every connection to this database is lost."""
        self.owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )

    def _do(self, statement: str) -> None:
        self.owner.execute(statement.encode())


@contextmanager
def postgres_running() -> Iterator[Postgres]:
    """A server of its own, which is stopped and gone at the end. It is not in pytest's folder:
    another run of pytest shuts that to all but its owner, which here the server is not.
    """
    with (
        server_running(CONFIGURATION) as server,
        psycopg.connect(server.get_uri(), autocommit=True) as owner,
    ):
        yield Postgres(server, owner)
