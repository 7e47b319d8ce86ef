"""Exactly once, whatever breaks: real consoles and a real central over a bad line, killed.

The short form of ``python -m benchmarks.faults``, which says more in docs/reliability.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.faults.__main__ import summary
from benchmarks.faults.conductor import Conductor, Result
from benchmarks.faults.postgresql import postgres_running
from benchmarks.faults.stage import Crash, Plan

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

ORDERS = 40


def run(folder: Path, *, seed: int, database: str = "", crash: Crash | None = None) -> Result:
    plan = Plan(
        orders=ORDERS,
        consoles=3,
        seed=seed,
        kill_every=6,
        database=database,
        pace=0.25,
        roughness=3.0,
    )
    return Conductor(plan, folder, crash=crash).run()


def assert_exactly_once(result: Result) -> None:
    told = summary(result)
    assert result.is_good, told
    counts = result.audit.counts
    assert counts["orders at central"] >= counts["orders said"] >= ORDERS, told
    assert counts["events"] > counts["orders at central"], told
    assert result.kills["console"] >= 1, told
    assert result.kills["central"] >= 1, told
    assert result.faults["requests"] - result.faults["none"] >= 10, told


def test_every_order_said_arrives_once(tmp_path: Path) -> None:
    assert_exactly_once(run(tmp_path, seed=4))


def test_every_order_said_arrives_once_on_a_postgresql_that_crashes(tmp_path: Path) -> None:
    with postgres_running() as postgres:
        assert_exactly_once(run(tmp_path, seed=5, database=postgres.url, crash=postgres.crash))
