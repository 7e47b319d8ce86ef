"""Which console owns which reference numbers. A number is leased once, for ever."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Connection

from central.database import next_number
from models.errors import Unavailable
from models.tables.central import reference_blocks
from models.wire.references import NUMBER_MAX


def lease_block(
    connection: Connection, console_id: UUID, count: int, *, at: datetime
) -> tuple[int, int]:
    """First and last number of a new block. Not idempotent: an answer that is lost costs its
    numbers. Raises Unavailable("references_exhausted").
    """
    last = next_number(connection, "references", count)
    if last > NUMBER_MAX:
        raise Unavailable("references_exhausted")
    first = last - count + 1
    connection.execute(
        reference_blocks.insert().values(
            first=first, last=last, console_id=console_id, leased_at=at
        )
    )
    return first, last


def is_leased_to(connection: Connection, console_id: UUID, number: int) -> bool:
    newest_first = (
        select(reference_blocks.c.last)
        .where(reference_blocks.c.console_id == console_id, reference_blocks.c.first <= number)
        .order_by(reference_blocks.c.first.desc())
        .limit(1)
    )
    last = connection.scalar(newest_first)
    return last is not None and number <= last
