"""Who may ask, how large a body may be, and what is said when something goes wrong."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore
from typing import Any

import httpx
import pytest
from contract.conftest import Shop
from contract.shop import NOW, make_order
from sqlalchemy.engine import Connection

from central.database import Database
from central.logs import SPELLED
from central.routes import health
from central.store.orders import COUNTER
from central.store.settings import setting
from models.errors import Unavailable
from models.tables.central import consoles, counters
from models.wire.orders import order_to_wire

THREADS = 40
"""Of a worker, for what waits: anyio's default."""
ORDER_ID = "01930000-0000-7000-8000-000000000001"


def anybody(shop: Shop) -> httpx.Client:
    return httpx.Client(base_url=shop.url, trust_env=False)


def logged(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    lines = (record for record in caplog.records if hasattr(record, SPELLED))
    told = [json.loads(record.getMessage()) for record in lines]
    return [line for line in told if line["event"] == event]


def test_a_token_is_kept_as_its_hash_only(shop: Shop) -> None:
    token = shop.token()
    with shop.database.read() as connection:
        (kept,) = connection.scalars(consoles.select().with_only_columns(consoles.c.token_sha256))
    assert len(kept) == 64
    assert kept != token


def _in_pieces() -> Iterator[bytes]:
    for _ in range(70):
        yield b" " * 1024


@pytest.mark.parametrize("body", [lambda: b" " * 70_000, _in_pieces], ids=["declared", "in pieces"])
def test_a_body_that_is_too_large_is_stopped(
    shop: Shop, body: Callable[[], bytes | Iterator[bytes]]
) -> None:
    with shop.client() as client:
        answer = client.post("/v1/reference-blocks", content=body())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "method,path,body,status,code",
    [
        ("GET", "/v1/nothing", None, 404, "not_found"),
        ("DELETE", "/v1/orders", None, 405, "method_not_allowed"),
        ("POST", "/v1/reference-blocks", "{", 422, "body_malformed"),
        ("POST", "/v1/reference-blocks", '{"count": 0}', 422, "body_malformed"),
        ("POST", "/v1/reference-blocks", '{"count": 1, "x": 1}', 422, "field_unknown"),
        ("GET", "/v1/customers?cursor=-1", None, 422, "body_malformed"),
        ("GET", "/v1/orders/not-a-uuid", None, 422, "body_malformed"),
        ("GET", f"/v1/orders/{ORDER_ID}", None, 404, "not_found"),
        ("GET", "/v1/catalogue/changes?cursor=shop-1%2B999999", None, 410, "cursor_unknown"),
        ("GET", "/v1/catalogue/changes?cursor=shop-1%2Bx", None, 410, "cursor_unknown"),
        ("GET", "/v1/catalogue/changes?cursor=shop-1%2B1%7Cconsoles", None, 410, "cursor_unknown"),
        ("GET", "/v1/catalogue/changes?cursor=shop-1%2B1%7Cpairs%7Cx", None, 410, "cursor_unknown"),
    ],
)
def test_what_cannot_be_done_is_a_problem(
    shop: Shop, method: str, path: str, body: str | None, status: int, code: str
) -> None:
    shop.fill()
    with shop.client() as client:
        answer = client.request(method, path, content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:kiosk:problem:{code}"


def test_a_name_that_the_sender_made_up_is_not_repeated(shop: Shop) -> None:
    body = json.loads(order_to_wire(make_order(10_000_000)))
    body["delivery"]["Mme DUVAL +33199001234"] = 1
    with shop.client() as client:
        answer = client.put(f"/v1/orders/{ORDER_ID}", json=body)
    assert (answer.status_code, answer.json()["fields"]) == (422, ["body.delivery"])


def test_what_can_be_done_instead_is_said(shop: Shop) -> None:
    with shop.client() as client:
        answer = client.delete("/v1/reference-blocks")
        slash = client.get("/v1/orders/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert (slash.status_code, slash.json()["code"]) == (404, "not_found")


def _no_room(connection: Connection, *_: object, **__: object) -> None:
    """SQLite has not a page more than there are; PostgreSQL says itself what it would say."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DO $$ BEGIN RAISE 'full' USING ERRCODE = '53100'; END $$")
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    connection.exec_driver_sql("CREATE TABLE ballast (body BLOB)")


def test_a_full_disk_is_told_to_the_administrator_and_may_be_tried_again(
    shop: Shop, kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("central.routes.references.lease_block", _no_room)
    with shop.client() as client:
        answer = client.post("/v1/reference-blocks", json={"count": 1})
    assert (answer.status_code, answer.json()["code"]) == (503, "central_busy")
    told = {"sqlite": "SQLITE_FULL", "postgresql": "SQLSTATE 53100"}
    assert f"database: {told[kind]}" in caplog.text


def test_a_table_that_is_missing_is_a_defect_and_not_a_full_house(
    shop: Shop, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    with shop.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE voucher_uses")
        connection.exec_driver_sql("DROP TABLE vouchers")
    with shop.client() as client:
        answer = client.get("/v1/vouchers")
    assert (answer.status_code, answer.json()["code"]) == (500, "defect_at_central")
    told = {"sqlite": "OperationalError", "postgresql": "ProgrammingError"}
    assert f"{told[kind]} at" in logged(caplog, "defect")[0]["error"]


def test_a_row_that_every_try_meets_is_a_defect_and_not_a_full_house(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """As if somebody had put the counter back: the next order draws a number that is taken."""
    first, second = make_order(10_000_000), make_order(10_000_001)
    with shop.client() as client:
        client.post("/v1/reference-blocks", json={"count": 2})
        client.put(f"/v1/orders/{first.order_id}", content=order_to_wire(first))
        with shop.database.write() as connection:
            connection.execute(counters.update().where(counters.c.name == COUNTER).values(value=0))
        answer = client.put(f"/v1/orders/{second.order_id}", content=order_to_wire(second))
    assert (answer.status_code, answer.json()["code"]) == (500, "defect_at_central")
    assert "IntegrityError at" in logged(caplog, "defect")[0]["error"]
    assert "DUVAL" not in caplog.text
    assert shop.order_ids() == [first.order_id]


def test_a_defect_is_a_problem_without_a_stack_and_without_a_name(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("Mme DUVAL, 12 RUE DES LILAS")

    monkeypatch.setattr("central.routes.vouchers.all_vouchers", broken)
    with caplog.at_level(logging.INFO), shop.client() as client:
        answer = client.get("/v1/vouchers")
    assert (answer.status_code, answer.json()["code"]) == (500, "defect_at_central")
    assert "ZeroDivisionError at" in logged(caplog, "defect")[0]["error"]
    for said in (answer.text, caplog.text):
        assert "DUVAL" not in said
        assert "Traceback" not in said


def test_the_process_answers_where_all_its_threads_wait(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Semaphore(0), Event()

    def wait(_: Database) -> None:
        begun.release()
        go_on.wait(30)

    monkeypatch.setattr(Database, "ensure_ready", wait)
    with ThreadPoolExecutor(THREADS) as pool, anybody(shop) as client:
        for _ in range(THREADS):
            pool.submit(httpx.get, f"{shop.url}/readyz", trust_env=False, timeout=30)
        assert all(begun.acquire(timeout=30) for _ in range(THREADS))
        try:
            assert client.get("/healthz", timeout=10).status_code == 200
        finally:
            go_on.set()


def test_health_and_readiness(shop: Shop) -> None:
    with anybody(shop) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {"status": "ready"}
        with shop.database.write() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        newer = client.get("/readyz")
        with shop.database.write() as connection:
            connection.exec_driver_sql("DROP TABLE alembic_version")
        unmade = client.get("/readyz")
    for answer in (newer, unmade):
        assert (answer.status_code, answer.json()["code"]) == (503, "central_not_ready")


def test_a_central_that_cannot_write_is_not_ready(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads as ever: a full disk is seen by nothing else until an order comes."""

    def full(*_: object) -> None:
        raise Unavailable("central_busy")

    with anybody(shop) as client:
        monkeypatch.setattr(health, "put_setting", full)
        for _ in range(2):
            answer = client.get("/readyz")
            assert (answer.status_code, answer.json()["code"]) == (503, "central_busy")
        assert client.get("/healthz").is_success
        monkeypatch.undo()
        assert client.get("/readyz").is_success
        with shop.database.read() as connection:
            assert setting(connection, health.READY_AT) == NOW.isoformat()
        monkeypatch.setattr(health, "put_setting", full)
        assert client.get("/readyz").is_success  # tried a moment ago
