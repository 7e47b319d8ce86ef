"""Events at central: each once, in order, to whom it concerns, and within a second.

The streams are real ones, of servers of their own: two workers on one database.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import httpx
import pytest
from contract.asking import NUMBER, cancel, leased, pay, placed, problem_of, put
from contract.conftest import Served, Shop
from contract.listening import listening, note, serving
from contract.shop import ARTICLES, NOW

from central import live
from central.store import events
from central.store.events import prune
from central.upkeep import prune_events
from models.wire.events import EventKind


@pytest.fixture
def worker(shop: Shop) -> Iterator[Served]:
    with serving(shop) as worker:
        yield worker


def page(client: httpx.Client, cursor: int | None = None) -> dict[str, Any]:
    query = {} if cursor is None else {"cursor": cursor}
    answer = client.get("/v1/events", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# --- pages ------------------------------------------------------------------------


def test_an_order_is_told_to_its_console_and_the_rest_to_all(shop: Shop) -> None:
    shop.fill()
    with leased(shop) as client, shop.client("autre") as other:
        began = page(client)
        order = placed(lines=[("LC970BK", 1), ("LC970C", 2)])
        put(client, order)
        mine = page(client, began["cursor"])
        theirs = page(other, began["cursor"])
    assert began["events"] == []
    nothing: dict[str, Any] = {"order_id": None, "state": None, "parcel_number": None, "skus": []}
    at = {"at": "2026-11-23T10:42:00Z"}
    first = began["cursor"] + 1
    its = {"order_id": str(order.order_id)}
    stock = nothing | at | {"kind": "stock", "skus": ["LC970BK", "LC970C"], "seq": first + 2}
    customers = nothing | at | {"kind": "customers", "seq": first + 3}
    assert mine["events"] == [
        nothing | at | its | {"kind": "order_state", "state": "awaiting_payment", "seq": first},
        nothing | at | its | {"kind": "payment", "state": "awaited", "seq": first + 1},
        stock,
        customers,
    ]
    assert theirs["events"] == [stock, customers]
    assert mine["cursor"] == theirs["cursor"] == first + 3


def test_the_same_order_again_is_told_once(shop: Shop) -> None:
    shop.fill()
    with leased(shop) as client:
        put(client, placed())
        cursor = page(client)["cursor"]
        put(client, placed(NUMBER + 1, [("LC970BK", 1)]))
        kinds = [event["kind"] for event in page(client, cursor)["events"]]
    # The customer is known, and as they were.
    assert kinds == ["order_state", "payment", "stock"]


def test_pages_follow_one_another_and_pass_over_what_is_not_ours(shop: Shop) -> None:
    shop.fill()
    with leased(shop) as client, leased(shop, "autre") as other:
        began = page(client)["cursor"]
        put(other, placed(NUMBER + 100, [("LC970BK", 1)]))
        note(shop, *[EventKind.VOUCHERS] * 6)
        first = page(client, began)
        rest = page(client, first["cursor"])
        put(other, placed(NUMBER + 101, [("LC970M", 1)]))
        later = page(client, rest["cursor"])
    assert [event["kind"] for event in first["events"]] == ["stock", "customers"] + ["vouchers"] * 3
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert [event["kind"] for event in rest["events"]] == ["vouchers"] * 3
    assert (later["events"], later["cursor"]) == ([], rest["cursor"] + 2)


def test_what_everybody_fetches_anew_is_told(shop: Shop) -> None:
    with shop.client() as client:
        began = page(client)["cursor"]
        shop.fill()
        shop.fill(version="shop-2", articles=ARTICLES[:2])
        shop.fill(version="shop-2", articles=ARTICLES[:2])
        kinds = [event["kind"] for event in page(client, began)["events"]]
    assert kinds == ["catalogue", "catalogue"]


def test_a_code_is_told_when_it_is_used_up_and_when_it_works_again(shop: Shop) -> None:
    shop.fill()
    orders = [placed(NUMBER + n, [("LC970BK", 1)], codes=["Noel5"]) for n in range(2)]
    kinds = []
    with leased(shop) as client:
        for act in (
            lambda: put(client, orders[0]),
            lambda: put(client, orders[1]),
            lambda: cancel(client, orders[0].order_id),
        ):
            cursor = page(client)["cursor"]
            assert act().status_code == 200
            kinds.append([event["kind"] for event in page(client, cursor)["events"]])
    assert ["vouchers" in told for told in kinds] == [False, True, True]


@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/stream"])
def test_a_cursor_of_the_future_is_refused(shop: Shop, path: str) -> None:
    """Central was put back to an older state: what a console knows is of another world."""
    with shop.client() as client:
        now = page(client)["cursor"]
        assert problem_of(client.get(path, params={"cursor": now + 1})) == (410, "cursor_unknown")
        assert problem_of(client.get(path, params={"cursor": "x"})) == (422, "body_malformed")


def test_old_news_is_forgotten_and_an_orders_history_is_not(shop: Shop, served: Served) -> None:
    shop.fill()
    with leased(shop) as client:
        began = page(client)["cursor"]
        put(client, placed())
        seen = page(client)["cursor"]
        shop.clock.at = NOW + timedelta(days=31)
        note(shop, EventKind.VOUCHERS)
        forgotten = [prune_events(served.app) for _ in range(2)]
        refused = [
            client.get(path, params={"cursor": began})
            for path in ("/v1/events", "/v1/events/stream")
        ]
        after = page(client, seen)
    assert forgotten == [3, 0]  # catalogue, stock, customers
    assert [problem_of(answer) for answer in refused] == [(410, "cursor_unknown")] * 2
    assert [event["kind"] for event in after["events"]] == ["vouchers"]
    with shop.database.read() as connection:
        kept = connection.exec_driver_sql("SELECT kind FROM events ORDER BY seq").scalars().all()
    assert kept == ["order_state", "payment", "vouchers"]


@pytest.mark.parametrize("is_first", [True, False])
def test_of_two_who_forget_at_once_none_takes_back_how_far_it_was(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, *, is_first: bool
) -> None:
    for minutes in range(4):
        shop.clock.at = NOW + timedelta(minutes=minutes)
        note(shop, EventKind.CATALOGUE)
    if not is_first:
        _forget(shop, minutes=1)
    note_how_far = events.put_setting
    overtaking: list[Future[None]] = []

    def be_overtaken(*row: Any) -> None:
        if not overtaking:
            overtaking.append(pool.submit(_forget, shop, minutes=4))
            wait(overtaking, timeout=1)  # as long as it has to wait for us, it cannot end
        note_how_far(*row)

    monkeypatch.setattr(events, "put_setting", be_overtaken)
    with ThreadPoolExecutor(1) as pool:
        _forget(shop, minutes=2)
        overtaking[0].result()
    with shop.client() as client:
        assert problem_of(client.get("/v1/events", params={"cursor": 3})) == (410, "cursor_unknown")
        assert page(client, 4)["events"] == []


def _forget(shop: Shop, *, minutes: int) -> None:
    before = NOW + timedelta(minutes=minutes)
    shop.database.run(lambda connection: prune(connection, before=before))


# --- streams ----------------------------------------------------------------------


def test_an_event_is_seen_within_a_second(shop: Shop, worker: Served) -> None:
    shop.fill()
    with leased(shop) as client, listening(shop, worker.url) as heard:
        order = placed(lines=[("LC970BK", 1)])
        put(client, order)
        told = [heard.next() for _ in range(4)]
        pay(shop, order)
        later = heard.kinds(2)
        as_pages = page(client, 1)["events"]
    assert [t and t.kind for t in told] == ["order_state", "payment", "stock", "customers"]
    assert [t and t.model_dump(mode="json") for t in told] == as_pages[:4]
    assert later == ["payment", "order_state"]


def test_another_console_hears_nothing_of_our_orders(shop: Shop, worker: Served) -> None:
    shop.fill()
    with leased(shop) as client, listening(shop, worker.url, name="autre") as heard:
        order = placed()
        put(client, order)
        pay(shop, order)
        note(shop, EventKind.VOUCHERS)
        assert heard.kinds(3) == ["stock", "customers", "vouchers"]


def test_what_this_worker_wrote_needs_no_poll(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "POLL_SECONDS", 60.0)
    monkeypatch.setattr(live, "POLL_SECONDS_NOTIFIED", 60.0)
    shop.fill()
    with serving(shop) as worker, leased(shop) as client, listening(shop, worker.url) as heard:
        client.base_url = httpx.URL(worker.url)
        put(client, placed())
        assert heard.kinds(1) == ["order_state"]


def test_what_one_worker_writes_is_heard_at_the_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where PostgreSQL tells, nobody needs to look.
    monkeypatch.setattr(live, "POLL_SECONDS_NOTIFIED", 60.0)
    shop.fill()
    with (
        serving(shop) as first,
        serving(shop) as second,
        leased(shop) as client,
        listening(shop, second.url) as heard,
    ):
        client.base_url = httpx.URL(first.url)
        for number in range(3):
            put(client, placed(NUMBER + number, [("LC970M", 1)]))
            assert heard.kinds(2) == ["order_state", "payment"]
            if number == 0:
                assert heard.kinds(1) == ["customers"]


def test_a_stream_is_taken_up_where_it_broke_off(shop: Shop, worker: Served) -> None:
    with listening(shop, worker.url) as heard:
        note(shop, EventKind.CATALOGUE, EventKind.VOUCHERS)
        first = heard.next()
    assert first is not None
    note(shop, EventKind.OPERATORS)
    with listening(shop, worker.url, cursor=first.seq) as heard:
        assert heard.kinds(2) == ["vouchers", "operators"]
    again = {"Last-Event-ID": str(first.seq + 1)}
    with listening(shop, worker.url, cursor=0, headers=again) as heard:
        assert heard.kinds(1) == ["operators"]
        note(shop, EventKind.CUSTOMERS)
        assert heard.kinds(1) == ["customers"]


def test_a_stream_that_is_behind_misses_nothing_and_hears_nothing_twice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "KEPT", 2)
    monkeypatch.setattr(live, "PAGE", 3)
    total = 40
    with serving(shop) as worker, listening(shop, worker.url, cursor=0) as heard:
        for count in (1, 7, 2, 10, 20):
            note(shop, *[EventKind.VOUCHERS] * count)
        told = [heard.next() for _ in range(total)]
        assert [t and t.seq for t in told] == list(range(1, total + 1))
        with listening(shop, worker.url, cursor=0) as late:
            seen = [late.next() for _ in range(total)]
            assert [t and t.seq for t in seen] == list(range(1, total + 1))


def test_a_quiet_stream_says_that_it_stands_and_is_never_gathered(
    shop: Shop, worker: Served
) -> None:
    with (
        shop.client() as client,
        client.stream(
            "GET", f"{worker.url}/v1/events/stream", headers={"Accept-Encoding": "gzip"}
        ) as answer,
    ):
        lines = answer.iter_lines()
        assert [next(lines) for _ in range(3)] == [": listening", ":", ":"]
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert "Content-Encoding" not in answer.headers
