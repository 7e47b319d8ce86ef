"""Money that came in for an order at central, and money that went back: noted as it was, once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier

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
    receive,
    refund,
    requests_of,
    revise,
    state_of,
)
from contract.conftest import Shop
from contract.databases import on_sqlite
from contract.shop import NOW
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from central.store import ledger
from central.store.accounts import OrderAccount, Statement, statement_of, to_refund
from central.store.ledger import Entry
from models.account import Account
from models.errors import DomainError, KioskError
from models.order import Order, OrderState
from models.payment import PaymentMethod
from models.reference import with_check
from models.tables import central as tables

AWAITING, PREPARED, CANCELLED = (
    OrderState.AWAITING_PAYMENT,
    OrderState.IN_PREPARATION,
    OrderState.CANCELLED,
)


@pytest.fixture
def order(client: httpx.Client) -> Order:
    """Two yellow ones, 30,70 € awaited by cheque."""
    order = placed(lines=TWO)
    put(client, order)
    return order


def statement(shop: Shop, order: Order) -> Statement:
    with shop.database.read() as connection:
        return statement_of(connection, order.reference)


def standing(shop: Shop, order: Order) -> tuple[OrderState, int, int]:
    """Its state, what came in and did not go back, and what has to go back."""
    found = statement(shop, order).order
    return found.state, found.account.paid_cents, found.account.refund_due_cents


def noted(shop: Shop, order: Order) -> list[int]:
    return [entry.amount_cents for entry in statement(shop, order).entries]


def asked(client: httpx.Client, order: Order) -> list[tuple[int, str]]:
    return [(cents, state) for _, cents, state, _ in requests_of(client, order)]


def owed(shop: Shop) -> list[OrderAccount]:
    with shop.database.read() as connection:
        return list(to_refund(connection))


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(KioskError) as error:
        act()
    return error.value.code


def cursor_now(client: httpx.Client) -> int:
    return int(client.get("/v1/events").json()["cursor"])


def told_after(client: httpx.Client, cursor: int) -> list[tuple[str, str | None]]:
    events = client.get("/v1/events", params={"cursor": cursor}).json()["events"]
    return [(event["kind"], event["state"]) for event in events]


# --- what came in -----------------------------------------------------------------------


def test_what_was_asked_for_came_in(shop: Shop, client: httpx.Client, order: Order) -> None:
    cursor = cursor_now(client)
    answer = receive(shop, order, 3070, "CHQ 0042")
    entry = Entry(3070, "CHQ 0042", NOW)
    prepared = OrderAccount(order.reference, PREPARED, Account(3070, 3070))
    assert (answer.order, answer.entry, answer.is_new) == (prepared, entry, True)
    assert statement(shop, order).entries == [entry]
    assert asked(client, order) == [(3070, "paid")]
    assert told_after(client, cursor) == [("payment", "paid"), ("order_state", "in_preparation")]


def test_a_part_of_it_leaves_the_rest_to_be_asked_for(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    cursor = cursor_now(client)
    assert receive(shop, order, 1000).order == OrderAccount(
        order.reference, AWAITING, Account(3070, 1000)
    )
    assert asked(client, order) == [(3070, "replaced"), (2070, "awaited")]
    assert told_after(client, cursor) == [("payment", "awaited")]
    assert pay(shop, order, 2070) is PREPARED
    assert asked(client, order) == [(3070, "replaced"), (2070, "paid")]
    assert noted(shop, order) == [1000, 2070]


def test_too_much_is_noted_and_has_to_go_back(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    answer = receive(shop, order, 5000)
    assert answer.order.account == Account(3070, 5000)
    assert standing(shop, order) == (PREPARED, 5000, 1930)
    assert asked(client, order) == [(3070, "paid")]


def test_money_for_a_cancelled_order_is_noted_and_has_to_go_back(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    cancel(client, order.order_id)
    cursor = cursor_now(client)
    receive(shop, order, 3070)
    assert standing(shop, order) == (CANCELLED, 3070, 3070)
    assert (asked(client, order), told_after(client, cursor)) == ([(3070, "cancelled")], [])
    assert owed(shop) == [OrderAccount(order.reference, CANCELLED, Account(0, 3070))]
    refund(shop, order, 3070)
    assert (owed(shop), noted(shop, order)) == ([], [3070, -3070])


def test_what_came_for_nothing_that_is_asked_is_noted(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    pay(shop, order)
    dispatch(shop, order)
    receive(shop, order, 3070, "VIR 9")
    assert standing(shop, order) == (OrderState.DISPATCHED, 6140, 3070)
    assert asked(client, order) == [(3070, "paid")]


def test_a_part_that_came_counts_when_the_order_is_changed(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    receive(shop, order, 2000)
    verdict = revise(client, changed(order, ONE, method=PaymentMethod.TRANSFER)).json()
    assert verdict["refund_due_cents"] == 220
    assert state_of(client, order)[0] == "in_preparation"
    assert asked(client, order) == [(3070, "replaced"), (1070, "cancelled")]


# --- the same note again ------------------------------------------------------------------


def test_the_same_words_again_do_not_pay_what_is_asked_for_since(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    pay(shop, order)
    revise(client, changed(order, THREE))
    again = receive(shop, order, 3070)
    assert (again.is_new, again.entry) == (False, Entry(3070, "", NOW))
    assert refused(lambda: receive(shop, order)) == "amount_wanted"
    assert asked(client, order) == [(3070, "paid"), (1290, "awaited")]
    assert noted(shop, order) == [3070]


def test_the_same_words_again_do_not_pay_a_rest_that_is_as_much(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    assert [receive(shop, order, 1535).is_new for _ in range(2)] == [True, False]
    assert asked(client, order) == [(3070, "replaced"), (1535, "awaited")]
    assert receive(shop, order, 1535, "VIR 2").order.state is PREPARED


def test_without_an_amount_it_is_paid_once(shop: Shop, client: httpx.Client, order: Order) -> None:
    cursor = cursor_now(client)
    receive(shop, order)
    again = receive(shop, order)
    assert (again.entry, again.is_new, again.order.account) == (None, False, Account(3070, 3070))
    assert noted(shop, order) == [3070]
    assert len(told_after(client, cursor)) == 2


def test_without_an_amount_nothing_is_guessed(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    revise(client, changed(order, THREE))
    assert refused(lambda: receive(shop, order)) == "amount_wanted"
    cancel(client, order.order_id)
    assert refused(lambda: receive(shop, order)) == "nothing_awaited"
    assert noted(shop, order) == []


def test_without_an_amount_another_method_is_the_same_amount(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    revise(client, changed(order, TWO, method=PaymentMethod.PAYPAL_LINK))
    assert pay(shop, order) is PREPARED
    assert noted(shop, order) == [3070]


def test_a_bank_reference_tells_one_payment_from_another(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    answers = [receive(shop, order, cents, by) for cents, by in (
        (1000, "VIR 1"), (1000, "vir  1"), (None, "VIR 1"), (1000, "VIR 2"), (1000, ""),
    )]  # fmt: skip
    assert [answer.is_new for answer in answers] == [True, False, False, True, False]
    assert noted(shop, order) == [1000, 1000]
    assert refused(lambda: receive(shop, order, 1070, "VIR 2")) == "payment_noted_otherwise"
    assert refused(lambda: receive(shop, order, None, "VIR 3")) == "amount_wanted"
    assert asked(client, order)[-1] == (1070, "awaited")


def test_another_payment_for_what_is_paid_needs_its_amount(shop: Shop, order: Order) -> None:
    receive(shop, order, by="CHQ 1")
    assert refused(lambda: receive(shop, order, by="CHQ 2")) == "nothing_awaited"
    assert receive(shop, order, by="CHQ 1").is_new is False
    assert receive(shop, order, 3070, "CHQ 2").is_new is True
    assert standing(shop, order) == (PREPARED, 6140, 3070)


def test_the_database_itself_holds_no_note_twice(shop: Shop, order: Order) -> None:
    receive(shop, order, 1000, "VIR 1")
    again = Entry(1000, "VIR 1", NOW.replace(hour=15))
    with pytest.raises(IntegrityError):
        shop.database.run(lambda tx: ledger.add(tx, order.order_id, again))
    assert shop.count(tables.ledger) == 1


# --- what went back -----------------------------------------------------------------------


def test_what_went_back_is_asked_for_again_by_a_dearer_change(
    shop: Shop, client: httpx.Client
) -> None:
    order = placed(lines=THREE)
    put(client, order)
    pay(shop, order)
    less = changed(order, ONE)
    assert revise(client, less).json()["refund_due_cents"] == 2580
    assert refund(shop, order, 2580).order.account == Account(1780, 1780)
    more = changed(less, THREE, method=PaymentMethod.TRANSFER)
    assert revise(client, more).json()["refund_due_cents"] == 0
    assert asked(client, order) == [(4360, "paid"), (2580, "awaited")]
    assert refused(lambda: dispatch(shop, order)) == "payment_awaited"
    assert pay(shop, order, 2580) is PREPARED
    assert noted(shop, order) == [4360, -2580, 2580]


def test_the_same_refund_again_is_one_and_a_reference_makes_it_two(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    pay(shop, order)
    cancel(client, order.order_id)
    assert [refund(shop, order, 1000, by).is_new for by in ("", "", "VIR 5", "VIR 5")] == [
        True,
        False,
        True,
        False,
    ]
    assert standing(shop, order) == (CANCELLED, 1070, 1070)


def test_a_cheque_that_the_bank_takes_back_is_awaited_again(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    receive(shop, order, by="CHQ 7")
    cursor = cursor_now(client)
    assert refund(shop, order, 3070, "CHQ 7").order.account == Account(3070, 0)
    assert asked(client, order) == [(3070, "paid"), (3070, "awaited")]
    assert told_after(client, cursor) == [("payment", "awaited")]
    assert refused(lambda: receive(shop, order)) == "amount_wanted"
    assert receive(shop, order, 3070).is_new is False
    assert receive(shop, order, 3070, "CHQ 8").is_new is True
    assert dispatch(shop, order) is OrderState.DISPATCHED


def test_what_went_back_after_the_parcel_left_is_not_asked_for(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    pay(shop, order)
    dispatch(shop, order)
    refund(shop, order, 500)
    assert standing(shop, order) == (OrderState.DISPATCHED, 2570, 0)
    assert asked(client, order) == [(3070, "paid")]


def test_no_more_goes_back_than_came_in(shop: Shop, client: httpx.Client, order: Order) -> None:
    assert refused(lambda: refund(shop, order, 1)) == "refund_exceeds_paid"
    receive(shop, order, 1000)
    assert refused(lambda: refund(shop, order, 1001)) == "refund_exceeds_paid"
    refund(shop, order, 1000)
    assert refused(lambda: refund(shop, order, 1)) == "refund_exceeds_paid"
    assert noted(shop, order) == [1000, -1000]
    assert asked(client, order)[-1] == (3070, "awaited")


def test_orders_to_refund_come_the_oldest_first(shop: Shop, client: httpx.Client) -> None:
    orders = [placed(NUMBER + n, ONE) for n in range(3)]
    for order in orders:
        put(client, order)
        pay(shop, order)
    for order in (orders[2], orders[0]):
        receive(shop, order, 100)
    assert [order.reference for order in owed(shop)] == [orders[0].reference, orders[2].reference]


@on_sqlite
@pytest.mark.parametrize(
    "cents,by,code",
    [
        (0, "", "payment_out_of_range"),
        (-1, "", "payment_out_of_range"),
        (100_000_001, "", "payment_out_of_range"),
        (100, "x" * 141, "bank_reference_malformed"),
        (100, "VIR\x00", "bank_reference_malformed"),
        (100, "carte 4970 1000 0000 0048", "card_number_refused"),
    ],
)
def test_what_cannot_be_is_not_noted(
    shop: Shop, order: Order, cents: int, by: str, code: str
) -> None:
    assert refused(lambda: receive(shop, order, cents, by)) == code
    receive(shop, order, 3070)
    if cents <= 0 or by:
        assert refused(lambda: refund(shop, order, cents, by)) == code
    assert noted(shop, order) == [3070]


@on_sqlite
def test_all_that_comes_in_for_an_order_has_room_in_the_contract(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    receive(shop, order, 100_000_000)
    assert refused(lambda: receive(shop, order, 1)) == "payment_out_of_range"
    assert cancel(client, order.order_id).json()["refund_due_cents"] == 100_000_000


@on_sqlite
def test_an_order_that_nobody_knows_has_no_account(shop: Shop, order: Order) -> None:
    unknown = replace(order, reference=with_check(NUMBER + 1))
    assert refused(lambda: statement(shop, unknown)) == "order_unknown"
    assert refused(lambda: refund(shop, unknown, 1)) == "order_unknown"


# --- at once ----------------------------------------------------------------------------


def test_the_same_payment_noted_by_many_at_once_is_one(
    shop: Shop, client: httpx.Client, order: Order
) -> None:
    cursor = cursor_now(client)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: receive(shop, order, 3070), range(16)))
    assert sum(answer.is_new for answer in answers) == 1
    assert noted(shop, order) == [3070]
    assert told_after(client, cursor) == [("payment", "paid"), ("order_state", "in_preparation")]


def test_refunds_at_once_never_take_more_than_there_is(shop: Shop, order: Order) -> None:
    receive(shop, order, 2500)

    def give_back(number: int) -> bool:
        with suppress(DomainError):  # more than there is
            return refund(shop, order, 1000, f"VIR {number}").is_new
        return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(give_back, range(8))) == 2
    assert noted(shop, order) == [2500, -1000, -1000]


def test_a_payment_and_a_change_at_once_ask_for_the_rest(shop: Shop, client: httpx.Client) -> None:
    orders = [placed(NUMBER + n, [("LC970BK", 1)]) for n in range(4)]
    for order in orders:
        put(client, order)
    first = orders[0].quote.total_cents

    def act(position: int) -> None:
        order = orders[position // 2]
        if position % 2:
            receive(shop, order, first)
            return
        with shop.client() as own:
            assert revise(own, changed(order, [("LC970BK", 2)])).status_code == 200

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(8)))
    for order in orders:
        costs = changed(order, [("LC970BK", 2)]).quote.total_cents
        rests = [cents for cents, state in asked(client, order) if state == "awaited"]
        assert rests == [costs - first]
        assert noted(shop, order) == [first]


def test_a_payment_and_a_cancellation_at_once_leave_it_to_be_refunded(
    shop: Shop, client: httpx.Client
) -> None:
    orders = [placed(NUMBER + n, ONE) for n in range(4)]
    for order in orders:
        put(client, order)

    def act(position: int) -> None:
        order = orders[position // 2]
        if position % 2:
            receive(shop, order, 1780)
            return
        with shop.client() as own:
            assert cancel(own, order.order_id).status_code == 200

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(8)))
    assert [standing(shop, order) for order in orders] == [(CANCELLED, 1780, 1780)] * 4
    assert [state for order in orders for _, state in asked(client, order)].count("awaited") == 0


def test_all_that_can_be_done_to_an_order_at_once_comes_to_one_end(
    shop: Shop, client: httpx.Client
) -> None:
    """Two clients each change it, cancel it, note its payment and hand it to the carrier."""
    for number in range(6):
        order = placed(NUMBER + number, [("LC970BK", 1)])
        put(client, order)
        told = _all_at_once(shop, order)
        state, _ = state_of(client, order)
        requests = asked(client, order)
        assert noted(shop, order) == [order.quote.total_cents]
        assert told["pay"] == {True, False}
        assert [said for _, said in requests].count("awaited") == 0
        if state == "cancelled":
            assert (told["cancel"], told["dispatch"]) == ({200}, {"refused"})
            assert standing(shop, order)[2] == order.quote.total_cents  # all of it goes back
            assert reserved(shop, order) == 0
        else:
            assert state == "dispatched"
            assert (told["cancel"], told["revise"]) == ({409}, {409})
            assert "done" in told["dispatch"]
            assert standing(shop, order)[2] == 0
            assert reserved(shop, order) == 1


def _all_at_once(shop: Shop, order: Order) -> dict[str, set[object]]:
    """What the clients of each kind were told."""
    begin = Barrier(8)
    change = changed(order, [("LC970BK", 2)])

    def act(kind: str) -> tuple[str, object]:
        with shop.client() as own:
            begin.wait(30)
            match kind:
                case "revise":
                    return kind, revise(own, change).status_code
                case "cancel":
                    return kind, cancel(own, order.order_id).status_code
                case "pay":
                    return kind, receive(shop, order, order.quote.total_cents, by="VIR 1").is_new
            try:
                dispatch(shop, order)
            except KioskError:
                return kind, "refused"
            return kind, "done"

    told: dict[str, set[object]] = {}
    with ThreadPoolExecutor(8) as pool:
        for kind, said in pool.map(act, ["revise", "cancel", "pay", "dispatch"] * 2):
            told.setdefault(kind, set()).add(said)
    return told


def reserved(shop: Shop, order: Order) -> int:
    held = select(func.coalesce(func.sum(tables.reservations.c.reserved), 0))
    with shop.database.read() as connection:
        return int(connection.scalar(held.where(tables.reservations.c.order_id == order.order_id)))
