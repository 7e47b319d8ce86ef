"""What a console asks of central about one order, over HTTP, and the changes it makes to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
from contract.shop import NOW, make_order

from central.store.lifecycle import mark_dispatched
from central.store.receipts import Noted, note_received, note_refunded
from models.order import Order, OrderState
from models.payment import PaymentMethod
from models.wire.orders import order_to_wire

if TYPE_CHECKING:
    from contract.conftest import Shop

NUMBER = 10_000_000
"""The first number that central leases."""
ONE, TWO, THREE = ([("LC970Y", count)] for count in (1, 2, 3))
"""Lines of an order: 17,80 €, 30,70 € and 43,60 € with delivery."""
PARCEL = "6A12345678901"


@contextmanager
def leased(shop: Shop, name: str = "comptoir") -> Iterator[httpx.Client]:
    """A console with a hundred numbers, the first to ask from ``NUMBER`` on."""
    with shop.client(name) as client:
        assert client.post("/v1/reference-blocks", json={"count": 100}).status_code == 201
        yield client


def placed(
    number: int = NUMBER,
    lines: Sequence[tuple[str, int]] = (("LC970BK", 1), ("LC970C", 2)),
    *,
    method: PaymentMethod = PaymentMethod.CHEQUE,
    **how: Any,
) -> Order:
    return replace(make_order(number, lines, **how), payment_method=method)


def changed(
    order: Order,
    lines: Sequence[tuple[str, int]],
    *,
    revision: int | None = None,
    revised_at: datetime | None = None,
    method: PaymentMethod | None = None,
    **how: Any,
) -> Order:
    """The next revision of ``order`` with other lines, said an hour after it was placed."""
    number = int(order.reference[:8])
    said = make_order(number, lines, order_id=order.order_id, customer=order.customer, **how)
    return replace(
        said,
        placed_at=order.placed_at,
        payment_method=method or order.payment_method,
        revision=revision or order.revision + 1,
        revised_at=revised_at or NOW + timedelta(hours=1),
    )


def put(client: httpx.Client, order: Order) -> httpx.Response:
    return client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))


def revise(client: httpx.Client, order: Order) -> httpx.Response:
    path = f"/v1/orders/{order.order_id}/revisions/{order.revision}"
    return client.put(path, content=order_to_wire(order))


def cancel(client: httpx.Client, order_id: UUID, **fields: Any) -> httpx.Response:
    body = {"cancelled_at": "2026-11-23T12:00:00Z", **fields}
    return client.put(f"/v1/orders/{order_id}/cancellation", json=body)


def state_of(client: httpx.Client, order: Order) -> tuple[str, str | None]:
    found = client.get(f"/v1/orders/{order.order_id}").json()
    return found["state"], found["parcel_number"]


def requests_of(client: httpx.Client, order: Order) -> list[tuple[str, int, str, str | None]]:
    answer = client.get(f"/v1/orders/{order.order_id}/payment-requests")
    assert answer.status_code == 200, answer.text
    return [
        (r["method"], r["amount_cents"], r["state"], r["creditor_reference"])
        for r in answer.json()["requests"]
    ]


def receive(shop: Shop, order: Order, cents: int | None = None, by: str = "") -> Noted:
    return shop.database.run(
        lambda tx: note_received(tx, order.reference, cents, bank_reference=by, at=shop.clock.at)
    )


def refund(shop: Shop, order: Order, cents: int, by: str = "") -> Noted:
    return shop.database.run(
        lambda tx: note_refunded(tx, order.reference, cents, bank_reference=by, at=shop.clock.at)
    )


def pay(shop: Shop, order: Order, cents: int | None = None) -> OrderState:
    return receive(shop, order, cents).order.state


def dispatch(shop: Shop, order: Order) -> OrderState:
    return shop.database.run(
        lambda tx: mark_dispatched(tx, order.reference, PARCEL, at=shop.clock.at)
    )


def problem_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
