"""What happened at central, in the order it was committed: kept, read after a cursor, pruned.

An event's number is drawn from a counter as late as its transaction can, and who holds the
counter holds all others up until the commit: so a number that can be read has none below it
still to come, and a cursor misses nothing. Knows neither streams nor HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Insert, bindparam, func, literal_column, or_, select, union_all
from sqlalchemy.engine import Connection, Row

from central.database import current_number, drawn, raise_counter, send
from central.store.settings import lock_setting, put_setting, setting
from models.errors import Conflict
from models.tables.central import events
from models.wire.events import EventKind, EventOut, EventsPage

COUNTER = "events"
CHANNEL = "kiosk_events"
"""What PostgreSQL notifies listeners on when events were committed; a notification says no more."""
NOTIFIED = func.pg_notify(literal_column(f"'{CHANNEL}'"), literal_column("''"))

FACTS = json.JSONEncoder(default=str)
"""Spells ids as well."""

KEPT_FOR_EVER = (EventKind.ORDER_STATE, EventKind.PAYMENT)
"""They are an order's history. The others only say that there is something to fetch."""
PRUNED_TO = "events_pruned_to"
"""Setting: the highest number that was pruned. Whoever has not come that far has missed some."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event to be: ``facts`` are fields of ``EventOut``; no ``console_id``: for everybody."""

    kind: EventKind
    facts: Mapping[str, object] = field(default_factory=dict)
    console_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """An event and whom it is for; None: for everybody."""

    event: EventOut
    console_id: UUID | None


def append(connection: Connection, happenings: Sequence[Happening], *, at: datetime) -> None:
    """Note what this transaction does, and have the listeners called when it is committed.
    Draws their numbers: nothing but the commit should come after.
    """
    if happenings:
        raise_counter(connection, COUNTER, len(happenings))
        write(connection, happenings, at=at)


def write(connection: Connection, happenings: Sequence[Happening], *, at: datetime) -> None:
    """As ``append``, where this transaction has drawn the numbers of all of them."""
    row: dict[str, object] = {"at": at}
    for number, happening in enumerate(happenings):
        row[f"kind_{number}"] = happening.kind
        row[f"console_id_{number}"] = happening.console_id
        row[f"facts_{number}"] = FACTS.encode(happening.facts)
    send(connection, _adding(connection.dialect.name, len(happenings)), [row])


@cache
def _adding(dialect: str, count: int) -> Insert:
    """So many events by one statement, the last with the last number that was drawn; what is
    notified is told once, with the commit. Made once, for every order: making a statement takes
    longer than running it. SQLAlchemy would spell VALUES of several rows anew each time.
    """
    said = (events.c.kind, events.c.console_id, events.c.facts)
    rows = [
        select(
            drawn(COUNTER) - (count - 1 - number),
            bindparam("at", type_=events.c.at.type),
            *(bindparam(f"{column.name}_{number}", type_=column.type) for column in said),
        )
        for number in range(count)
    ]
    adding = events.insert().from_select([events.c.seq, events.c.at, *said], union_all(*rows))
    return adding.returning(NOTIFIED) if dialect == "postgresql" else adding


def events_after(
    connection: Connection, console_id: UUID, cursor: int, *, limit: int
) -> EventsPage:
    """What happened after ``cursor`` that this console may know, the oldest first.

    Raises Conflict("cursor_unknown"), see ``ensure_cursor``.
    """
    newest = ensure_cursor(connection, cursor)
    is_told = or_(events.c.console_id.is_(None), events.c.console_id == console_id)
    wanted = select(events).where(events.c.seq > cursor, is_told)
    rows = connection.execute(wanted.order_by(events.c.seq).limit(limit + 1)).all()
    page, has_more = rows[:limit], len(rows) > limit
    reached = page[-1].seq if page else cursor
    return EventsPage(
        events=tuple(_event(row) for row in page),
        # Past what is not for this console, too: it need not be looked through again.
        cursor=reached if has_more else max(reached, newest),
        has_more=has_more,
    )


def all_events_after(connection: Connection, cursor: int, *, limit: int) -> Sequence[KnownEvent]:
    """What happened after ``cursor``, whoever it is for, the oldest first."""
    wanted = select(events).where(events.c.seq > cursor).order_by(events.c.seq).limit(limit)
    return [KnownEvent(_event(row), row.console_id) for row in connection.execute(wanted)]


def newest_cursor(connection: Connection) -> int:
    """Where somebody begins who has just learnt all there is."""
    return current_number(connection, COUNTER)


def ensure_cursor(connection: Connection, cursor: int) -> int:
    """The newest cursor there is. Raises Conflict("cursor_unknown") for one that has missed
    what was pruned, or one of the future: of a central that was put back to an older state.
    """
    newest = newest_cursor(connection)
    if not _pruned_to(connection) <= cursor <= newest:
        raise Conflict("cursor_unknown")
    return newest


def prune(connection: Connection, *, before: datetime) -> int:
    """Forget what only says that there is something to fetch, where it happened before then;
    how many. Who comes later with an older cursor fetches everything. Idempotent.
    """
    # All workers prune at the same time, and who has seen less must not take back what another
    # one noted.
    pruned_to = int(lock_setting(connection, PRUNED_TO, otherwise="0"))
    is_old = (
        (events.c.seq > pruned_to) & (events.c.at < before) & events.c.kind.not_in(KEPT_FOR_EVER)
    )
    newest = connection.scalar(select(func.max(events.c.seq)).where(is_old))
    if newest is None:
        return 0
    put_setting(connection, PRUNED_TO, str(newest))
    return connection.execute(events.delete().where(is_old)).rowcount


def begin_anew(connection: Connection) -> None:
    """Whoever followed has missed something, and asks for everything: after a restore."""
    put_setting(connection, PRUNED_TO, str(newest_cursor(connection)))


def _pruned_to(connection: Connection) -> int:
    return int(setting(connection, PRUNED_TO) or 0)


def _event(row: Row[Any]) -> EventOut:
    return EventOut(seq=row.seq, kind=row.kind, at=row.at, **json.loads(row.facts))
