"""Large answers are made beside the event loop: every other request waits for that."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from uuid import UUID

import httpx
import pytest
from contract.conftest import Shop
from contract.databases import on_sqlite
from contract.shop import ARTICLES, CUSTOMER, PRINTERS, VOUCHERS

from central.app import create_app
from central.settings import CentralSettings
from central.store.catalogue_import import import_catalogue
from central.store.customers import put_customers
from central.store.vouchers import put_vouchers
from models.wire.customers import CustomersPage, CustomerWire
from models.wire.vouchers import VouchersOut

ROWS = 4_000
LOOP_SECONDS = 0.006
"""Of the loop's own processor time, for any answer; to spell these took it more than twice that."""


@pytest.fixture
def large(shop: Shop) -> Shop:
    printers = [replace(PRINTERS[0], printer_id=f"printer-{number}") for number in range(ROWS)]
    person = CustomerWire.model_validate(CUSTOMER)
    people = [person.model_copy(update={"customer_id": UUID(int=number)}) for number in range(ROWS)]
    with shop.database.write() as connection:
        import_catalogue(
            connection,
            version="large",
            is_demo=True,
            printers_in=printers,
            articles_in=ARTICLES,
            pairs_in=(),
            at=shop.clock.at,
        )
        put_vouchers(connection, [replace(VOUCHERS[0], code=f"C{n}") for n in range(3 * ROWS)])
        put_customers(connection, people)
    return shop


@on_sqlite
@pytest.mark.parametrize(
    "path",
    ["/v1/customers", "/v1/vouchers", "/v1/catalogue/changes", "/v1/catalogue/stream"],
)
def test_a_large_answer_is_made_beside_the_event_loop(large: Shop, path: str) -> None:
    app = create_app(CentralSettings(large.where, now=large.clock.now))
    took, size = asyncio.run(_loop_seconds(httpx.ASGITransport(app), large.token(), path))
    app.state.database.close()
    assert size > 5_000  # it is a large one
    assert took < LOOP_SECONDS


async def _loop_seconds(transport: httpx.ASGITransport, token: str, path: str) -> tuple[float, int]:
    """The longest that the loop's thread was busy without a pause, in the best of a few tries;
    and the bytes that came, compressed.
    """
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
    best, size = float("inf"), 0
    async with httpx.AsyncClient(
        transport=transport, base_url="http://x", headers=headers
    ) as client:
        for _ in range(4):
            watched = asyncio.create_task(_longest())
            async with client.stream("GET", path) as answer:
                size = sum([len(piece) async for piece in answer.aiter_raw()])
            watched.cancel()
            best = min(best, await watched)
    return best, size


async def _longest() -> float:
    longest = 0.0
    try:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)
    except asyncio.CancelledError:
        return longest


@on_sqlite
def test_a_page_is_spelled_as_the_contract_spells_it(large: Shop) -> None:
    with large.client() as client:
        people = client.get("/v1/customers", params={"limit": 3}).content
        codes = client.get("/v1/vouchers").content
    page = CustomersPage.model_validate_json(people)
    assert json.loads(people) == page.model_dump(mode="json")
    assert (len(page.customers), page.cursor, page.has_more) == (3, "3", True)
    assert json.loads(codes) == VouchersOut.model_validate_json(codes).model_dump(mode="json")
