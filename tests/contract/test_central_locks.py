"""In which order PostgreSQL's rows are locked: who waits for one never has what another wants."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from contract.asking import NUMBER, ONE, cancel, changed, placed, put, revise
from contract.conftest import Shop
from contract.databases import on_postgresql
from contract.shop import NOW, VOUCHERS
from sqlalchemy import select, text

from central.store.vouchers import put_vouchers, remove_voucher
from models.order import Order
from models.tables import central as tables

ALWAYS = [replace(VOUCHERS[1], code=code, uses_max=None) for code in ("ALLO", "BRAVO")]
"""Codes without a limit that go together; as a customer may say them, in any order."""
PATIENCE_SECONDS = 10


@pytest.fixture
def client(client: httpx.Client, shop: Shop) -> httpx.Client:
    shop.database.run(lambda tx: put_vouchers(tx, ALWAYS))
    return client


def _wait_for_waiting(shop: Shop, count: int) -> None:
    """Returns once so many transactions wait for a lock."""
    limit = time.monotonic() + PATIENCE_SECONDS
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    found = -1
    while found != count:
        assert time.monotonic() < limit, f"{found} wait"
        with shop.database.read() as connection:
            found = int(connection.scalar(waiting) or 0)


def _uses(shop: Shop) -> dict[str, int]:
    table = tables.vouchers.c
    wanted = select(table.code, table.uses).where(table.code.in_([v.code for v in ALWAYS]))
    with shop.database.read() as connection:
        return {row.code: row.uses for row in connection.execute(wanted)}


def _order(number: int, sku: str, codes: list[str]) -> Order:
    return placed(NUMBER + number, [(sku, 1)], codes=codes, vouchers=ALWAYS)


@on_postgresql
@pytest.mark.parametrize("codes", [("ALLO", "BRAVO"), ("BRAVO", "ALLO")])
def test_a_change_that_swaps_codes_never_waits_for_an_order_that_waits_for_it(
    shop: Shop, client: httpx.Client, caplog: pytest.LogCaptureFixture, codes: tuple[str, str]
) -> None:
    """An order says both; the change takes the first for the second. Both wait for the row of the
    first: what each of them has by then is what matters. Their articles are not the same, so that
    they meet nowhere else.
    """
    first, second = codes
    before = _order(0, "LC970Y", [second])
    put(client, before)
    after = changed(before, ONE, codes=[first], vouchers=ALWAYS)
    its_row = select(tables.vouchers).where(tables.vouchers.c.code == first)
    with ThreadPoolExecutor(2) as pool:
        with shop.database.write() as connection:
            connection.execute(its_row.with_for_update())
            ordered = pool.submit(put, client, _order(1, "LC970C", [first, second]))
            _wait_for_waiting(shop, 1)
            revised = pool.submit(revise, client, after)
            _wait_for_waiting(shop, 2)
        assert [done.result().status_code for done in (ordered, revised)] == [200, 200]
    assert _uses(shop) == {first: 2, second: 1}
    assert "database:" not in caplog.text  # neither was undone in favour of the other


@on_postgresql
def test_a_code_is_withdrawn_beside_an_order_that_uses_it(
    shop: Shop, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Both wait for the counter of events. Whoever has it first then wants the code's row, which
    the other must not have by then.
    """
    last = select(tables.counters).where(tables.counters.c.name == "events")
    with ThreadPoolExecutor(2) as pool:
        with shop.database.write() as connection:
            connection.execute(last.with_for_update())
            ordered = pool.submit(put, client, _order(0, "LC970C", ["ALLO"]))
            _wait_for_waiting(shop, 1)
            removed = pool.submit(shop.database.run, lambda tx: remove_voucher(tx, "ALLO", at=NOW))
            _wait_for_waiting(shop, 2)
        assert ordered.result().status_code == 200
        removed.result()
    assert _uses(shop)["ALLO"] == 1
    assert "database:" not in caplog.text


@on_postgresql
@pytest.mark.parametrize("other", ["cancelled", "changed"])
def test_articles_come_before_limited_codes_for_everybody(
    shop: Shop, client: httpx.Client, caplog: pytest.LogCaptureFixture, other: str
) -> None:
    """An order and the end, or the change, of another one want the same article and the same limited
    code. Both wait for the article's row: neither must have the code's by then.
    """
    line, code = [("LC970C", 1)], VOUCHERS[1].code
    before = placed(NUMBER, line, codes=[code])
    put(client, before)
    after = changed(before, [("LC970C", 2)], codes=[code])
    its_row = select(tables.articles).where(tables.articles.c.sku == "LC970C")
    with ThreadPoolExecutor(2) as pool:
        with shop.database.write() as connection:
            connection.execute(its_row.with_for_update())
            ordered = pool.submit(put, client, placed(NUMBER + 1, line, codes=[code]))
            _wait_for_waiting(shop, 1)
            ended = (
                pool.submit(cancel, client, before.order_id)
                if other == "cancelled"
                else pool.submit(revise, client, after)
            )
            _wait_for_waiting(shop, 2)
        assert [done.result().status_code for done in (ordered, ended)] == [200, 200]
    assert "database:" not in caplog.text
