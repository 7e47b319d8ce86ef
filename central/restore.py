"""Putting a copy of central's database back, and what has to move when time goes back.

A console remembers numbers and places in feeds that a restored central would give out a second
time. So nothing may use the database before it has moved past them, wherever a restore is cut
short (``central.unfinished``). How far, nothing in the copy can say where it is put back a second
time: earlier restores say it (``central.passed``), the file that is replaced, and the clock
(docs/adr/0017). Knows no command line.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path

from sqlalchemy import inspect, select, text, update
from sqlalchemy.engine import URL, Connection

from central import unfinished
from central.backup import durable, ensure_sound_dump, ensure_sound_file, part_of
from central.database import Database, current_number, migrate
from central.passed import Counters, ensure_notable, note_passed, passed
from central.pg_tools import run_tool
from central.postgresql import APPLICATION_NAME, lock_for_migration, parse
from central.sqlite import FILE_MODE, files_of
from central.store.catalogue_difference import AGAIN
from central.store.events import begin_anew
from central.store.feed import newest_import
from central.store.references import last_leased_at, skip_numbers
from central.store.settings import CENTRAL_ID, central_id
from models.errors import Conflict, Unavailable
from models.tables.central import catalogue_imports
from models.tables.central import counters as counters_table

REFERENCES_SKIPPED = 100_000
"""Numbers left out after a restore: what consoles may have leased since the copy was made.
Of ninety million; a block is a hundred.
"""
REFERENCES_AN_HOUR = 1_000
"""And so many more for each hour that the last lease in the copy is old. Two restores of it at
different times begin at different numbers by this, also where neither knows of the other.
"""
REFERENCES_BY_AGE_MAX = 5_000_000
"""That of seven months."""
PLACES_SKIPPED = 1_000_000
"""The same for places in feeds, of which there are more than anybody can use up."""
PLACES_AN_HOUR = 1_000_000
REFERENCES = "references"
"""The counter of the numbers; the others are places."""


def restore(
    source: Path, database: Path | str, *, at: datetime, skipping: int = REFERENCES_SKIPPED
) -> Path | None:
    """Put a copy back, bring it to this program's version, and move past what was given out
    since the copy was made, and ``skipping`` numbers at the least. The caller has made sure that
    nothing serves the database.

    Where it is cut short, by an error or by the end of the machine, the database is as it was,
    or nothing serves it until the same is done once more, which finishes it. A file that is
    there is put aside, and where is returned. A PostgreSQL database has to be empty.

    Raises DomainError("backup_unreadable" | "pg_tools_missing" | "restore_unnotable"),
    Conflict("database_not_empty" | "central_running"), Unavailable("file_too_new" |
    "restore_failed").
    """
    if isinstance(database, Path):
        ensure_sound_file(source)
        ensure_notable(source.parent)
        return _replace(database, source, at, skipping)
    url = parse(database)
    ensure_sound_dump(source)
    ensure_notable(source.parent)
    if not _begin(database, _sha256(source)):
        _fill(url, source)
    _bring_up_to_date(database, source.parent, at, skipping=skipping)
    return None


def _bring_up_to_date(
    database: Path | str,
    notes: Path,
    at: datetime,
    *,
    skipping: int,
    replaced: Path | None = None,
) -> None:
    migrate(database, is_restored=True)
    with closing(Database(database)) as opened, opened.write() as connection:
        who = str(central_id(connection))
        known = [passed(notes, who)]
        if replaced is not None:
            known.append(_counters_of(replaced, who))
        move_past(connection, known, at=at, skipping=skipping)
        # Before anything of it is given out: a note too many costs numbers, one too few callers.
        note_passed(notes, who, _values(connection))
        unfinished.unmark(connection)


def move_past(
    connection: Connection,
    known: Sequence[Counters],
    *,
    at: datetime,
    skipping: int = REFERENCES_SKIPPED,
) -> None:
    """No number is leased and no place in a feed is given a second time after a restore, and
    whoever followed the events asks for everything anew. ``known``: how far this central's
    counters were, for all that is known outside the copy.
    """
    hours = _hours_since(connection, at)
    for name, value in _values(connection).items():
        highest = max([value, *(counters.get(name, 0) for counters in known)])
        if name == REFERENCES:
            by_age = min(REFERENCES_AN_HOUR * hours, REFERENCES_BY_AGE_MAX)
            skip_numbers(connection, highest - value + skipping + by_age)
        else:
            moved = highest + PLACES_SKIPPED + PLACES_AN_HOUR * hours
            counter = update(counters_table).where(counters_table.c.name == name)
            connection.execute(counter.values(value=moved))
    begin_anew(connection)
    _rename_catalogue(connection, at)


def _hours_since(connection: Connection, at: datetime) -> int:
    """The last lease in the copy; a clock that is behind it makes it none."""
    leased_at = last_leased_at(connection)
    return 0 if leased_at is None else max(0, ceil((at - leased_at) / timedelta(hours=1)))


def _values(connection: Connection) -> Counters:
    found = connection.execute(select(counters_table.c.name, counters_table.c.value))
    return {row.name: row.value for row in found}


def _rename_catalogue(connection: Connection, at: datetime) -> None:
    """Under a new name: whoever holds the old one may hold what came after it, and asks for
    all of it anew.
    """
    newest = newest_import(connection)
    if newest is None:
        return
    name = newest.version.partition(AGAIN)[0]
    is_newest = catalogue_imports.c.version == newest.version
    connection.execute(catalogue_imports.delete().where(~is_newest))
    connection.execute(
        catalogue_imports.update()
        .where(is_newest)
        .values(
            version=f"{name}{AGAIN}{at:%Y%m%d%H%M%S}",
            base_seq=current_number(connection, "catalogue"),
        )
    )


# --- SQLite -------------------------------------------------------------------------


def _replace(database: Path, source: Path, at: datetime, skipping: int) -> Path | None:
    """From the moment that the database has a successor nothing opens it; before, it is what it
    was, and after the last step the successor is it.
    """
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = part_of(database)
    _remove(part)
    try:
        _make(part, source)
        successor = unfinished.successor_of(database)
        # Half moved aside it has lost its log, and opening it would begin another one. What it
        # said is in the note since it has a successor.
        replaced = database if successor is None else None
        _bring_up_to_date(part, source.parent, at, skipping=skipping, replaced=replaced)
        _ensure_whole(part)
        successor = successor or _new_successor(database, at)
        part.rename(successor)
    finally:
        _remove(part)
    durable(successor.parent)
    durable(database.parent)
    return _succeed(database, successor)


def _make(part: Path, source: Path) -> None:
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE))
    with closing(sqlite3.connect(part)) as copy, closing(sqlite3.connect(source)) as from_file:
        from_file.backup(copy)


def _ensure_whole(part: Path) -> None:
    if any(file.exists() for file in files_of(part)[1:]):
        raise Unavailable("restore_failed")  # the log does not fit into it: the disk is full
    durable(part)


def _counters_of(replaced: Path, who: str) -> Counters:
    """Those of the file that goes, if it is this central's; none of one that is not there, or
    that is damaged, which may be why a copy is put back.
    """
    if not replaced.exists():
        return {}
    try:
        with closing(sqlite3.connect(f"{replaced.as_uri()}?mode=ro", uri=True)) as found:
            said = found.execute("SELECT value FROM settings WHERE key = ?", (CENTRAL_ID,))
            if said.fetchone() != (who,):
                return {}
            return dict(found.execute("SELECT name, value FROM counters"))
    except sqlite3.Error:
        return {}


def _remove(database: Path) -> None:
    for file in files_of(database):
        file.unlink(missing_ok=True)


def _new_successor(database: Path, at: datetime) -> Path:
    aside = database.with_name(f"{unfinished.ASIDE}{at:%Y%m%d-%H%M%S-%f}")
    aside.mkdir(mode=0o700)
    return unfinished.successor_in(aside, database)


def _succeed(database: Path, successor: Path) -> Path | None:
    """Where the database that was there is now, log and all."""
    aside = successor.parent
    for file in reversed(files_of(database)):  # beside the new one the log would be read into it
        if file.exists():
            file.rename(aside / file.name)
    durable(aside)
    durable(database.parent)
    successor.rename(database)
    durable(database.parent)
    if any(aside.iterdir()):
        return aside
    aside.rmdir()
    return None


# --- PostgreSQL ---------------------------------------------------------------------


def _begin(database: str, copy_sha256: str) -> bool:
    """Nothing else works on the database from now on. Whether all of the copy is in it already,
    by a restore that was cut short.

    Raises Conflict("database_not_empty") where something else is in it, ("central_running").
    """
    with closing(Database(database)) as opened, opened.write() as connection:
        lock_for_migration(connection)  # a central that is just starting comes before or after
        is_filled = bool({*inspect(connection).get_table_names()} - {unfinished.MARK.name})
        if is_filled and unfinished.marked(connection) != copy_sha256:
            raise Conflict("database_not_empty")
        _ensure_unserved(connection)
        unfinished.mark(connection, copy_sha256)
    return is_filled


def _ensure_unserved(connection: Connection) -> None:
    others = connection.execute(
        text(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND application_name = :name"
        ),
        {"name": APPLICATION_NAME},
    )
    if others.first() is not None:
        raise Conflict("central_running")


def _fill(url: URL, source: Path) -> None:
    run_tool(
        "pg_restore",
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-acl",
        str(source),
        url=url,
        otherwise=Unavailable("restore_failed"),
    )


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
