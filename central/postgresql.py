"""Central's database in PostgreSQL: how it is reached, and which of its errors pass.

Owns what is PostgreSQL's alone. Knows no table and no transaction of central's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Dialect, Engine, Executable, create_engine, event, text
from sqlalchemy.engine import URL, Connection, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import QueuePool

from models.errors import DomainError

Rows = Sequence[Mapping[str, Any]]

DRIVER = "postgresql+psycopg"
DRIVERS = ("postgres", "postgresql", DRIVER)
URLS = tuple(f"{driver}://" for driver in DRIVERS)
"""What a URL of a PostgreSQL database begins with; anything else that is named is a file."""

APPLICATION_NAME = "kiosk-central"
"""What PostgreSQL calls our connections."""

POOL_SIZE = 10
"""Connections of one worker at the most; PostgreSQL allows 100 by default. More than the
processors can work on only wait for one another in the database instead of here.
"""
POOL_SECONDS = 5
CONNECT_SECONDS = 5

SETTINGS = {
    "timezone": "UTC",
    # Longer than any statement of a request takes, shorter than a console waits for ever.
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    # A worker that hangs keeps no counter locked for the others.
    "idle_in_transaction_session_timeout": "60s",
}

TO_LOOK = {"isolation_level": "AUTOCOMMIT"}
TO_READ = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
TO_WRITE: Mapping[str, Any] = {}
"""Execution options of a connection, beside what each has."""
ISOLATION = "READ COMMITTED"
"""What a transaction changes it has locked before it looked; under READ COMMITTED each statement
sees what was committed while it waited.
"""

MIGRATION_LOCK = 0x6B696F736B  # "kiosk" in ASCII
"""Key of the advisory lock under which one worker at a time looks at the version."""

MESSAGE = "kiosk.message"
"""Where a connection has what is being sent together."""

UNDONE = {"40001", "40P01"}
"""Serialisation failure and deadlock: the same transaction works when it is begun anew."""

UNIQUE_VIOLATION = "23505"

MAY_PASS_CLASSES = {"08", "40", "53", "57", "58"}
MAY_PASS = {"25006", "25P03", "55P03"}
"""What an administrator can mend, or time, while consoles ask again: no connection, undone,
out of resources (disk full among them), stopped by an operator or a timeout, trouble outside;
a standby that only reads, an idle transaction ended, a lock waited for too long.
https://www.postgresql.org/docs/current/errcodes-appendix.html
"""


def parse(url: str) -> URL:
    """Raises DomainError("database_url_malformed"), which does not repeat the password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DomainError("database_url_malformed") from error
    if parsed.drivername not in DRIVERS or not parsed.database:
        raise DomainError("database_url_malformed")
    return parsed.set(drivername=DRIVER)


def open_engine(url: URL) -> Engine:
    """Settings of the URL's own ``options`` go before ours."""
    settings = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    engine = create_engine(
        url.update_query_dict({"options": _options(url, settings)}),
        poolclass=QueuePool,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        pool_use_lifo=True,
        isolation_level=ISOLATION,
        connect_args={
            "application_name": APPLICATION_NAME,
            "connect_timeout": CONNECT_SECONDS,
            # Whatever the database has: else what it says comes as bytes, its version first.
            "client_encoding": "UTF8",
            "keepalives_idle": 30,
        },
        # Parameters hold people's names and addresses: never in an error or a log.
        hide_parameters=True,
    )
    event.listen(engine, "handle_error", _without_detail)
    return engine


class Message:
    """What is sent together, by the driver itself: for each statement SQLAlchemy's own way takes
    longer than the database does. Values go through its types, as ever.
    """

    def __init__(self, connection: Connection, driver: Any) -> None:
        self._dialect = connection.dialect
        self._cursor = driver.cursor()

    def send(self, statement: Executable, rows: Rows) -> None:
        for row in rows:
            spelled = spelled_for(statement, self._dialect, tuple(row))
            self._cursor.execute(spelled.text, spelled.values_of(row))


