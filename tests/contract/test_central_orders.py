"""Orders at central: exactly once, judged by the shop's own rules, nothing oversold."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from contract.conftest import Shop, with_price
from contract.shop import ARTICLES, CUSTOMER, NOW, RULES, VOUCHERS, article, make_order
from sqlalchemy import select

from central.judge import Known, judge
from central.store.vouchers import put_vouchers
from models.catalogue import Colour
from models.order import Order
from models.reference import with_check
from models.tables import central as tables
from models.vouchers import Voucher, VoucherKind
from models.wire.orders import order_from_wire, order_to_wire


def put(client: httpx.Client, order: Order) -> httpx.Response:
    return client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))


def differences(answer: httpx.Response) -> list[tuple[str, str, str, str | None]]:
    assert answer.status_code == 200, answer.text
    found = answer.json()["differences"]
    assert answer.json()["outcome"] == ("accepted_with_differences" if found else "accepted")
    return [(d["code"], d["said"], d["central"], d["sku"]) for d in found]


def voucher_row(shop: Shop, code: str) -> Any:
    with shop.database.read() as connection:
        wanted = select(tables.vouchers).where(tables.vouchers.c.code == code)
        return connection.execute(wanted).one()


# --- once -----------------------------------------------------------------------


def test_the_same_body_again_gives_the_same_answer(shop: Shop, client: httpx.Client) -> None:
    order = make_order(10_000_000, codes=["Noel5"])
    first = put(client, order)
    shop.clock.at += timedelta(days=400)
    again = put(client, order)
    assert differences(first) == []
    assert first.json()["reference"] == "100000006"
    assert first.json()["received_at"] == "2026-11-23T10:42:00Z"
    assert (again.status_code, again.content) == (200, first.content)
    assert shop.count(tables.orders) == 1
    assert (shop.stock("LC970BK"), shop.stock("LC970C")) == (11, 6)
    assert voucher_row(shop, "Noel5").uses == 1


def test_the_same_order_in_another_spelling_is_the_same(client: httpx.Client) -> None:
    order = make_order(10_000_000)
    first = put(client, order)
    spelled = json.dumps(json.loads(order_to_wire(order)), indent=3)
    again = client.put(f"/v1/orders/{order.order_id}", content=spelled)
    assert (again.status_code, again.content) == (200, first.content)


def test_another_body_under_the_same_uuid_is_a_conflict(shop: Shop, client: httpx.Client) -> None:
    order = make_order(10_000_000)
    put(client, order)
    other = make_order(10_000_001, [("LC970Y", 1)], order_id=order.order_id)
    refused = put(client, other)
    assert (refused.status_code, refused.json()["code"]) == (409, "order_conflict")
    assert shop.stock("LC970Y") == 5
    assert client.get(f"/v1/orders/{order.order_id}").json()["order"]["reference"] == "100000006"


def test_another_console_cannot_send_or_see_it(shop: Shop, client: httpx.Client) -> None:
    order = make_order(10_000_000)
    put(client, order)
    with shop.client("autre") as other:
        refused = put(other, order)
        unseen = other.get(f"/v1/orders/{order.order_id}")
        listed = other.get("/v1/orders").json()
    assert (refused.status_code, refused.json()["code"]) == (409, "order_conflict")
    assert (unseen.status_code, unseen.json()["code"]) == (404, "not_found")
    assert listed["orders"] == []


@pytest.mark.usefixtures("client")
def test_sent_by_many_threads_at_once_it_is_one_order(shop: Shop) -> None:
    order = make_order(10_000_000, codes=["Noel5"])

    def send(_: int) -> bytes:
        with shop.client() as own:
            return put(own, order).content

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(send, range(16)))
    assert len(answers) == 1
    assert shop.count(tables.orders) == 1
    assert shop.stock("LC970BK") == 11
    assert voucher_row(shop, "Noel5").uses == 1


# --- refused for good -------------------------------------------------------------


@pytest.mark.parametrize(
    "change,status,code",
    [
        ({"reference": "100000007"}, 422, "reference_check"),
        ({"reference": with_check(10_000_100)}, 422, "reference_not_leased"),
        ({"reference": with_check(9_999_999)}, 422, "reference_not_leased"),
        ({"reference": with_check(10_000_050)}, 409, "reference_taken"),
        ({"order_id": UUID(int=7)}, 422, "order_id_mismatch"),
        ({"is_demo": True}, 422, "demo_order_refused"),
    ],
)
def test_refused(
    shop: Shop, client: httpx.Client, change: dict[str, Any], status: int, code: str
) -> None:
    put(client, make_order(10_000_050, [("LC970Y", 1)]))
    order = make_order(10_000_000)
    body = order_to_wire(replace(order, **change))
    refused = client.put(f"/v1/orders/{order.order_id}", content=body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert shop.count(tables.orders) == 1
    assert shop.stock("LC970BK") == 12


def test_another_consoles_block_is_not_ours(shop: Shop, client: httpx.Client) -> None:
    with shop.client("autre") as other:
        other.post("/v1/reference-blocks", json={"count": 10})
        stolen = put(other, make_order(10_000_000))
    borrowed = put(client, make_order(10_000_100))
    assert stolen.json()["code"] == borrowed.json()["code"] == "reference_not_leased"


@pytest.mark.parametrize("path", ["goods_cents", "discount_cents", "total_cents"])
def test_amounts_that_do_not_add_up_are_refused(client: httpx.Client, path: str) -> None:
    order = make_order(10_000_000)
    body = json.loads(order_to_wire(order))
    body["amounts"][path] += 1
    refused = client.put(f"/v1/orders/{order.order_id}", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "amounts_do_not_add_up")


# --- judged -----------------------------------------------------------------------


def test_the_price_that_was_said_is_kept_for_the_time_the_shop_says(
    shop: Shop, client: httpx.Client
) -> None:
    shop.clock.at = NOW + timedelta(hours=1)
    shop.fill(version="shop-2", articles=with_price(ARTICLES, "LC970BK", 2590))
    within = make_order(10_000_000, placed_at=NOW + timedelta(hours=24, minutes=59))
    after = make_order(10_000_001, placed_at=NOW + timedelta(hours=25, minutes=1))
    assert differences(put(client, within)) == []
    assert differences(put(client, after)) == [
        ("price_changed", "2290", "2590", "LC970BK"),
        ("total_changed", "4870", "5170", None),
    ]


def test_a_price_that_never_was_is_seen(client: httpx.Client) -> None:
    invented = make_order(10_000_000, articles=with_price(ARTICLES, "LC970BK", 100))
    assert ("price_changed", "100", "2290", "LC970BK") in differences(put(client, invented))


def test_stock_that_ran_out_since_the_call(shop: Shop, client: httpx.Client) -> None:
    shop.set_stock("LC970C", 1)
    found = differences(put(client, make_order(10_000_000)))
    assert ("stock_short", "2", "1", "LC970C") in found
    assert "promise_later" in {code for code, *_ in found}
    assert shop.stock("LC970C") == 0
    with shop.database.read() as connection:
        held = connection.execute(
            select(tables.reservations).where(tables.reservations.c.sku == "LC970C")
        ).one()
    assert (held.wanted, held.reserved) == (2, 1)


def test_stock_that_is_short_for_two_lines_together(shop: Shop, client: httpx.Client) -> None:
    found = differences(put(client, make_order(10_000_000, [("LC970Y", 3), ("LC970Y", 3)])))
    assert [difference for difference in found if difference[0] == "stock_short"] == [
        ("stock_short", "6", "5", "LC970Y")
    ]
    assert shop.stock("LC970Y") == 0


def test_a_shortage_that_was_said_is_no_difference(client: httpx.Client) -> None:
    assert differences(put(client, make_order(10_000_000, [("LC970M", 1)]))) == []


def test_an_article_that_is_no_longer_sold(client: httpx.Client) -> None:
    extra = article("OLD", Colour.RED, 500, 3)
    order = make_order(10_000_000, [("OLD", 1)], articles=[extra])
    assert ("sku_unknown", order.quote.lines[0].label, "", "OLD") in differences(put(client, order))


def test_a_code_that_central_does_not_know(client: httpx.Client) -> None:
    known_here = [replace(VOUCHERS[1], code="Ete5")]
    order = make_order(10_000_000, codes=["Ete5"], vouchers=known_here)
    assert differences(put(client, order)) == [
        ("code_refused", "Ete5", "unknown", None),
        ("total_changed", "4370", "4870", None),
    ]


def test_a_code_refused_on_the_phone_is_not_used(shop: Shop, client: httpx.Client) -> None:
    order = make_order(10_000_000, codes=["Noel5"], vouchers=())
    assert differences(put(client, order)) == []
    assert voucher_row(shop, "Noel5").uses == 0


def test_a_credit_keeps_its_remainder_and_is_spent_once(shop: Shop, client: httpx.Client) -> None:
    small = make_order(10_000_000, [("LC970Y", 1)], codes=["AV-7K2M"])
    assert small.quote.credit_cents == 1500
    assert differences(put(client, small)) == []
    assert voucher_row(shop, "AV-7K2M").remaining_cents == 0
    again = make_order(10_000_001, [("LC970Y", 1)], codes=["AV-7K2M"])
    assert ("code_refused", "AV-7K2M", "nothing_left", None) in differences(put(client, again))
    assert voucher_row(shop, "AV-7K2M").remaining_cents == 0


@pytest.mark.parametrize("remaining,days_later", [(1780, 0), (1779, 7)])
def test_what_credits_pay_for_waits_for_no_cheque(remaining: int, days_later: int) -> None:
    credit = Voucher("AV-TOUT", VoucherKind.CREDIT, remaining_cents=remaining)
    order = make_order(1, [("LC970Y", 1)], codes=["AV-TOUT"], vouchers=[credit])
    known = Known(
        {a.sku: a for a in ARTICLES},
        {"LC970Y": frozenset({1290})},
        {"AV-TOUT": credit},
    )
    judged = judge(order_from_wire(order_to_wire(order)), known, RULES)
    assert judged.differences == ()
    assert judged.promise.dispatch_by == date(2026, 11, 25) + timedelta(days=days_later)


def test_a_credit_that_was_spent_meanwhile_pays_for_nothing(
    shop: Shop, client: httpx.Client
) -> None:
    """Both were said to be covered; what is left at central decides which of them is."""
    credit = Voucher("AV-TOUT", VoucherKind.CREDIT, remaining_cents=1780)
    with shop.database.write() as connection:
        put_vouchers(connection, [credit])
    states = []
    for number in (10_000_000, 10_000_001):
        order = make_order(number, [("LC970Y", 1)], codes=["AV-TOUT"], vouchers=[credit])
        assert order.quote.is_covered
        assert put(client, order).is_success
        states.append(client.get(f"/v1/orders/{order.order_id}").json()["state"])
    assert states == ["in_preparation", "awaiting_payment"]


@pytest.mark.usefixtures("client")
def test_limited_codes_and_stock_are_right_when_all_come_at_once(shop: Shop) -> None:
    shop.set_stock("LC970C", 5)
    orders = [
        make_order(
            10_000_000 + number,
            [("LC970C", 2)],
            codes=["Noel5"],
            customer=replace(CUSTOMER, customer_id=uuid4()),
        )
        for number in range(8)
    ]

    def send(order: Order) -> set[str]:
        with shop.client() as own:
            return {code for code, *_ in differences(put(own, order))}

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(send, orders))
    assert sum("code_refused" not in codes for codes in found) == 2
    assert voucher_row(shop, "Noel5").uses == 2
    assert shop.count(tables.voucher_uses) == 2
    assert sum("stock_short" not in codes for codes in found) == 2
    assert shop.stock("LC970C") == 0
    with shop.database.read() as connection:
        assert sum(connection.scalars(select(tables.reservations.c.reserved))) == 5


# --- read back --------------------------------------------------------------------


def test_orders_are_listed_without_people_and_page_by_page(client: httpx.Client) -> None:
    for number in range(7):
        put(client, make_order(10_000_000 + number, [("LC970BK", 1)]))
    first = client.get("/v1/orders").json()
    rest = client.get("/v1/orders", params={"cursor": first["cursor"]}).json()
    references = [row["reference"] for page in (first, rest) for row in page["orders"]]
    assert references == [with_check(10_000_000 + number) for number in range(7)]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert first["orders"][0] | {"order_id": "?"} == {
        "order_id": "?",
        "reference": "100000006",
        "state": "awaiting_payment",
        "total_cents": 2780,
        "payment_method": "cheque",
        "console": "comptoir",
        "outcome": "accepted",
        "placed_at": "2026-11-23T10:42:00Z",
        "received_at": "2026-11-23T10:42:00Z",
        "revision": 1,
        "parcel_number": None,
    }
    assert "DUVAL" not in json.dumps([first, rest])


def test_one_order_comes_back_as_it_was_said(client: httpx.Client) -> None:
    order = make_order(10_000_000)
    verdict = put(client, order).json()
    answer = client.get(f"/v1/orders/{order.order_id}").json()
    added = {"revision": 1, "revised_at": None, "operator_id": None}
    assert answer["order"] == json.loads(order_to_wire(order)) | added
    assert answer["verdict"] == verdict


def test_the_customer_of_an_order_is_known_to_the_other_consoles(
    shop: Shop, client: httpx.Client
) -> None:
    put(client, make_order(10_000_000))
    moved = replace(CUSTOMER, version=2, email="odette@example.org")
    put(client, make_order(10_000_001, customer=moved))
    put(client, make_order(10_000_002, customer=CUSTOMER))  # from a console that is behind
    with shop.client("autre") as other:
        page = other.get("/v1/customers").json()
        later = other.get("/v1/customers", params={"cursor": page["cursor"]}).json()
    assert [(c["version"], c["email"]) for c in page["customers"]] == [(2, "odette@example.org")]
    assert later["customers"] == []
