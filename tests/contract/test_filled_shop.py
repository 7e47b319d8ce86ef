"""The shop that benchmarks fill is what the program would have written: the same columns, the
same bodies, the same history of each order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from contract.people import people_by_phone
from contract.shop import PRINTERS, article
from sqlalchemy import Table, func, select
from sqlalchemy.engine import Connection, Row

from benchmarks.central.past import AFTER, DELIVERED, DISPATCHED, PAID
from benchmarks.central.people import customer
from benchmarks.central.shop import RULES, SELLERS, STOCK, Catalogue, Shop, fill, grown
from benchmarks.central.snapshot import multiply
from central.database import Database
from central.store.consoles import Console
from central.store.feed import page_after
from central.store.feed_text import text_of
from central.store.lifecycle import mark_delivered, mark_dispatched
from central.store.orders import take_order
from central.store.receipts import note_received
from central.store.references import lease_block
from models.catalogue import Colour
from models.reference import with_check
from models.tables import central as tables
from models.wire.catalogue import ArticleWire, ChangesOut
from models.wire.customers import CustomerWire
from models.wire.fields import fingerprint_of
from models.wire.orders import OrderIn, VerdictOut

NOW = datetime(2026, 11, 27, 10, 0, 0, 250_000, tzinfo=UTC)
CUSTOMERS, ORDERS = 30, 120
CATALOGUE = Catalogue(
    printers=PRINTERS,
    articles=[
        article(f"SKU{number}", Colour.BLACK, 1290 + number, STOCK) for number in range(SELLERS)
    ],
    pairs=[(printer.printer_id, "SKU0") for printer in PRINTERS],
)
LEFT_BEHIND = (
    tables.orders,
    tables.payment_requests,
    tables.ledger,
    tables.voucher_uses,
    tables.reservations,
)
ONES_OWN = {
    *("order_id", "reference", "fingerprint", "body", "verdict", "seq", "request_id", "entry_id")
}


@dataclass(frozen=True)
class Filled:
    where: Path | str
    shop: Shop
    database: Database


@pytest.fixture
def filled(empty: Path | str) -> Iterator[Filled]:
    made = fill(
        str(empty), customers=CUSTOMERS, orders=ORDERS, consoles=2, now=NOW, catalogue=CATALOGUE
    )
    with closing(Database(empty)) as database:
        yield Filled(empty, made, database)


def test_bodies_are_what_the_program_spells(filled: Filled) -> None:
    with filled.database.read() as connection:
        orders = connection.execute(select(tables.orders)).all()
        people = connection.scalars(select(tables.customers.c.body)).all()
    assert len(orders) == ORDERS
    for row in orders:
        order = OrderIn.model_validate_json(row.body)
        assert order.canonical() == row.body
        assert fingerprint_of(row.body) == row.fingerprint
        assert VerdictOut.model_validate_json(row.verdict).canonical() == row.verdict
        assert (order.order_id, order.reference) == (row.order_id, row.reference)
        assert order.customer.customer_id == row.customer_id
        assert order.customer.canonical() in people
        assert order.placed_at == row.placed_at
    wanted = [CustomerWire.model_validate(customer(number)) for number in range(CUSTOMERS)]
    assert sorted(people) == sorted(person.canonical() for person in wanted)


def test_nobody_has_the_phone_of_another(filled: Filled) -> None:
    assert len({customer(number).phones[0].e164 for number in range(200_000)}) == 200_000
    with filled.database.read() as connection:
        for number in range(CUSTOMERS):
            who = customer(number)
            (found,) = people_by_phone(connection, who.phones[0].e164)
            assert found.customer_id == who.customer_id


def test_an_order_leaves_behind_what_a_real_one_does(filled: Filled) -> None:
    """The same order placed, paid, dispatched and delivered by the program itself."""
    past = _past(filled, 7)
    real = _place(filled, past)
    at = past.placed_at
    for later, done in (
        (PAID, lambda connection, at: note_received(connection, str(real), at=at)),
        (DISPATCHED, lambda c, at: mark_dispatched(c, str(real), past.parcel_number, at=at)),
        (DELIVERED, lambda connection, at: mark_delivered(connection, str(real), at=at)),
    ):
        filled.database.run(partial(done, at=at + AFTER[later]))
    with filled.database.read() as connection:
        for table in LEFT_BEHIND:
            assert _rows(connection, table, real) == _rows(connection, table, past.order_id)
            assert _rows(connection, table, real) != []
        assert _told(connection, real) == _told(connection, past.order_id)
        assert len(_told(connection, real)) == 6


def test_the_shop_goes_on_where_it_was(filled: Filled) -> None:
    """Numbers that were drawn are not drawn again, by an order or by more of the past."""
    _place(filled, _past(filled, 1))
    grown(str(filled.where), filled.shop, customers=40, orders=300, now=NOW)
    _place(filled, _past(filled, 2))
    with filled.database.read() as connection:
        counted = {row.name: row.value for row in connection.execute(select(tables.counters))}
        assert _highest(connection, tables.orders) == counted["orders"] == 301
        assert _highest(connection, tables.customers) == counted["customers"] == 40
        assert _highest(connection, tables.events) == counted["events"]
        numbers = [
            int(reference[:8])
            for reference in connection.scalars(select(tables.orders.c.reference))
        ]
        blocks = connection.execute(select(tables.reference_blocks)).all()
        assert counted["references"] == max(block.last for block in blocks)
        assert connection.scalar(select(tables.vouchers.c.uses)) == 301
    leased = {number for block in blocks for number in range(block.first, block.last + 1)}
    assert len(set(numbers)) == 301
    assert leased.issuperset(numbers)


def test_a_catalogue_that_was_multiplied_is_read_whole(filled: Filled) -> None:
    multiply(str(filled.where), 3)
    articles: list[ArticleWire] = []
    pairs: list[tuple[str, str]] = []
    cursor, has_more = None, True
    while has_more:
        with filled.database.read() as connection:
            text = text_of(page_after(connection, cursor, limit=100))
        page = ChangesOut.model_validate_json(text)
        cursor, has_more = page.cursor, page.has_more
        articles += page.articles
        pairs += page.pairs
    skus = {article.cartridge.sku for article in articles}
    assert [article.cartridge.sku for article in articles] == [a.offer.sku for a in articles]
    assert len(articles) == len(skus) == 3 * SELLERS
    assert {"SKU0", "SKU0-copy1", "SKU0-copy2"} <= skus
    assert len(pairs) == 3 * len(PRINTERS)
    assert {sku for _, sku in pairs} <= skus


def _past(filled: Filled, place: int) -> Row[Any]:
    with filled.database.read() as connection:
        wanted = select(tables.orders).order_by(tables.orders.c.seq).offset(place).limit(1)
        return connection.execute(wanted).one()


def _place(filled: Filled, past: Row[Any]) -> UUID:
    """The order once more, as another one of the same moment."""
    console = Console(past.console_id, "console")
    number, _ = filled.database.run(
        lambda connection: lease_block(connection, console.console_id, 1, at=past.placed_at)
    )
    order = OrderIn.model_validate_json(past.body).model_copy(
        update={"order_id": uuid4(), "reference": with_check(number)}
    )
    filled.database.run(
        lambda connection: take_order(connection, console, order, at=past.received_at, rules=RULES)
    )
    return order.order_id


def _rows(connection: Connection, table: Table, order_id: UUID) -> Sequence[Mapping[str, object]]:
    rows = connection.execute(select(table).where(table.c.order_id == order_id)).mappings()
    kept = [{name: row[name] for name in row if name not in ONES_OWN} for row in rows]
    return sorted(kept, key=str)


def _told(connection: Connection, order_id: UUID) -> Sequence[tuple[object, ...]]:
    """Spelled as they are kept, but for the id."""
    named = tables.events.c.facts.contains(str(order_id))
    rows = connection.execute(select(tables.events).where(named).order_by(tables.events.c.seq))
    return [
        (row.kind, row.at, row.console_id, row.facts.replace(str(order_id), "")) for row in rows
    ]


def _highest(connection: Connection, table: Table) -> object:
    return connection.scalar(select(func.max(table.c.seq)))
