"""The catalogue as consoles follow it: a snapshot by pages, then changes after a cursor.

A version names what a console has: ``NAME`` is the catalogue as it was taken in, and
``NAME+SEQ`` the same after change number SEQ. The version is the cursor for what comes
after it. Inside a snapshot the cursor also says which table and key the last page ended
with; what changed while it was being read comes after the version it ends with.

Owns which rows are on a page and in which order; how a page is written, ``feed_text`` knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import Table, select, tuple_
from sqlalchemy.engine import Connection, Row

from central.database import current_number
from central.store.catalogue import row_count
from models.errors import Conflict
from models.tables.central import articles, catalogue_imports, pairs, printers

SNAPSHOT: Sequence[Table] = (printers, articles, pairs)
"""In this order, so that a pair comes after what it joins."""

Rows = Sequence[Row[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Import:
    """A catalogue that was taken in: its name and the change number it ended with."""

    version: str
    base_seq: int
    is_demo: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the feed a console is. ``table`` is "" outside a snapshot."""

    version: str
    seq: int
    table: str = ""
    after: tuple[str, ...] = ()

    def cursor(self) -> str:
        parts = [f"{self.version}+{self.seq}", self.table, *self.after]
        return "|".join(quote(part, safe="+:") for part in parts)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows by the name of their table; the other fields are those of ``ChangesOut``."""

    cursor: str
    after: str
    has_more: bool
    is_demo: bool
    is_full: bool = False
    rows_total: int = 0
    present: Mapping[str, Rows] = field(default_factory=dict)
    removed: Mapping[str, Rows] = field(default_factory=dict)


def newest_import(connection: Connection) -> Import | None:
    wanted = select(catalogue_imports).order_by(catalogue_imports.c.base_seq.desc()).limit(1)
    row = connection.execute(wanted).first()
    return None if row is None else Import(row.version, row.base_seq, row.is_demo)


def version_now(connection: Connection) -> str | None:
    """None while no catalogue was taken in."""
    newest = newest_import(connection)
    if newest is None:
        return None
    return _version(newest, current_number(connection, "catalogue"))


def page_after(connection: Connection, cursor: str | None, *, limit: int) -> Page:
    """The page after ``cursor``, or the first of a snapshot (None, or a catalogue that was
    never ours). Raises Conflict("cursor_unknown") for one that cannot be ours, or where
    there is no catalogue yet.
    """
    newest = newest_import(connection)
    if newest is None:
        raise Conflict("cursor_unknown")
    known = _place(connection, cursor)
    place = known or Place(newest.version, current_number(connection, "catalogue"), printers.name)
    after = (cursor or "") if known else ""
    if place.table:
        return _snapshot_page(connection, newest, place, after, limit)
    return _changes_page(connection, newest, place, after, limit)


def _place(connection: Connection, cursor: str | None) -> Place | None:
    if not cursor:
        return None
    position, *rest = (unquote(part) for part in cursor.split("|"))
    if any("\x00" in part for part in (position, *rest)):  # PostgreSQL cannot even compare with it
        raise Conflict("cursor_unknown")
    known = connection.execute(
        select(catalogue_imports).where(catalogue_imports.c.version == position)
    ).first()
    if known is not None:
        return Place(known.version, known.base_seq)
    version, _, seq = position.rpartition("+")
    if not connection.scalar(
        select(catalogue_imports.c.version).where(catalogue_imports.c.version == version)
    ):
        return None
    return Place(version, _number(connection, seq), *_inside(rest))


def _number(connection: Connection, seq: str) -> int:
    if not (seq.isascii() and seq.isdecimal() and len(seq) < 16):  # noqa: PLR2004 - fits 64 bits
        raise Conflict("cursor_unknown")
    if int(seq) > current_number(connection, "catalogue"):
        raise Conflict("cursor_unknown")
    return int(seq)


def _inside(rest: list[str]) -> tuple[str, tuple[str, ...]]:
    if not rest or rest == [""]:
        return "", ()
    table = next((table for table in SNAPSHOT if table.name == rest[0]), None)
    if table is None or len(rest) - 1 not in {0, len(table.primary_key)}:
        raise Conflict("cursor_unknown")
    return table.name, tuple(rest[1:])


def _snapshot_page(
    connection: Connection, newest: Import, place: Place, after: str, limit: int
) -> Page:
    table = next(table for table in SNAPSHOT if table.name == place.table)
    rows = _rows_after(connection, table, place, limit)
    following = _following(table, place, rows, limit)
    has_more = bool(following.table)
    is_first = table is printers and not place.after
    return Page(
        cursor=following.cursor() if has_more else _version(newest, place.seq),
        after=after,
        has_more=has_more,
        is_full=True,
        is_demo=newest.is_demo,
        rows_total=row_count(connection) if is_first else 0,
        present={table.name: rows},
    )


def _rows_after(connection: Connection, table: Table, place: Place, limit: int) -> Rows:
    keys = list(table.primary_key)
    wanted = select(table).where(table.c.is_removed.is_(False)).order_by(*keys).limit(limit)
    if table is pairs:
        # One that is newer than the snapshot may join what earlier pages did not have yet.
        wanted = wanted.where(table.c.seq <= place.seq)
    if place.after:
        wanted = wanted.where(tuple_(*keys) > tuple_(*place.after))
    return connection.execute(wanted).all()


def _following(table: Table, place: Place, rows: Rows, limit: int) -> Place:
    """The rest of this table, else the next table, else the end."""
    if len(rows) == limit:
        last = rows[-1]._mapping  # noqa: SLF001 - SQLAlchemy's documented accessor
        after = tuple(str(last[key.name]) for key in table.primary_key)
        return Place(place.version, place.seq, table.name, after)
    position = SNAPSHOT.index(table) + 1
    name = SNAPSHOT[position].name if position < len(SNAPSHOT) else ""
    return Place(place.version, place.seq, name)


def _changes_page(
    connection: Connection, newest: Import, place: Place, after: str, limit: int
) -> Page:
    found = [
        (row.seq, table.name, row)
        for table in SNAPSHOT
        for row in connection.execute(
            select(table).where(table.c.seq > place.seq).order_by(table.c.seq).limit(limit)
        )
    ]
    page = sorted(found, key=lambda entry: entry[0])[:limit]
    now = current_number(connection, "catalogue")
    # A row that changed again has moved on: the numbers between are nobody's any more.
    reached = page[-1][0] if len(page) == limit else now
    return Page(
        cursor=_version(newest, reached),
        after=after,
        has_more=reached < now,
        is_demo=newest.is_demo,
        present=_by_table(page, is_removed=False),
        removed=_by_table(page, is_removed=True),
    )


def _by_table(
    page: Sequence[tuple[int, str, Row[tuple[Any, ...]]]], *, is_removed: bool
) -> Mapping[str, Rows]:
    return {
        table.name: [
            row for _, of, row in page if of == table.name and row.is_removed == is_removed
        ]
        for table in SNAPSHOT
    }


def _version(newest: Import, seq: int) -> str:
    return newest.version if seq == newest.base_seq else f"{newest.version}+{seq}"
