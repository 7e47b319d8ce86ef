"""What an order costs the database, in statements: a number that no noise of a machine moves.

Orders a second are measured by ``benchmarks``; here stands what would slow them down unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from contract.conftest import Shop
from contract.people import people_by_phone
from contract.shop import CUSTOMER, NOW, RULES, article, make_order
from contract.statements import counted
from sqlalchemy import select

from central.postgresql import spelled_for
from central.store.consoles import Console
from central.store.customers import put_customers
from central.store.orders import take_order
from central.store.references import lease_block
from central.store.vouchers import put_vouchers
from models.catalogue import Colour
from models.order import Order
from models.tables import central as tables
from models.vouchers import Voucher, VoucherKind
from models.wire.customers import CustomerWire
from models.wire.orders import order_from_wire, order_to_wire

STATEMENTS_OF_AN_ORDER = 9
"""A look at all that is known of it, which locks its articles; numbers drawn; the order, stock,
reservations, uses of codes (two), what is awaited, events, which notify PostgreSQL's listeners.
"""

FIRST = 10_000_000
ARTICLES = tuple(article(f"SKU{number:02}", Colour.BLACK, 1290, 100) for number in range(50))
CODES = tuple(
    Voucher(f"CODE{number}", VoucherKind.AMOUNT, amount_cents=10, is_combinable=True)
    for number in range(3)
)


@pytest.fixture
def console(shop: Shop) -> Console:
    shop.fill(articles=ARTICLES, pairs=())
    shop.token()
    with shop.database.write() as connection:
        put_vouchers(connection, CODES)
        put_customers(connection, [CustomerWire.model_validate(CUSTOMER)])
        console_id = connection.execute(select(tables.consoles.c.console_id)).scalar_one()
        lease_block(connection, console_id, 100, at=NOW)
    return Console(console_id, "comptoir")


def taken(shop: Shop, console: Console, order: Order) -> list[str]:
    sent = order_from_wire(order_to_wire(order))
    with shop.database.write() as connection, counted(connection) as statements:
        take_order(connection, console, sent, at=NOW, rules=RULES)
    return statements


def order_of(number: int, lines: int, codes: Sequence[Voucher] = CODES[:1], **how: object) -> Order:
    make: Callable[..., Order] = make_order
    return make(
        FIRST + number,
        [(each.sku, 1) for each in ARTICLES[:lines]],
        codes=[voucher.code for voucher in codes],
        articles=ARTICLES,
        vouchers=codes,
        **how,
    )


def test_an_order_costs_so_many_statements_however_long_it_is(shop: Shop, console: Console) -> None:
    for number, (lines, codes) in enumerate([(2, 1), (50, 1), (50, 3)]):
        statements = taken(shop, console, order_of(number, lines, CODES[:codes]))
        assert len(statements) == STATEMENTS_OF_AN_ORDER, statements
    without_codes = taken(shop, console, order_of(3, 2, ()))
    assert len(without_codes) == STATEMENTS_OF_AN_ORDER - 2


def test_the_same_order_again_costs_two(shop: Shop, console: Console) -> None:
    order = order_of(0, 2)
    taken(shop, console, order)
    assert len(taken(shop, console, order)) == 2


def test_a_customer_who_is_new_costs_three_more(shop: Shop, console: Console) -> None:
    known = taken(shop, console, order_of(0, 2))
    new = taken(shop, console, order_of(1, 2, customer=replace(CUSTOMER, customer_id=uuid4())))
    assert len(new) - len(known) == 3


def test_a_customer_is_found_by_one_statement(shop: Shop, console: Console) -> None:
    del console
    with shop.database.read() as connection, counted(connection) as statements:
        (found,) = people_by_phone(connection, CUSTOMER.phones[0].e164)
    assert found.customer_id == CUSTOMER.customer_id
    assert len(statements) == 1


def test_no_statement_is_compiled_anew_for_an_order_of_another_size(
    shop: Shop, console: Console
) -> None:
    with shop.database.read() as connection:
        cache = connection.engine._compiled_cache
    taken(shop, console, order_of(0, 1))
    taken(shop, console, order_of(1, 2, CODES[:2]))
    before = len(cache), spelled_for.cache_info().currsize
    taken(shop, console, order_of(2, 7, CODES))
    assert (len(cache), spelled_for.cache_info().currsize) == before
