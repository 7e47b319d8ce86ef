"""A filled shop for a central: catalogue, codes, customers and the orders of years.

Rows of the past are written straight into the tables: they are there to be in the way, and are
what the program itself would have written (``past``).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from multiprocessing import get_context
from uuid import UUID

import uuid6
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from benchmarks.central.many_rows import filling, insert, writing
from benchmarks.central.past import BLOCK, COLUMNS, EVENTS_KEPT, Begin, Past, Rows
from benchmarks.central.people import (
    CUSTOMER_COLUMNS,
    MODEL,
    PHONE_COLUMNS,
    customer,
    customer_rows,
    phone_rows,
)
from central.database import Database, current_number, migrate, next_number, where_is
from central.store.catalogue_import import import_catalogue
from central.store.consoles import add_console, new_token
from central.store.events import prune
from central.store.vouchers import put_vouchers
from models.calendar import paris_day
from models.cart import Cart, CartLine
from models.catalogue import Article, Printer
from models.customer import Civility, Customer, DeliveryAddress, PersonName
from models.order import Order, OrderState
from models.payment import PaymentMethod
from models.pricing import PricingFacts, price_cart
from models.promise import promise_for
from models.reference import with_check
from models.shop import ShopRules
from models.tables import central as tables
from models.vouchers import Voucher, VoucherKind
from models.wire.orders import OrderIn, order_to_wire
from services import catalogue_csv
from services.demo_shop import demo_shop

RULES = ShopRules()
CODE = Voucher("RENTREE10", VoucherKind.PERCENT, percent_bp=1000)
STOCK = 1_000_000
SELLERS = 300
A_DAY = timedelta(days=1)
CHUNK = 20_000
"""Orders of one transaction."""
AHEAD = 2
MODELS = 50
TAKING = 8
"""Consoles that took the orders of the past, of however many there are."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    printers: Sequence[Printer]
    articles: Sequence[Article]
    pairs: Sequence[tuple[str, str]]

    @property
    def rows(self) -> int:
        return len(self.printers) + len(self.articles) + len(self.pairs)


@dataclass(frozen=True, slots=True)
class Shop:
    """``tokens`` of the consoles that were added; ``articles`` those that sell most."""

    tokens: tuple[str, ...]
    articles: tuple[Article, ...]
    customers: int


def fill(
    database: str,
    *,
    customers: int,
    orders: int,
    consoles: int,
    now: datetime,
    catalogue: Catalogue | None = None,
) -> Shop:
    """A new database; with the catalogue that the program comes with, unless there is another."""
    sold = catalogue or real_catalogue(now)
    migrate(where_is(database))
    with closing(Database(where_is(database))) as opened, opened.write() as connection:
        _import(connection, sold, now)
        put_vouchers(connection, [CODE])
        tokens = tuple(new_token() for _ in range(consoles))
        for number, token in enumerate(tokens):
            add_console(connection, f"console-{number}", token=token, at=now)
    singles = [article for article in sold.articles if not article.cartridge.contents]
    shop = Shop(tokens, tuple(random.Random(4).sample(singles, SELLERS)), 0)
    return grown(database, shop, customers=customers, orders=orders, now=now)


def grown(database: str, shop: Shop, *, customers: int, orders: int, now: datetime) -> Shop:
    """With so many customers and orders in all, and all that comes with them."""
    with filling(database) as engine:
        with writing(engine) as connection:
            _add_customers(connection, customers)
        with writing(engine) as connection:
            begin = _begin(connection, orders)
            past = Past(
                _models(shop.articles, now),
                consoles=_taking(connection),
                customers=customers,
                begin=begin,
                now=now,
                rules=RULES,
            )
        for rows in _made_ahead(past, begin.orders):
            with writing(engine) as connection:
                for table, columns in COLUMNS.items():
                    insert(connection, table, columns, rows[table.name])
        with writing(engine) as connection:
            next_number(connection, "events", past.last_event(begin.orders) - begin.event)
            connection.execute(
                tables.vouchers.update()
                .where(tables.vouchers.c.code == CODE.code)
                .values(uses=tables.vouchers.c.uses + begin.orders)
            )
            prune(connection, before=now - EVENTS_KEPT + A_DAY)
    return replace(shop, customers=customers)


