"""Insert or replace, as statements that are made once: making one costs more than running it."""

from __future__ import annotations

from sqlalchemy import Table
from sqlalchemy.dialects.sqlite import Insert, insert


def upsert(table: Table) -> Insert:
    """For rows as parameters; a row with the same primary key takes the new values."""
    new = insert(table)
    keys = [column.name for column in table.primary_key]
    values = {
        column.name: new.excluded[column.name] for column in table.c if column.name not in keys
    }
    return new.on_conflict_do_update(index_elements=keys, set_=values)
