"""A catalogue that is taken in whole, at one stroke, beside orders that go on.

What differs is found out before (``catalogue_difference``). What is written is numbered by the
database at the very end, so that the counter of the feed, which every order wants, is held
for two messages and the commit; articles are held for as long as they are written themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, Table, bindparam, func, select, update
from sqlalchemy.engine import Connection

from central.database import Database, drawn, raise_counter, upsert, written_together
from central.store.catalogue import COUNTER, LOCKED
from central.store.catalogue_difference import (
    PUT_ASIDE,
    STOCK,
    Difference,
    Incoming,
    Plan,
    for_sale,
    names_of,
    plan_for,
    rows_of,
)
from central.store.events import Happening, append
from central.store.settings import lock_setting
from models.catalogue import Article, Printer
from models.errors import Unavailable
from models.tables.central import (
    articles,
    catalogue_imports,
    pairs,
    prices,
    printers,
    reservations,
)
from models.wire.events import EventKind

IMPORTING = "catalogue_import"
"""Setting whose row is locked by whoever takes a catalogue in: one at a time."""

UNNUMBERED = -1
"""``seq`` of a row between its writing and its numbering; no other transaction sees it."""

CHUNK = 500
"""Keys in one query: below SQLite's and PostgreSQL's limits on parameters."""

PUT_ASIDE_OF = PUT_ASIDE.where(reservations.c.sku.in_(bindparam("skus", expanding=True)))


def bring_in(
    database: Database, incoming: Incoming, *, at: datetime, with_stock: bool = False
) -> Plan | None:
    """From now on the catalogue is exactly this: all of it, or what was there before. What is
    gone leaves a tombstone, what is the same does not show in the feed. What was done; None
    where the version is there already and no stock was to be taken. Idempotent, and with stock
    as long as nothing leaves the shelf.

    Raises Unavailable("central_busy") where another catalogue came in meanwhile.
    """
    with database.read() as connection:
        plan = plan_for(connection, incoming, at=at, with_stock=with_stock)
    if plan is not None:
        database.run(lambda connection: carry_out(connection, plan, at=at))
    return plan


def import_catalogue(
    connection: Connection,
    *,
    version: str,
    is_demo: bool,
    printers_in: Iterable[Printer],
    articles_in: Iterable[Article],
    pairs_in: Iterable[tuple[str, str]],
    at: datetime,
) -> None:
    """As ``bring_in``, in a transaction of the caller's: for a shop that is being filled."""
    incoming = rows_of(
        version=version,
        is_demo=is_demo,
        printers_in=printers_in,
        articles_in=articles_in,
        pairs_in=pairs_in,
    )
    plan = plan_for(connection, incoming, at=at)
    if plan is not None:
        carry_out(connection, plan, at=at)


def carry_out(connection: Connection, plan: Plan, *, at: datetime) -> None:
    """Raises Unavailable("central_busy") where another catalogue is the newest by now."""
    lock_setting(connection, IMPORTING, otherwise="")
    if next(iter(names_of(connection)), None) != plan.base:
        raise Unavailable("central_busy")
    _write(connection, printers, plan.printers)
    _write(connection, pairs, plan.pairs)
    upsert(connection, prices, list(plan.prices))
    # Last of the rows, because orders want them; and before the counters, as orders do it.
    _write(connection, articles, _with_figures(connection, plan))
    _number_all(connection, plan, at=at)


def _write(connection: Connection, table: Table, difference: Difference) -> None:
    upsert(
        connection,
        table,
        [{**row, "is_removed": False, "seq": UNNUMBERED} for row in difference.written],
    )
    if difference.buried:
        keys = [column.name for column in table.primary_key]
        connection.execute(
            table.update()
            .where(*(table.c[name] == bindparam(f"of_{name}") for name in keys))
            .values(is_removed=True, seq=UNNUMBERED),
            [
                {f"of_{name}": part for name, part in zip(keys, key, strict=True)}
                for key in difference.buried
            ],
        )


def _with_figures(connection: Connection, plan: Plan) -> Difference:
    """With the stock that each article has from now on. All are locked first, by sku: nobody
    puts anything aside between the look at it and the commit.
    """
    present: dict[str, RowMapping] = {}
    aside: dict[str, int] = {}
    touched = [sku for (sku,) in plan.articles.touched]
    for skus in _pieces(touched):
        present |= {row["sku"]: row for row in _rows(connection, LOCKED, skus)}
    for skus in _pieces([sku for sku in touched if sku in plan.counted]):
        rows = _rows(connection, PUT_ASIDE_OF, skus)
        aside |= {row["sku"]: row["reserved"] for row in rows}
    return replace(
        plan.articles,
        written=[
            {**row, "stock": for_sale(row, aside)}
            if row["sku"] in plan.counted
            else {**row, **{name: present[row["sku"]][name] for name in STOCK}}
            for row in plan.articles.written
        ],
    )


def _rows(
    connection: Connection, statement: Select[Any], skus: Sequence[str]
) -> Sequence[RowMapping]:
    return connection.execute(statement, {"skus": skus}).mappings().all()


def _number_all(connection: Connection, plan: Plan, *, at: datetime) -> None:
    """Printers and articles before the pairs that join them. An import has a number at least:
    its place in the feed is nobody else's.
    """
    total = max(plan.count, 1)
    with written_together(connection):
        raise_counter(connection, COUNTER, total)
        before = total
        for table, difference in (
            (printers, plan.printers),
            (articles, plan.articles),
            (pairs, plan.pairs),
        ):
            if difference.count:
                _number(connection, table, before=before)
            before -= difference.count
        if plan.version is not None:
            connection.execute(
                catalogue_imports.insert().values(
                    version=plan.version,
                    base_seq=drawn(COUNTER),
                    is_demo=plan.is_demo,
                    imported_at=at,
                )
            )
        append(connection, [Happening(EventKind.CATALOGUE)], at=at)


def _number(connection: Connection, table: Table, *, before: int) -> None:
    """From the place that is so many before the last one that was drawn."""
    keys = list(table.primary_key)
    new = (
        select(*keys, func.row_number().over(order_by=keys).label("place"))
        .where(table.c.seq == UNNUMBERED)
        .subquery("new")
    )
    connection.execute(
        update(table)
        .where(*(key == new.c[key.name] for key in keys))
        .values(seq=drawn(COUNTER) - before + new.c.place)
    )


def _pieces(skus: Sequence[str]) -> Iterator[Sequence[str]]:
    return (skus[start : start + CHUNK] for start in range(0, len(skus), CHUNK))
