"""Which console owns which reference numbers. A number is leased once, for ever."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from central.database import current_number, lock_counter, next_number
from central.store.settings import put_setting, setting
from models.errors import Unavailable
from models.tables.central import reference_blocks
from models.wire.references import NUMBER_MAX

LEASED_PER_DAY_MAX = 100_000
"""Numbers that one console may lease in 24 hours: far more than it can say on the phone, and
so few that one gone wild uses up the shop's 90 million in no less than two years.
"""

A_DAY = timedelta(days=1)

SKIPPED = "references_skipped"
"""Setting: first and last of each range that a restore left out, as JSON."""

LAST_OF_BLOCK = (
    select(reference_blocks.c.last)
    .where(
        reference_blocks.c.console_id == bindparam("console_id"),
        reference_blocks.c.first <= bindparam("number"),
    )
    .order_by(reference_blocks.c.first.desc())
    .limit(1)
)
"""Of the block of ``console_id`` that ``number`` would stand in. Made once, for every order:
making a statement takes longer than running it.
"""


def lease_block(
    connection: Connection, console_id: UUID, count: int, *, at: datetime, key: str | None = None
) -> tuple[int, int]:
    """First and last number of a new block; the one that was leased with ``key`` before,
    whatever ``count`` was then. Without a key an answer that is lost costs its numbers.

    Raises Unavailable("references_exhausted") or, for a console that leases without end,
    ("too_many_requests", retry_after_seconds=...).
    """
    # Before anything is read: the same key sent twice at once waits here for its answer.
    lock_counter(connection, "references")
    known = _leased_with(connection, console_id, key)
    if known is not None:
        return known
    if _leased_since(connection, console_id, at - A_DAY) + count > LEASED_PER_DAY_MAX:
        wait = _seconds_to_fewer(connection, console_id, at)
        raise Unavailable("too_many_requests", retry_after_seconds=wait)
    last = next_number(connection, "references", count)
    if last > NUMBER_MAX:
        raise Unavailable("references_exhausted")
    first = last - count + 1
    connection.execute(
        reference_blocks.insert().values(
            first=first, last=last, console_id=console_id, leased_at=at, lease_key=key
        )
    )
    return first, last


def take_over_blocks(connection: Connection, console_id: UUID, *, former: UUID) -> int:
    """The console is who had the blocks of ``former``: orders that it took with them are its own.
    How many they are; none the second time. Idempotent.
    """
    lock_counter(connection, "references")  # nobody is leased one of them meanwhile
    moved = reference_blocks.update().where(reference_blocks.c.console_id == former)
    return connection.execute(moved.values(console_id=console_id, lease_key=None)).rowcount


def _leased_with(
    connection: Connection, console_id: UUID, key: str | None
) -> tuple[int, int] | None:
    if key is None:
        return None
    wanted = select(reference_blocks.c.first, reference_blocks.c.last).where(
        reference_blocks.c.console_id == console_id, reference_blocks.c.lease_key == key
    )
    row = connection.execute(wanted).first()
    return None if row is None else (row.first, row.last)


def _leased_since(connection: Connection, console_id: UUID, since: datetime) -> int:
    leased = func.sum(reference_blocks.c.last - reference_blocks.c.first + 1)
    wanted = select(func.coalesce(leased, 0)).where(
        reference_blocks.c.console_id == console_id, reference_blocks.c.leased_at > since
    )
    return int(connection.execute(wanted).scalar_one())


def _seconds_to_fewer(connection: Connection, console_id: UUID, at: datetime) -> int:
    """Until the oldest of those blocks is a day old: not before then can anything be had."""
    oldest: datetime = connection.execute(
        select(func.min(reference_blocks.c.leased_at)).where(
            reference_blocks.c.console_id == console_id, reference_blocks.c.leased_at > at - A_DAY
        )
    ).scalar_one()
    return ceil((oldest + A_DAY - at).total_seconds())


def numbers_left(connection: Connection) -> int:
    """How many numbers were leased to nobody yet."""
    return max(0, NUMBER_MAX - current_number(connection, "references"))


def last_leased_at(connection: Connection) -> datetime | None:
    at: datetime | None = connection.scalar(select(func.max(reference_blocks.c.leased_at)))
    return at


def skip_numbers(connection: Connection, count: int) -> None:
    """After a restore: the next ``count`` numbers may have been leased since the copy was
    made, nobody knows to whom. They are leased to nobody again, and taken from whoever has
    an order with one of them: it was said on the phone.
    """
    last = next_number(connection, "references", count)
    skipped = [*_skipped(connection), [last - count + 1, last]]
    put_setting(connection, SKIPPED, json.dumps(skipped))


def _skipped(connection: Connection) -> list[list[int]]:
    said = setting(connection, SKIPPED)
    return [] if said is None else list(json.loads(said))


def is_leased(connection: Connection, number: int, last_of_block: int | None) -> bool:
    """To the console whose ``LAST_OF_BLOCK`` this is; or it was, for all that is known after a
    restore.
    """
    if last_of_block is not None and number <= last_of_block:
        return True
    return any(first <= number <= end for first, end in _skipped(connection))
