"""What happens at central reaches the console within a second, once, whatever breaks."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from contract.asking import PARCEL, dispatch, pay, placed
from contract.conftest import Console, Shop, running
from contract.in_background import Told, is_live, thread
from contract.shop import CUSTOMER, NOW
from sqlalchemy.engine import Connection as Database

from central.settings import CentralSettings
from central.store.events import Happening, append, prune
from central.store.operators import add_operator, disable_operator
from central.store.vouchers import put_vouchers
from models.errors import Unavailable
from models.order import Order, OrderState, SyncState
from models.vouchers import Voucher, VoucherKind
from models.wire.customers import CustomerWire
from models.wire.events import EventKind
from models.wire.orders import order_to_wire
from services.adapters.central_http import CentralHttp
from services.adapters.central_stream import EVENTS_TIMEOUT
from services.ports import Central, CentralEvent, EventPage, Transaction, VoucherPage
from services.sync.downloads import ALL_PARTS, Part
from services.sync.enrolment import EVENTS_CURSOR, Enrolment, write_enrolment
from services.sync.events import EventFeed
from services.sync.live import LiveListener
from services.sync.rhythm import PARTS_SECONDS
from services.sync.status import Connection
from services.sync.thread import SyncThread

SOON = 5.0
"""Seconds: what has to be there within one, on a computer that has other things to do. Nothing
here polls before ten minutes are over.
"""


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


@dataclass
class Live:
    """A console that listens to a central which tells of itself five times a second."""

    console: Console
    shop: Shop
    url: str
    lock: Path
    told: Told = field(default_factory=Told)
    lines: list[CentralHttp] = field(default_factory=list)

    def line(self) -> CentralHttp:
        central = CentralHttp(
            lambda: self.url, self.shop.token(), listen_timeout=httpx.Timeout(5.0)
        )
        self.lines.append(central)
        return central

    @contextmanager
    def syncing(self, told: Told | None = None, **how: float) -> Iterator[SyncThread]:
        central = self.line()
        sync = thread(
            self.console, lambda: central, told or self.told, self.lock, own_line=self.line, **how
        )
        sync.start()
        try:
            yield sync
        finally:
            sync.stop()
            central.close()

    def confirmed(self) -> Order:
        order = self.console.place(placed)
        self.until(lambda: self.console.sync_state(order)[0] is SyncState.CONFIRMED)
        return order

    def state(self, order: Order) -> OrderState:
        with self.console.store.read() as tx:
            found = tx.orders.get(order.order_id)
        assert found is not None
        return found.state

    def stock(self, sku: str) -> int:
        return self.console.catalogue.articles([sku])[sku].offer.stock

    def has_code(self, code: str) -> bool:
        with self.console.store.read() as tx:
            return tx.vouchers.get(code) is not None

    def sell_elsewhere(self, lines: Sequence[tuple[str, int]]) -> None:
        with self.shop.client("autre") as client:
            block = client.post("/v1/reference-blocks", json={"count": 10}).json()
            body = order_to_wire(placed(block["first"], lines))
            path = f"{self.url}/v1/orders/{json.loads(body)['order_id']}"
            assert client.put(path, content=body).is_success

    def note(self, *kinds: EventKind) -> None:
        happenings = [Happening(kind) for kind in kinds]
        self.shop.database.run(lambda tx: append(tx, happenings, at=self.shop.clock.at))

    def until(self, is_so: Callable[[], bool]) -> None:
        """Looked at with each status, which comes after what it is about."""
        if not is_so():
            self.told.wait_for(lambda _: is_so(), SOON)


@pytest.fixture
def live(console: Console, shop: Shop, tmp_path: Path) -> Iterator[Live]:
    shop.fill()
    settings = CentralSettings(shop.where, now=shop.clock.now, page_rows=5, heartbeat_seconds=0.2)
    with running(settings) as served:
        with console.store.write() as tx:
            write_enrolment(tx.settings, Enrolment(served.url, shop.token()))
        yield Live(console, shop, served.url, tmp_path / "sync.lock")


# --- within a second -------------------------------------------------------------


def test_a_payment_and_a_parcel_show_without_being_asked_for(live: Live) -> None:
    with live.syncing():
        live.told.wait_for(is_live)
        order = live.confirmed()
        before = live.told.all[-1].changes
        began = time.monotonic()
        pay(live.shop, order)
        live.told.wait_for(lambda status: status.changes > before, SOON)
        assert time.monotonic() - began < SOON
        live.until(lambda: live.state(order) is OrderState.IN_PREPARATION)
        dispatch(live.shop, order)
        live.until(lambda: live.state(order) is OrderState.DISPATCHED)
    with live.console.store.read() as tx:
        *_, last = tx.orders.events(order.order_id)
    assert last.facts["parcel_number"] == PARCEL


def test_what_another_console_sells_changes_the_stock_here(live: Live) -> None:
    with live.syncing():
        live.told.wait_for(is_live)
        assert live.stock("LC970BK") == 12
        live.sell_elsewhere([("LC970BK", 2)])
        live.until(lambda: live.stock("LC970BK") == 10)


def test_a_burst_of_stock_is_a_few_exchanges(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    real = CentralHttp.catalogue_version

    def version(self: CentralHttp) -> str:
        asked.append(time.monotonic())
        return real(self)

    with live.syncing():
        live.told.wait_for(is_live)
        monkeypatch.setattr(CentralHttp, "catalogue_version", version)
        for _ in range(10):
            live.note(*[EventKind.STOCK] * 30)
        live.sell_elsewhere([("LC970BK", 2)])
        live.until(lambda: live.stock("LC970BK") == 10)
    rounds = [at for at, before in zip(asked, [0.0, *asked], strict=False) if at - before > 0.2]
    took = asked[-1] - asked[0]
    assert len(rounds) <= took / PARTS_SECONDS + 1


def test_only_what_changed_is_asked_for(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for name in ("vouchers", "operators", "customers", "catalogue_version"):
        monkeypatch.setattr(CentralHttp, name, _noting(asked, name, getattr(CentralHttp, name)))
    with live.syncing():
        live.told.wait_for(is_live)
        asked.clear()
        live.note(EventKind.VOUCHERS)
        live.shop.database.run(
            lambda tx: put_vouchers(tx, [Voucher("NEUF", VoucherKind.PERCENT, percent_bp=500)])
        )
        live.until(lambda: live.has_code("NEUF"))
    assert set(asked) == {"vouchers"}


def test_a_first_operator_and_one_who_is_disabled_are_told_at_once(live: Live) -> None:
    """Central's hint alone brings them, and what moves makes the screen look again."""

    def allowed() -> list[str]:
        with live.console.store.read() as tx:
            return [one.login for one in tx.operators.all() if not one.is_disabled]

    def hint(work: Callable[[Database], object]) -> None:
        live.shop.database.run(work)
        live.note(EventKind.OPERATORS)

    with live.syncing():
        live.told.wait_for(is_live)
        before = live.told.all[-1].changes
        hint(lambda tx: add_operator(tx, "odile", "Odile", password_hash="-", at=NOW))
        live.told.wait_for(lambda status: status.changes > before, SOON)
        assert allowed() == ["odile"]
        before = live.told.all[-1].changes
        hint(lambda tx: disable_operator(tx, "odile"))
        live.told.wait_for(lambda status: status.changes > before, SOON)
        assert allowed() == []


