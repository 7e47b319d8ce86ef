"""R9 at central: no card number is taken, kept or repeated, and no order is lost for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from contract.asking import cancel, changed, leased, placed, problem_of, put
from contract.conftest import Shop
from contract.line import Bench
from contract.shop import CUSTOMER, make_order
from sqlalchemy import text

from central import card_numbers
from models.order import Order, SyncState
from models.tables import central as tables
from models.wire.customers import CustomerWire
from models.wire.orders import order_to_wire
from models.work import WorkKind

CARD = "4970 1012 3456 7893"
ORDER = placed()
LINES = [("LC970BK", 1)]


def with_card(order: Order) -> str:
    """As no console of today sends it."""
    body = json.loads(order_to_wire(order))
    body["customer"]["billing"]["street"] = f"12 RUE DES LILAS {CARD}"
    body["codes"] = [{"code": CARD}]
    return json.dumps(body)


def put_order(client: httpx.Client) -> httpx.Response:
    return client.put(f"/v1/orders/{ORDER.order_id}", content=with_card(ORDER))


def put_revision(client: httpx.Client) -> httpx.Response:
    after = changed(ORDER, LINES)
    path = f"/v1/orders/{ORDER.order_id}/revisions/{after.revision}"
    return client.put(path, content=with_card(after))


def put_customer(client: httpx.Client) -> httpx.Response:
    person = CustomerWire.model_validate(replace(CUSTOMER, version=2, email=CARD))
    return client.put(f"/v1/customers/{person.customer_id}", content=person.canonical())


@pytest.mark.parametrize(
    "send,fields",
    [
        (put_order, ["customer.billing.street", "codes.code"]),
        (put_revision, ["customer.billing.street", "codes.code"]),
        (lambda client: cancel(client, ORDER.order_id, reason=CARD), ["reason"]),
        (put_customer, ["email"]),
    ],
    ids=["order", "revision", "cancellation", "customer"],
)
def test_a_card_number_is_refused_and_never_repeated(
    shop: Shop, send: Callable[[httpx.Client], httpx.Response], fields: list[str]
) -> None:
    shop.fill()
    with leased(shop) as client:
        if send is not put_order:
            assert put(client, ORDER).status_code == 200
        before = told(shop)
        answer = send(client)
    assert problem_of(answer) == (422, "card_number_refused")
    assert answer.json()["fields"] == fields
    assert CARD not in answer.text
    assert told(shop) == before


def told(shop: Shop) -> list[list[Any]]:
    """All that central keeps of orders and people."""
    kept = (tables.orders, tables.order_revisions, tables.cancellations, tables.customers)
    with shop.database.read() as connection:
        return [list(connection.execute(table.select())) for table in kept]


def test_an_order_that_was_taken_before_this_was_looked_at_has_its_answer_for_ever(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.fill()
    with leased(shop) as client:
        monkeypatch.setattr(card_numbers, "fields_with_card_numbers", lambda _: ())
        first = put_order(client)
        monkeypatch.undo()
        again = put_order(client)
    assert first.status_code == 200
    assert again.json() == first.json()


@pytest.mark.parametrize("kind", ["sqlite"])
def test_an_older_programs_order_with_a_card_number_is_work_and_can_be_mended(
    bench: Bench,
) -> None:
    order = bench.console.place(make_order)
    with bench.console.store._engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET body = :body"), {"body": with_card(order)})
    report = bench.engine.run_once()
    assert (report.refused, report.still_waiting) == (1, 0)
    assert bench.console.sync_state(order) == (SyncState.REFUSED, "card_number_refused")
    assert bench.console.work(order) == [(WorkKind.REFUSED, None)]
    assert bench.shop.order_ids() == []
    bench.console.revise(order, lambda number: make_order(number, LINES))
    assert bench.engine.run_once().sent == 1
    assert bench.shop.order_ids() == [order.order_id]
