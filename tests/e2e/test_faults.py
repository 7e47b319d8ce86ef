"""Exactly once, whatever breaks: real consoles and a real central over a bad line, killed.

The short form of ``python -m benchmarks.faults``, which says more in docs/reliability.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.faults.__main__ import summary
from benchmarks.faults.conductor import Conductor, Result
from benchmarks.faults.stage import Plan

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SEED = 4


def run(folder: Path, database: str = "") -> Result:
    plan = Plan(
        orders=50,
        consoles=3,
        seed=SEED,
        kill_every=9,
        database=database,
        pace=0.25,
        roughness=3.0,
    )
    return Conductor(plan, folder).run()


def assert_exactly_once(result: Result) -> None:
    assert result.is_good, summary(result)
    counts = result.audit.counts
    assert counts["orders said"] >= 50
    assert counts["orders at central"] >= counts["orders said"]
    assert result.kills["console"] + result.kills["central"] >= 3, summary(result)
    assert result.faults["requests"] > result.faults["none"], summary(result)


def test_orders_are_lost_nor_doubled_by_a_bad_line_and_kills(tmp_path: Path) -> None:
    assert_exactly_once(run(tmp_path))