@dataclass(frozen=True, slots=True)
class Spelled:
    """A statement as the driver takes it: ``given`` are values that stand in the statement itself,
    ``processors`` what SQLAlchemy does to those of a type of its own.
    """

    text: str
    given: Mapping[str, Any]
    processors: Mapping[str, Callable[[Any], Any]]

    def values_of(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        values = {**self.given, **row}
        for name, process in self.processors.items():
            values[name] = process(values[name])
        return values


@cache  # statements of every order are made once, and so is their text
def spelled_for(statement: Executable, dialect: Dialect, names: tuple[str, ...]) -> Spelled:
    clause: Any = statement
    compiled = clause.compile(dialect=dialect, column_keys=list(names), for_executemany=True)
    processors = {
        name: process
        for name, process in compiled._bind_processors.items()  # noqa: SLF001 - see the class
        if callable(process)
    }
    return Spelled(compiled.string, compiled.params, processors)


def send(connection: Connection, statement: Executable, rows: Rows) -> None:
    """See ``central.database.send``."""
    message: Message | None = connection.info.get(MESSAGE)
    if message is not None:
        message.send(statement, rows)
    elif rows:
        connection.execute(statement, rows)


@contextlib.contextmanager
def in_one_message(connection: Connection) -> Iterator[None]:
    """What the block executes is sent together: one wait for all of it, where a counter that
    is held keeps every other order waiting, and one error at its end, which undoes the
    transaction. For statements whose rows nobody wants, and the commit.
    https://www.psycopg.org/psycopg3/docs/advanced/pipeline.html
    """
    import psycopg  # noqa: PLC0415 - where there is a PostgreSQL

    driver: Any = connection.connection.driver_connection
    info = connection.info  # of a connection that was lost in between nothing can be asked
    try:
        with driver.pipeline() as message, _undoing_errors(driver, message):
            info[MESSAGE] = Message(connection, driver)
            yield
    except psycopg.Error as error:
        told = DBAPIError.instance(
            None, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        )
        for each in (error, told):
            _cut_detail(each)
        raise told from error
    finally:
        info.pop(MESSAGE, None)


@contextlib.contextmanager
def _undoing_errors(driver: Any, message: Any) -> Iterator[None]:
    """SQLAlchemy takes a transaction whose commit fails for ended; to PostgreSQL it is not."""
    import psycopg  # noqa: PLC0415 - see above

    try:
        yield
    except (psycopg.Error, DBAPIError):
        with contextlib.suppress(psycopg.Error):
            message.sync()  # what was sent after the error is answered with one error more
        with contextlib.suppress(psycopg.Error):
            driver.rollback()
        raise


def turn(engine: Engine) -> contextlib.AbstractContextManager[None]:
    """PostgreSQL has its writers wait in line by itself."""
    del engine
    return contextlib.nullcontext()


def ensure_utf8(connection: Connection) -> None:
    """Names of people are kept as they are. Raises DomainError("database_not_utf8")."""
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise DomainError("database_not_utf8", encoding=encoding)


def lock_for_migration(connection: Connection) -> None:
    """Until the transaction ends; waits for another worker as long as that one takes."""
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})


def name_of(error: DBAPIError) -> str:
    """A word for the log."""
    return f"SQLSTATE {_state(error)}" if _state(error) else "unavailable"


def may_pass(error: DBAPIError) -> bool:
    """Whether the same may work later, unchanged."""
    state = _state(error)
    if not state:  # there was no answer
        return isinstance(error, OperationalError | InterfaceError)
    return state[:2] in MAY_PASS_CLASSES or state in MAY_PASS


def is_undone(error: DBAPIError) -> bool:
    """Whether it was undone in favour of another transaction, and may be begun anew at once."""
    return _state(error) in UNDONE


def is_duplicate(error: DBAPIError) -> bool:
    """Whether a row is there already with a key that is there once."""
    return _state(error) == UNIQUE_VIOLATION


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _options(url: URL, settings: str) -> str:
    own = url.query.get("options", "")
    return " ".join([settings, *([own] if isinstance(own, str) else own)]).strip()


def _without_detail(context: ExceptionContext) -> None:
    """PostgreSQL's DETAIL quotes rows, and rows are people: the first line says enough."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        _cut_detail(error)


def _cut_detail(error: BaseException | None) -> None:
    if error is not None and error.args and isinstance(error.args[0], str):
        error.args = (error.args[0].partition("\n")[0], *error.args[1:])
