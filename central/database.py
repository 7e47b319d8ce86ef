"""Central's database: opened, migrated, and written in transactions.

Owns the connection, the schema version and what an overloaded database means to a caller.
Knows no resource; what differs between the two databases stands in ``central.sqlite`` and
``central.postgresql``.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    Engine,
    Executable,
    ScalarSelect,
    Table,
    bindparam,
    case,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from central import postgresql, sqlite, unfinished
from models.errors import Unavailable
from models.tables import central as tables

log = logging.getLogger("kiosk.central")

HEAD = "0004"
"""The newest version in ``migrations/central/versions``."""

TRIES = 5
"""How often a piece of work is begun that PostgreSQL undoes in favour of another."""

RAISED = (
    update(tables.counters)
    .where(tables.counters.c.name == bindparam("of"))
    .values(value=tables.counters.c.value + bindparam("count"))
)

COUNTERS = ("catalogue", "customers", "orders", "vouchers", "events")
"""Of the feeds, in the order in which a transaction locks them: that of events last, because
whatever is done ends with telling of it.
"""

_count = case(
    {name: bindparam(name, 0) for name in COUNTERS}, value=tables.counters.c.name, else_=0
)
_wanted = (
    select(tables.counters.c.name)
    .where(_count > 0)
    .order_by(tables.counters.c.name == COUNTERS[-1], tables.counters.c.name)
    .with_for_update()
    .subquery()
)
RAISED_TOGETHER = (
    update(tables.counters)
    .where(tables.counters.c.name == _wanted.c.name)
    .values(value=tables.counters.c.value + _count)
)

T = TypeVar("T")
Rows = Sequence[Mapping[str, Any]]


class Kind(Protocol):
    """What differs between the two databases while they are used."""

    @property
    def TO_LOOK(self) -> Mapping[str, Any]: ...  # noqa: N802 - a module's constant
    @property
    def TO_READ(self) -> Mapping[str, Any]: ...  # noqa: N802 - see above
    @property
    def TO_WRITE(self) -> Mapping[str, Any]: ...  # noqa: N802 - see above

    def may_pass(self, error: DBAPIError) -> bool: ...
    def is_undone(self, error: DBAPIError) -> bool: ...
    def is_duplicate(self, error: DBAPIError) -> bool: ...
    def name_of(self, error: DBAPIError) -> str: ...
    def in_one_message(self, connection: Connection) -> contextlib.AbstractContextManager[None]: ...
    def send(self, connection: Connection, statement: Executable, rows: Rows) -> None: ...
    def turn(self, engine: Engine) -> contextlib.AbstractContextManager[None]: ...


KINDS: Mapping[str, Kind] = {"sqlite": sqlite, "postgresql": postgresql}


class Database:
    """Transactions on central's database. Safe to use from many threads.

    ``where`` is a SQLite file, or the URL of a PostgreSQL database as text
    (``postgresql://USER:PASSWORD@HOST/NAME``). Raises DomainError("database_url_malformed").
    """

    def __init__(self, where: Path | str) -> None:
        self._engine = _open_engine(where)
        self._kind = KINDS[self._engine.dialect.name]

    @property
    def url(self) -> URL:
        """Where it is; its text hides the password."""
        return self._engine.url

    @property
    def is_postgresql(self) -> bool:
        return self._kind is postgresql

    @property
    def connections_in_use(self) -> int:
        """By this process, just now."""
        pool = self._engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write: committed and on disk when the block ends.

        Raises Unavailable("central_busy") when the database stays locked too long, cannot be
        reached or undid the transaction; what ``run`` does not hear of.
        """
        with self._kind.turn(self._engine), _begun(self._engine, self._kind.TO_WRITE) as connection:
            yield connection

    def run(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` returns, done in one transaction that may write and is on disk. Where
        PostgreSQL undid it in favour of another, ``work`` is done anew from its beginning, so
        it must change nothing but what it changes by its connection.

        Raises what ``work`` raises, Unavailable("central_busy"), and sqlalchemy's IntegrityError
        where every try found a row there already (``AlreadyThere``): a defect.
        """
        for _ in range(TRIES - 1):
            try:
                with self.write() as connection:
                    return work(connection)
            except Undone:
                continue
        try:
            with self.write() as connection:
                return work(connection)
        except AlreadyThere as error:
            raise error.found from error.found.orig

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view. Raises Unavailable("central_busy")."""
        with _begun(self._engine, self._kind.TO_READ) as connection:
            yield connection

    @contextlib.contextmanager
    def look(self) -> Iterator[Connection]:
        """For one statement that reads, which is a transaction of its own: one round trip
        instead of three. Raises Unavailable("central_busy").
        """
        with _passing(self._engine), self._engine.connect() as connected:
            yield connected.execution_options(**self._kind.TO_LOOK)

    def ensure_ready(self) -> None:
        """The schema is the one this program knows, and no restore waits to be finished. Raises
        Unavailable("central_not_ready").
        """
        with self.read() as connection:
            version = _version(connection)
            is_unfinished = unfinished.marked(connection) is not None
        if version != HEAD or is_unfinished:
            raise Unavailable("central_not_ready", version=version, known=HEAD)

    def close(self) -> None:
        self._engine.dispose()


def where_is(said: str) -> Path | str:
    """The place of a database as somebody named it: the URL as it is, or the file."""
    return said if said.startswith(postgresql.URLS) else Path(said).absolute()


def migrate(where: Path | str, *, is_restored: bool = False) -> None:
    """Bring the database to ``HEAD``: all or nothing, and nothing where it is there already.
    Several workers may do so at once: the first one does, the others wait for it.

    Raises Unavailable: "file_too_new" for the database of a newer central, "central_busy",
    "restore_unfinished" unless it is that restore which asks;
    DomainError("database_url_malformed" | "database_not_utf8").
    """
    if isinstance(where, Path):
        unfinished.ensure_replaced(where)
        sqlite.make_private(where)
    engine = _open_engine(where, busy_seconds=sqlite.MIGRATION_SECONDS)
    try:
        with _begun(engine, KINDS[engine.dialect.name].TO_WRITE) as connection:
            if engine.dialect.name == "postgresql":
                postgresql.ensure_utf8(connection)
                postgresql.lock_for_migration(connection)
            if not is_restored:
                unfinished.ensure_finished(connection)
            version = _version(connection)
            if version is not None and version > HEAD:
                name = str(where if isinstance(where, Path) else engine.url)
                raise Unavailable("file_too_new", path=name, version=version, known=HEAD)
            if version != HEAD:
                _upgrade(connection)
    finally:
        engine.dispose()


def next_number(connection: Connection, counter: str, count: int = 1) -> int:
    """Raise a counter by ``count`` and return its new value; no two transactions get the same."""
    column = tables.counters.c.value
    raised = (
        update(tables.counters)
        .where(tables.counters.c.name == counter)
        .values(value=column + count)
        .returning(column)
    )
    return int(connection.execute(raised).scalar_one())


def raise_counter(connection: Connection, counter: str, count: int = 1) -> None:
    """As ``next_number``, for statements that have ``drawn`` fill in the number."""
    connection.execute(RAISED, {"of": counter, "count": count})


def raise_counters(connection: Connection, counts: Mapping[str, int]) -> None:
    """As ``raise_counter``, each of ``COUNTERS`` by its own count, all at once; those by nothing are
    left alone. A transaction does so before it writes a row of any feed, but for rows it has
    locked already.
    """
    if any(counts.values()):
        send(connection, RAISED_TOGETHER, [{**dict.fromkeys(COUNTERS, 0), **counts}])


def send(connection: Connection, statement: Executable, rows: Rows) -> None:
    """Execute a statement whose rows, if any, nobody wants, once for each of ``rows``. Within
    ``written_together`` it becomes part of what is sent together.
    """
    KINDS[connection.dialect.name].send(connection, statement, rows)


def drawn(counter: str) -> ScalarSelect[int]:
    """In a statement: the last number that this transaction has drawn from the counter. So the
    numbers need not come here first, while all others wait for the counter.
    """
    return (
        select(tables.counters.c.value).where(tables.counters.c.name == counter).scalar_subquery()
    )


@contextlib.contextmanager
def written_together(connection: Connection) -> Iterator[None]:
    """The last statements of a transaction, whose rows nobody wants: sent together where that is
    quicker, so that a counter is held for a short while.

    Raises AlreadyThere.
    """
    kind = KINDS[connection.dialect.name]
    try:
        with kind.in_one_message(connection):
            yield
    except DBAPIError as error:
        if not kind.is_duplicate(error):
            raise
        raise AlreadyThere(error) from error


@contextlib.contextmanager
def committed_together(connection: Connection) -> Iterator[None]:
    """The last statements of a transaction, as ``written_together``, and its commit: counters
    that are raised here are held for no longer than the database itself needs. No statement
    comes after.
    """
    transaction = connection.get_transaction()
    assert transaction is not None  # noqa: S101 - of ``Database.write`` or ``run``
    with written_together(connection):
        yield
        transaction.commit()


def lock_counter(connection: Connection, counter: str) -> None:
    """Nobody else raises it before this transaction ends."""
    column = tables.counters.c.name
    connection.execute(select(column).where(column == counter).with_for_update())


def current_number(connection: Connection, counter: str) -> int:
    wanted = select(tables.counters.c.value).where(tables.counters.c.name == counter)
    return int(connection.execute(wanted).scalar_one())


def upsert(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    """Insert rows or replace those with the same primary key, in both databases' dialect."""
    if not rows:
        return
    added = insert_for(connection.dialect.name, table)
    keys = {column.name for column in table.primary_key}
    changed = {name: added.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(added.on_conflict_do_update(index_elements=list(keys), set_=changed), rows)


def insert_for(dialect: str, table: Table) -> postgresql_dialect.Insert | sqlite_dialect.Insert:
    """One that knows what to do where the row is there already."""
    if dialect == "postgresql":
        return postgresql_dialect.insert(table)
    return sqlite_dialect.insert(table)


def _version(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - 100 ms that an up-to-date start does not pay
    from alembic.config import Config  # noqa: PLC0415

    import migrations.central  # noqa: PLC0415

    config = Config()
    (folder,) = migrations.central.__path__
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


class Undone(Unavailable):
    """Nothing happened, because something else did at the same moment: ``Database.run`` begins
    anew. Code ``central_busy`` where it did so too often.
    """


class AlreadyThere(Undone):
    """A row is there by now that was not there when it was looked for. Begun anew, the
    transaction sees it; if it does not, nobody else is to blame, and ``found`` is a defect.
    """

    def __init__(self, found: DBAPIError) -> None:
        super().__init__("central_busy")
        self.found = found


@contextlib.contextmanager
def _begun(engine: Engine, options: Mapping[str, Any]) -> Iterator[Connection]:
    with _passing(engine), engine.connect() as connected:
        connection = connected.execution_options(**options)
        with connection.begin():
            yield connection


@contextlib.contextmanager
def _passing(engine: Engine) -> Iterator[None]:
    """What may work later is Unavailable("central_busy"), or Undone."""
    kind = KINDS[engine.dialect.name]
    try:
        yield
    except DBAPIError as error:
        if not kind.may_pass(error):
            raise
        log.warning("database: %s", kind.name_of(error))
        raise (Undone if kind.is_undone(error) else Unavailable)("central_busy") from error
    except PoolTimeoutError as error:
        log.warning("database: every connection is in use")
        raise Unavailable("central_busy") from error


def _open_engine(where: Path | str, *, busy_seconds: int = sqlite.BUSY_SECONDS) -> Engine:
    if isinstance(where, Path):
        return sqlite.open_engine(where, busy_seconds=busy_seconds)
    return postgresql.open_engine(postgresql.parse(where))
