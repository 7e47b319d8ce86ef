"""The sync on a line that fails in every way: exactly one order at central, none lost."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from contract.conftest import Console, Shop, with_price
from contract.shop import ARTICLES, CUSTOMER, PRINTERS, VOUCHERS, make_order
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.cli import main
from models.errors import Conflict, KioskError, Unavailable
from models.order import Order, OrderEvent, OrderEventKind, SyncState
from models.tables import central as tables
from models.vouchers import Voucher, VoucherKind
from models.wire.orders import order_to_wire
from models.wire.problems import problem
from services.adapters.central_http import CentralHttp
from services.adapters.central_link import CentralLink
from services.ports import CatalogueChanges, Central
from services.sync.backoff import Backoff
from services.sync.engine import SyncEngine
from services.sync.enrolment import LOCAL, Enrolment, write_enrolment
from services.sync.status import NO_CATALOGUE, CatalogueProgress, Connection, SyncReport

BEFORE: dict[str, httpx.Response | Exception] = {
    "refused": httpx.ConnectError("refused"),
    "slow to connect": httpx.ConnectTimeout("slow"),
    "lost on the way": httpx.ReadTimeout("lost"),
    "busy": httpx.Response(503, content=b"<html>"),
    "defect": httpx.Response(500, content=b"<html>"),
    "a proxy's page": httpx.Response(200, content=b"<html>Connectez-vous"),
    "redirect": httpx.Response(302, headers={"Location": "https://example.org/"}),
}
"""Central never hears of the request."""

AFTER: dict[str, Callable[[httpx.Response], httpx.Response | Exception]] = {
    "answer lost": lambda _: httpx.ReadTimeout("lost"),
    "answer cut off": lambda _: httpx.RemoteProtocolError("cut"),
    "half a body": lambda answer: httpx.Response(
        200, content=answer.content[: len(answer.content) // 2]
    ),
    "taken, then a defect": lambda _: httpx.Response(500),
}
"""Central did what was asked; the console does not learn it."""

FAULTS = (*BEFORE, *AFTER, "twice")


@dataclass
class FaultyLine(httpx.BaseTransport):
    """Passes requests on to the real server, after doing to orders what ``faults`` says."""

    faults: list[str] = field(default_factory=list)
    applies_to: str = "PUT"
    _real: httpx.HTTPTransport = field(default_factory=lambda: httpx.HTTPTransport(verify=False))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fault = self.faults.pop(0) if self.faults and request.method == self.applies_to else ""
        outcome = BEFORE.get(fault)
        if outcome is None:
            answer = self._pass_on(request)
            outcome = AFTER[fault](answer) if fault in AFTER else answer
        if fault == "twice":
            outcome = self._pass_on(request)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _pass_on(self, request: httpx.Request) -> httpx.Response:
        answer = self._real.handle_request(request)
        answer.read()
        return answer

    def close(self) -> None:
        self._real.close()


@dataclass
class Bench:
    """A console with its engine on a line that can be made to fail."""

    console: Console
    shop: Shop
    line: FaultyLine
    central: CentralHttp
    engine: SyncEngine

    def later(self) -> None:
        self.shop.clock.at += timedelta(minutes=1)


@pytest.fixture
def bench(console: Console, shop: Shop) -> Iterator[Bench]:
    shop.fill()
    line = FaultyLine()
    central = CentralHttp(lambda: shop.url, shop.token(), transport=line)
    engine = SyncEngine(
        console.store, console.catalogue, lambda: central, console.clock, block_size=20
    )
    engine.run_once()
    yield Bench(console, shop, line, central, engine)
    central.close()


# --- up ---------------------------------------------------------------------------


def test_an_order_is_confirmed_and_said_so(bench: Bench) -> None:
    order = bench.console.place(make_order)
    assert bench.console.sync_state(order) == (SyncState.WAITING, None)
    report = bench.engine.run_once()
    assert (report.sent, report.still_waiting, report.error_code) == (1, 0, None)
    assert report.is_complete
    assert bench.console.sync_state(order) == (SyncState.CONFIRMED, None)
    assert bench.console.event_kinds(order) == [
        OrderEventKind.PLACED,
        OrderEventKind.ACCEPTED_BY_CENTRAL,
    ]
    assert bench.shop.order_ids() == [order.order_id]
    assert bench.engine.run_once().sent == 0


def test_orders_go_up_in_the_order_they_were_placed(bench: Bench) -> None:
    placed = []
    for _ in range(25):
        bench.shop.clock.at += timedelta(seconds=1)
        placed.append(bench.console.place(lambda n: make_order(n, [("LC970BK", 1)])))
        bench.engine.run_once() if len(placed) == 10 else None
    bench.engine.run_once()
    with bench.shop.client() as client:
        cursor, seen = 0, []
        while cursor is not None:
            page = client.get("/v1/orders", params={"cursor": cursor}).json()
            seen += [row["order_id"] for row in page["orders"]]
            cursor = page["cursor"]
    assert seen == [str(order.order_id) for order in placed]


@pytest.mark.parametrize(
    "fault,state,code,connection",
    [
        ("refused", SyncState.WAITING, "central_unreachable", Connection.OFFLINE),
        ("slow to connect", SyncState.WAITING, "central_unreachable", Connection.OFFLINE),
        ("lost on the way", SyncState.SENT, "central_timeout", Connection.OFFLINE),
        ("answer lost", SyncState.SENT, "central_timeout", Connection.OFFLINE),
        ("answer cut off", SyncState.SENT, "central_cut_off", Connection.OFFLINE),
        ("half a body", SyncState.SENT, "central_unclear", Connection.ONLINE),
        ("busy", SyncState.SENT, "central_unclear", Connection.ONLINE),
        ("taken, then a defect", SyncState.SENT, "central_unclear", Connection.ONLINE),
        ("a proxy's page", SyncState.SENT, "central_unclear", Connection.ONLINE),
        ("redirect", SyncState.SENT, "central_unclear", Connection.ONLINE),
    ],
)
def test_what_is_known_after_each_fault(
    bench: Bench, fault: str, state: SyncState, code: str, connection: Connection
) -> None:
    order = bench.console.place(make_order)
    bench.line.faults = [fault]
    report = bench.engine.run_once()
    assert (report.connection, report.error_code, report.still_waiting) == (connection, code, 1)
    assert not report.is_complete
    assert bench.console.sync_state(order) == (state, code)
    bench.later()
    assert bench.engine.run_once().is_complete
    assert bench.console.sync_state(order) == (SyncState.CONFIRMED, None)
    assert bench.shop.order_ids() == [order.order_id]
    assert bench.shop.stock("LC970BK") == 11


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(faults=st.lists(st.sampled_from(FAULTS), max_size=8), count=st.integers(1, 3))
def test_whatever_the_line_does_each_order_is_there_once(
    bench: Bench, faults: Sequence[str], count: int
) -> None:
    before = bench.shop.count(tables.orders)
    bench.line.faults = list(faults)
    placed = [
        bench.console.place(
            lambda n: make_order(n, [("LC970BK", 1)], placed_at=bench.shop.clock.at)
        )
        for _ in range(count)
    ]
    for _ in range(len(faults) + 1):
        bench.later()
        report = bench.engine.run_once()
        if report.is_complete:
            break
    assert (report.is_complete, report.error_code) == (True, None)
    assert report.refused_in_all == 0
    assert bench.shop.count(tables.orders) == before + count
    assert {order.order_id for order in placed} <= set(bench.shop.order_ids())
    for order in placed:
        kinds = bench.console.event_kinds(order)
        assert kinds.count(OrderEventKind.ACCEPTED_BY_CENTRAL) == 1


def test_an_order_that_central_cannot_digest_does_not_hold_up_the_others(bench: Bench) -> None:
    first = bench.console.place(make_order)
    bench.shop.clock.at += timedelta(seconds=1)
    second = bench.console.place(make_order)
    bench.line.faults = ["defect"]
    report = bench.engine.run_once()
    assert (report.sent, report.still_waiting, report.error_code) == (1, 1, "central_unclear")
    assert bench.console.sync_state(first)[0] is SyncState.SENT
    assert bench.console.sync_state(second)[0] is SyncState.CONFIRMED


def test_an_order_is_tried_once_a_run_however_short_its_delay(bench: Bench) -> None:
    order = bench.console.place(make_order)
    engine = SyncEngine(
        bench.console.store,
        bench.console.catalogue,
        lambda: bench.central,
        bench.shop.clock,
        chance=lambda: 0.0,
    )
    bench.line.faults = ["defect"] * 3
    engine.run_once()
    assert bench.line.faults == ["defect"] * 2
    assert engine.has_due()
    assert bench.console.sync_state(order) == (SyncState.SENT, "central_unclear")


def test_a_line_that_is_down_is_asked_once_for_all(bench: Bench) -> None:
    orders = [bench.console.place(make_order) for _ in range(3)]
    bench.line.faults = ["refused"] * 3
    bench.engine.run_once()
    assert len(bench.line.faults) == 2
    assert {bench.console.sync_state(order)[0] for order in orders} == {SyncState.WAITING}


def test_behind_a_captive_portal_one_order_is_tried_for_all(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = []
    for _ in range(3):
        orders.append(bench.console.place(make_order))
        bench.shop.clock.at += timedelta(seconds=1)
    asked: list[str] = []

    def portal(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        return httpx.Response(200, content=b"<html>Connectez-vous")

    monkeypatch.setattr(bench.line, "handle_request", portal)
    report = bench.engine.run_once()
    assert asked == [f"PUT /v1/orders/{orders[0].order_id}", "GET /v1/catalogue"]
    assert (report.connection, report.error_code) == (Connection.OFFLINE, "central_unclear")
    assert report.still_waiting == 3
    assert bench.console.sync_state(orders[1]) == (SyncState.WAITING, None)
    monkeypatch.undo()
    assert bench.engine.run_once(retry_all=True).is_complete
    assert set(bench.shop.order_ids()) == {order.order_id for order in orders}


def test_dying_between_the_answer_and_the_file_doubles_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = bench.console.place(make_order)
    real = bench.central.put_order

    def put_and_die(order_id: UUID, body: str) -> None:
        real(order_id, body)
        raise KeyboardInterrupt

    monkeypatch.setattr(bench.central, "put_order", put_and_die)
    with pytest.raises(KeyboardInterrupt):
        bench.engine.run_once()
    assert bench.console.sync_state(order)[0] is SyncState.SENT
    monkeypatch.undo()
    bench.later()
    assert bench.engine.run_once().is_complete
    assert bench.shop.order_ids() == [order.order_id]
    assert bench.console.event_kinds(order)[1:] == [OrderEventKind.ACCEPTED_BY_CENTRAL]


def test_what_waits_its_turn_goes_at_once_when_asked(bench: Bench) -> None:
    bench.console.place(make_order)
    slow = Backoff(first_seconds=600, highest_seconds=600)
    engine = SyncEngine(
        bench.console.store,
        bench.console.catalogue,
        lambda: bench.central,
        bench.shop.clock,
        backoff=slow,
        chance=lambda: 0.99,
    )
    bench.line.faults = ["defect"]
    engine.run_once()
    bench.later()
    assert not engine.has_due()
    assert engine.run_once().still_waiting == 1
    assert engine.run_once(retry_all=True).still_waiting == 0


def test_differences_are_kept_as_an_event(bench: Bench) -> None:
    bench.shop.set_stock("LC970C", 0)
    order = bench.console.place(make_order)
    report = bench.engine.run_once()
    assert (report.sent, report.differences) == (1, 1)
    with bench.console.store.read() as tx:
        *_, seen = tx.orders.events(order.order_id)
    assert seen.kind is OrderEventKind.DIFFERENCES_SEEN
    assert {"code": "stock_short", "said": "2", "central": "0", "sku": "LC970C"} in seen.facts[
        "differences"
    ]


def test_a_refusal_is_work_for_a_person_and_not_sent_again(bench: Bench) -> None:
    stranger = bench.console.place(lambda _: make_order(55_555_555))
    report = bench.engine.run_once()
    assert (report.sent, report.refused, report.still_waiting) == (0, 1, 0)
    assert report.connection is Connection.ONLINE
    assert bench.console.sync_state(stranger) == (SyncState.REFUSED, "reference_not_leased")
    with bench.console.store.read() as tx:
        *_, refused = tx.orders.events(stranger.order_id)
    assert refused.kind is OrderEventKind.REFUSED_BY_CENTRAL
    assert refused.facts == {"code": "reference_not_leased", "fields": ["reference"]}
    again = bench.engine.run_once(retry_all=True)
    assert (again.refused, again.refused_in_all) == (0, 1)
    assert bench.shop.order_ids() == []


# --- references -------------------------------------------------------------------


def test_two_blocks_are_kept_ahead(bench: Bench) -> None:
    with bench.console.store.read() as tx:
        assert tx.references.left() == 40
    bench.console.place(make_order)
    assert bench.engine.run_once().references_left == 59
    assert bench.shop.count(tables.reference_blocks) == 3
    bench.engine.run_once()
    assert bench.shop.count(tables.reference_blocks) == 3


def test_a_block_whose_answer_is_lost_is_nobodys(bench: Bench) -> None:
    order = bench.console.place(make_order)
    bench.line.faults, bench.line.applies_to = ["answer lost"], "POST"
    assert bench.engine.run_once().references_left == 39
    assert bench.engine.run_once().references_left == 59
    with bench.console.store.write() as tx:
        numbers = [tx.references.take_next() for _ in range(59)]
    assert numbers == [*range(10_000_001, 10_000_040), *range(10_000_060, 10_000_080)]
    assert bench.console.sync_state(order)[0] is SyncState.CONFIRMED


def test_a_block_that_was_had_before_is_not_asked_for_without_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def same_again(count: int) -> tuple[int, int]:
        asked.append(count)
        return 10_000_000, 10_000_019

    bench.console.place(make_order)
    monkeypatch.setattr(bench.central, "lease_references", same_again)
    report = bench.engine.run_once()
    assert (report.sent, report.error_code, report.references_left) == (1, "central_unclear", 39)
    assert asked == [20]
    monkeypatch.undo()
    assert bench.engine.run_once().references_left == 59


# --- down -------------------------------------------------------------------------


def test_codes_and_customers_come_down(bench: Bench) -> None:
    with bench.console.store.read() as tx:
        assert tx.vouchers.get("Noel5") == VOUCHERS[1]
        assert tx.customers.get(CUSTOMER.customer_id) is None
    with bench.shop.client("autre") as client:
        client.post("/v1/reference-blocks", json={"count": 10})
        order = make_order(10_000_040, codes=["Noel5"])
        assert client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order)).is_success
    assert bench.engine.run_once().customers == 1
    with bench.console.store.read() as tx:
        assert tx.vouchers.get("Noel5") == replace(VOUCHERS[1], uses=1)
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

    def meanwhile() -> Sequence[Voucher]:
        found = real()
        bench.console.place(with_codes)
        return [*found, Voucher("NEW", VoucherKind.PERCENT, percent_bp=500)]

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
    monkeypatch.setattr(bench.central, "customers", lambda _: ([CUSTOMER], "7"))
    report = bench.engine.run_once()
    assert (report.error_code, report.catalogue_version) == ("central_unclear", "shop-1")
    monkeypatch.undo()
    page = CatalogueChanges(cursor="shop-1", has_more=True)
    monkeypatch.setattr(bench.central, "catalogue_version", lambda: "shop-2")
    monkeypatch.setattr(bench.central, "catalogue_changes", lambda _: page)
    assert bench.engine.run_once().error_code == "central_unclear"
    assert bench.console.catalogue.version == "shop-1"


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
    pages = []
    bench.engine.on_progress = pages.append

    real = bench.central.catalogue_changes

    def fails_on_the_third(cursor: str | None) -> CatalogueChanges:
        if len(pages) == 2:
            raise Unavailable("central_cut_off")
        return real(cursor)

    monkeypatch.setattr(bench.central, "catalogue_changes", fails_on_the_third)
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


# --- who and where ----------------------------------------------------------------


def test_a_console_that_is_not_enrolled(bench: Bench) -> None:
    with bench.console.store.write() as tx:
        write_enrolment(tx.settings, Enrolment("", ""))
    link = CentralLink(bench.console.store, bench.shop.folder)
    engine = SyncEngine(bench.console.store, bench.console.catalogue, link, bench.shop.clock)
    bench.console.place(make_order)
    report = engine.run_once()
    assert (report.connection, report.error_code, report.still_waiting) == (
        Connection.NOT_ENROLLED,
        "not_enrolled",
        1,
    )


def test_a_token_that_is_not_accepted_loses_nothing(bench: Bench) -> None:
    order = bench.console.place(make_order)
    with bench.shop.database.write() as connection:
        connection.execute(tables.consoles.update().values(revoked_at=bench.shop.clock.at))
    report = bench.engine.run_once()
    assert (report.connection, report.still_waiting) == (Connection.UNAUTHORISED, 1)
    assert bench.console.sync_state(order) == (SyncState.WAITING, "unauthorised")
    with bench.shop.database.write() as connection:
        connection.execute(tables.consoles.update().values(revoked_at=None))
    assert bench.engine.run_once().is_complete


def test_a_local_central_is_found_where_it_moved_to(bench: Bench) -> None:
    address = bench.shop.folder / "central.json"
    with bench.console.store.write() as tx:
        write_enrolment(tx.settings, Enrolment(LOCAL, bench.shop.token()))
    link = CentralLink(bench.console.store, address)
    with pytest.raises(Unavailable):
        link().ping()
    for said in ("", "{}", '{"url": "file:///etc"}', '{"url": 3}', "[]"):
        with _saying(address, said), pytest.raises(Unavailable) as nowhere:
            link().ping()
        assert nowhere.value.code == "central_unreachable"
    with _nobody() as url, _saying(address, f'{{"url": "{url}"}}'), pytest.raises(Unavailable):
        link().ping()
    with _saying(address, f'{{"url": "{bench.shop.url}"}}'):
        link().ping()
    with pytest.raises(Unavailable):
        link().ping()  # what it said is still there, but not whoever said it
    link.close()


@contextmanager
def _saying(address: Path, said: str) -> Iterator[None]:
    with address.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(said)
        held.flush()
        yield


@contextmanager
def _nobody() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


def test_a_body_cut_off_on_a_real_line(bench: Bench) -> None:
    """Half of what was announced, then nothing: httpx says so, we say it in our words."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=_answer_half, args=(server,))
        answering.start()
        port = server.getsockname()[1]
        central: Central = CentralHttp(lambda: f"http://127.0.0.1:{port}", "token")
        with pytest.raises(Unavailable) as cut:
            central.vouchers()
        answering.join()
        central.close()
    assert cut.value.code == "central_cut_off"
    assert bench.engine.run_once().error_code is None