def _made_ahead(past: Past, orders: int) -> Iterator[Rows]:
    """By the chunk, in another process, while the one before is written here."""
    chunks = [range(at, min(at + CHUNK, orders)) for at in range(0, orders, CHUNK)]
    if len(chunks) == 1:  # no other process for that
        yield past.rows(chunks[0])
        return
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as maker:
        coming = deque[Future[Rows]]()
        for chunk in chunks:
            coming.append(maker.submit(past.rows, chunk))
            if len(coming) > AHEAD:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()


def real_catalogue(now: datetime) -> Catalogue:
    files = catalogue_csv.builtin()
    made = demo_shop(files.cartridges, files.pairs, now)
    stocked = [
        replace(article, offer=replace(article.offer, stock=STOCK, restock_on=None))
        for article in made.articles
    ]
    return Catalogue(files.printers, stocked, made.pairs)


def _import(connection: Connection, sold: Catalogue, now: datetime) -> None:
    import_catalogue(
        connection,
        version="benchmark",
        is_demo=True,
        printers_in=sold.printers,
        articles_in=sold.articles,
        pairs_in=sold.pairs,
        at=now,
    )


def _add_customers(connection: Connection, customers: int) -> None:
    known = connection.scalar(select(func.count()).select_from(tables.customers)) or 0
    new = range(known, customers)
    if new:
        insert(connection, tables.customers, CUSTOMER_COLUMNS, list(customer_rows(new)))
        insert(connection, tables.customer_phones, PHONE_COLUMNS, list(phone_rows(new)))
        next_number(connection, "customers", len(new))


def _begin(connection: Connection, orders: int) -> Begin:
    """Draws all numbers but those of events, which nobody knows yet how many they are."""
    known = connection.scalar(select(func.count()).select_from(tables.orders)) or 0
    new = max(0, orders - known)
    blocks = -(-new // BLOCK) * BLOCK
    return Begin(
        seq=next_number(connection, "orders", new) - new,
        reference=next_number(connection, "references", blocks) - blocks,
        event=current_number(connection, "events"),
        orders=new,
    )


def _taking(connection: Connection) -> Sequence[str]:
    wanted = select(tables.consoles.c.console_id).order_by(tables.consoles.c.console_id)
    return [console_id.hex for console_id in connection.scalars(wanted.limit(TAKING))]


def _models(articles: Sequence[Article], now: datetime) -> Sequence[Order]:
    chance = random.Random(8)
    return [order_of(customer(MODEL), MODEL, articles, now, chance) for _ in range(MODELS)]


def new_order(
    number: int, articles: Sequence[Article], customers: int, now: datetime, chance: random.Random
) -> Order:
    """Of a known customer."""
    return order_of(customer(chance.randrange(customers)), number, articles, now, chance)


def order_of(
    who: Customer, number: int, articles: Sequence[Article], now: datetime, chance: random.Random
) -> Order:
    """Two lines, a code, another address to deliver to."""
    chosen = chance.sample(list(articles), 2)
    known = {article.sku: article for article in chosen}
    cart = Cart(
        tuple(CartLine(article.sku, chance.randint(1, 3)) for article in chosen), (CODE.code,)
    )
    facts = PricingFacts(
        articles=known,
        vouchers={CODE.code: CODE},
        customer_id=who.customer_id,
        delivery_postcode="51100",
    )
    quote = price_cart(cart, facts, now=now, rules=RULES)
    items = [(known[line.sku].offer, line.quantity) for line in cart.lines]
    return Order(
        order_id=UUID(int=uuid6.uuid7().int),
        reference=with_check(number),
        draft_id=UUID(int=0),
        customer=who,
        delivery=DeliveryAddress(
            PersonName(Civility.M, "Georges", "VOISIN"), who.billing, "code 12B4"
        ),
        quote=quote,
        promise=promise_for(paris_day(now), items, PaymentMethod.CHEQUE, RULES),
        payment_method=PaymentMethod.CHEQUE,
        link_channel=None,
        state=OrderState.AWAITING_PAYMENT,
        placed_at=now,
        ordered_on=paris_day(now),
    )


def body_of(order: Order) -> bytes:
    """What is sent. Checked here to be the contract's, so that no run measures refusals."""
    body = order_to_wire(order)
    OrderIn.model_validate_json(body)
    return body.encode()
