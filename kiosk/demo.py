"""The console on a complete demo shop: a central of its own beside it, both in one folder.

Owns the starting of that central, the console's enrolment at it, and beginning anew. None
of it stands in the way of the first paint: the central starts by itself, and the enrolment
is written when the console's file is opened.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk import paths
from models.errors import Conflict, DomainError
from services.holding import FolderHolders

if TYPE_CHECKING:
    from services.ports import Store

CONSOLE_NAME = "demo"
LOG_BYTES_MAX = 5_000_000
ASIDE = "before-"


def ensure_demo_folder(folder: Path) -> None:
    """Raises Conflict where it is not one: "enrolled_elsewhere" for a console at a central of
    another folder, "not_a_demo" for one at a central of this folder that is a real shop's.
    """
    from services.sync.enrolment import LOCAL  # noqa: PLC0415 - light, and only here
    from services.training import CENTRAL_URL  # noqa: PLC0415 - see above

    console = _settings(paths.console_file(folder))
    url = console.get(CENTRAL_URL)
    if url and url != LOCAL:
        raise Conflict("enrolled_elsewhere", folder=str(folder))
    if not (_may_be_demo_console(console) and _may_be_demo_central(paths.central_file(folder))):
        raise Conflict("not_a_demo", folder=str(folder))


def _may_be_demo_console(settings: Mapping[str, str]) -> bool:
    """Marked as one, never enrolled, or enrolled by a demo from before there was the mark."""
    from services.sync import enrolment  # noqa: PLC0415 - see ``ensure_demo_folder``
    from services.training import CENTRAL_URL  # noqa: PLC0415 - see ``ensure_demo_folder``

    is_old_demo = settings.get(enrolment.CONSOLE_NAME) == CONSOLE_NAME
    return not settings.get(CENTRAL_URL) or enrolment.IS_DEMO in settings or is_old_demo


def _may_be_demo_central(central_file: Path) -> bool:
    """Marked as one, used by nobody yet, or with a demo's console from before the mark."""
    if "is_demo" in _settings(central_file):
        return True
    consoles = {name for (name,) in _rows(central_file, "SELECT name FROM consoles")}
    return not consoles or CONSOLE_NAME in consoles


@contextmanager
def central_beside(folder: Path) -> Iterator[None]:
    """A central of this folder, in a process of its own that ends with this one.

    Returns at once. If another program's central serves the folder already, ours takes over
    when that one ends.
    """
    paths.ensure_folder(folder)
    with _log(paths.central_log(folder)) as log:
        child = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "kiosk.demo_central", str(folder)],
            stdin=subprocess.PIPE,  # nothing is ever written: its end is what counts
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl+C and a closed terminal are the console's affair
        )
    try:
        yield
    finally:
        assert child.stdin is not None  # noqa: S101 - it is a pipe
        child.stdin.close()
        child.wait()


def enrol(store: Store, folder: Path, now: datetime) -> None:
    """The console belongs to the demo's central and has references from it. Idempotent.

    The token is kept here before central knows it: dying between the two mends itself at
    the next start.
    """
    from central.store.consoles import new_token  # noqa: PLC0415 - not before the first paint
    from services.sync.engine import BLOCK_SIZE, BLOCKS_AHEAD  # noqa: PLC0415
    from services.sync.enrolment import (  # noqa: PLC0415
        IS_DEMO,
        LOCAL,
        Enrolment,
        read_enrolment,
        write_enrolment,
    )

    with store.write() as tx:
        enrolment = read_enrolment(tx.settings)
        if enrolment is None:
            enrolment = Enrolment(LOCAL, new_token(), CONSOLE_NAME)
            write_enrolment(tx.settings, enrolment)
        if tx.settings.get(IS_DEMO) is None:
            tx.settings.put(IS_DEMO, "1")
        left = tx.references.left()
    count = 0 if left else BLOCKS_AHEAD * BLOCK_SIZE
    block = _introduce(folder, enrolment.token, count, now)
    if block is not None:
        with store.write() as tx:
            tx.references.add_block(*block)


def _introduce(folder: Path, token: str, count: int, now: datetime) -> tuple[int, int] | None:
    """Central knows the token; and a block of ``count`` references from it, None for 0."""
    from central.database import Database, migrate  # noqa: PLC0415 - see ``enrol``
    from central.store.consoles import ensure_console, find_console  # noqa: PLC0415
    from central.store.references import lease_block  # noqa: PLC0415
    from central.store.settings import mark_demo  # noqa: PLC0415

    migrate(paths.central_file(folder))
    with closing(Database(paths.central_file(folder))) as database:
        with database.read() as connection:
            console = find_console(connection, token)
        if console is not None and not count:
            return None
        with database.write() as connection:
            mark_demo(connection)
            console = ensure_console(connection, CONSOLE_NAME, token=token, at=now)
            return lease_block(connection, console.console_id, count, at=now) if count else None


# --- beginning anew ---------------------------------------------------------------


def set_aside(folder: Path, now: datetime) -> Path | None:
    """Move everything in the folder into a new one inside it; where to, None if it was empty.

    Nothing is deleted. Raises Conflict("console_open") while a console or a central of this
    folder runs.
    """
    paths.ensure_folder(folder)
    locks = [paths.sync_lock(folder), paths.central_lock(folder)]
    with ExitStack() as held:
        for lock in locks:
            held.enter_context(_free(lock))
        # One that does not sync, because another did until just now, or takes orders only.
        if FolderHolders(paths.holders_folder(folder)).anyone():
            raise Conflict("console_open", folder=str(folder))
        old = [path for path in folder.iterdir() if path not in locks and ASIDE not in path.name]
        if not old:
            return None
        aside = folder / f"{ASIDE}{now:%Y%m%d-%H%M%S-%f}"
        aside.mkdir(mode=paths.FOLDER_MODE)
        for path in old:
            path.rename(aside / path.name)
        return aside


@contextmanager
def _free(lock: Path) -> Iterator[None]:
    held = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, paths.FILE_MODE)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Conflict("console_open", folder=str(lock.parent)) from error
    finally:
        os.close(held)


@contextmanager
def _log(path: Path) -> Iterator[int]:
    """Appended to, ours alone, and begun anew once it is large."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
        flags |= os.O_TRUNC
    log = os.open(path, flags, paths.FILE_MODE)
    try:
        yield log
    finally:
        os.close(log)


# --- read without SQLAlchemy, which the first paint cannot wait for -----------------


def _settings(file: Path) -> Mapping[str, str]:
    return {str(key): str(value) for key, value in _rows(file, "SELECT key, value FROM settings")}


def _rows(file: Path, query: str) -> list[tuple[object, ...]]:
    """None for a file that is not there or is just being made."""
    if not file.exists():
        return []
    try:
        with closing(sqlite3.connect(file, timeout=5)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return []
        raise DomainError("store_broken", path=str(file)) from error