def test_a_customer_of_another_console_comes_with_the_hint(live: Live) -> None:
    with live.syncing():
        live.told.wait_for(is_live)
        before = live.told.all[-1].changes
        who = replace(CUSTOMER, customer_id=UUID(int=77))
        content = CustomerWire.model_validate(who).canonical()
        with live.shop.client("autre") as client:
            put = client.put(f"{live.url}/v1/customers/{who.customer_id}", content=content)
        assert put.is_success
        live.told.wait_for(lambda status: status.changes > before, SOON)
        with live.console.store.read() as tx:
            assert tx.customers.get(who.customer_id) is not None


def _noting(asked: list[str], name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def noting(*args: Any) -> Any:
        asked.append(name)
        return real(*args)

    return noting


def test_it_shows_while_an_exchange_takes_its_time(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, let_go = threading.Event(), threading.Event()
    real = CentralHttp.vouchers

    def slow(self: CentralHttp, cursor: str | None) -> VoucherPage:
        asked.set()
        assert let_go.wait(20)
        return real(self, cursor)

    with live.syncing() as sync:
        live.told.wait_for(is_live)
        order = live.confirmed()
        monkeypatch.setattr(CentralHttp, "vouchers", slow)
        sync.wake()
        assert asked.wait(20)
        before = live.told.all[-1].changes
        pay(live.shop, order)
        live.told.wait_for(lambda status: status.changes > before, SOON)
        assert live.state(order) is OrderState.IN_PREPARATION
        let_go.set()


# --- when the line breaks ----------------------------------------------------------


def test_it_listens_again_from_where_it_was(live: Live) -> None:
    with live.syncing():
        live.told.wait_for(is_live)
        order = live.confirmed()
        for line in live.lines:
            line.hang_up()
        live.told.wait_for(lambda status: not status.is_live)
        pay(live.shop, order)
        live.until(lambda: live.state(order) is OrderState.IN_PREPARATION)
        live.until(lambda: live.told.all[-1].is_live)


def test_what_happened_while_nobody_listened_is_caught_up_with_once(live: Live) -> None:
    with live.syncing():
        live.told.wait_for(is_live)
        order = live.confirmed()
    pay(live.shop, order)
    dispatch(live.shop, order)
    before = len(live.console.event_kinds(order))
    told = Told()
    with live.syncing(told):
        told.wait_for(is_live)
        assert live.state(order) is OrderState.DISPATCHED
    assert len(live.console.event_kinds(order)) == before + 2


def test_a_cursor_that_is_too_old_begins_anew_and_misses_nothing(live: Live) -> None:
    with live.syncing():
        live.told.wait_for(is_live)
        order = live.confirmed()
    with live.console.store.write() as tx:
        tx.settings.put(EVENTS_CURSOR, "0")
    pay(live.shop, order)
    live.note(EventKind.STOCK)
    live.shop.database.run(lambda tx: prune(tx, before=NOW + timedelta(days=1)))
    with live.shop.client() as client:
        gone = client.get(f"{live.url}/v1/events", params={"cursor": 0})
        assert gone.json()["code"] == "cursor_unknown"
        newest = client.get(f"{live.url}/v1/events").json()["cursor"]
    told = Told()
    with live.syncing(told):
        told.wait_for(is_live)
    assert live.state(order) is OrderState.IN_PREPARATION
    with live.console.store.read() as tx:
        assert int(tx.settings.get(EVENTS_CURSOR) or 0) >= newest


def test_who_does_not_hold_the_seat_makes_no_connection(live: Live) -> None:
    other = Told()
    with live.syncing():
        live.told.wait_for(is_live)
        lines = len(live.lines)
        with live.syncing(other):
            seen = other.wait_for(is_live)
            assert seen.connection is live.told.all[-1].connection
            order = live.confirmed()
            before = other.all[-1].changes
            pay(live.shop, order)
            other.wait_for(lambda status: status.changes > before)
            live.until(lambda: live.state(order) is OrderState.IN_PREPARATION)
            assert live.lines[-1].clock_offset_seconds is None  # it was asked nothing
            assert len(live.lines) == lines + 1


def test_it_stops_at_once_while_it_listens(live: Live) -> None:
    with live.syncing() as sync:
        live.told.wait_for(is_live)
        began = time.monotonic()
        sync.stop()
        assert time.monotonic() - began < 1.0
        assert not sync._thread.is_alive()
    assert not any(t.name == "live" and t.is_alive() for t in threading.enumerate())


def test_a_line_without_a_heartbeat_is_given_up() -> None:
    """Half of an answer, then silence: whoever answered is gone without saying so."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = threading.Thread(target=_begin_a_stream, args=(server,))
        silent.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        central = CentralHttp(lambda: url, "token", listen_timeout=httpx.Timeout(0.2))
        with pytest.raises(Unavailable, match="central_timeout"), central.listen(0) as events:
            list(events)
        central.close()
        silent.join()


def test_a_central_that_fell_silent_is_doubted_until_the_next_exchange(
    console: Console, shop: Shop, tmp_path: Path
) -> None:
    """It is idle here: no exchange would say so before the next poll."""
    shop.fill()
    settings = CentralSettings(shop.where, now=shop.clock.now, heartbeat_seconds=600)
    told = Told()
    with running(settings) as served:
        line = CentralHttp(lambda: served.url, shop.token(), listen_timeout=httpx.Timeout(1.0))
        central = CentralHttp(lambda: served.url, shop.token())
        sync = thread(console, lambda: central, told, tmp_path / "lock", own_line=lambda: line)
        sync.start()
        assert told.wait_for(is_live).connection is Connection.ONLINE
        doubted = told.wait_for(lambda status: not status.is_live)
        assert (doubted.connection, doubted.last_error_code) == (Connection.CONNECTING, None)
        assert doubted.last_contact_at is not None
        sync.wake()
        told.wait_for(lambda status: status.connection is Connection.ONLINE)
        sync.stop()
        central.close()
        line.close()


def test_the_line_is_given_up_after_two_heartbeats_that_did_not_come(tmp_path: Path) -> None:
    heartbeat = CentralSettings(tmp_path / "central.sqlite3").heartbeat_seconds
    assert EVENTS_TIMEOUT.read is not None
    assert 2 * heartbeat < EVENTS_TIMEOUT.read <= 12


def _begin_a_stream(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: here\n\n")
        connection.recv(1)  # until the other side hangs up


def streamed(content: bytes, media_type: str = "text/event-stream") -> list[CentralEvent]:
    answer = httpx.Response(200, headers={"Content-Type": media_type}, content=content)
    line = httpx.MockTransport(lambda _: answer)
    central = CentralHttp(lambda: "http://127.0.0.1:1", "token", transport=line)
    heard: list[CentralEvent] = []
    with contextlib.closing(central), central.listen(7) as events:
        try:
            heard.extend(events)
        except Unavailable as error:
            heard.append(error)  # type: ignore[arg-type]  # what it ended with
    return heard


EVENT = b'{"seq": 8, "kind": "stock", "at": "2026-11-23T10:42:00Z", "skus": ["A"], "new": 1}'


def test_events_are_read_as_the_standard_says() -> None:
    heard = streamed(
        b": hello\n\nid: 8\nevent: stock\ndata: " + EVENT + b"\n\n: still here\n\n"
        b"retry: 10\r\ndata:" + EVENT.replace(b", ", b",\r\ndata: ") + b"\r\n\r\n"
        b"data: " + EVENT  # which did not come whole
    )
    event = CentralEvent(8, "stock", NOW, skus=("A",))
    assert heard[:-1] == [event, event]
    assert str(heard[-1]) == "central_cut_off"


@pytest.mark.parametrize(
    "content,media_type",
    [
        (b"data: <html>\n\n", "text/event-stream"),
        (b'data: {"seq": -1, "kind": "x", "at": "2026-11-23T10:42:00Z"}\n\n', "text/event-stream"),
        (b"<html>Connectez-vous", "text/html"),
    ],
)
def test_what_is_no_event_ends_the_line(content: bytes, media_type: str) -> None:
    assert list(map(str, streamed(content, media_type))) == ["central_unclear"]


# --- each once ---------------------------------------------------------------------


@dataclass
class Pages:
    """A central that has these events, and nothing else."""

    events_: Sequence[CentralEvent]
    size: int = 2

    def events(self, cursor: int | None) -> EventPage:
        if cursor is None:
            return EventPage((), len(self.events_))
        found = [event for event in self.events_ if event.seq > cursor][: self.size]
        reached = found[-1].seq if found else cursor
        return EventPage(tuple(found), reached, has_more=reached < len(self.events_))


ORDER = UUID(int=1)


def event(seq: int, kind: str = "order_state") -> CentralEvent:
    return CentralEvent(seq, kind, NOW, ORDER if kind == "order_state" else None)


def feed_of(console: Console, applied: list[int], begun: list[Central]) -> EventFeed:
    def apply(_: Transaction, event: CentralEvent, at: datetime) -> None:
        assert at == NOW
        applied.append(event.seq)

    return EventFeed(console.store, console.clock, apply, begun.append)


def test_each_event_counts_once_whoever_sees_it(console: Console) -> None:
    applied: list[int] = []
    begun: list[Central] = []
    feed = feed_of(console, applied, begun)
    central: Any = Pages([event(1), event(2)])
    assert feed.catch_up(central) == ALL_PARTS
    assert (applied, begun, feed.cursor()) == ([], [central], 2)
    central.events_ = [event(1), event(2), event(3), event(4, "stock"), event(5), event(6, "new")]
    feed.take(event(3))  # by the stream
    assert feed.catch_up(central) == {Part.CATALOGUE}
    feed.take(event(5))
    assert (applied, feed.cursor()) == ([3, 5], 6)


def test_a_feed_that_is_to_begin_anew_believes_nothing(console: Console) -> None:
    """The console was enrolled elsewhere while a stream of the central before was open."""
    applied: list[int] = []
    feed = feed_of(console, applied, [])
    feed.take(event(9))
    feed.reached(9)
    assert (applied, feed.cursor()) == ([], None)


def test_an_event_that_cannot_be_kept_is_told_again(console: Console) -> None:
    def fails(tx: Transaction, *_: object) -> None:
        tx.settings.put("half", "done")
        raise Unavailable("store_full")

    feed = EventFeed(console.store, console.clock, fails, lambda _: None)
    central: Any = Pages([])
    feed.catch_up(central)
    central.events_ = [event(1)]
    with pytest.raises(Unavailable, match="store_full"):
        feed.catch_up(central)
    assert feed.cursor() == 0
    with console.store.read() as tx:
        assert tx.settings.get("half") is None


def test_pages_that_stand_still_end(console: Console) -> None:
    feed = feed_of(console, [], [])
    central: Any = Pages([event(1)])
    feed.catch_up(central)
    central.events = lambda _: EventPage((), 1, has_more=True)
    with pytest.raises(Unavailable, match="central_unclear"):
        feed.catch_up(central)


def test_a_line_that_is_just_being_made_is_not_used_after_the_end(console: Console) -> None:
    connecting, let_go = threading.Event(), threading.Event()
    used: list[int] = []

    class Slow:
        @contextmanager
        def listen(self, cursor: int) -> Iterator[Iterator[CentralEvent]]:
            connecting.set()
            assert let_go.wait(20)
            yield self.events(cursor)

        def events(self, cursor: int) -> Iterator[CentralEvent]:
            used.append(cursor)
            yield event(1, "stock")

        def hang_up(self) -> None: ...
        def close(self) -> None: ...

    feed = feed_of(console, [], [])
    feed.catch_up(cast("Central", Pages([])))
    news: list[Part | None] = []
    listener = LiveListener(feed, cast("Callable[[], Central]", Slow), news.append)
    listener.start()
    assert connecting.wait(20)
    listener.stop()
    let_go.set()
    assert listener._thread is not None
    listener._thread.join(20)
    assert (used, news, listener.is_live) == ([], [], False)
