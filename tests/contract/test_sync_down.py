"""What comes down: codes, people and the catalogue, whatever is owed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from uuid import uuid4

import pytest
from contract.conftest import with_price
from contract.line import Bench
from contract.shop import ARTICLES, CUSTOMER, PRINTERS, VOUCHERS, make_order

import services.sync.downloads as downloads_module
from models.customer import Customer
from models.errors import Unavailable
from models.order import Order, OrderEvent, OrderEventKind
from models.tables import central as tables
from models.wire.orders import order_to_wire
from services.codes import count_uses
from services.ports import CatalogueChanges, EventPage, Listed, VoucherPage
from services.sync.engine import SyncEngine
from services.sync.enrolment import CUSTOMERS_CURSOR
from services.sync.events import PAGES_AT_ONCE
from services.sync.status import CatalogueProgress, Connection


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


def test_codes_and_customers_come_down(bench: Bench) -> None:
    with bench.console.store.read() as tx:
        assert tx.vouchers.get("Noel5") == VOUCHERS[1]
        assert tx.customers.get(CUSTOMER.customer_id) is None
    with bench.shop.client("autre") as client:
        client.post("/v1/reference-blocks", json={"count": 10})
        order = make_order(10_000_040, codes=["AV-7K2M"])
        assert client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order)).is_success
    assert bench.engine.run_once().customers == 1
    with bench.console.store.read() as tx:
        assert tx.vouchers.get("AV-7K2M") == replace(VOUCHERS[2], uses=1, remaining_cents=0)
        assert tx.customers.get(CUSTOMER.customer_id) == CUSTOMER
    assert bench.engine.run_once().customers == 0


def with_codes(number: int) -> Order:
    return make_order(number, [("LC970BK", 1)], codes=["Noel5", "AV-7K2M"])


def known_codes(bench: Bench) -> tuple[int, int]:
    """Uses of the code, and what the credit still holds."""
    with bench.console.store.read() as tx:
        code, credit = tx.vouchers.get("Noel5"), tx.vouchers.get("AV-7K2M")
    assert code is not None
    assert credit is not None
    return code.uses, credit.remaining_cents


def test_what_waiting_orders_used_is_not_forgotten(bench: Bench) -> None:
    order = bench.console.place(with_codes)
    paid = {outcome.code: outcome.discount_cents for outcome in order.quote.codes}["AV-7K2M"]
    assert paid == 1500
    bench.line.faults = ["defect"]
    engine = SyncEngine(  # a program that has just been started, and writes all codes
        bench.console.store, bench.console.catalogue, lambda: bench.central, bench.shop.clock
    )
    assert engine.run_once().still_waiting == 1
    assert known_codes(bench) == (1, 0)
    bench.later()
    assert engine.run_once().is_complete
    assert known_codes(bench) == (1, 0)
    assert engine.run_once().is_complete
    assert known_codes(bench) == (1, 0)


def test_what_is_used_while_the_codes_come_down_is_not_forgotten(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = bench.central.vouchers

    def meanwhile(cursor: str | None) -> VoucherPage:
        page = real(cursor)
        bench.console.place(with_codes)
        return replace(page, vouchers=VOUCHERS, cursor="999")

    monkeypatch.setattr(bench.central, "vouchers", meanwhile)
    assert bench.engine.run_once().still_waiting == 1
    assert known_codes(bench) == (1, 0)


def test_what_a_cancelled_or_a_refused_order_used_is_given_back(bench: Bench) -> None:
    cancelled = bench.console.place(with_codes)
    bench.shop.clock.at += timedelta(seconds=1)
    bench.console.place(lambda _: with_codes(55_555_555))
    with bench.console.store.write() as tx:
        facts = {"state": "cancelled"}
        tx.orders.append(
            OrderEvent(cancelled.order_id, OrderEventKind.STATE_CHANGED, bench.shop.clock.at, facts)
        )
    bench.line.faults = ["defect"]
    report = bench.engine.run_once()
    assert (report.refused, report.still_waiting) == (1, 1)
    assert known_codes(bench) == (0, 1500)


def test_what_a_refused_order_used_is_given_back_though_the_line_broke_right_then(
    bench: Bench,
) -> None:
    refused = bench.console.place(lambda _: with_codes(55_555_555))
    with bench.console.store.write() as tx:
        count_uses(tx.vouchers, refused.quote)
    bench.shop.clock.at += timedelta(seconds=1)
    bench.console.place(make_order)
    bench.line.faults = ["", "lost on the way", "defect"]
    assert bench.engine.run_once(parts=[]).refused == 1
    assert known_codes(bench) == (1, 0)
    report = bench.engine.run_once()
    assert (report.sent, report.refused, report.still_waiting) == (0, 0, 1)
    assert known_codes(bench) == (0, 1500)


def test_what_was_changed_here_is_not_overwritten_by_what_is_older(bench: Bench) -> None:
    ours = replace(CUSTOMER, version=3, email="odette@example.org")
    with bench.console.store.write() as tx:
        tx.customers.add(ours)
    other = replace(CUSTOMER, customer_id=uuid4())
    bench.console.place(make_order)
    bench.console.place(lambda n: make_order(n, customer=other))
    with bench.console.store.write() as tx:
        tx.customers.add(ours)
    assert bench.engine.run_once().customers == 2
    with bench.console.store.read() as tx:
        assert tx.customers.get(CUSTOMER.customer_id) == ours


def test_a_feed_that_stands_still_ends(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.central, "customers", lambda _: Listed([CUSTOMER], "7"))
    report = bench.engine.run_once()
    assert (report.error_code, report.catalogue_version) == ("central_unclear", "shop-1")
    monkeypatch.undo()
    page = CatalogueChanges(cursor="shop-1", has_more=True)
    monkeypatch.setattr(bench.central, "catalogue_version", lambda: "shop-2")
    monkeypatch.setattr(bench.central, "catalogue_stream", lambda _: iter([page]))
    assert bench.engine.run_once().error_code == "central_unclear"
    assert bench.console.catalogue.version == "shop-1"


def test_a_feed_that_goes_in_circles_ends(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    following = iter(["7", "8", "7", "8"])
    asked: list[str | None] = []

    def people(cursor: str | None) -> Listed[Customer]:
        asked.append(cursor)
        return Listed([CUSTOMER], next(following))

    monkeypatch.setattr(bench.central, "customers", people)
    assert bench.engine.run_once().error_code == "central_unclear"
    assert len(asked) == 3
    monkeypatch.undo()
    monkeypatch.setattr(bench.central, "orders", lambda at: Listed([], "b" if at == "a" else "a"))
    bench.engine.events.forget()
    assert bench.engine.run_once().error_code == "central_unclear"


def test_a_list_of_customers_that_never_ends_is_gone_on_with_by_the_next_exchange(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads_module, "PAGES_AT_ONCE", 3)
    monkeypatch.setattr(
        bench.central, "customers", lambda cursor: Listed([CUSTOMER], str(int(cursor or 0) + 1))
    )
    with bench.console.store.write() as tx:
        tx.settings.put(CUSTOMERS_CURSOR, "100")
    for reached in ("103", "106"):
        report = bench.engine.run_once()
        assert (report.error_code, report.customers) == (None, 3)
        with bench.console.store.read() as tx:
            assert tx.settings.get(CUSTOMERS_CURSOR) == reached


def test_events_that_never_end_keep_no_order_waiting(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = bench.engine.events.cursor()
    assert cursor is not None
    asked: list[int] = []
    placed: list[Order] = []
    left_waiting: list[bool] = []

    def page(after: int) -> EventPage:
        asked.append(after)
        if not placed:
            placed.append(bench.console.place(make_order))
        else:
            left_waiting.append(bench.engine.has_due())
        return EventPage((), after + 1, has_more=True)

    monkeypatch.setattr(bench.central, "events", page)
    report = bench.engine.run_once()
    assert (report.error_code, report.sent) == (None, 1)
    assert left_waiting[0] is False
    assert asked == [*range(cursor, cursor + PAGES_AT_ONCE)]
    assert bench.engine.events.cursor() == cursor + PAGES_AT_ONCE
    bench.engine.should_stop = lambda: len(asked) >= PAGES_AT_ONCE + 5
    assert bench.engine.run_once().error_code == "sync_stopped"
    assert len(asked) == PAGES_AT_ONCE + 5


def test_the_same_version_is_not_loaded_again(bench: Bench) -> None:
    report = bench.engine.run_once()
    assert (report.is_catalogue_new, report.catalogue_version) == (False, "shop-1")


def test_a_new_catalogue_lands_with_progress(bench: Bench) -> None:
    seen: list[CatalogueProgress] = []
    bench.engine.on_progress = seen.append
    with bench.shop.database.write() as connection:
        connection.execute(tables.catalogue_imports.delete())
    bench.shop.fill(version="anew", articles=with_price(ARTICLES, "LC970C", 1390))
    report = bench.engine.run_once()
    assert (report.is_catalogue_new, report.error_code) == (True, None)
    assert bench.console.catalogue.version == "anew"
    assert bench.console.catalogue.articles(["LC970C"])["LC970C"].offer.price_cents == 1390
    assert len(bench.console.catalogue.articles_for(PRINTERS[0].printer_id)) == 4
    done = [progress.rows_done for progress in seen]
    assert done == sorted(done)
    assert done[-1] == 19
    assert {progress.rows_total for progress in seen} == {19}


def test_changes_land_without_a_snapshot(bench: Bench) -> None:
    bench.console.place(make_order)
    report = bench.engine.run_once()
    assert report.catalogue_version.startswith("shop-1+")
    assert bench.console.catalogue.articles(["LC970BK"])["LC970BK"].offer.stock == 11


def test_an_interrupted_catalogue_leaves_the_old_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bench.shop.database.write() as connection:
        connection.execute(tables.catalogue_imports.delete())
    bench.shop.fill(version="anew", articles=with_price(ARTICLES, "LC970C", 1390))
    pages: list[CatalogueProgress] = []
    bench.engine.on_progress = pages.append

    real = bench.central.catalogue_stream

    def fails_on_the_third(cursor: str | None) -> Iterator[CatalogueChanges]:
        yield from islice(real(cursor), 2)
        raise Unavailable("central_cut_off")

    monkeypatch.setattr(bench.central, "catalogue_stream", fails_on_the_third)
    report = bench.engine.run_once()
    assert (report.connection, report.error_code) == (Connection.OFFLINE, "central_cut_off")
    assert bench.console.catalogue.version == "shop-1"
    assert bench.console.catalogue.articles(["LC970C"])["LC970C"].offer.price_cents == 1290
    monkeypatch.undo()
    bench.engine.run_once()
    assert bench.console.catalogue.version == "anew"


def test_a_cursor_that_central_lost_begins_anew(bench: Bench) -> None:
    bench.console.place(make_order)
    bench.engine.run_once()
    with bench.shop.database.write() as connection:
        counters = tables.counters
        connection.execute(counters.update().where(counters.c.name == "catalogue").values(value=19))
    assert bench.engine.run_once().error_code is None
    assert bench.console.catalogue.version == "shop-1"
