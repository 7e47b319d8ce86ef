"""An order after it was taken (R8, R15): changed, cancelled, sent off, brought back."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from contract.asking import (
    NUMBER,
    PARCEL,
    cancel,
    changed,
    dispatch,
    pay,
    placed,
    problem_of,
    put,
    requests_of,
    revise,
    state_of,
)
from contract.conftest import Shop, with_price
from contract.databases import on_sqlite
from contract.shop import ARTICLES, CUSTOMER, NOW, VOUCHERS
from sqlalchemy import select

from central.store.lifecycle import mark_delivered, mark_dispatched, mark_returned
from central.store.receipts import note_received
from central.store.vouchers import put_vouchers
from models.errors import DomainError, KioskError
from models.order import Order, OrderState
from models.reference import creditor_reference, grouped, with_check
from models.tables import central as tables
from models.vouchers import Voucher, VoucherKind
from models.wire.orders import order_to_wire


def differences(answer: httpx.Response) -> list[tuple[str, str, str, str | None]]:
    assert answer.status_code == 200, answer.text
    return [(d["code"], d["said"], d["central"], d["sku"]) for d in answer.json()["differences"]]


def stocks(shop: Shop) -> tuple[int, ...]:
    """Of black (12), cyan (8), magenta (0), yellow (5)."""
    return tuple(shop.stock(f"LC970{colour}") for colour in ("BK", "C", "M", "Y"))


def reserved(shop: Shop, order: Order) -> dict[str, int]:
    table = tables.reservations.c
    with shop.database.read() as connection:
        rows = connection.execute(
            select(table.sku, table.reserved).where(table.order_id == order.order_id)
        )
        return {row.sku: row.reserved for row in rows}


def voucher(shop: Shop, code: str) -> tuple[int, int]:
    """Its uses, and the cents left on it."""
    table = tables.vouchers.c
    with shop.database.read() as connection:
        row = connection.execute(
            select(table.uses, table.remaining_cents).where(table.code == code)
        ).one()
    return row.uses, row.remaining_cents


def put_voucher(shop: Shop, voucher: Voucher) -> None:
    shop.database.run(lambda tx: put_vouchers(tx, [voucher]))


# --- changed: what it holds ---------------------------------------------------------


def test_only_the_difference_moves(shop: Shop, client: httpx.Client) -> None:
    order = placed(lines=[("LC970BK", 2), ("LC970C", 3)])
    put(client, order)
    assert stocks(shop) == (10, 5, 0, 5)
    answer = revise(client, changed(order, [("LC970BK", 3), ("LC970Y", 1)]))
    assert differences(answer) == []
    assert answer.json()["revision"] == 2
    assert stocks(shop) == (9, 8, 0, 4)
    assert reserved(shop, order) == {"LC970BK": 3, "LC970Y": 1}


def test_an_order_is_not_short_of_what_it_holds_itself(shop: Shop, client: httpx.Client) -> None:
    order = placed(lines=[("LC970Y", 5)])
    put(client, order)
    assert shop.stock("LC970Y") == 0
    assert differences(revise(client, changed(order, [("LC970Y", 4), ("LC970BK", 1)]))) == []
    assert shop.stock("LC970Y") == 1


def test_more_than_there_is_is_seen_and_takes_what_there_is(
    shop: Shop, client: httpx.Client
) -> None:
    order = placed(lines=[("LC970Y", 4)])
    put(client, order)
    shop.set_stock("LC970Y", 0)
    found = differences(revise(client, changed(order, [("LC970Y", 5)])))
    assert ("stock_short", "5", "4", "LC970Y") in found
    assert (shop.stock("LC970Y"), reserved(shop, order)) == (0, {"LC970Y": 4})


def test_a_code_is_not_used_up_by_the_order_that_uses_it(shop: Shop, client: httpx.Client) -> None:
    put_voucher(shop, replace(VOUCHERS[1], uses_max=1, uses_per_customer_max=1))
    order = placed(lines=[("LC970BK", 2)], codes=["Noel5"])
    assert differences(put(client, order)) == []
    again = changed(order, [("LC970BK", 3)], codes=["Noel5"])
    assert differences(revise(client, again)) == []
    assert voucher(shop, "Noel5") == (1, 0)
    without = changed(again, [("LC970BK", 3)])
    assert differences(revise(client, without)) == []
    assert voucher(shop, "Noel5") == (0, 0)
    assert shop.count(tables.voucher_uses) == 0


def test_a_code_of_the_order_counts_after_its_last_day(shop: Shop, client: httpx.Client) -> None:
    ending = replace(VOUCHERS[1], valid_until=NOW.date())
    put_voucher(shop, ending)
    order = placed(lines=[("LC970BK", 1)], codes=["Noel5"])
    put(client, order)
    later = NOW + timedelta(days=2)
    kept = changed(order, [("LC970BK", 2)], codes=["Noel5"], revised_at=later)
    assert differences(revise(client, kept)) == []
    new = placed(NUMBER + 1, [("LC970BK", 1)])
    put(client, new)
    late = changed(new, [("LC970BK", 1)], codes=["Noel5"], revised_at=later)
    assert ("code_refused", "Noel5", "expired", None) in differences(revise(client, late))


def test_a_credit_pays_for_what_the_order_costs_now(shop: Shop, client: httpx.Client) -> None:
    credit = replace(VOUCHERS[2], remaining_cents=5000)
    put_voucher(shop, credit)
    how: dict[str, Any] = {"codes": ["AV-7K2M"], "vouchers": [credit]}
    order = placed(lines=[("LC970Y", 1)], **how)
    assert (differences(put(client, order)), voucher(shop, "AV-7K2M")) == ([], (1, 3220))
    more = changed(order, [("LC970Y", 2)], **how)
    assert (differences(revise(client, more)), voucher(shop, "AV-7K2M")) == ([], (1, 1930))
    without = changed(more, [("LC970Y", 2)])
    assert (differences(revise(client, without)), voucher(shop, "AV-7K2M")) == ([], (0, 5000))


# --- changed: what is right -----------------------------------------------------------


def test_what_was_agreed_stays_right_and_what_is_new_goes_by_the_day_of_the_change(
    shop: Shop, client: httpx.Client
) -> None:
    order = placed(lines=[("LC970BK", 1)])
    put(client, order)
    shop.clock.at = NOW + timedelta(hours=1)
    dearer = with_price(with_price(ARTICLES, "LC970BK", 2590), "LC970C", 1490)
    shop.fill(version="shop-2", articles=dearer)
    later = NOW + timedelta(days=10)
    kept = changed(order, [("LC970BK", 3)], revised_at=later)
    assert differences(revise(client, kept)) == []
    new = changed(kept, [("LC970BK", 3), ("LC970C", 1)], revised_at=later)
    found = differences(revise(client, new))
    assert found[0] == ("price_changed", "1290", "1490", "LC970C")
    assert {sku for *_, sku in found} == {"LC970C", None}


def test_the_first_that_is_heard_of_an_order_may_be_a_change_of_it(
    shop: Shop, client: httpx.Client
) -> None:
    """What was placed was refused, and mended. Its prices were said when it was placed."""
    shop.clock.at = NOW + timedelta(hours=1)
    shop.fill(version="shop-2", articles=with_price(ARTICLES, "LC970BK", 2590))
    order = changed(placed(), [("LC970BK", 1)], revision=3, revised_at=NOW + timedelta(days=3))
    answer = put(client, order)
    assert (differences(answer), answer.json()["revision"]) == ([], 3)
    assert problem_of(revise(client, replace(order, revision=2))) == (409, "revision_conflict")
    assert revise(client, changed(order, [("LC970BK", 2)])).json()["revision"] == 4


def test_it_comes_back_as_it_was_said_last_and_the_rest_is_kept(
    shop: Shop, client: httpx.Client
) -> None:
    order = placed()
    first = put(client, order)
    moved = replace(CUSTOMER, version=2, email="odette@example.org")
    second = replace(changed(order, [("LC970Y", 1)]), customer=moved)
    verdict = revise(client, second)
    found = client.get(f"/v1/orders/{order.order_id}").json()
    (row,) = client.get("/v1/orders").json()["orders"]
    assert found["order"] == json.loads(order_to_wire(second)) | {"operator_id": None}
    assert found["verdict"] == verdict.json()
    assert (row["revision"], row["total_cents"]) == (2, second.quote.total_cents)
    (customer,) = client.get("/v1/customers").json()["customers"]
    assert customer["email"] == "odette@example.org"
    with shop.database.read() as connection:
        (kept,) = connection.execute(select(tables.order_revisions)).all()
    assert (kept.order_id, kept.revision, kept.body) == (order.order_id, 1, order_to_wire(order))
    assert json.loads(kept.verdict)["received_at"] == first.json()["received_at"]


def test_the_same_change_again_gets_the_same_answer_for_ever(
    shop: Shop, client: httpx.Client
) -> None:
    order = placed()
    second = changed(order, [("LC970Y", 2)])
    third = changed(second, [("LC970Y", 3)])
    answers = [put(client, order), revise(client, second), revise(client, third)]
    shop.clock.at += timedelta(days=400)
    before = stocks(shop), shop.count(tables.events)
    again = [put(client, order), revise(client, second), revise(client, third)]
    cancel(client, order.order_id)
    after_all = [put(client, order), revise(client, second), revise(client, third)]
    told = [answer.content for answer in answers]
    assert [answer.content for answer in again] == told
    assert [answer.content for answer in after_all] == told
    assert before == ((12, 8, 0, 2), before[1])
    assert shop.count(tables.order_revisions) == 2


@on_sqlite
def test_a_number_that_has_another_body_is_a_conflict(shop: Shop, client: httpx.Client) -> None:
    order = placed()
    second = changed(order, [("LC970Y", 2)])
    put(client, order)
    revise(client, second)
    for other in (
        changed(order, [("LC970Y", 3)]),
        changed(order, [("LC970Y", 3)], revision=1),
    ):
        assert problem_of(revise(client, other)) == (409, "revision_conflict")
    assert problem_of(put(client, changed(second, [("LC970Y", 3)]))) == (409, "order_conflict")
    assert shop.stock("LC970Y") == 3


@on_sqlite
def test_a_change_that_was_refused_leaves_a_gap(shop: Shop, client: httpx.Client) -> None:
    order = placed()
    put(client, order)
    third = changed(order, [("LC970Y", 1)], revision=3)
    assert revise(client, third).json()["revision"] == 3
    assert shop.stock("LC970Y") == 4


Change = Callable[[dict[str, Any]], object]


@on_sqlite
@pytest.mark.parametrize(
    "path,change,status,code",
    [
        ("{id}/revisions/3", dict, 422, "order_id_mismatch"),
        ("{other}/revisions/2", dict, 422, "order_id_mismatch"),
        ("{id}/revisions/0", dict, 422, "body_malformed"),
        (
            "{id}/revisions/2",
            lambda body: body.update(reference="100000014"),
            409,
            "order_conflict",
        ),
        ("{id}/revisions/2", lambda body: body.pop("revised_at"), 422, "body_malformed"),
        ("{id}/revisions/2", lambda body: body.update(is_demo=True), 422, "demo_order_refused"),
        (
            "{id}/revisions/2",
            lambda body: body["amounts"].update(total_cents=1),
            422,
            "amounts_do_not_add_up",
        ),
    ],
)
def test_a_change_that_is_refused_changes_nothing(
    shop: Shop, client: httpx.Client, path: str, change: Change, status: int, code: str
) -> None:
    order = placed()
    put(client, order)
    body = json.loads(order_to_wire(changed(order, [("LC970Y", 1)])))
    change(body)
    where = path.format(id=order.order_id, other=UUID(int=7))
    assert problem_of(client.put(f"/v1/orders/{where}", json=body)) == (status, code)
    assert stocks(shop) == (11, 6, 0, 5)
    assert client.get(f"/v1/orders/{order.order_id}").json()["order"]["revision"] == 1


# --- cancelled ------------------------------------------------------------------------


def test_what_a_cancelled_order_held_is_the_shops_again(shop: Shop, client: httpx.Client) -> None:
    order = placed(lines=[("LC970BK", 2), ("LC970M", 1)], codes=["Noel5", "AV-7K2M"])
    put(client, order)
    assert (stocks(shop), voucher(shop, "AV-7K2M")) == ((10, 8, 0, 5), (1, 0))
    shop.clock.at = NOW + timedelta(hours=2)
    answer = cancel(client, order.order_id, reason="trouvé ailleurs")
    assert answer.json() == {
        "order_id": str(order.order_id),
        "state": "cancelled",
        "refund_due_cents": 0,
        "received_at": "2026-11-23T12:42:00Z",
    }
    assert stocks(shop) == (12, 8, 0, 5)
    assert (voucher(shop, "Noel5"), voucher(shop, "AV-7K2M")) == ((0, 0), (0, 1500))
    assert (shop.count(tables.reservations), shop.count(tables.voucher_uses)) == (0, 0)
    assert state_of(client, order) == ("cancelled", None)
    assert requests_of(client, order) == [("cheque", order.quote.total_cents, "cancelled", None)]


def test_the_same_cancellation_again_gets_the_same_answer_and_another_none(
    shop: Shop, client: httpx.Client
) -> None:
    order = placed()
    put(client, order)
    first = cancel(client, order.order_id)
    shop.clock.at += timedelta(days=400)
    again = cancel(client, order.order_id)
    other = cancel(client, order.order_id, reason="autre")
    late = revise(client, changed(order, [("LC970Y", 1)]))
    assert (again.status_code, again.content) == (200, first.content)
    assert problem_of(other) == problem_of(late) == (409, "order_cancelled")
    assert stocks(shop) == (12, 8, 0, 5)


@on_sqlite
def test_an_order_of_another_console_is_unknown(shop: Shop, client: httpx.Client) -> None:
    order = placed()
    put(client, order)
    change = changed(order, [("LC970Y", 1)])
    with shop.client("autre") as other:
        for answer in (
            revise(other, change),
            cancel(other, order.order_id),
            other.get(f"/v1/orders/{order.order_id}/payment-requests"),
            cancel(client, uuid4()),
            revise(client, replace(change, order_id=uuid4())),
        ):
            assert problem_of(answer) == (404, "order_unknown")
    assert state_of(client, order) == ("awaiting_payment", None)


def test_what_the_carrier_has_is_neither_changed_nor_cancelled(
    shop: Shop, client: httpx.Client
) -> None:
    order = placed()
    put(client, order)
    pay(shop, order)
    dispatch(shop, order)
    late = [revise(client, changed(order, [("LC970Y", 1)])), cancel(client, order.order_id)]
    assert [problem_of(answer) for answer in late] == [(409, "order_dispatched")] * 2
    assert state_of(client, order) == ("dispatched", PARCEL)
    assert stocks(shop) == (11, 6, 0, 5)


# --- sent off -------------------------------------------------------------------------


def test_an_order_goes_its_way_and_its_console_hears_of_it(
    shop: Shop, client: httpx.Client
) -> None:
    order = placed()
    put(client, order)
    began = client.get("/v1/events").json()["cursor"]
    named = grouped(order.reference)
    acts: list[Callable[[Any], OrderState]] = [
        lambda tx: note_received(tx, named, at=NOW).order.state,
        lambda tx: mark_dispatched(tx, named, "6a 12345678901", at=NOW),
        lambda tx: mark_delivered(tx, named, at=NOW),
    ]
    states = [shop.database.run(act) for act in acts for _ in range(2)]
    assert [*map(str, states)] == ["in_preparation"] * 2 + ["dispatched"] * 2 + ["delivered"] * 2
    told = client.get("/v1/events", params={"cursor": began}).json()["events"]
    assert [(event["kind"], event["state"], event["parcel_number"]) for event in told] == [
        ("payment", "paid", None),
        ("order_state", "in_preparation", None),
        ("order_state", "dispatched", PARCEL),
        ("order_state", "delivered", PARCEL),
    ]
    assert {event["order_id"] for event in told} == {str(order.order_id)}


def test_what_came_back_is_no_stock_yet_and_may_go_out_again(
    shop: Shop, client: httpx.Client
) -> None:
    order = placed()
    put(client, order)
    pay(shop, order)
    dispatch(shop, order)
    back = [
        shop.database.run(lambda tx: mark_returned(tx, order.reference, at=NOW)) for _ in range(2)
    ]
    assert back == [OrderState.RETURNED] * 2
    assert stocks(shop) == (11, 6, 0, 5)
    shop.database.run(lambda tx: mark_dispatched(tx, order.reference, "8R00000000001", at=NOW))
    assert state_of(client, order) == ("dispatched", "8R00000000001")
    (row,) = client.get("/v1/orders").json()["orders"]
    assert (row["state"], row["parcel_number"]) == ("dispatched", "8R00000000001")


@on_sqlite
@pytest.mark.parametrize(
    "name",
    ["100000006", "100 000 006", "l00.OOO.OO6", creditor_reference("100000006"), "uuid"],
)
def test_an_order_is_known_by_each_of_its_names(
    shop: Shop, client: httpx.Client, name: str
) -> None:
    order = placed()
    put(client, order)
    named = str(order.order_id) if name == "uuid" else name
    shop.database.run(lambda tx: note_received(tx, named, at=NOW))
    assert state_of(client, order) == ("in_preparation", None)


@on_sqlite
@pytest.mark.parametrize(
    "act,code",
    [
        (lambda tx: note_received(tx, "100000007", at=NOW), "reference_check"),
        (lambda tx: note_received(tx, "12", at=NOW), "reference_malformed"),
        (lambda tx: note_received(tx, with_check(NUMBER + 1), at=NOW), "order_unknown"),
        (lambda tx: mark_dispatched(tx, "100000006", PARCEL, at=NOW), "payment_awaited"),
        (lambda tx: mark_dispatched(tx, "100000006", "12", at=NOW), "parcel_number_malformed"),
        (lambda tx: mark_delivered(tx, "100000006", at=NOW), "order_transition"),
        (lambda tx: mark_returned(tx, "100000006", at=NOW), "order_transition"),
    ],
)
def test_what_cannot_be_is_refused(
    shop: Shop, client: httpx.Client, act: Callable[[Any], object], code: str
) -> None:
    order = placed()
    put(client, order)
    before = shop.count(tables.events)
    with pytest.raises(KioskError) as refused:
        shop.database.run(act)
    assert refused.value.code == code
    assert (state_of(client, order), shop.count(tables.events)) == (
        ("awaiting_payment", None),
        before,
    )


@on_sqlite
def test_another_parcel_number_is_no_dispatch(shop: Shop, client: httpx.Client) -> None:
    order = placed()
    put(client, order)
    pay(shop, order)
    dispatch(shop, order)
    with pytest.raises(DomainError, match="order_transition"):
        shop.database.run(lambda tx: mark_dispatched(tx, order.reference, "8R00000000001", at=NOW))
    assert state_of(client, order) == ("dispatched", PARCEL)


# --- at once --------------------------------------------------------------------------


def test_the_same_change_sent_many_times_at_once_is_one(shop: Shop, client: httpx.Client) -> None:
    order = placed(lines=[("LC970BK", 2)])
    put(client, order)
    second = changed(order, [("LC970BK", 5)])

    def send(_: int) -> bytes:
        with shop.client() as own:
            return revise(own, second).content

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(16)))) == 1
    assert (stocks(shop), shop.count(tables.order_revisions)) == ((7, 8, 0, 5), 1)


def test_changes_cancellations_and_orders_at_once_leave_the_stock_right(
    shop: Shop, client: httpx.Client
) -> None:
    """Other articles in another order: what is locked in one order never waits in a circle."""
    orders = [placed(NUMBER + n, [("LC970BK", 1), ("LC970Y", 1)]) for n in range(4)]
    for order in orders:
        put(client, order)

    def act(position: int) -> int:
        order = orders[position % 4]
        with shop.client() as own:
            match position % 3:
                case 0:
                    lines = [("LC970Y", 1), ("LC970C", 1), ("LC970BK", 2)]
                    return revise(own, changed(order, lines, revision=position + 2)).status_code
                case 1:
                    return cancel(own, order.order_id, reason=str(position)).status_code
            new = placed(NUMBER + 10 + position, [("LC970C", 1), ("LC970BK", 1)])
            return put(own, new).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(act, range(24)))
    assert statuses <= {200, 409}
    with shop.database.read() as connection:
        held = dict.fromkeys(("LC970BK", "LC970C", "LC970M", "LC970Y"), 0)
        for row in connection.execute(select(tables.reservations)):
            held[row.sku] += row.reserved
    assert [a + b for a, b in zip(stocks(shop), held.values(), strict=True)] == [12, 8, 0, 5]


def test_a_credit_that_is_used_by_two_revisions_is_spent_once(
    shop: Shop, client: httpx.Client
) -> None:
    credit = Voucher("AV-TOUT", VoucherKind.CREDIT, remaining_cents=1780)
    put_voucher(shop, credit)
    orders = [placed(NUMBER + n, [("LC970Y", 1)]) for n in range(2)]
    for order in orders:
        put(client, order)

    def use(order: Order) -> list[str]:
        with shop.client() as own:
            said = changed(order, [("LC970Y", 1)], codes=["AV-TOUT"], vouchers=[credit])
            return [code for code, *_ in differences(revise(own, said))]

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(use, orders))
    assert sorted("code_refused" in codes for codes in found) == [False, True]
    assert voucher(shop, "AV-TOUT") == (1, 0)
