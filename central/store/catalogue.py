"""The catalogue at central: taken in whole, read back for judging, changed by orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import Table, bindparam, func, select
from sqlalchemy.engine import Connection, Row

from central.database import current_number, drawn, next_number, raise_counter, upsert
from central.store.events import Happening, append
from models.catalogue import Article, Cartridge, Offer, Printer
from models.errors import Rejected
from models.tables.central import articles, catalogue_imports, pairs, prices, printers
from models.wire.catalogue import CartridgeWire, PrinterWire
from models.wire.events import EventKind

COUNTER = "catalogue"
"""Numbers of the feed of printers, articles and pairs."""
CHUNK = 500
"""Keys in one query: below SQLite's and PostgreSQL's limits on parameters."""

LOCKED = (
    select(articles)
    .where(articles.c.sku.in_(bindparam("skus", expanding=True)))
    .order_by(articles.c.sku)
    .with_for_update(key_share=True)
)
"""Statements of every order are made once: making one takes longer than running it."""
EVERY = select(articles.c.sku).order_by(articles.c.sku).with_for_update(key_share=True)
MOVED = (
    articles.update()
    .where(articles.c.sku == bindparam("of"))
    .values(
        stock=articles.c.stock + bindparam("change"),
        seq=drawn(COUNTER) - bindparam("before_last"),
    )
)

CARTRIDGES_KEPT = 10_000
"""About 20 MB; more than a shop sells in a day."""

AGAIN = "~"
"""Between the name of a catalogue and the number that makes it another place in the feed."""

NEVER_UNKNOWN = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""A first price is taken to have been the price before it was known here, too."""


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
    """From now on the catalogue is exactly this. What is gone leaves a tombstone, what is
    the same as before does not show in the feed. Idempotent: the version that is there is
    not taken in again. One from before that comes back gets a name of its own.
    """
    # Before anything else, in the order in which orders lock: whoever has taken a number of the
    # feed must not wait for an article any more. What they take of the stock is taken of the new.
    connection.execute(EVERY)
    newest_first = select(catalogue_imports.c.version).order_by(catalogue_imports.c.base_seq.desc())
    known = connection.scalars(newest_first).all()
    if known and known[0].partition(AGAIN)[0] == version:
        return
    if version in known:
        version = f"{version}{AGAIN}{len(known)}"
    _replace_rows(connection, printers, [_printer_row(printer) for printer in printers_in])
    rows = [_article_row(article) for article in articles_in]
    _note_prices(connection, rows, at=at)
    _replace_rows(connection, articles, rows)
    _replace_rows(connection, pairs, [{"printer_id": p, "sku": s} for p, s in pairs_in])
    connection.execute(
        catalogue_imports.insert().values(
            version=version,
            base_seq=current_number(connection, "catalogue"),
            is_demo=is_demo,
            imported_at=at,
        )
    )
    append(connection, [Happening(EventKind.CATALOGUE)], at=at)


def set_stock(
    connection: Connection, sku: str, stock: int, *, restock_on: date | None, at: datetime
) -> None:
    """What was counted, beside what is reserved; consoles hear of it. Idempotent in effect.
    Raises Rejected("sku_unknown") for what is not sold.
    """
    if sku not in lock_articles(connection, [sku]):
        raise Rejected("sku_unknown", sku=sku)
    raise_counter(connection, COUNTER)
    connection.execute(
        articles.update()
        .where(articles.c.sku == sku)
        .values(stock=stock, restock_on=restock_on, known_at=at, seq=drawn(COUNTER))
    )
    append(connection, [Happening(EventKind.STOCK, {"skus": [sku]})], at=at)


def articles_by_sku(connection: Connection, skus: Iterable[str]) -> Mapping[str, Article]:
    """Those of these skus that are sold now."""
    wanted = select(articles).where(
        articles.c.sku.in_(list(skus)), articles.c.is_removed.is_(False)
    )
    return {row.sku: article_of(row) for row in connection.execute(wanted)}


