"""Customers by phone and one version after the other; stock; references leased by a key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import httpx
import pytest
from contract.conftest import Shop
from contract.people import people_by_phone
from contract.shop import CUSTOMER, PRINTERS, make_order

from central.store.customers import put_customers
from models.customer import Phone, PhoneKind
from models.tables.central import counters, customers, reference_blocks
from models.wire.customers import CustomerWire
from models.wire.fields import SEQ_MAX
from models.wire.orders import order_to_wire

PHONE = "+33199001234"
SECOND = Phone("+33639981234", PhoneKind.MOBILE, can_receive_sms=True)


def put(shop: Shop, wire: CustomerWire, customer_id: UUID | None = None) -> httpx.Response:
    with shop.client() as client:
        path = f"/v1/customers/{customer_id or wire.customer_id}"
        return client.put(path, content=wire.canonical())


def version(number: int, **changes: object) -> CustomerWire:
    return CustomerWire.model_validate(replace(CUSTOMER, version=number, **changes))


@pytest.mark.parametrize("feed", ["customers", "orders"])
def test_the_widest_cursor_is_one_that_the_database_can_compare_with(shop: Shop, feed: str) -> None:
    with shop.client() as client:
        widest = client.get(f"/v1/{feed}", params={"cursor": SEQ_MAX})
        wider = client.get(f"/v1/{feed}", params={"cursor": SEQ_MAX + 1})
    assert (widest.status_code, widest.json()[feed]) == (200, [])
    assert (wider.status_code, wider.json()["code"]) == (422, "body_malformed")


def test_the_places_in_every_feed_go_on_after_32_bits(shop: Shop) -> None:
    last = 2**31 - 1
    with shop.database.write() as connection:
        is_a_feed = counters.c.name != "references"
        connection.execute(counters.update().where(is_a_feed).values(value=last))
    shop.fill()
    with shop.client() as client:
        number = client.post("/v1/reference-blocks", json={"count": 1}).json()["first"]
        order = make_order(number)
        client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))
        after = {
            feed: client.get(f"/v1/{feed}", params={"cursor": last}).json()
            for feed in ("customers", "orders", "events")
        }
        catalogue = client.get("/v1/catalogue/changes", params={"cursor": f"shop-1+{last}"}).json()
    assert after["customers"]["cursor"] == str(last + 1)
    assert [row["order_id"] for row in after["orders"]["orders"]] == [str(order.order_id)]
    assert after["events"]["events"][0]["seq"] == last + 1
    assert (catalogue["has_more"], len(catalogue["printers"])) == (True, len(PRINTERS))


def found(shop: Shop, phone: str) -> list[dict[str, object]]:
    with shop.client() as client:
        answer = client.get("/v1/customers/lookup", params={"phone": phone})
    assert answer.status_code == 200
    people: list[dict[str, object]] = answer.json()["customers"]
    return people


def test_a_customer_is_found_by_each_of_their_phones(shop: Shop) -> None:
    assert found(shop, PHONE) == []
    assert put(shop, version(1, phones=(*CUSTOMER.phones, SECOND))).status_code == 200
    for phone in (PHONE, SECOND.e164):
        (known,) = found(shop, phone)
        assert known["customer_id"] == str(CUSTOMER.customer_id)
    assert put(shop, version(2)).status_code == 200
    assert found(shop, SECOND.e164) == []


def test_a_household_has_one_phone(shop: Shop) -> None:
    other = replace(CUSTOMER, customer_id=uuid4())
    for person in (CUSTOMER, other):
        assert put(shop, CustomerWire.model_validate(person)).status_code == 200
    assert len(found(shop, PHONE)) == 2


@pytest.mark.parametrize("phone", ["", "0199001234", "+33 1 99", "+33199001234x"])
def test_a_phone_is_asked_for_as_it_is_kept(shop: Shop, phone: str) -> None:
    with shop.client() as client:
        answer = client.get("/v1/customers/lookup", params={"phone": phone})
    assert (answer.status_code, answer.json()["code"]) == (422, "body_malformed")
    assert answer.json()["fields"] == ["query.phone"]


def test_a_file_is_changed_one_version_after_the_other(shop: Shop) -> None:
    first, second = version(1), version(2, email="odette@example.org")
    assert put(shop, first).json()["version"] == 1
    assert put(shop, second).json() == put(shop, second).json()
    for stale in (version(1, email="other@example.org"), version(2), version(4)):
        answer = put(shop, stale)
        assert (answer.status_code, answer.json()["code"]) == (409, "customer_stale")
    (known,) = found(shop, PHONE)
    assert known["email"] == "odette@example.org"


def test_a_change_whose_answer_was_lost_is_taken_though_others_wrote_since(shop: Shop) -> None:
    mine, theirs = version(2, email="odette@example.org"), version(3, printers=())
    put(shop, version(1))
    answers = [put(shop, mine), put(shop, theirs), put(shop, mine)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[2].json() == answers[0].json()
    (known,) = found(shop, PHONE)
    assert (known["version"], known["email"]) == (3, None)
    with shop.client("bureau") as client:
        told = client.get("/v1/events?cursor=0").json()["events"]
    assert [event["kind"] for event in told] == ["customers"] * 3


def test_of_two_who_change_a_file_at_once_one_is_told(shop: Shop) -> None:
    put(shop, version(1))
    wires = [version(2, email=f"odette{number}@example.org") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda wire: put(shop, wire), wires))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    (winner,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert found(shop, PHONE) == [winner]
    assert shop.count(customers) == 1


def test_other_consoles_are_told_once_that_a_file_has_changed(shop: Shop) -> None:
    for _ in range(2):
        put(shop, version(1))
    put(shop, version(3))
    with shop.client("bureau") as client:
        told = client.get("/v1/events?cursor=0").json()["events"]
    assert [event["kind"] for event in told] == ["customers"]


def test_a_file_goes_where_it_belongs(shop: Shop) -> None:
    answer = put(shop, version(1), customer_id=uuid4())
    assert (answer.status_code, answer.json()["fields"]) == (422, ["customer_id"])
    assert shop.count(customers) == 0


def test_stock_is_what_orders_have_left(shop: Shop) -> None:
    shop.fill()
    order = make_order(10_000_000, [("LC970BK", 5)])
    with shop.client() as client:
        client.post("/v1/reference-blocks", json={"count": 1})
        client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))
        asked = [("sku", sku) for sku in ("LC970M", "nothing", "LC970BK", "LC970BK")]
        answer = client.get("/v1/stock", params=asked)
        nothing = client.get("/v1/stock")
        too_many = client.get("/v1/stock", params=[("sku", str(n)) for n in range(101)])
    assert [(row["sku"], row["stock"]) for row in answer.json()["rows"]] == [
        ("LC970M", 0),
        ("LC970BK", 7),
    ]
    assert (nothing.status_code, too_many.status_code) == (422, 422)


def test_the_same_key_gets_the_same_block_and_another_console_another(shop: Shop) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    blocks = []
    for name, count in (("comptoir", 10), ("comptoir", 20), ("bureau", 10)):
        with shop.client(name) as client:
            answer = client.post("/v1/reference-blocks", json={"count": count}, headers=key)
        blocks.append(answer.json())
    assert blocks == [
        {"first": 10_000_000, "last": 10_000_009},
        {"first": 10_000_000, "last": 10_000_009},
        {"first": 10_000_010, "last": 10_000_019},
    ]


def test_a_key_that_is_sent_twice_at_once_is_leased_once(shop: Shop) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    shop.token()

    def lease(_: int) -> int:
        with shop.client() as client:
            answer = client.post("/v1/reference-blocks", json={"count": 7}, headers=key)
        return int(answer.json()["first"])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lease, range(8))) == {10_000_000}
    assert shop.count(reference_blocks) == 1


def test_a_key_is_a_uuid(shop: Shop) -> None:
    with shop.client() as client:
        answer = client.post(
            "/v1/reference-blocks", json={"count": 1}, headers={"Idempotency-Key": "enrolment:x"}
        )
    assert (answer.status_code, answer.json()["fields"]) == (422, ["header.Idempotency-Key"])
    assert shop.count(reference_blocks) == 0


def test_of_two_files_with_one_version_the_first_to_come_with_an_order_stays(shop: Shop) -> None:
    first, second = (
        CustomerWire.model_validate(
            replace(CUSTOMER, phones=(Phone(number, PhoneKind.LANDLINE, can_receive_sms=False),))
        )
        for number in ("+33199001111", "+33199002222")
    )
    newer = second.model_copy(update={"version": 2})
    with shop.database.write() as connection:
        put_customers(connection, [first])
        put_customers(connection, [second])
        assert people_by_phone(connection, "+33199001111") == [first]
        assert people_by_phone(connection, "+33199002222") == []
        put_customers(connection, [newer])
        put_customers(connection, [first])
        assert people_by_phone(connection, "+33199001111") == []
        assert people_by_phone(connection, "+33199002222") == [newer]
