"""What is awaited for an order at central: one payable request at the most (R13)."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from contract.asking import (
    NUMBER,
    ONE,
    THREE,
    TWO,
    cancel,
    changed,
    dispatch,
    pay,
    placed,
    put,
    requests_of,
    revise,
    state_of,
)
from contract.conftest import Shop
from contract.databases import on_sqlite
from contract.shop import NOW
from sqlalchemy.exc import IntegrityError

from central.store.payments import Due, ask
from central.store.vouchers import put_vouchers
from models.errors import KioskError
from models.order import Order, OrderState
from models.payment import PaymentMethod
from models.tables import central as tables
from models.vouchers import Voucher, VoucherKind

CREDIT = Voucher("AV-TOUT", VoucherKind.CREDIT, remaining_cents=1780)


@pytest.fixture
def client(client: httpx.Client, shop: Shop) -> httpx.Client:
    shop.database.run(lambda tx: put_vouchers(tx, [CREDIT]))
    return client


def refused(shop: Shop, order: Order) -> str:
    with pytest.raises(KioskError) as error:
        pay(shop, order)
    return error.value.code


def kinds_after(client: httpx.Client, cursor: int) -> list[tuple[str, str | None]]:
    told = client.get("/v1/events", params={"cursor": cursor}).json()["events"]
    return [(event["kind"], event["state"]) for event in told]


def cursor_now(client: httpx.Client) -> int:
    return int(client.get("/v1/events").json()["cursor"])


@on_sqlite
@pytest.mark.parametrize(
    "method,creditor_reference",
    [
        (PaymentMethod.CHEQUE, None),
        (PaymentMethod.CARD_LINK, None),
        (PaymentMethod.PAYPAL_LINK, None),
        (PaymentMethod.TRANSFER, "RF80100000006"),
    ],
)
def test_an_order_that_awaits_money_asks_for_what_was_said(
    client: httpx.Client, method: PaymentMethod, creditor_reference: str | None
) -> None:
    order = placed(lines=ONE, method=method)
    put(client, order)
    put(client, order)
    assert requests_of(client, order) == [(method, 1780, "awaited", creditor_reference)]


def test_what_is_covered_asks_for_nothing(shop: Shop, client: httpx.Client) -> None:
    order = placed(lines=ONE, codes=["AV-TOUT"], vouchers=[CREDIT])
    put(client, order)
    assert (requests_of(client, order), state_of(client, order)[0]) == ([], "in_preparation")
    assert refused(shop, order) == "nothing_awaited"
    assert dispatch(shop, order) is OrderState.DISPATCHED


def test_what_was_said_to_be_covered_and_is_not_waits_for_a_person(
    shop: Shop, client: httpx.Client
) -> None:
    put(client, placed(lines=ONE, codes=["AV-TOUT"], vouchers=[CREDIT]))
    order = placed(NUMBER + 1, ONE, codes=["AV-TOUT"], vouchers=[CREDIT])
    put(client, order)
    assert requests_of(client, order) == [("cheque", 0, "awaited", None)]
    assert state_of(client, order)[0] == "awaiting_payment"
    agreed = changed(order, ONE, method=PaymentMethod.TRANSFER)
    revise(client, agreed)
    assert [asked[:3] for asked in requests_of(client, order)] == [
        ("cheque", 0, "replaced"),
        ("transfer", 1780, "awaited"),
    ]
    assert pay(shop, order, 1780) is OrderState.IN_PREPARATION


@pytest.mark.parametrize("cents", [None, 0])
def test_a_person_lets_go_what_was_said_to_be_covered(
    shop: Shop, client: httpx.Client, cents: int | None
) -> None:
    put(client, placed(lines=ONE, codes=["AV-TOUT"], vouchers=[CREDIT]))
    order = placed(NUMBER + 1, ONE, codes=["AV-TOUT"], vouchers=[CREDIT])
    put(client, order)
    assert [pay(shop, order, cents) for _ in range(2)] == [OrderState.IN_PREPARATION] * 2
    assert requests_of(client, order) == [("cheque", 0, "paid", None)]
    assert shop.count(tables.ledger) == 0


def test_a_change_of_nothing_that_is_asked_for_leaves_the_request(client: httpx.Client) -> None:
    order = placed(lines=ONE)
    put(client, order)
    path = f"/v1/orders/{order.order_id}/payment-requests"
    before, cursor = client.get(path).json(), cursor_now(client)
    revise(client, changed(order, [("LC970C", 1)]))
    assert client.get(path).json() == before
    assert ("payment", "awaited") not in kinds_after(client, cursor)


@on_sqlite
@pytest.mark.parametrize(
    "lines,method,asked",
    [
        (TWO, PaymentMethod.CHEQUE, ("cheque", 3070)),
        (ONE, PaymentMethod.PAYPAL_LINK, ("paypal_link", 1780)),
        (TWO, PaymentMethod.TRANSFER, ("transfer", 3070)),
    ],
)
def test_another_method_or_amount_takes_the_place_of_the_request(
    client: httpx.Client,
    lines: list[tuple[str, int]],
    method: PaymentMethod,
    asked: tuple[str, int],
) -> None:
    order = placed(lines=ONE)
    put(client, order)
    cursor = cursor_now(client)
    revise(client, changed(order, lines, method=method))
    assert [one[:3] for one in requests_of(client, order)] == [
        ("cheque", 1780, "replaced"),
        (*asked, "awaited"),
    ]
    assert kinds_after(client, cursor)[:2] == [
        ("order_state", "awaiting_payment"),
        ("payment", "awaited"),
    ]


def test_a_change_that_is_covered_awaits_nothing_any_more(client: httpx.Client) -> None:
    order = placed(lines=ONE)
    put(client, order)
    cursor = cursor_now(client)
    revise(client, changed(order, ONE, codes=["AV-TOUT"], vouchers=[CREDIT]))
    assert requests_of(client, order) == [("cheque", 1780, "cancelled", None)]
    assert kinds_after(client, cursor)[:2] == [
        ("order_state", "in_preparation"),
        ("payment", "cancelled"),
    ]


def test_paid_is_paid_once(shop: Shop, client: httpx.Client) -> None:
    order = placed(lines=ONE)
    put(client, order)
    shop.clock.at = NOW.replace(hour=15)
    assert [pay(shop, order), pay(shop, order)] == [OrderState.IN_PREPARATION] * 2
    (request,) = client.get(f"/v1/orders/{order.order_id}/payment-requests").json()["requests"]
    assert (request["state"], request["settled_at"]) == ("paid", "2026-11-23T15:42:00Z")


def test_more_after_it_was_paid_asks_for_the_rest_before_it_leaves(
    shop: Shop, client: httpx.Client
) -> None:
    order = placed(lines=ONE)
    put(client, order)
    pay(shop, order)
    more = changed(order, THREE, method=PaymentMethod.CARD_LINK)
    verdict = revise(client, more).json()
    assert (verdict["outcome"], verdict["refund_due_cents"]) == ("accepted", 0)
    assert state_of(client, order)[0] == "in_preparation"
    assert [one[:3] for one in requests_of(client, order)] == [
        ("cheque", 1780, "paid"),
        ("card_link", 2580, "awaited"),
    ]
    with pytest.raises(KioskError, match="payment_awaited"):
        dispatch(shop, order)
    assert pay(shop, order, 2580) is OrderState.IN_PREPARATION
    assert dispatch(shop, order) is OrderState.DISPATCHED


def test_more_and_then_less_again_asks_for_nothing(shop: Shop, client: httpx.Client) -> None:
    order = placed(lines=TWO)
    put(client, order)
    pay(shop, order)
    more = changed(order, THREE)
    revise(client, more)
    revise(client, changed(more, TWO))
    assert [one[1:3] for one in requests_of(client, order)] == [(3070, "paid"), (1290, "cancelled")]
    assert dispatch(shop, order) is OrderState.DISPATCHED


def test_less_after_it_was_paid_says_what_goes_back(shop: Shop, client: httpx.Client) -> None:
    order = placed(lines=THREE)
    put(client, order)
    pay(shop, order)
    verdict = revise(client, changed(order, ONE)).json()
    assert verdict["refund_due_cents"] == 4360 - 1780
    assert [one[1:3] for one in requests_of(client, order)] == [(4360, "paid")]


def test_a_change_of_what_was_paid_promises_no_later_day(shop: Shop, client: httpx.Client) -> None:
    """The cheque is there already: nobody waits for it again."""
    order = placed(lines=TWO, codes=[])
    put(client, order)
    pay(shop, order)
    said = changed(order, ONE, codes=["AV-TOUT"], vouchers=[CREDIT])
    assert said.quote.is_covered
    cheaper = changed(order, ONE)
    sooner = replace(cheaper, promise=said.promise)
    assert revise(client, sooner).json()["differences"] == []


def test_a_cancelled_order_gives_back_all_that_was_paid(shop: Shop, client: httpx.Client) -> None:
    order = placed(lines=ONE)
    put(client, order)
    pay(shop, order)
    more = changed(order, TWO)
    revise(client, more)
    pay(shop, order, 1290)
    last = changed(more, THREE)
    revise(client, last)
    assert cancel(client, order.order_id).json()["refund_due_cents"] == 3070
    assert [one[1:3] for one in requests_of(client, order)] == [
        (1780, "paid"),
        (1290, "paid"),
        (1290, "cancelled"),
    ]
    assert refused(shop, order) == "nothing_awaited"


def test_the_database_itself_holds_no_two_open_requests(shop: Shop, client: httpx.Client) -> None:
    order = placed(lines=ONE)
    put(client, order)
    due = Due(PaymentMethod.CARD_LINK, 1780)
    with pytest.raises(IntegrityError):
        shop.database.run(lambda tx: ask(tx, order.order_id, order.reference, due, at=NOW))
    assert shop.count(tables.payment_requests) == 1