def prices_between(
    connection: Connection, skus: Sequence[str], since: datetime, until: datetime
) -> Mapping[str, frozenset[int]]:
    """Every price, in cents, that each sku had at some moment of ``since <= t <= until``."""
    known: dict[str, set[int]] = {sku: set() for sku in skus}
    wanted = select(prices).where(prices.c.sku.in_(list(skus)), prices.c.since <= until)
    for row in connection.execute(wanted.order_by(prices.c.sku, prices.c.since)):
        if row.since <= since:
            known[row.sku].clear()  # was over before the time asked for began
        known[row.sku].add(row.price_cents)
    return {sku: frozenset(cents) for sku, cents in known.items()}


def lock_articles(connection: Connection, skus: Iterable[str]) -> Mapping[str, Article]:
    """Those of these skus that are sold now, and nobody else changes any of them before this
    transaction ends. Locked by sku, so that two orders of the same articles wait in line and
    never for each other; vouchers are locked before, counters after.
    """
    rows = connection.execute(LOCKED, {"skus": list(set(skus))})
    return {row.sku: article_of(row) for row in rows if not row.is_removed}


def move_stock(connection: Connection, changes: Mapping[str, int]) -> None:
    """Add to the stock of each sku, or take from it, each with a number of the feed. For
    articles that this transaction has locked and has looked at: taking more than there is is
    an error of the caller's.
    """
    moved = [(sku, change) for sku, change in sorted(changes.items()) if change]
    if not moved:
        return
    raise_counter(connection, COUNTER, len(moved))
    connection.execute(
        MOVED,
        [
            {"of": sku, "change": change, "before_last": before_last}
            for before_last, (sku, change) in enumerate(moved)
        ],
    )


def article_of(row: Row[tuple[object, ...]]) -> Article:
    offer = Offer(
        sku=row.sku,
        price_cents=row.price_cents,
        stock=row.stock,
        known_at=row.known_at,
        previous_price_cents=row.previous_price_cents,
        restock_on=row.restock_on,
        vat_rate_bp=row.vat_rate_bp,
        is_demo=row.is_demo,
    )
    return Article(_cartridge(row.cartridge), offer)


@lru_cache(maxsize=CARTRIDGES_KEPT)
def _cartridge(body: str) -> Cartridge:
    """Read once: reading it takes longer than the query that brought it."""
    return CartridgeWire.model_validate_json(body).to_domain()


def printer_of(row: Row[tuple[object, ...]]) -> Printer:
    return PrinterWire.model_validate_json(row.body).to_domain()


def row_count(connection: Connection) -> int:
    """Rows of a snapshot taken now."""
    return sum(
        connection.scalar(select(func.count()).where(table.c.is_removed.is_(False))) or 0
        for table in (printers, articles, pairs)
    )


def _printer_row(printer: Printer) -> dict[str, object]:
    body = PrinterWire.model_validate(printer).canonical()
    return {"printer_id": printer.printer_id, "body": body}


def _article_row(article: Article) -> dict[str, object]:
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


def _replace_rows(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    """Write what is new or changed and bury what is missing, each with a number of its own."""
    keys = [column.name for column in table.primary_key]
    present = connection.execute(select(table)).mappings()
    known = {tuple(row[key] for key in keys): row for row in present}
    wanted = {tuple(row[key] for key in keys): {**row, "is_removed": False} for row in rows}
    changed = [
        row
        for key, row in wanted.items()
        if key not in known or any(known[key][name] != value for name, value in row.items())
    ]
    buried = [
        {**row, "is_removed": True}
        for key, row in known.items()
        if key not in wanted and not row["is_removed"]
    ]
    _write_numbered(connection, table, [*changed, *buried])


def _write_numbered(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    if not rows:
        return
    last = next_number(connection, COUNTER, len(rows))
    numbered = [
        {**row, "seq": last - len(rows) + position} for position, row in enumerate(rows, start=1)
    ]
    upsert(connection, table, numbered)


def _note_prices(connection: Connection, rows: list[dict[str, object]], *, at: datetime) -> None:
    wanted = select(articles.c.sku, articles.c.price_cents)
    known = {row.sku: row.price_cents for row in connection.execute(wanted)}
    changed: list[dict[str, object]] = [
        {
            "sku": row["sku"],
            "since": at if row["sku"] in known else NEVER_UNKNOWN,
            "price_cents": row["price_cents"],
        }
        for row in rows
        if known.get(str(row["sku"])) != row["price_cents"]
    ]
    upsert(connection, prices, changed)
