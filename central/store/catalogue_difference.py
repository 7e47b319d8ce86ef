"""What it takes to have another catalogue in place of the one that is there. Locks nothing.

Stock is central's: orders have put articles aside since the files were written. A known
article keeps its figure, with the day it was known and the supplier's date. The figure of the
files is what lay on the shelf when they were written: it is taken for an article that is new
or comes back, in place of an invented one, and where the administrator says that it is a
count. What is put aside for orders that have not left is still on that shelf, and is not for
sale: it is taken off the figure, which is never less than nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Table, func, select
from sqlalchemy.engine import Connection

from models.catalogue import Article, Printer
from models.order import CHANGEABLE
from models.tables.central import (
    articles,
    catalogue_imports,
    orders,
    pairs,
    printers,
    reservations,
)
from models.wire.catalogue import CartridgeWire, PrinterWire

AGAIN = "~"
"""Between the name of a catalogue and the number that makes it another place in the feed."""

NEVER_UNKNOWN = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""A first price is taken to have been the price before it was known here, too."""

STOCK = ("stock", "restock_on", "known_at")
"""What belongs to the figure: it is replaced together, or kept together."""

Key = tuple[str, ...]
Values = dict[str, Any]
Known = Mapping[Key, RowMapping]

PUT_ASIDE = (
    select(reservations.c.sku, func.sum(reservations.c.reserved).label("reserved"))
    .join(orders, orders.c.order_id == reservations.c.order_id)
    .where(orders.c.state.in_([state.value for state in CHANGEABLE]))
    .group_by(reservations.c.sku)
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A catalogue to be, as rows by their keys."""

    version: str
    is_demo: bool
    printers: Mapping[Key, Values]
    articles: Mapping[Key, Values]
    pairs: Mapping[Key, Values]


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of a table to write, and keys to bury. ``touched`` are those of both that are there,
    in the order in which rows are locked.
    """

    written: Sequence[Values]
    buried: Sequence[Key]
    touched: Sequence[Key]

    @property
    def count(self) -> int:
        return len(self.written) + len(self.buried)


@dataclass(frozen=True, slots=True)
class Plan:
    """What it takes to have ``incoming`` where ``base`` is the newest catalogue. ``version`` is
    its name in the feed; None where it is the newest one already. ``counted`` skus have the
    figure of the files, of ``differing`` others the one that is kept is another.
    """

    base: str | None
    version: str | None
    is_demo: bool
    printers: Difference
    articles: Difference
    pairs: Difference
    prices: Sequence[Values]
    counted: Collection[str]
    differing: int

    @property
    def count(self) -> int:
        return self.printers.count + self.articles.count + self.pairs.count


def rows_of(
    *,
    version: str,
    is_demo: bool,
    printers_in: Iterable[Printer],
    articles_in: Iterable[Article],
    pairs_in: Iterable[tuple[str, str]],
) -> Incoming:
    """Made before any transaction: writing so many bodies takes longer than all the rest."""
    return Incoming(
        version,
        is_demo,
        {(printer.printer_id,): _printer_row(printer) for printer in printers_in},
        {(article.sku,): _article_row(article) for article in articles_in},
        {pair: {"printer_id": pair[0], "sku": pair[1]} for pair in pairs_in},
    )


def plan_for(
    connection: Connection, incoming: Incoming, *, at: datetime, with_stock: bool = False
) -> Plan | None:
    """Changes and locks nothing. None where there is nothing to do."""
    known = names_of(connection)
    is_newest = bool(known) and known[0].partition(AGAIN)[0] == incoming.version
    if is_newest and not with_stock:
        return None
    present = _present(connection, articles)
    counted = {
        key
        for key, row in incoming.articles.items()
        if _is_count(present.get(key), row, with_stock=with_stock)
    }
    return Plan(
        base=known[0] if known else None,
        version=None if is_newest else _name(incoming.version, known),
        is_demo=incoming.is_demo,
        printers=_difference(_present(connection, printers), incoming.printers),
        articles=_difference(present, incoming.articles, unlike=counted, but=STOCK),
        pairs=_difference(_present(connection, pairs), incoming.pairs),
        prices=_new_prices(present, incoming.articles, at=at),
        counted={sku for (sku,) in counted},
        differing=_differing(connection, present, incoming.articles, counted),
    )


def names_of(connection: Connection) -> Sequence[str]:
    """Of the catalogues that were taken in, the newest first."""
    newest_first = select(catalogue_imports.c.version).order_by(catalogue_imports.c.base_seq.desc())
    return connection.scalars(newest_first).all()


def _name(version: str, known: Sequence[str]) -> str:
    """One from before that comes back gets a name of its own."""
    return f"{version}{AGAIN}{len(known)}" if version in known else version


def _present(connection: Connection, table: Table) -> Known:
    """Tombstones too, in the order in which rows are locked: by key, as the database has it."""
    keys = list(table.primary_key)
    rows = connection.execute(select(table).order_by(*keys)).mappings()
    return {tuple(row[key.name] for key in keys): row for row in rows}


def _is_count(row: RowMapping | None, wanted: Values, *, with_stock: bool) -> bool:
    """Whether the figure of the files is taken; an invented one is none in place of another."""
    if row is None or row["is_removed"]:
        return True
    return not wanted["is_demo"] and (with_stock or bool(row["is_demo"]))


def _difference(
    present: Known,
    wanted: Mapping[Key, Values],
    *,
    unlike: Collection[Key] = (),
    but: Collection[str] = (),
) -> Difference:
    """``unlike`` are written in any case; columns in ``but`` make no difference."""

    def is_touched(key: Key, row: RowMapping) -> bool:
        now = wanted.get(key)
        if now is None or row["is_removed"]:
            return (now is None) is not bool(row["is_removed"])
        return key in unlike or any(row[c] != now[c] for c in now if c not in but)

    touched = [key for key, row in present.items() if is_touched(key, row)]
    changed = [wanted[key] for key in touched if key in wanted]
    new = [row for key, row in wanted.items() if key not in present]
    gone = [key for key in touched if key not in wanted]
    return Difference([*changed, *new], gone, touched)


def _new_prices(present: Known, wanted: Mapping[Key, Values], *, at: datetime) -> Sequence[Values]:
    return [
        {
            "sku": row["sku"],
            "since": at if key in present else NEVER_UNKNOWN,
            "price_cents": row["price_cents"],
        }
        for key, row in wanted.items()
        if key not in present or present[key]["price_cents"] != row["price_cents"]
    ]


def _differing(
    connection: Connection,
    present: Known,
    wanted: Mapping[Key, Values],
    counted: Collection[Key],
) -> int:
    aside = {row.sku: row.reserved for row in connection.execute(PUT_ASIDE)}
    return sum(
        for_sale(row, aside) != present[key]["stock"]
        for key, row in wanted.items()
        if key not in counted and not row["is_demo"]
    )


def for_sale(row: Values, aside: Mapping[str, int]) -> int:
    return max(0, int(row["stock"]) - int(aside.get(row["sku"], 0)))


def _printer_row(printer: Printer) -> Values:
    body = PrinterWire.model_validate(printer).canonical()
    return {"printer_id": printer.printer_id, "body": body}


def _article_row(article: Article) -> Values:
    offer = article.offer
    return {
        "sku": article.sku,
        "cartridge": CartridgeWire.model_validate(article.cartridge).canonical(),
        "price_cents": offer.price_cents,
        "previous_price_cents": offer.previous_price_cents,
        "stock": offer.stock,
        "restock_on": offer.restock_on,
        "vat_rate_bp": offer.vat_rate_bp,
        "known_at": offer.known_at,
        "is_demo": offer.is_demo,
    }
