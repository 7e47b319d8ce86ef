"""A filled shop for a central: catalogue, codes, customers and the orders of years.

Rows of the past are written by COPY or by the thousand, straight into the tables: they are
there to be in the way, and are made of the same bodies as real ones.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID

import uuid6
from sqlalchemy import Table, func, select
from sqlalchemy.engine import Connection

from central.database import Database, migrate, where_is
from central.store.catalogue_import import import_catalogue
from central.store.consoles import add_console, new_token
from central.store.vouchers import put_vouchers
from models.calendar import paris_day
from models.cart import Cart, CartLine
from models.catalogue import Article
from models.customer import (
    Address,
    Civility,
    Customer,
    DeliveryAddress,
    Dwelling,
    PersonName,
    Phone,
    PhoneKind,
)
from models.order import Order, OrderState
from models.payment import PaymentMethod
from models.pricing import PricingFacts, price_cart
from models.promise import promise_for
from models.reference import with_check
from models.shop import ShopRules
from models.tables import central as tables
from models.vouchers import Voucher, VoucherKind
from models.wire.customers import CustomerWire
from models.wire.orders import OrderIn, Outcome, VerdictOut, order_to_wire
from services import catalogue_csv
from services.demo_shop import demo_shop

RULES = ShopRules()
CODE = Voucher("RENTREE10", VoucherKind.PERCENT, percent_bp=1000)
STOCK = 1_000_000
FIRST_PAST_NUMBER = 50_000_000
CHUNK = 2_000
NAMESPACE = UUID("0190a000-0000-7000-8000-00000000b000")


@dataclass(frozen=True, slots=True)
class Shop:
    """``tokens`` of the consoles that were added; ``articles`` those that sell most."""

    tokens: tuple[str, ...]
    articles: tuple[Article, ...]
    customers: int


def fill(database: str, *, customers: int, orders: int, consoles: int, now: datetime) -> Shop:
    migrate(where_is(database))
    with closing(Database(where_is(database))) as opened:
        with opened.write() as connection:
            articles = _catalogue(connection, now)
            put_vouchers(connection, [CODE])
            tokens = tuple(new_token() for _ in range(consoles))
            for number, token in enumerate(tokens):
                add_console(connection, f"console-{number}", token=token, at=now)
        grow(opened, articles, customers=customers, orders=orders, now=now)
    return Shop(tokens, articles, customers)


def grown(database: str, shop: Shop, *, customers: int, orders: int, now: datetime) -> Shop:
    with closing(Database(where_is(database))) as opened:
        grow(opened, shop.articles, customers=customers, orders=orders, now=now)
    return replace(shop, customers=customers)


def grow(
    opened: Database,
    articles: Sequence[Article],
    *,
    customers: int,
    orders: int,
    now: datetime,
) -> None:
    """Bring the shop to so many customers and past orders."""
    with opened.write() as connection:
        known = connection.scalar(select(func.count()).select_from(tables.customers)) or 0
        _insert(connection, tables.customers, map(_customer_row, range(known, customers)))
        _insert(connection, tables.customer_phones, map(_phone_row, range(known, customers)))
        _raise(connection, "customers", customers)
    with opened.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        known = connection.scalar(select(func.count()).select_from(tables.orders)) or 0
        console_id = connection.scalars(select(tables.consoles.c.console_id).limit(1)).one()
        make = _past_orders(articles, customers, console_id, now)
        _insert(connection, tables.orders, (make(number) for number in range(known, orders)))
        _raise(connection, "orders", orders)
    if opened_is_postgresql(opened):
        with opened.write() as connection:
            connection.exec_driver_sql("ANALYZE")


def opened_is_postgresql(opened: Database) -> bool:
    with opened.read() as connection:
        return connection.dialect.name == "postgresql"


def _catalogue(connection: Connection, now: datetime) -> tuple[Article, ...]:
    files = catalogue_csv.builtin()
    made = demo_shop(files.cartridges, files.pairs, now)
    stocked = [
        replace(article, offer=replace(article.offer, stock=STOCK, restock_on=None))
        for article in made.articles
    ]
    import_catalogue(
        connection,
        version="benchmark",
        is_demo=True,
        printers_in=files.printers,
        articles_in=stocked,
        pairs_in=made.pairs,
        at=now,
    )
    singles = [article for article in stocked if not article.cartridge.contents]
    return tuple(random.Random(4).sample(singles, 300))


# --- people -------------------------------------------------------------------------


def customer(number: int) -> Customer:
    """The same for the same number. Mobiles of 06 39 98 for the first ten thousand, then
    numbers that nobody can call.
    """
    e164 = f"+3363998{number:04d}" if number < 10_000 else f"+339999{number:07d}"[:13]
    return Customer(
        UUID(int=NAMESPACE.int + number),
        PersonName(Civility.MME, f"Prenom{number % 997}", f"NOM{number}"),
        (Phone(e164, PhoneKind.MOBILE, can_receive_sms=True),),
        Address(f"{number % 200 + 1} RUE DES ESSAIS", "51100", "REIMS", Dwelling.HOUSE),
    )


def _customer_row(number: int) -> dict[str, object]:
    wire = CustomerWire.model_validate(customer(number))
    return {
        "customer_id": wire.customer_id,
        "body": wire.canonical(),
        "version": 1,
        "seq": number + 1,
    }


def _phone_row(number: int) -> dict[str, object]:
    who = customer(number)
    return {"e164": who.phones[0].e164, "customer_id": who.customer_id}


# --- orders -------------------------------------------------------------------------


def new_order(
    number: int, articles: Sequence[Article], customers: int, now: datetime, chance: random.Random
) -> Order:
    """Two lines, a code, a known customer, another address to deliver to."""
    who = customer(chance.randrange(customers))
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


def _past_orders(
    articles: Sequence[Article], customers: int, console_id: UUID, now: datetime
) -> Callable[[int], dict[str, object]]:
    """Rows like those of orders that were taken, from a few real bodies with other names."""
    chance = random.Random(8)
    models = [
        json.loads(order_to_wire(new_order(1, articles, customers, now, chance))) for _ in range(50)
    ]

    def row(number: int) -> dict[str, object]:
        order_id = UUID(int=uuid6.uuid7().int)
        reference = with_check(FIRST_PAST_NUMBER + number)
        at = now - timedelta(minutes=number % 500_000)
        body = models[number % len(models)] | {
            "order_id": str(order_id),
            "reference": reference,
            "placed_at": at.isoformat().replace("+00:00", "Z"),
        }
        verdict = VerdictOut(
            order_id=order_id, reference=reference, outcome=Outcome.ACCEPTED, received_at=at
        )
        return {
            "order_id": order_id,
            "reference": reference,
            "console_id": console_id,
            "customer_id": UUID(body["customer"]["customer_id"]),
            "state": OrderState.DELIVERED.value,
            "payment_method": body["payment_method"],
            "total_cents": body["amounts"]["total_cents"],
            "costs_cents": body["amounts"]["total_cents"],
            "fingerprint": f"{number:064x}",
            "body": json.dumps(body, separators=(",", ":"), sort_keys=True),
            "verdict": verdict.canonical(),
            "outcome": Outcome.ACCEPTED.value,
            "placed_at": at,
            "received_at": at,
            "seq": number + 1,
            "revision": 1,
            "parcel_number": None,
        }

    return row


def body_of(order: Order) -> bytes:
    """What is sent. Checked here to be the contract's, so that no run measures refusals."""
    body = order_to_wire(order)
    OrderIn.model_validate_json(body)
    return body.encode()


# --- many rows ----------------------------------------------------------------------


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, object]]) -> None:
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
        return
    for chunk in _chunks(iter(rows)):
        connection.execute(table.insert(), chunk)


def _chunks(rows: Iterator[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _copy(connection: Connection, table: Table, rows: Iterable[dict[str, object]]) -> None:
    names = [column.name for column in table.columns]
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([_plain(row[name]) for name in names])


def _plain(value: object) -> object:
    """Times as the tables keep them: UTC without its zone."""
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def _raise(connection: Connection, counter: str, value: int) -> None:
    column = tables.counters.c
    connection.execute(
        tables.counters.update()
        .where(column.name == counter, column.value < value)
        .values(value=value)
    )
