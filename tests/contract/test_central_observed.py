"""What is kept of a request: a line of the log and some counts, and nobody's name in either."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from contract.conftest import Served, Shop
from contract.shop import make_order
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from central.logs import UNSAID, log_as_json
from central.metrics import FOLDER_VARIABLE, Metrics, share_between_workers
from models.wire.orders import order_to_wire


class Lines(logging.Handler):
    """Collects what a request is logged with, which comes after its answer."""

    def __init__(self) -> None:
        super().__init__()
        self._told: list[dict[str, object]] = []
        self._more = threading.Condition()

    def emit(self, record: logging.LogRecord) -> None:
        line = json.loads(record.getMessage())
        if line["event"] == "request":
            with self._more:
                self._told.append(line)
                self._more.notify_all()

    def wait_for(self, count: int) -> list[dict[str, object]]:
        with self._more:
            assert self._more.wait_for(lambda: len(self._told) >= count, timeout=10)
        return self._told


@pytest.fixture
def lines() -> Iterator[Lines]:
    logger, handler = logging.getLogger("kiosk.central"), Lines()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.setLevel(before)
    logger.removeHandler(handler)


def test_a_line_says_what_came_of_a_request_and_names_nobody(shop: Shop, lines: Lines) -> None:
    shop.fill()
    order = make_order(10_000_000)
    with shop.client() as client:
        client.post("/v1/reference-blocks", json={"count": 10})
        client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))
        client.put(f"/v1/orders/{order.order_id}", content='{"last_name": "DUVAL"}')
        client.get("/v1/customers/lookup?phone=%2B33199001234")
        client.get("/v1/Mme-DUVAL")
        client.get("/v1/orders/1", headers={"Authorization": "Bearer x"})
    told = sorted(lines.wait_for(6), key=lambda line: (str(line["route"]), str(line["status"])))
    assert [
        (line["method"], line["route"], line["status"], line.get("problem")) for line in told
    ] == [
        ("GET", "/v1/customers/lookup", 200, None),
        ("PUT", "/v1/orders/{order_id}", 200, None),
        ("GET", "/v1/orders/{order_id}", 401, "unauthorised"),
        ("PUT", "/v1/orders/{order_id}", 422, "body_malformed"),
        ("POST", "/v1/reference-blocks", 201, None),
        ("GET", "none", 404, "not_found"),
    ]
    assert len({line.get("console") for line in told}) == 2  # the one, and nobody
    said = json.dumps(told)
    for secret in ("DUVAL", "33199001234", str(order.order_id), shop.token()):
        assert secret not in said


def test_an_answer_and_its_line_have_the_same_number(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in UNSAID:  # as they are: they belong to the whole process
        monkeypatch.setattr(logging, name, getattr(logging, name, True), raising=False)
    stream = io.StringIO()
    log_as_json(io.StringIO())
    log_as_json(stream)
    with httpx.Client(base_url=shop.url, trust_env=False) as client:
        ours = client.get("/healthz", headers={"X-Request-Id": "0190a000-beef"})
        strange = client.get("/healthz", headers={"X-Request-Id": "Mme DUVAL"})
    logging.getLogger("uvicorn.error").warning("odd: %s", "thing")
    try:
        _break()
    except ZeroDivisionError:
        logging.getLogger("elsewhere").exception("broken")
    _until(lambda: stream.getvalue().count('"request"') == 2)
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    ids = {ours.headers["x-request-id"], strange.headers["x-request-id"]}
    assert ours.headers["x-request-id"] == "0190a000-beef"
    assert {line["request_id"] for line in told if line["event"] == "request"} == ids
    assert "DUVAL" not in stream.getvalue()
    (odd,) = (line for line in told if line["event"] == "odd: thing")
    assert (odd["level"], odd["logger"]) == ("warning", "uvicorn.error")
    assert odd["timestamp"].endswith("Z")
    (broken,) = (line for line in told if line["event"] == "broken")
    assert broken["error"].startswith("ZeroDivisionError at ")


def _break() -> None:
    raise ZeroDivisionError("Mme DUVAL")


def _until(is_so: object) -> None:
    assert callable(is_so)
    done = threading.Event()
    for _ in range(1_000):
        if is_so():
            return
        done.wait(0.01)
    pytest.fail("it never came")


# --- metrics ----------------------------------------------------------------------


@pytest.fixture
def metrics(served: Served, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Metrics:
    del shop
    fresh = Metrics()
    monkeypatch.setitem(served.app.state._state, "metrics", fresh)
    return fresh


def scraped(answer: httpx.Response) -> dict[tuple[str, ...], float]:
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        _key(sample): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def _key(sample: Sample) -> tuple[str, ...]:
    """Its name and the values of its labels, by the names of these."""
    return (sample.name, *(value for _, value in sorted(sample.labels.items())))


@pytest.mark.usefixtures("metrics")
def test_what_was_asked_and_what_came_of_it_is_counted(shop: Shop) -> None:
    shop.fill()
    order = make_order(10_000_000)
    with shop.client() as client:
        client.post("/v1/reference-blocks", json={"count": 10})
        for _ in range(2):
            client.put(f"/v1/orders/{order.order_id}", content=order_to_wire(order))
        client.request("PROPFIND", "/v1/Mme-DUVAL")
        answer = httpx.get(f"{shop.url}/metrics", trust_env=False)
    found = scraped(answer)
    put = ("PUT", "/v1/orders/{order_id}")
    assert found["kiosk_requests_total", *put, "200"] == 2
    assert found["kiosk_request_seconds_count", *put] == 2
    assert found["kiosk_request_seconds_bucket", "+Inf", *put] == 2
    assert found["kiosk_requests_total", "other", "none", "404"] == 1
    assert found["kiosk_problems_total", "not_found"] == 1
    assert found["kiosk_order_answers_total", "order", "accepted"] == 2
    assert found["kiosk_event_streams",] == 0
    assert found["kiosk_references_left",] == 99_999_999 - 10_000_009
    assert found["kiosk_central_info", "0004", "0.1.0"] == 1
    assert ("kiosk_database_connections",) in found
    for secret in ("DUVAL", str(order.order_id), "comptoir"):
        assert secret not in answer.text


@pytest.mark.usefixtures("metrics")
def test_an_open_stream_is_counted_until_it_ends(shop: Shop) -> None:
    def streams() -> float:
        return scraped(httpx.get(f"{shop.url}/metrics", trust_env=False))["kiosk_event_streams",]

    with shop.client() as client, client.stream("GET", "/v1/events/stream") as answer:
        assert answer.status_code == 200
        assert streams() == 1
    _until(lambda: streams() == 0)


def test_counts_are_read_on_this_computer_or_with_their_token(shop: Shop, served: Served) -> None:
    def ask(**headers: str) -> tuple[int, str]:
        answer = httpx.get(f"{shop.url}/metrics", headers=headers, trust_env=False)
        is_problem = answer.headers["content-type"] == "application/problem+json"
        return answer.status_code, answer.json()["code"] if is_problem else ""

    refused = (401, "unauthorised")
    assert ask() == (200, "")
    assert ask(**{"X-Forwarded-For": "192.0.2.7"}) == refused
    assert ask(**{"X-Forwarded-For": "127.0.0.1"}) == refused
    served.app.state.settings = replace(served.app.state.settings, metrics_token="m" * 20)
    assert ask() == refused
    assert ask(Authorization=f"Bearer {shop.token()}") == refused
    assert ask(Authorization=f"Bearer {'m' * 20}") == (200, "")
    assert ask(**{"Authorization": f"Bearer {'m' * 20}", "X-Forwarded-For": "192.0.2.7"}) == (
        200,
        "",
    )


def test_counts_are_there_when_the_database_is_not(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("central.routes.metrics.numbers_left", _busy)
    found = scraped(httpx.get(f"{shop.url}/metrics", trust_env=False))
    assert ("kiosk_references_left",) not in found
    assert found["kiosk_central_info", "0004", "0.1.0"] == 1


def _busy(_: object) -> int:
    from models.errors import Unavailable  # noqa: PLC0415 - here only

    raise Unavailable("central_busy")


WORKER = """
import sys
from central.metrics import Metrics
metrics = Metrics()
metrics.note_request(method="GET", route="/healthz", status=200, problem=None, seconds=0.01)
metrics.streams.inc()
sys.stdout.write(metrics.text(schema="0004", references_left=7).decode())
"""


def test_workers_count_together_and_a_dead_one_has_no_streams(tmp_path: Path) -> None:
    environ = dict(os.environ)
    (tmp_path / "counts").mkdir()
    (tmp_path / "counts" / "counter_1.db").write_bytes(b"of a run before")
    share_between_workers(tmp_path / "counts", environ)
    assert environ[FOLDER_VARIABLE] == str(tmp_path / "counts")
    for expected in (1, 2, 3):
        told = subprocess.run(
            [sys.executable, "-c", WORKER], env=environ, check=True, capture_output=True, text=True
        )
        found = {
            _key(sample): sample.value
            for family in text_string_to_metric_families(told.stdout)
            for sample in family.samples
        }
        assert found["kiosk_requests_total", "GET", "/healthz", "200"] == expected
        assert found["kiosk_references_left",] == 7
        assert found["kiosk_event_streams",] == 1  # its own; those before it are dead
