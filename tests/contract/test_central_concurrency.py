"""Many clients at once, at two workers of one database: nothing is sold, used or leased twice.

What each client was told and what the tables say has to add up exactly. On PostgreSQL the
transactions run beside one another; on SQLite, with fewer clients, they take turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import cycle
from threading import Barrier, Event
from typing import TypeVar
from uuid import uuid4

import httpx
import pytest
from contract.conftest import Shop, running
from contract.people import people_by_phone
from contract.shop import ARTICLES, CUSTOMER, NOW, PAIRS, PRINTERS, VOUCHERS, article, make_order
from sqlalchemy import func, select

from central.database import Database
from central.settings import CentralSettings
from central.store.catalogue_import import import_catalogue
from central.store.feed import page_after
from central.store.references import lease_block
from central.store.vouchers import put_vouchers
from models.catalogue import Colour
from models.customer import Customer, Phone, PhoneKind
from models.errors import Conflict
from models.order import Order
from models.tables import central as tables
from models.vouchers import Voucher, VoucherKind
from models.wire.customers import CustomerWire
from models.wire.orders import VerdictOut, order_to_wire

T = TypeVar("T")
R = TypeVar("R")

FIRST = 10_000_000
"""The first reference number that is leased."""


@dataclass
class Crowd:
    """A shop with two workers, and so many clients that ask at the same moment."""

    shop: Shop
    urls: tuple[str, str]
    size: int

    def at_once(self, act: Callable[[httpx.Client, T], R], each: Sequence[T]) -> list[R]:
        """``act`` on each: by one client a slice, beginning together; results in order."""
        begin = Barrier(self.size)
        token = self.shop.token()

        def work(number: int, url: str) -> list[R]:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            with httpx.Client(base_url=url, headers=headers, trust_env=False, verify=False) as own:  # noqa: S501 - loopback
                begin.wait(30)
                return [act(own, one) for one in each[number :: self.size]]

        with ThreadPoolExecutor(self.size) as pool:
            slices = list(pool.map(work, range(self.size), _alternating(self.urls, self.size)))
        return [slices[at % self.size][at // self.size] for at in range(len(each))]

    def order(self, orders: Sequence[Order]) -> list[VerdictOut]:
        return self.at_once(_put, orders)

    def sum(self, column: object, *conditions: object) -> int:
        with self.shop.database.read() as connection:
            return int(connection.scalar(select(func.sum(column)).where(*conditions)) or 0)  # type: ignore[arg-type]


def _alternating(urls: Sequence[str], count: int) -> list[str]:
    return [url for url, _ in zip(cycle(urls), range(count), strict=False)]


def _put(client: httpx.Client, order: Order) -> VerdictOut:
    answer = client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))
    assert answer.status_code == 200, answer.text
    return VerdictOut.read_answer(answer.content)


@pytest.fixture
def crowd(shop: Shop, kind: str) -> Iterator[Crowd]:
    """One console with 1,000 reference numbers, of which all clients use the token."""
    shop.fill()
    with shop.client() as client:
        client.post("/v1/reference-blocks", json={"count": 1_000})
    settings = CentralSettings(shop.where, now=shop.clock.now, page_rows=5)
    with running(settings) as second:
        yield Crowd(shop, (shop.url, second.url), 12 if kind == "postgresql" else 4)


def somebody() -> Customer:
    return replace(CUSTOMER, customer_id=uuid4())


def said(verdict: VerdictOut) -> dict[str, str]:
    return {difference.code: difference.central for difference in verdict.differences}


def row_of(shop: Shop, code: str) -> tuple[int, int]:
    with shop.database.read() as connection:
        table = tables.vouchers
        wanted = select(table.c.uses, table.c.remaining_cents).where(table.c.code == code)
        uses, remaining = connection.execute(wanted).one()
    return uses, remaining


# --- stock ------------------------------------------------------------------------


def test_the_last_ones_are_sold_once(crowd: Crowd) -> None:
    crowd.shop.set_stock("LC970C", 10)
    quantities = [1 + number % 3 for number in range(2 * crowd.size)]
    orders = [
        make_order(FIRST + number, [("LC970C", quantity)], customer=somebody())
        for number, quantity in enumerate(quantities)
    ]
    verdicts = crowd.order(orders)
    reserved = [
        int(said(verdict).get("stock_short", quantity))
        for verdict, quantity in zip(verdicts, quantities, strict=True)
    ]
    assert sum(reserved) == min(10, sum(quantities))
    assert crowd.shop.stock("LC970C") == 10 - sum(reserved)
    assert crowd.shop.count(tables.orders) == len(orders)
    with crowd.shop.database.read() as connection:
        held = {
            row.order_id: (row.wanted, row.reserved)
            for row in connection.execute(select(tables.reservations))
        }
    assert [held[order.order_id] for order in orders] == list(
        zip(quantities, reserved, strict=True)
    )


def test_orders_of_the_same_articles_the_other_way_round_wait_in_one_line(
    crowd: Crowd, caplog: pytest.LogCaptureFixture
) -> None:
    """And all in the same moment: never for each other, so that none has to be undone."""
    lines = [("LC970BK", 1), ("LC970C", 1), ("LC970M", 1), ("LC970Y", 1)]
    for sku, _ in lines:
        crowd.shop.set_stock(sku, 1_000)
    codes = [replace(VOUCHERS[1], code=f"CODE{number}", uses_max=None) for number in range(3)]
    with crowd.shop.database.write() as connection:
        put_vouchers(connection, codes)
    names = [voucher.code for voucher in codes]
    orders = [
        make_order(
            FIRST + number,
            lines if number % 2 else lines[::-1],
            codes=names if number % 3 else names[::-1],
            vouchers=codes,
            customer=CUSTOMER if number % 2 else somebody(),
        )
        for number in range(4 * crowd.size)
    ]
    for verdict in crowd.order(orders):
        assert "code_refused" not in said(verdict)
    assert [crowd.shop.stock(sku) for sku, _ in lines] == [1_000 - len(orders)] * 4
    assert [row_of(crowd.shop, code)[0] for code in names] == [len(orders)] * 3
    assert "database:" not in caplog.text


# --- codes ------------------------------------------------------------------------


def test_a_limited_code_is_used_as_often_as_it_may_be(crowd: Crowd) -> None:
    code = replace(VOUCHERS[1], code="CINQ", uses_max=5)
    with crowd.shop.database.write() as connection:
        put_vouchers(connection, [code])
    orders = [
        make_order(
            FIRST + number,
            [("LC970BK", 1)],
            codes=["CINQ"],
            vouchers=[code],
            customer=somebody(),
        )
        for number in range(3 * crowd.size)
    ]
    refusals = [said(verdict).get("code_refused") for verdict in crowd.order(orders)]
    assert sorted(filter(None, refusals)) == ["used_up"] * (len(orders) - 5)
    assert row_of(crowd.shop, "CINQ") == (5, 0)
    with crowd.shop.database.read() as connection:
        users = set(connection.scalars(select(tables.voucher_uses.c.order_id)))
    assert users == {o.order_id for o, why in zip(orders, refusals, strict=True) if why is None}


def test_a_customer_uses_a_code_as_often_as_each_may(crowd: Crowd) -> None:
    code = replace(VOUCHERS[1], code="DEUX", uses_max=None, uses_per_customer_max=2)
    with crowd.shop.database.write() as connection:
        put_vouchers(connection, [code])
    people = [somebody(), somebody()]
    orders = [
        make_order(
            FIRST + number,
            [("LC970BK", 1)],
            codes=["DEUX"],
            vouchers=[code],
            customer=people[number % 2],
        )
        for number in range(2 * crowd.size)
    ]
    accepted = [
        order.customer.customer_id
        for order, verdict in zip(orders, crowd.order(orders), strict=True)
        if "code_refused" not in said(verdict)
    ]
    assert sorted(accepted) == sorted([people[0].customer_id, people[1].customer_id] * 2)
    assert row_of(crowd.shop, "DEUX") == (4, 0)


def test_a_credit_is_spent_to_the_last_cent_and_not_a_cent_further(crowd: Crowd) -> None:
    credit = Voucher("AVOIR", VoucherKind.CREDIT, remaining_cents=5_000, is_combinable=True)
    with crowd.shop.database.write() as connection:
        put_vouchers(connection, [credit])
    orders = [
        make_order(
            FIRST + number,
            [("LC970Y", 1)],
            codes=["AVOIR"],
            vouchers=[credit],
            customer=somebody(),
        )
        for number in range(2 * crowd.size)
    ]
    crowd.order(orders)
    worth = orders[0].quote.credit_cents
    spent = min(5_000, worth * len(orders))
    assert row_of(crowd.shop, "AVOIR") == (-(-spent // worth), 5_000 - spent)
    assert crowd.sum(tables.voucher_uses.c.amount_cents) == spent


# --- once -------------------------------------------------------------------------


def test_the_same_order_from_all_sides_is_one_order_with_one_verdict(crowd: Crowd) -> None:
    order = make_order(FIRST, codes=["Noel5", "AV-7K2M"])
    verdicts = crowd.order([order] * (2 * crowd.size))
    assert len({verdict.canonical() for verdict in verdicts}) == 1
    assert crowd.shop.order_ids() == [order.order_id]
    assert (crowd.shop.stock("LC970BK"), crowd.shop.stock("LC970C")) == (11, 6)
    assert row_of(crowd.shop, "Noel5")[0] == row_of(crowd.shop, "AV-7K2M")[0] == 1
    assert crowd.sum(tables.reservations.c.reserved) == 3


def test_of_two_orders_with_one_reference_one_is_taken(crowd: Crowd) -> None:
    orders = [make_order(FIRST, [("LC970Y", 1)]) for _ in range(crowd.size)]

    def put(client: httpx.Client, order: Order) -> tuple[int, str | None]:
        answer = client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))
        return answer.status_code, answer.json().get("code")

    answers = sorted(crowd.at_once(put, orders))
    assert answers == [(200, None)] + [(409, "reference_taken")] * (crowd.size - 1)
    assert crowd.shop.count(tables.orders) == 1
    assert crowd.shop.stock("LC970Y") == 4


def test_blocks_that_are_leased_at_once_never_overlap(crowd: Crowd) -> None:
    counts = [1 + number % 9 for number in range(4 * crowd.size)]

    def lease(client: httpx.Client, count: int) -> tuple[int, int]:
        answer = client.post("/v1/reference-blocks", json={"count": count}).json()
        return answer["first"], answer["last"]

    blocks = crowd.at_once(lease, counts)
    assert [last - first + 1 for first, last in blocks] == counts
    numbers = sorted(n for first, last in blocks for n in range(first, last + 1))
    assert numbers == list(range(FIRST + 1_000, FIRST + 1_000 + sum(counts)))


def test_a_block_that_is_asked_for_twice_at_once_is_one_block(crowd: Crowd) -> None:
    key = str(uuid4())

    def lease(client: httpx.Client, count: int) -> tuple[int, bytes]:
        answer = client.post(
            "/v1/reference-blocks", json={"count": count}, headers={"Idempotency-Key": key}
        )
        return answer.status_code, answer.content

    assert len(set(crowd.at_once(lease, [50] * crowd.size))) == 1
    assert crowd.shop.count(tables.reference_blocks) == 2
    with crowd.shop.database.write() as connection:
        console_id = connection.scalar(select(tables.consoles.c.console_id))
        assert console_id is not None
        following = lease_block(connection, console_id, 1, at=NOW)
    assert following == (FIRST + 1_050, FIRST + 1_050)


def test_one_version_of_a_customer_is_written_once_and_with_its_phones(crowd: Crowd) -> None:
    first = CustomerWire.model_validate(CUSTOMER)
    changed = [
        CustomerWire.model_validate(
            replace(
                CUSTOMER,
                version=2,
                phones=(Phone(f"+336399800{number:02}", PhoneKind.MOBILE, can_receive_sms=True),),
            )
        )
        for number in range(2 * crowd.size)
    ]

    def put(client: httpx.Client, person: CustomerWire) -> int:
        return client.put(
            f"/v1/customers/{person.customer_id}", content=person.canonical()
        ).status_code

    with crowd.shop.client() as client:
        assert put(client, first) == 200
    statuses = crowd.at_once(put, changed)
    assert sorted(statuses) == [200] + [409] * (len(changed) - 1)
    kept = changed[statuses.index(200)]
    with crowd.shop.database.read() as connection:
        assert people_by_phone(connection, kept.phones[0].e164) == [kept]
        numbers = list(connection.scalars(select(tables.customer_phones.c.e164)))
    assert numbers == [kept.phones[0].e164]


def test_a_new_customer_of_many_orders_is_there_once(crowd: Crowd) -> None:
    orders = [make_order(FIRST + n, [("LC970BK", 1)]) for n in range(crowd.size)]
    crowd.order(orders)
    assert crowd.shop.count(tables.customers) == 1
    with crowd.shop.database.read() as connection:
        (found,) = people_by_phone(connection, CUSTOMER.phones[0].e164)
    assert found.customer_id == CUSTOMER.customer_id


def test_of_a_new_customer_that_comes_in_many_versions_the_newest_stays(crowd: Crowd) -> None:
    people = [
        replace(
            CUSTOMER,
            version=1 + version,
            phones=(Phone(f"+336399800{version:02}", PhoneKind.MOBILE, can_receive_sms=True),),
        )
        for version in range(crowd.size)
    ]
    # Of an article that central does not have: no lock on one makes them wait in line.
    gone = article("GONE", Colour.RED, 500, 3)
    crowd.order(
        [
            make_order(FIRST + n, [("GONE", 1)], articles=[gone], customer=person)
            for n, person in enumerate(people)
        ]
    )
    with crowd.shop.database.read() as connection:
        found = {
            number: [person.version for person in people_by_phone(connection, number)]
            for number in (person.phones[0].e164 for person in people)
        }
    newest = people[-1].phones[0].e164
    assert found == {number: [] for number in found} | {newest: [crowd.size]}


# --- what is followed -------------------------------------------------------------


def test_whoever_follows_the_catalogue_misses_no_change(crowd: Crowd) -> None:
    """Numbers become visible in their order, though transactions end in any."""
    orders = [
        make_order(FIRST + n, [(ARTICLES[n % 4].sku, 1)], customer=somebody())
        for n in range(6 * crowd.size)
    ]
    for each in ARTICLES:
        crowd.shop.set_stock(each.sku, 500)
    is_over = Event()
    with ThreadPoolExecutor(1) as pool:
        followed = pool.submit(_follow, crowd.shop.database, is_over)
        crowd.order(orders)
        is_over.set()
        stock = followed.result()
    assert stock == {each.sku: 500 - len(orders) // 4 for each in ARTICLES}


def _follow(database: Database, is_over: Event) -> dict[str, int]:
    """The stock of each sku as one console knows it from changes alone."""
    known: dict[str, int] = {}
    cursor, is_last = "shop-1", False
    while not is_last:
        is_last = is_over.is_set()
        has_more = True
        while has_more:
            with database.read() as connection:
                page = page_after(connection, cursor, limit=3)
            known |= {row.sku: row.stock for row in page.present.get("articles", ())}
            cursor, has_more = page.cursor, page.has_more
    return known


def test_a_catalogue_that_is_taken_in_meanwhile_waits_in_the_same_line(
    crowd: Crowd, caplog: pytest.LogCaptureFixture
) -> None:
    orders = [
        make_order(FIRST + n, [("LC970BK", 1)], customer=somebody()) for n in range(2 * crowd.size)
    ]

    def import_again(number: int) -> None:
        crowd.shop.database.run(
            lambda connection: import_catalogue(
                connection,
                version=f"again-{number}",
                is_demo=True,
                printers_in=[replace(printer, family=f"family {number}") for printer in PRINTERS],
                articles_in=ARTICLES,
                pairs_in=PAIRS,
                at=NOW,
            )
        )

    with ThreadPoolExecutor(1) as pool:
        imported = pool.submit(lambda: [import_again(number) for number in range(5)])
        verdicts = crowd.order(orders)
        imported.result()
    assert {verdict.order_id for verdict in verdicts} == {order.order_id for order in orders}
    assert "database:" not in caplog.text


def test_a_conflict_is_no_reason_to_begin_anew(shop: Shop) -> None:
    begun = []

    def work(_: object) -> None:
        begun.append(1)
        raise Conflict("order_conflict")

    with pytest.raises(Conflict):
        shop.database.run(work)
    assert begun == [1]
