"""References leased ahead: an answer that was lost costs none."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from contract.line import Bench
from contract.shop import make_order

from central.store import references
from models.errors import Unavailable
from models.order import SyncState
from models.tables import central as tables
from services.sync import engine
from services.sync.status import Connection


@pytest.fixture
def kind() -> str:
    """About the console: what central does is tested on both databases elsewhere."""
    return "sqlite"


def test_two_blocks_are_kept_ahead(bench: Bench) -> None:
    with bench.console.store.read() as tx:
        assert tx.references.left() == 40
    bench.console.place(make_order)
    assert bench.engine.run_once().references_left == 59
    assert bench.shop.count(tables.reference_blocks) == 3
    bench.engine.run_once()
    assert bench.shop.count(tables.reference_blocks) == 3


def test_a_block_whose_answer_is_lost_is_had_again(bench: Bench) -> None:
    order = bench.console.place(make_order)
    bench.line.faults, bench.line.applies_to = ["answer lost"], "POST"
    assert bench.engine.run_once().references_left == 39
    assert bench.engine.run_once().references_left == 59
    with bench.console.store.write() as tx:
        numbers = [tx.references.take_next() for _ in range(59)]
    assert numbers == [*range(10_000_001, 10_000_060)]
    assert bench.shop.count(tables.reference_blocks) == 3
    assert bench.console.sync_state(order)[0] is SyncState.CONFIRMED


def test_a_block_that_was_had_before_is_not_asked_for_without_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def same_again(count: int, _key: str) -> tuple[int, int]:
        asked.append(count)
        return 10_000_000, 10_000_019

    bench.console.place(make_order)
    monkeypatch.setattr(bench.central, "lease_references", same_again)
    report = bench.engine.run_once()
    assert (report.sent, report.error_code, report.references_left) == (1, "central_unclear", 39)
    assert asked == [20]
    monkeypatch.undo()
    assert bench.engine.run_once().references_left == 59


def test_a_line_that_breaks_at_every_order_still_brings_the_next_numbers(bench: Bench) -> None:
    for _ in range(25):
        bench.console.place(make_order)
    bench.line.faults, bench.line.applies_to = ["answer lost"], "PUT"
    report = bench.engine.run_once()
    assert (report.sent, report.error_code) == (0, "central_timeout")
    assert report.references_left == 40 - 25 + 20


@pytest.mark.parametrize("code", ["references_exhausted", "defect_at_central"])
def test_numbers_that_central_cannot_give_keep_nothing_else_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def exhausted(_count: int, _key: str) -> tuple[int, int]:
        raise Unavailable(code)

    for _ in range(25):
        bench.console.place(make_order)
    monkeypatch.setattr(bench.central, "lease_references", exhausted)
    report = bench.engine.run_once()
    assert (report.sent, report.error_code) == (25, code)
    assert (report.connection, report.is_cut_short) == (Connection.ONLINE, False)
    assert report.catalogue_version.startswith("shop-1+")


def test_a_daily_limit_keeps_no_order_back_and_is_waited_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "LEASED_PER_DAY_MAX", 40)
    monkeypatch.setattr(engine, "time", SimpleNamespace(monotonic=lambda: now))
    lease, asked = bench.central.lease_references, []

    def noted(count: int, key: str) -> tuple[int, int]:
        asked.append(now)
        return lease(count, key)

    monkeypatch.setattr(bench.central, "lease_references", noted)
    now = 0.0
    for _ in range(25):
        bench.console.place(make_order)
    first = bench.engine.run_once()
    assert (first.sent, first.error_code) == (25, "too_many_requests")
    assert (first.connection, first.is_cut_short) == (Connection.ONLINE, False)
    now = 3599.0
    assert bench.engine.run_once().error_code == "too_many_requests"
    assert asked == [0.0]
    now = 3600.0  # a console does not believe more than an hour
    bench.engine.run_once()
    assert asked == [0.0, 3600.0]
    bench.shop.clock.at += timedelta(days=1)
    assert bench.engine.run_once(retry_all=True).references_left == 55


@pytest.mark.parametrize(
    "code,connection",
    [
        ("defect_at_central", Connection.ONLINE),
        ("central_unclear", Connection.ONLINE),
        ("central_cut_off", Connection.OFFLINE),
        ("central_busy", Connection.OFFLINE),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_central_that_answered_is_there_whatever_it_cannot_do_next(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    connection: Connection,
    *,
    is_first: bool,
) -> None:
    def fails(*_: object) -> None:
        raise Unavailable(code)

    monkeypatch.setattr(bench.central, "events" if is_first else "operators", fails)
    report = bench.engine.run_once()
    assert (report.error_code, report.is_cut_short) == (code, True)
    # Of the first answer nobody knows whether it is central's: a stranger's may be in its place.
    assert report.connection is (Connection.OFFLINE if is_first else connection)