@pytest.mark.parametrize(
    "piece,code", [(b" " * 4096, "central_unclear"), (b" ", "central_timeout")]
)
def test_an_answer_without_an_end_is_left(piece: bytes, code: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=_answer_for_ever, args=(server, piece))
        answering.start()
        port = server.getsockname()[1]
        central = CentralHttp(
            lambda: f"http://127.0.0.1:{port}",
            "token",
            answer_seconds=0.0 if code == "central_timeout" else 60.0,
            answer_bytes_max=100_000,
        )
        with pytest.raises(Unavailable) as left:
            central.vouchers()
        central.close()
        answering.join()
    assert left.value.code == code


def _answer_for_ever(server: socket.socket, piece: bytes) -> None:
    connection, _ = server.accept()
    with connection, contextlib.suppress(OSError):
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(piece)


CONFLICT = problem("order_conflict").model_dump_json()


@pytest.mark.parametrize(
    "status,content,code,kind",
    [
        (400, "<html>", "central_unclear", Unavailable),
        (409, "<html>", "central_unclear", Unavailable),
        (
            409,
            '{"type": "urn:x", "title": "x", "status": 409, "code": "x"}',
            "central_unclear",
            Unavailable,
        ),
        (500, CONFLICT, "central_unclear", Unavailable),
        (401, "", "unauthorised", Unavailable),
        (409, CONFLICT, "order_conflict", Conflict),
    ],
)
def test_only_central_itself_refuses_for_good(
    status: int, content: str, code: str, kind: type[Exception]
) -> None:
    line = httpx.MockTransport(lambda _: httpx.Response(status, content=content))
    central = CentralHttp(lambda: "http://127.0.0.1:1", "token", transport=line)
    with pytest.raises(KioskError) as said:
        central.put_order(UUID(int=1), "{}")
    assert (said.value.code, type(said.value)) == (code, kind)
    central.close()


def test_what_went_wrong_is_in_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing waits and central answers; all the same the exchange did not come to its end."""
    monkeypatch.setenv("KIOSK_STATE_DIR", str(tmp_path))
    report = SyncReport(Connection.ONLINE, error_code="catalogue_full")
    monkeypatch.setattr(SyncEngine, "run_once", lambda *_, **__: report)
    assert main(["sync", "--once"]) == 3
    assert "kiosk:" in capsys.readouterr().err


def _answer_half(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"vouchers": [')


def test_a_central_without_a_catalogue_is_said_and_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KIOSK_STATE_DIR", str(tmp_path))
    report = SyncReport(Connection.ONLINE, error_code=NO_CATALOGUE)
    monkeypatch.setattr(SyncEngine, "run_once", lambda *_, **__: report)
    assert main(["sync", "--once"]) == 0
    assert "La centrale n'a pas de catalogue" in capsys.readouterr().err
