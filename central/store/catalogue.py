"""The catalogue at central: read back for judging, changed by orders and by counts. How one is
taken in whole is ``catalogue_import``'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection, Row

from central.database import drawn, raise_counter, send
from central.store.events import Happening, append
from models.catalogue import Article, Cartridge, Offer, Printer
from models.errors import Rejected
from models.tables.central import articles, pairs, prices, printers
from models.wire.catalogue import CartridgeWire, PrinterWire
from models.wire.events import EventKind

COUNTER = "catalogue"
"""Numbers of the feed of printers, articles and pairs."""

LOCKED = (
    select(articles)
    .where(articles.c.sku.in_(bindparam("skus", expanding=True)))
    .order_by(articles.c.sku)
    .with_for_update(key_share=True)
)
"""Statements of every order are made once: making one takes longer than running it."""
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
    never for each other; vouchers and counters are locked after.
    """
    rows = connection.execute(LOCKED, {"skus": list(set(skus))})
    return {row.sku: article_of(row) for row in rows if not row.is_removed}


def move_stock(connection: Connection, changes: Mapping[str, int]) -> None:
    """Add to the stock of each sku, or take from it, each with a number of the feed that this
    transaction has drawn. For articles that it has locked and has looked at: taking more than
    there is is an error of the caller's.
    """
    moved = [
        {"of": sku, "change": change, "before_last": before_last}
        for before_last, (sku, change) in enumerate(sorted(changes.items()))
    ]
    send(connection, MOVED, moved)


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
