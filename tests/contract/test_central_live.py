"""Streams at central: which ones last, how many there may be, and what they leave behind."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from uuid import UUID

import psycopg
import pytest
from contract.conftest import Served, Shop
from contract.databases import on_postgresql
from contract.listening import SOON, listening, note, serving, wait_for
from contract.shop import NOW

from central import live, notices
from central.live import STREAMS_MAX, Frame, Reader
from central.store.consoles import revoke_console
from kiosk import central_server
from models.wire.events import EventKind


@pytest.fixture
def worker(shop: Shop) -> Iterator[Served]:
    with serving(shop) as worker:
        yield worker


def test_a_revoked_token_ends_its_stream_and_no_other(shop: Shop, worker: Served) -> None:
    with (
        listening(shop, worker.url, name="voleur") as stolen,
        listening(shop, worker.url) as heard,
    ):
        shop.database.run(lambda tx: revoke_console(tx, "voleur", at=NOW))
        assert stolen.next(timeout=3) is None
        note(shop, EventKind.CATALOGUE)
        assert heard.kinds(1) == ["catalogue"]


def test_streams_that_are_gone_are_forgotten(shop: Shop, worker: Served) -> None:
    with listening(shop, worker.url), listening(shop, worker.url, name="autre"):
        wait_for(lambda: worker.app.state.live.listeners == 2)
    wait_for(lambda: worker.app.state.live.listeners == 0)
    assert not worker.app.state.live.is_reading


def test_a_server_that_stops_does_not_wait_for_its_streams(shop: Shop) -> None:
    with ExitStack() as streams:
        with serving(shop) as worker:
            heard = streams.enter_context(listening(shop, worker.url))
            began = time.monotonic()
        assert heard.next() is None
        assert time.monotonic() - began < SOON


@on_postgresql
def test_a_listener_that_was_cut_off_listens_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "POLL_SECONDS_NOTIFIED", 60.0)
    monkeypatch.setattr(notices, "AGAIN_SECONDS", 0.05)
    with (
        serving(shop) as worker,
        listening(shop, worker.url) as heard,
        psycopg.connect(str(shop.where), autocommit=True) as admin,
    ):
        cut = set(wait_for_listeners(admin))
        for pid in cut:
            admin.execute("SELECT pg_terminate_backend(%s)", [pid])
        wait_for(lambda: bool(set(listeners(admin)) - cut))
        note(shop, EventKind.CATALOGUE)
        assert heard.kinds(1) == ["catalogue"]


def listeners(admin: psycopg.Connection) -> list[int]:
    found = admin.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE 'LISTEN %' AND state = 'idle'"
    )
    return [pid for (pid,) in found]


def wait_for_listeners(admin: psycopg.Connection) -> list[int]:
    wait_for(lambda: bool(listeners(admin)))
    return listeners(admin)


def test_the_oldest_stream_of_a_console_makes_way_for_one_too_many(
    shop: Shop, worker: Served
) -> None:
    """A console whose line was cut comes back: what it left is not known to be dead."""
    with ExitStack() as streams:
        other = streams.enter_context(listening(shop, worker.url, name="autre"))
        opened = [
            streams.enter_context(listening(shop, worker.url)) for _ in range(STREAMS_MAX + 2)
        ]
        assert [heard.next() for heard in opened[:2]] == [None, None]
        note(shop, EventKind.CATALOGUE)
        assert [heard.kinds(1) for heard in (other, *opened[2:])] == [["catalogue"]] * 5
        assert worker.app.state.live.listeners == STREAMS_MAX + 1
    wait_for(lambda: worker.app.state.live.listeners == 0)
    assert worker.app.state.live._open == {}


def test_who_never_reads_is_cut(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(central_server, "UNREAD_SECONDS", 1)
    monkeypatch.setattr(live, "HEARTBEAT", b":" * 1_000_000 + b"\n")
    with serving(shop, heartbeat_seconds=0.01) as worker, _deaf(shop, worker):
        wait_for(lambda: worker.app.state.live.listeners == 1)
        wait_for(lambda: worker.app.state.live.listeners == 0, seconds=20)


@contextmanager
def _deaf(shop: Shop, worker: Served) -> Iterator[None]:
    """Asks for the stream, and reads none of it."""
    host, _, port = worker.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as line:
        head = [
            "GET /v1/events/stream HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {shop.token()}",
        ]
        line.sendall("\r\n".join([*head, "", ""]).encode())
        yield


@on_postgresql
def test_a_reader_that_broke_leaves_no_listener_behind(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where one of its streams lasts until another reader has taken its place."""
    is_held, is_let_go, is_time = (threading.Event() for _ in range(3))
    read_on, page_after = Reader._read_on, Reader._page_after

    def breaks_once(reader: Reader) -> Sequence[Frame]:
        if is_time.is_set():
            is_time.clear()
            raise RuntimeError
        return read_on(reader)

    def held(reader: Reader, cursor: int, console_id: UUID) -> tuple[bytes, int]:
        if cursor == 0:
            is_held.set()
            assert is_let_go.wait(10)
        return page_after(reader, cursor, console_id)

    monkeypatch.setattr(Reader, "_read_on", breaks_once)
    monkeypatch.setattr(Reader, "_page_after", held)
    note(shop, EventKind.VOUCHERS)
    with (
        serving(shop) as worker,
        psycopg.connect(str(shop.where), autocommit=True) as admin,
        listening(shop, worker.url) as heard,
        listening(shop, worker.url, cursor=0) as behind,
    ):
        assert is_held.wait(5)
        first = set(wait_for_listeners(admin))
        is_time.set()
        assert heard.next(timeout=5) is None
        with listening(shop, worker.url) as again:
            is_let_go.set()
            assert behind.kinds(1) == ["vouchers"]
            assert behind.next() is None
            wait_for(lambda: not set(listeners(admin)) & first)
            note(shop, EventKind.CATALOGUE)
            assert again.kinds(1) == ["catalogue"]
