"""No query looks through a table that grows with the shop: each goes by a key, or reads in the
order of one until it has enough.

The plans are those of SQLite, which are the same for a full file and an empty one because nobody
analyses it, and those of PostgreSQL where it may look through a table only if there is no other
way. Milliseconds are measured by ``benchmarks/central/growth.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from contract.asking import (
    ONE,
    THREE,
    TWO,
    cancel,
    changed,
    dispatch,
    leased,
    pay,
    placed,
    put,
    refund,
    revise,
)
from contract.conftest import Shop
from contract.shop import CUSTOMER, NOW
from sqlalchemy import event
from sqlalchemy.engine import Connection

from central.store.accounts import accounts_of, statement_of, to_refund
from central.store.consoles import list_consoles
from central.store.events import prune
from central.store.lifecycle import mark_delivered, mark_returned
from central.store.orders import newest_orders
from models.order import Order
from models.wire.customers import CustomerWire

GROWING = {
    *("orders", "order_revisions", "cancellations", "payment_requests", "ledger", "events"),
    *("voucher_uses", "reservations", "customers", "customer_phones", "customer_changes"),
    *("reference_blocks", "printers", "articles", "pairs", "prices"),
}
READS_THE_WHOLE_CATALOGUE = re.compile(r"SELECT count\(\*\) AS count_1 FROM (\w+) WHERE \1.is_rem")
"""How many rows a snapshot has, once at its beginning: a console is about to read them all."""

SHORT = "USING INDEX ix_orders_to_refund"
"""An index of very few orders, all of which are wanted."""

Said = tuple[str, Any]


@dataclass(frozen=True)
class Look:
    """One step of a plan that has no key: of which table, for which statement."""

    table: str
    statement: str


@contextmanager
def noted(shop: Shop) -> Iterator[list[Said]]:
    """All statements that the shop's central executes, each with (the first of) its values."""
    said: list[Said] = []

    def note(
        _connection: object, _cursor: object, statement: str, values: Any, *rest: object
    ) -> None:
        *_, is_many = rest
        said.append((statement, values[0] if is_many else values))

    engine = shop.database._engine
    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def looks(shop: Shop, said: Sequence[Said]) -> set[Look]:
    known = {
        " ".join(statement.split()): (statement, values)
        for statement, values in said
        if statement.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))
    }
    with shop.database.read() as connection:
        plan = _plan_of_postgresql if shop.database.is_postgresql else _plan_of_sqlite
        return {
            Look(table, short)
            for short, (statement, values) in known.items()
            for table in plan(connection, statement, values)
            if table in GROWING
        }


def _plan_of_sqlite(connection: Connection, statement: str, values: Any) -> Sequence[str]:
    """Tables that are looked through: "SCAN", but not in the order of an index to a limit."""
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    steps = [str(row.detail) for row in rows]
    is_limited = "LIMIT" in statement and not any("TEMP B-TREE" in step for step in steps)
    found = [re.match(r"SCAN (\w+)", step) for step in steps if not step.endswith(SHORT)]
    return [] if is_limited else [match[1] for match in found if match]


def _plan_of_postgresql(connection: Connection, statement: str, values: Any) -> Sequence[str]:
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    rows = connection.exec_driver_sql(f"EXPLAIN {statement}", values)
    found = [re.search(r"Seq Scan on (\w+)", str(row[0])) for row in rows]
    return [match[1] for match in found if match]


def an_order_s_life(shop: Shop) -> None:
    first, second = placed(lines=ONE, codes=["BIENVENUE10", "Noel5"]), placed(10_000_001, ONE)
    with leased(shop) as client:
        assert put(client, first).status_code == 200
        assert put(client, first).status_code == 200  # again
        assert put(client, second).status_code == 200
        pay(shop, first)
        assert revise(client, changed(first, TWO)).status_code == 200
        assert revise(client, changed(first, THREE, revision=3)).status_code == 200
        pay(shop, first, 10_000)
        refund(shop, first, 100)
        dispatch(shop, first)
        for mark in (mark_delivered, mark_returned):
            shop.database.run(lambda tx, mark=mark: mark(tx, first.reference, at=NOW))
        assert cancel(client, second.order_id).status_code == 200
        assert client.put("/v1/customers/" + _newer()[0], content=_newer()[1]).status_code == 200


def what_consoles_read(shop: Shop) -> None:
    order = placed(lines=ONE)
    with leased(shop) as client:
        assert put(client, order).status_code == 200
        for path in _paths(order):
            page = client.get(path)
            assert page.status_code == 200, (path, page.text)
            cursor = page.json().get("cursor") if path.startswith("/v1/cat") else None
            while cursor and page.json().get("has_more"):
                page = client.get("/v1/catalogue/changes", params={"cursor": cursor})
                cursor = page.json()["cursor"]
            if cursor:
                shop.set_stock("LC970Y", 3)
                client.get("/v1/catalogue/changes", params={"cursor": cursor})


def what_the_shop_asks(shop: Shop) -> None:
    order = placed(lines=ONE)
    with leased(shop) as client:
        assert put(client, order).status_code == 200
    pay(shop, order, 1_000_000)
    with shop.database.read() as connection:
        accounts_of(connection, [row.order_id for row in newest_orders(connection, limit=10)])
        statement_of(connection, order.reference)
        list_consoles(connection)
        assert len(to_refund(connection)) == 1
    for days in (1, 2):
        shop.database.run(lambda tx, days=days: prune(tx, before=NOW + timedelta(days=days)))


def _newer() -> tuple[str, str]:
    person = CustomerWire.model_validate(CUSTOMER).model_copy(update={"version": 2})
    return str(person.customer_id), person.canonical()


def _paths(order: Order) -> Sequence[str]:
    return (
        "/v1/customers",
        "/v1/customers?cursor=1",
        "/v1/customers/lookup?phone=%2B33199001234",
        "/v1/catalogue",
        "/v1/catalogue/changes",
        "/v1/stock?sku=LC970Y",
        "/v1/vouchers",
        "/v1/vouchers/lookup?code=Noel5",
        "/v1/events",
        "/v1/events?cursor=0",
        "/v1/orders",
        "/v1/orders?cursor=1",
        f"/v1/orders/of-others?order_id={order.order_id}",
        f"/v1/orders/{order.order_id}",
        f"/v1/orders/{order.order_id}/payment-requests",
        "/readyz",
    )


@pytest.mark.parametrize("use", [an_order_s_life, what_consoles_read, what_the_shop_asks])
def test_no_query_looks_through_a_table_that_grows(shop: Shop, use: Callable[[Shop], None]) -> None:
    shop.fill()
    with noted(shop) as said:
        use(shop)
    assert len(said) > 10
    found = looks(shop, said)
    assert {look for look in found if not READS_THE_WHOLE_CATALOGUE.match(look.statement)} == set()
