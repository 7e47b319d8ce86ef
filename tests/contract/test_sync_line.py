"""Which central, and what its answers are taken for."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from contract.line import Bench
from contract.shop import make_order

from kiosk.cli import main
from models.errors import Conflict, KioskError, Unavailable
from models.order import SyncState
from models.tables import central as tables
from models.wire.problems import problem
from services.adapters.central_http import CentralHttp
from services.adapters.central_link import CentralLink
from services.ports import Central
from services.sign_in import CENTRAL_SPOKE
from services.sync.engine import SyncEngine
from services.sync.enrolment import LOCAL, Enrolment, write_enrolment
from services.sync.status import NO_CATALOGUE, Connection, SyncReport


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


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


def test_a_proxy_that_has_no_time_is_no_reason_to_do_without_central() -> None:
    """Whoever answers so in a page of their own, it is too many requests: none is to be got round."""
    page = httpx.Response(429, headers={"Retry-After": "7"}, text="<html>Too Many Requests")
    line = httpx.MockTransport(lambda _: page)
    central = CentralHttp(lambda: "https://central.example.org", "token", transport=line)
    with contextlib.closing(central), pytest.raises(Unavailable) as slowed:
        central.sign_in("odile", "trois petits chats")
    assert slowed.value.code == "too_many_requests"
    assert slowed.value.facts["retry_after_seconds"] == 7
    assert slowed.value.code in CENTRAL_SPOKE


def test_a_body_cut_off_on_a_real_line(bench: Bench) -> None:
    """Half of what was announced, then nothing: httpx says so, we say it in our words."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=_answer_half, args=(server,))
        answering.start()
        port = server.getsockname()[1]
        central: Central = CentralHttp(lambda: f"http://127.0.0.1:{port}", "token")
        with pytest.raises(Unavailable) as cut:
            central.vouchers(None)
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
            central.vouchers(None)
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


class Flood(httpx.SyncByteStream):
    """Begins as an answer does, and goes on; counts what is taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        yield b'{"version":"'
        while self.taken < 100_000_000:
            self.taken += 65_536
            yield b"a" * 65_536


@pytest.mark.parametrize(
    "ask,bytes_max",
    [
        (lambda central: central.ping(), 1_048_576),
        (lambda central: central.catalogue_version(), 1_048_576),
        (lambda central: central.lease_references(100, "key"), 1_048_576),
        (lambda central: central.put_order(UUID(int=1), "{}"), 1_048_576),
        (lambda central: central.events(0), 16_777_216),
        (lambda central: central.customers(None), 16_777_216),
        (lambda central: central.vouchers(None), 67_108_864),
    ],
)
def test_of_a_flood_no_more_is_taken_than_the_answer_may_have(ask, bytes_max: int) -> None:
    flood = Flood()
    answer = httpx.Response(200, stream=flood)
    central = CentralHttp(
        lambda: "http://central", "token", transport=httpx.MockTransport(lambda _: answer)
    )
    with pytest.raises(Unavailable) as left:
        ask(central)
    assert left.value.code == "central_unclear"
    assert bytes_max <= flood.taken <= bytes_max + 65_536


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
